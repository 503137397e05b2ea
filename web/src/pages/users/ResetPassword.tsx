import { Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { FormDrawer } from "@/components/SideDrawer";
import { NewPassword } from "@/features/passwords/NewPassword";
import { passwordMistake } from "@/features/passwords/rule";
import { useUserName } from "@/features/users/queries";

/** Gives a user a new password. */
export function ResetPassword() {
  const { id = "" } = useParams();
  const name = useUserName(id) ?? "";
  const closeTo = `/users/${id}`;
  const navigate = useNavigate();
  const { search } = useLocation();
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (password: string) => passwordMistake(password, name) },
  });
  const set = useMutation({
    mutationFn: (password: string) =>
      send(
        api.PUT("/api/v1/users/{id}/password", { params: { path: { id } }, body: { password } }),
      ),
    onSuccess: async () => {
      notifyDone(`The password of ${name} is changed.`);
      await navigate({ pathname: closeTo, search }, { state: { saved: true } });
    },
    onError: (error) => {
      if (error instanceof ApiError)
        form.setErrors(fieldErrors(error.violations, ["password"]).errors);
    },
  });
  const told = set.error instanceof ApiError && set.error.violations.length > 0;
  return (
    <FormDrawer
      title={`New password for ${name}`}
      closeTo={closeTo}
      onSubmit={form.onSubmit(({ password }) => set.mutate(password))}
      action="Set password"
      busy={set.isPending}
      dirty={form.isDirty() && !set.isSuccess}
    >
      <Stack gap="md">
        {set.isError && !told && <ErrorNotice error={set.error} />}
        <Text>
          All their sessions and tokens end, and they sign in with the new password. Their API keys
          go on working.
        </Text>
        <NewPassword
          label="New password"
          value={form.values.password}
          onChange={(password) => form.setFieldValue("password", password)}
          error={form.errors["password"]}
        />
      </Stack>
    </FormDrawer>
  );
}
