import { Fieldset, Stack, Textarea } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { WebhookValues } from "../formValues";

/** Certificates towards the receiver, in PEM. */
export function TlsFields({ form }: { form: UseFormReturnType<WebhookValues> }) {
  const look = { autosize: true, minRows: 1, maxRows: 6, spellCheck: false };
  return (
    <Fieldset legend="TLS">
      <Stack gap="sm">
        <Textarea
          {...look}
          label="Certification authorities"
          description="The only ones that are trusted, in PEM; the public ones if there are none."
          {...form.getInputProps("tls.authorities")}
        />
        <Textarea
          {...look}
          label="Client certificate"
          description="Shown to the receiver, in PEM, followed by those between it and its root."
          {...form.getInputProps("tls.certificate")}
        />
        <Textarea
          {...look}
          label="Private key of the certificate"
          description="In PEM, not encrypted. ******** keeps what is stored."
          {...form.getInputProps("tls.key")}
        />
      </Stack>
    </Fieldset>
  );
}
