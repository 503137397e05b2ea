import { Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ApiError, send } from "@/api/client";
import type { CreatedRegistration } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FormDrawer } from "@/components/SideDrawer";
import { Created } from "./Created";
import { creationOf, NEW_WEBHOOK, type WebhookValues } from "./formValues";
import { focusFirstMistake, useWebhookForm } from "./form/useWebhookForm";
import { WebhookFields } from "./form/WebhookFields";
import { refreshWebhooks } from "./queries";

/** Makes a webhook, and then says what to do with it. */
export default function New() {
  const [created, setCreated] = useState<CreatedRegistration>();
  return created === undefined ? <Form onCreated={setCreated} /> : <Created webhook={created} />;
}

function Form({ onCreated }: { onCreated: (webhook: CreatedRegistration) => void }) {
  const client = useQueryClient();
  const { form, failure, refuse } = useWebhookForm(NEW_WEBHOOK, true);
  // What was made before a connection broke is not made twice.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const create = useMutation({
    mutationFn: (values: WebhookValues) =>
      send(
        api.POST("/api/v1/registrations", {
          params: { header: { "Idempotency-Key": key } },
          body: creationOf(values),
        }),
      ),
    onSuccess: (webhook) => {
      void refreshWebhooks(client);
      onCreated(webhook);
    },
    onError: (error) => {
      // What was refused is written differently next time, which needs another key; without an answer
      // it may have been made, and the same key finds it.
      if (error instanceof ApiError && error.status !== 0) setKey(crypto.randomUUID());
      refuse(error);
    },
    gcTime: 0,
  });
  return (
    <FormDrawer
      title="New webhook"
      closeTo="/webhooks"
      action="Create webhook"
      busy={create.isPending}
      dirty={form.isDirty()}
      onSubmit={form.onSubmit((values) => create.mutate(values), focusFirstMistake)}
    >
      <Stack gap="md">
        {failure !== undefined && <ErrorNotice error={failure.error} violations={failure.rest} />}
        <WebhookFields form={form} isNew />
      </Stack>
    </FormDrawer>
  );
}
