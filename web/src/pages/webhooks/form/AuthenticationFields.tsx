import { Fieldset, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { WebhookValues } from "../formValues";

interface Props {
  form: UseFormReturnType<WebhookValues>;
}

const KINDS = [
  { value: "none", label: "By the signature alone" },
  { value: "basic", label: "User name and password (Basic)" },
  { value: "bearer", label: "Token (Bearer)" },
  { value: "oauth2", label: "OAuth 2 client credentials" },
];

/** How requests prove who sends them, beside their signature. What is masked stays as it is. */
export function AuthenticationFields({ form }: Props) {
  const { kind } = form.values.authentication;
  const field = (name: string) => form.getInputProps(`authentication.${name}`);
  const secret = { autoComplete: "off", description: "******** keeps what is stored." };
  return (
    <Fieldset legend="Authentication">
      <Stack gap="sm">
        <Select
          aria-label="How requests prove who sends them"
          data={KINDS}
          allowDeselect={false}
          {...field("kind")}
        />
        {kind === "basic" && (
          <>
            <TextInput label="User name" autoComplete="off" {...field("user")} />
            <PasswordInput label="Password" {...secret} {...field("password")} />
          </>
        )}
        {kind === "bearer" && <PasswordInput label="Token" {...secret} {...field("token")} />}
        {kind === "oauth2" && (
          <>
            <TextInput label="Token URL" {...field("tokenUri")} />
            <TextInput label="Client id" autoComplete="off" {...field("clientId")} />
            <PasswordInput label="Client secret" {...secret} {...field("clientSecret")} />
            <TextInput label="Scopes" description="Separated by spaces." {...field("scopes")} />
            <TextInput label="Audience" {...field("audience")} />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
