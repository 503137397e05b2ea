import { Checkbox, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { CreateUser } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { FormDrawer } from "@/components/SideDrawer";
import { NewPassword } from "@/features/passwords/NewPassword";
import { passwordMistake } from "@/features/passwords/rule";
import { useRoles } from "@/features/users/roles";

interface Values {
  name: string;
  password: string;
  administrator: boolean;
  roles: string[];
}

const FIELDS = ["name", "password", "administrator", "roles"];

/** Adds a user. */
export function NewUser() {
  const add = useAddUser();
  const form = useForm<Values>({
    initialValues: { name: "", password: "", administrator: false, roles: [] },
    validate: {
      name: (name) => (name.trim() === "" ? "Enter a name." : null),
      password: (password, { name }) => passwordMistake(password, name),
    },
  });
  const save = (values: Values) =>
    add.mutate(
      { ...values, name: values.name.trim() },
      {
        onError: (error) => {
          if (error instanceof ApiError) form.setErrors(errorsOf(error));
        },
      },
    );
  return (
    <FormDrawer
      title="Add user"
      closeTo="/users"
      onSubmit={form.onSubmit(save)}
      action="Add user"
      busy={add.isPending}
      dirty={form.isDirty() && !add.isSuccess}
    >
      <Stack gap="md">
        {add.isError && <AddError error={add.error} />}
        <Fields form={form} />
      </Stack>
    </FormDrawer>
  );
}

function Fields({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <>
      <TextInput
        label="User name"
        description="What they sign in with; upper and lower case are the same."
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={100}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <NewPassword
        label="Password"
        value={form.values.password}
        onChange={(password) => form.setFieldValue("password", password)}
        error={form.errors["password"]}
      />
      <RolesField
        value={form.values.roles}
        onChange={(roles) => form.setFieldValue("roles", roles)}
        error={form.errors["roles"]}
      />
      <Checkbox
        label="Administrator"
        description="Manages everything, other users included, and may read every resource."
        {...form.getInputProps("administrator", { type: "checkbox" })}
      />
    </>
  );
}

function useAddUser() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  return useMutation({
    mutationFn: (body: CreateUser) => send(api.POST("/api/v1/users", { body })),
    onSuccess: async ({ id, name }) => {
      notifyDone(`${name} can sign in now.`);
      await client.invalidateQueries({ queryKey: ["users"] });
      // What they may do is next.
      await navigate({ pathname: `/users/${id}`, search }, { state: { saved: true } });
    },
  });
}

interface RolesProps {
  value: string[];
  onChange: (roles: string[]) => void;
  error: React.ReactNode;
}

function RolesField(props: RolesProps) {
  const roles = useRoles();
  const options = roles.data?.items.filter((role) => !role.administrators);
  return (
    <MultiSelect
      label="Roles"
      description="What they may do besides what is granted to them alone."
      data={options?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      searchable
      clearable
      {...props}
    />
  );
}

function errorsOf(error: ApiError): Record<string, string> {
  if (error.code === "name_taken") return { name: "There is a user of this name already." };
  return fieldErrors(error.violations, FIELDS).errors;
}

function AddError({ error }: { error: Error }) {
  if (error instanceof ApiError && Object.keys(errorsOf(error)).length > 0) return null;
  return <ErrorNotice error={error} />;
}
