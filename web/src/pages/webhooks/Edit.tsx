import { Alert, Button, Center, Loader, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { FormDrawer, SideDrawer } from "@/components/SideDrawer";
import { changesBetween, valuesOf, type WebhookValues } from "./formValues";
import { focusFirstMistake, useWebhookForm } from "./form/useWebhookForm";
import { WebhookFields } from "./form/WebhookFields";
import { refreshWebhooks, useWebhookToEdit, type VersionedWebhook } from "./queries";

/** Changes a webhook. */
export default function Edit() {
  const { id = "" } = useParams();
  const webhook = useWebhookToEdit(id);
  const [begun, setBegun] = useState(0);
  if (webhook.data === undefined) {
    return (
      <SideDrawer title="Edit webhook" closeTo={`/webhooks/${id}`}>
        {webhook.isError ? (
          <ErrorNotice error={webhook.error} onRetry={() => void webhook.refetch()} />
        ) : (
          <Center p="xl">
            <Loader aria-label="Loading" />
          </Center>
        )}
      </SideDrawer>
    );
  }
  const again = async () => {
    await webhook.refetch();
    setBegun(begun + 1);
  };
  return <Form key={begun} webhook={webhook.data} onAgain={() => void again()} />;
}

interface FormProps {
  webhook: VersionedWebhook;
  /** Begins again with what is stored by now. */
  onAgain: () => void;
}

function Form({ webhook, onAgain }: FormProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const { id } = webhook.body;
  const [initial] = useState(() => valuesOf(webhook.body));
  const { form, failure, refuse } = useWebhookForm(initial, false);
  const details = `/webhooks/${id}`;
  const save = useMutation({
    mutationFn: (values: WebhookValues) =>
      send(
        api.PATCH("/api/v1/registrations/{id}", {
          params: { path: { id }, header: { "If-Match": webhook.version } },
          body: changesBetween(initial, values),
        }),
      ),
    onSuccess: async () => {
      notifyDone("Saved.");
      void navigate({ pathname: details, search }, { state: { saved: true } });
      await refreshWebhooks(client);
    },
    onError: refuse,
    gcTime: 0,
  });
  const outdated = save.error instanceof ApiError && save.error.status === 412;
  return (
    <FormDrawer
      title="Edit webhook"
      closeTo={details}
      action="Save"
      busy={save.isPending}
      dirty={form.isDirty()}
      onSubmit={form.onSubmit((values) => save.mutate(values), focusFirstMistake)}
    >
      <Stack gap="md">
        {outdated && (
          <Alert color="red" role="alert" title="Somebody else changed this webhook meanwhile">
            <Button size="compact-sm" variant="default" onClick={onAgain}>
              Begin again with what is stored now
            </Button>
          </Alert>
        )}
        {failure !== undefined && !outdated && (
          <ErrorNotice error={failure.error} violations={failure.rest} />
        )}
        <WebhookFields form={form} isNew={false} />
      </Stack>
    </FormDrawer>
  );
}
