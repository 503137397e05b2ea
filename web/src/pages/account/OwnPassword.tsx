import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import { useMe, useSignInOut } from "@/api/session";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { NewPassword } from "@/features/passwords/NewPassword";
import { passwordMistake } from "@/features/passwords/rule";

interface Values {
  currentPassword: string;
  newPassword: string;
}

const FIELDS = ["currentPassword", "newPassword"];

/** Changes one's own password. */
export function OwnPassword() {
  const me = useMe();
  const form = useForm<Values>({
    initialValues: { currentPassword: "", newPassword: "" },
    validate: {
      currentPassword: (password: string) =>
        password === "" ? "Enter your present password." : null,
      newPassword: (password: string) => passwordMistake(password, me.name),
    },
  });
  const change = useChange();
  const save = (values: Values) =>
    change.mutate(values, {
      onError: (error) => {
        if (error instanceof ApiError) form.setErrors(errorsOf(error));
      },
    });
  return (
    <form onSubmit={form.onSubmit(save)} noValidate>
      <Stack gap="md" maw={480}>
        <Text>
          Changing it ends all your sessions and tokens, this one included: you sign in again. Your
          API keys go on working.
        </Text>
        {change.isError && <ChangeError error={change.error} />}
        {/* So that password managers know whose it is. */}
        <input
          type="text"
          autoComplete="username"
          value={me.name}
          readOnly
          hidden
          aria-label="User name"
        />
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
          {...form.getInputProps("currentPassword")}
        />
        <NewPassword
          label="New password"
          value={form.values.newPassword}
          onChange={(password) => form.setFieldValue("newPassword", password)}
          error={form.errors["newPassword"]}
        />
        <div>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function useChange() {
  const { signOut } = useSignInOut();
  return useMutation({
    mutationFn: (body: Values) => send(api.PUT("/api/v1/me/password", { body })),
    onSuccess: async () => {
      notifyDone("Your password is changed. Sign in with the new one.");
      // The change has ended this session, too: go where one signs in.
      await signOut();
    },
  });
}

function errorsOf(error: ApiError): Record<string, string> {
  if (error.code === "wrong_password") {
    return { currentPassword: "This is not your present password." };
  }
  return fieldErrors(error.violations, FIELDS).errors;
}

function ChangeError({ error }: { error: Error }) {
  if (error instanceof ApiError && Object.keys(errorsOf(error)).length > 0) return null;
  return <ErrorNotice error={error} />;
}
