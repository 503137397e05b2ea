import { Checkbox, Select, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { CreateApiKey, CreatedApiKey, KeyScope } from "@/api/schema.gen";
import { useMe } from "@/api/session";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FormDrawer } from "@/components/SideDrawer";
import { UserSelect } from "@/features/users/UserSelect";
import { allowedScopes, endOf, LIFETIMES, SCOPES, type Lifetime } from "./words";

interface Values {
  name: string;
  userId: string;
  scopes: KeyScope[];
  lifetime: Lifetime;
  date: string;
}

const FIELDS = ["name", "userId", "scopes", "expiresAt"];

interface Props {
  closeTo: string;
  /** Hands over the key, which cannot be asked for again. */
  onMade: (made: CreatedApiKey) => void;
  /** Whether keys can be made for others. */
  forOthers?: boolean;
}

/** Makes an API key. */
export function NewKey({ closeTo, onMade, forOthers = false }: Props) {
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const form = useKeyForm(me.id);
  const make = useMutation({
    mutationFn: (body: CreateApiKey) => send(api.POST("/api/v1/api-keys", { body })),
    onSuccess: async (made) => {
      onMade(made);
      await navigate({ pathname: closeTo, search }, { state: { saved: true } });
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: (error) => {
      if (error instanceof ApiError) form.setErrors(fieldErrors(error.violations, FIELDS).errors);
    },
  });
  const save = ({ name, userId, scopes, lifetime, date }: Values) => {
    const expiresAt = endOf(lifetime, date, new Date());
    make.mutate({ name: name.trim(), userId, scopes, expiresAt: expiresAt ?? null });
  };
  return (
    <FormDrawer
      title="New API key"
      closeTo={closeTo}
      onSubmit={form.onSubmit(save)}
      action="Create key"
      busy={make.isPending}
      dirty={form.isDirty() && !make.isSuccess}
    >
      <Stack gap="md">
        {make.error !== null && <KeyError error={make.error} />}
        <TextInput
          label="Name"
          description="What it is for, so that one knows later what revoking it ends."
          placeholder="nightly import"
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        {forOthers && <OwnerField form={form} />}
        <ScopesField form={form} />
        <LifetimeField form={form} />
      </Stack>
    </FormDrawer>
  );
}

type KeyForm = UseFormReturnType<Values>;

function useKeyForm(own: string): KeyForm {
  return useForm<Values>({
    initialValues: { name: "", userId: own, scopes: ["read"], lifetime: "90", date: "" },
    validate: {
      name: (name) => (name.trim() === "" ? "Say what it is for." : null),
      userId: (userId) => (userId === "" ? "Choose a user." : null),
      scopes: (scopes) => (scopes.length === 0 ? "Choose at least one." : null),
      date: (date, { lifetime }) =>
        endOf(lifetime, date, new Date()) === undefined ? "Choose a day that is to come." : null,
    },
  });
}

function OwnerField({ form }: { form: KeyForm }) {
  const me = useMe();
  return (
    <UserSelect
      label="Acts for"
      description="Whatever is done with it is done in their name, and with their permissions."
      allowDeselect={false}
      value={form.values.userId}
      error={form.errors["userId"]}
      onChange={(userId) => {
        const allowed = allowedScopes(me.administrator, userId === me.id);
        form.setFieldValue("userId", userId);
        form.setFieldValue("scopes", (scopes) => scopes.filter((name) => allowed.includes(name)));
      }}
    />
  );
}

function ScopesField({ form }: { form: KeyForm }) {
  const me = useMe();
  const own = form.values.userId === me.id;
  const allowed = allowedScopes(me.administrator, own);
  const reason = (name: KeyScope) => {
    if (allowed.includes(name)) return "";
    return name === "manage"
      ? " Only the user themselves can make such a key."
      : " Only an administrator can make such a key.";
  };
  return (
    <Checkbox.Group
      label="It may"
      description="As little as it needs: a key that leaks does less harm then."
      value={form.values.scopes}
      error={form.errors["scopes"]}
      onChange={(names) => form.setFieldValue("scopes", names)}
    >
      <Stack gap="xs" mt="xs">
        {SCOPES.map(({ name, label, explained }) => (
          <Checkbox
            key={name}
            value={name}
            label={label}
            description={explained + reason(name)}
            disabled={!allowed.includes(name)}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function LifetimeField({ form }: { form: KeyForm }) {
  return (
    <>
      <Select
        label="Works for"
        data={LIFETIMES}
        allowDeselect={false}
        value={form.values.lifetime}
        error={form.errors["expiresAt"]}
        onChange={(value) => value !== null && form.setFieldValue("lifetime", value)}
      />
      {form.values.lifetime === "date" && (
        <TextInput
          type="date"
          label="Last day"
          description="It works until the end of this day, in your time zone."
          {...form.getInputProps("date")}
        />
      )}
    </>
  );
}

function KeyError({ error }: { error: Error }) {
  if (!(error instanceof ApiError)) return <ErrorNotice error={error} />;
  const { rest } = fieldErrors(error.violations, FIELDS);
  if (rest.length === 0 && error.violations.length > 0) return null;
  return <ErrorNotice error={error} violations={rest} />;
}
