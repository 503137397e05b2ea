import { Button, Center, Group, Loader, Tabs } from "@mantine/core";
import { Pencil } from "lucide-react";
import { Link, useLocation, useParams } from "react-router";
import { isNotFound } from "@/api/problem";
import { useMe } from "@/api/session";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SideDrawer } from "@/components/SideDrawer";
import { useLiveRefetch } from "@/live/useLive";
import { DeleteButton } from "./detail/DeleteButton";
import { SecretPanel } from "./detail/SecretPanel";
import { SigningKeyPanel } from "./detail/SigningKeyPanel";
import { Summary } from "./detail/Summary";
import { useWebhook, type VersionedWebhook } from "./queries";
import { TestPanel } from "./TestPanel";

/** A webhook: what it is, how it does, and what one can do with it. */
export default function Detail() {
  const { id = "" } = useParams();
  const webhook = useWebhook(id);
  useLiveRefetch(
    ["registrations", "detail", id],
    ["attempt"],
    (news) => "registrationId" in news && news.registrationId === id,
  );
  if (webhook.data !== undefined) return <Loaded webhook={webhook.data} />;
  return (
    <SideDrawer title="Webhook" closeTo="/webhooks">
      {webhook.isPending && (
        <Center p="xl">
          <Loader aria-label="Loading" />
        </Center>
      )}
      {webhook.isError &&
        (isNotFound(webhook.error) ? (
          <EmptyState title="There is no such webhook">
            It may have been deleted, or it is somebody else&apos;s.
          </EmptyState>
        ) : (
          <ErrorNotice error={webhook.error} onRetry={() => void webhook.refetch()} />
        ))}
    </SideDrawer>
  );
}

function Loaded({ webhook }: { webhook: VersionedWebhook }) {
  const me = useMe();
  const { search } = useLocation();
  const { body } = webhook;
  const own = me.id === body.ownerId;
  return (
    <SideDrawer
      title={body.uri}
      closeTo="/webhooks"
      footer={
        <Group justify="space-between" gap="xs">
          <DeleteButton webhook={webhook} />
          <Button
            component={Link}
            to={{ pathname: `/webhooks/${body.id}/edit`, search }}
            leftSection={<Pencil size={15} aria-hidden />}
          >
            Edit
          </Button>
        </Group>
      }
    >
      <Tabs defaultValue="summary" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="summary">Summary</Tabs.Tab>
          <Tabs.Tab value="test">Test and preview</Tabs.Tab>
          <Tabs.Tab value="secret">Secret and keys</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="summary">
          <Summary webhook={body} />
        </Tabs.Panel>
        <Tabs.Panel value="test">
          <TestPanel webhook={body} />
        </Tabs.Panel>
        <Tabs.Panel value="secret">
          <SecretPanel webhook={webhook} own={own} />
          <SigningKeyPanel webhook={webhook} own={own} />
        </Tabs.Panel>
      </Tabs>
    </SideDrawer>
  );
}
