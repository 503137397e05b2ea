import { Alert, Button, Center, Paper, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Navigate, useSearchParams } from "react-router";
import { ApiError } from "@/api/problem";
import { useSession, useSignInOut } from "@/api/session";
import { ErrorNotice } from "@/components/ErrorNotice";
import { PageTitle } from "@/components/PageTitle";
import { Brand } from "./Brand";
import { placeAfterSignIn } from "./returnTo";
import classes from "./SignIn.module.css";

/** Name and password for a session. */
export function SignIn() {
  const [query] = useSearchParams();
  const session = useSession();
  if (session.data?.me) return <Navigate to={placeAfterSignIn(query.get("next"))} replace />;
  return (
    <Center component="main" className={classes.page}>
      <Paper withBorder className={classes.card}>
        <Brand />
        <PageTitle title="Sign in" />
        {query.has("ended") && (
          <Alert color="harbour" role="status" mb="md">
            Your session has ended. Sign in to go on where you were.
          </Alert>
        )}
        <SignInForm />
      </Paper>
    </Center>
  );
}

function SignInForm() {
  const { signIn } = useSignInOut();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { userName: "", password: "" },
    validate: {
      userName: (value) => (value.trim() === "" ? "Enter your user name." : null),
      password: (value) => (value === "" ? "Enter your password." : null),
    },
  });
  const attempt = useMutation({
    mutationFn: (values: { userName: string; password: string }) =>
      signIn(values.userName.trim(), values.password),
    onError: () => form.setFieldValue("password", ""),
  });
  return (
    <form onSubmit={form.onSubmit((values) => attempt.mutate(values))} noValidate>
      <Stack gap="sm">
        {attempt.isError && <SignInError error={attempt.error} />}
        <TextInput
          label="User name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          // The one thing to do here.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          key={form.key("userName")}
          {...form.getInputProps("userName")}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={attempt.isPending} mt="xs">
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function SignInError({ error }: { error: Error }) {
  if (!(error instanceof ApiError)) return <ErrorNotice error={error} />;
  if (error.code === "invalid_credentials") {
    return (
      <Alert color="red" role="alert">
        The user name or the password is wrong.
      </Alert>
    );
  }
  if (error.status === 429) {
    const wait = error.retryAfter;
    return (
      <Alert color="red" role="alert">
        Too many tries. Try again {wait === undefined ? "later" : `in ${wait} seconds`}.
      </Alert>
    );
  }
  return <ErrorNotice error={error} />;
}
