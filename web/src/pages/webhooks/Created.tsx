import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { Link, useLocation } from "react-router";
import type { CreatedRegistration } from "@/api/schema.gen";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyButton } from "@/components/Copy";
import { SideDrawer, useClose } from "@/components/SideDrawer";
import { receiverSnippet } from "./snippet";
import { TestPanel } from "./TestPanel";

/** A webhook that was just made: its secret, and what comes next. */
export function Created({ webhook }: { webhook: CreatedRegistration }) {
  const close = useClose("/webhooks");
  const { search } = useLocation();
  return (
    <SideDrawer
      title="The webhook is made"
      closeTo="/webhooks"
      footer={
        <Group justify="flex-end" gap="xs">
          <Button
            variant="default"
            component={Link}
            to={{ pathname: `/webhooks/${webhook.id}`, search }}
          >
            See the webhook
          </Button>
          <Button onClick={close}>Done</Button>
        </Group>
      }
    >
      <Stack gap="lg">
        <Alert icon={<KeyRound size={18} aria-hidden />} title="Its secret">
          <Stack gap="xs" align="flex-start">
            <span className="mono">{webhook.secret}</span>
            <CopyButton value={webhook.secret} what="secret" wide />
            <Text size="sm">
              Give it to the receiver of <span className="mono">{webhook.uri}</span>, which verifies
              with it that requests are genuine. You, and nobody else, can look at it again later.
            </Text>
          </Stack>
        </Alert>
        <section>
          <Title order={2} mb="xs">
            1. Verify in the receiver
          </Title>
          <Text size="sm" mb="xs">
            Any library of Standard Webhooks does it; in Node.js, without one:
          </Text>
          <CodeBlock label="receiver" code={receiverSnippet(webhook.secret)} />
        </section>
        <section>
          <Title order={2} mb="xs">
            2. Send a test
          </Title>
          <TestPanel webhook={webhook} />
        </section>
      </Stack>
    </SideDrawer>
  );
}
