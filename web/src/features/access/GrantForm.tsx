import {
  Button,
  Checkbox,
  Group,
  Paper,
  SegmentedControl,
  Select,
  Stack,
  Text,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { AccessName, ResourceScope } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { useGrant, type Holder } from "./queries";
import { TargetField } from "./TargetField";
import { ACCESSES, accessText, accessWithin, permissionText, toggleAccess } from "./words";

interface Values {
  kind: string;
  scope: ResourceScope;
  target: string;
  access: AccessName[];
}

const FIELDS = ["kind", "target", "access"];

interface Props {
  holder: Holder;
  onClose: () => void;
  onDirty: (dirty: boolean) => void;
}

/** Says what a user or a role may do from now on. */
export function GrantForm({ holder, onClose, onDirty }: Props) {
  const grant = useGrant(holder);
  const form = useGrantForm(onDirty);
  const { kind, scope, target, access } = form.values;
  const save = (values: Values) =>
    grant.mutate(
      { ...values, target: values.scope === "any" ? null : values.target.trim() },
      {
        onSuccess: (granted) => {
          notifyDone(`Granted: ${permissionText(granted)}.`);
          onClose();
        },
        onError: (error) => {
          if (error instanceof ApiError)
            form.setErrors(fieldErrors(error.violations, FIELDS).errors);
        },
      },
    );
  return (
    <Paper withBorder p="sm" mb="sm" component="form" onSubmit={form.onSubmit(save)} noValidate>
      <Stack gap="sm">
        {grant.error !== null && <GrantError error={grant.error} />}
        <KindField
          value={kind}
          onChange={(next) => form.setFieldValue("kind", next)}
          error={form.errors["kind"]}
        />
        <ScopeField
          value={scope}
          onChange={(next) => {
            form.setFieldValue("scope", next);
            form.setFieldValue("access", accessWithin(access, next));
          }}
        />
        {scope !== "any" && (
          <TargetField
            kind={scope === "category" ? "categories" : kind}
            label={scope === "category" ? "Category" : "Resource"}
            value={target}
            onChange={(next) => form.setFieldValue("target", next)}
            error={form.errors["target"]}
          />
        )}
        <AccessField
          scope={scope}
          value={access}
          onChange={(next) => form.setFieldValue("access", next)}
          error={form.errors["access"]}
        />
        <InWords {...form.values} />
        <Buttons onCancel={onClose} busy={grant.isPending} />
      </Stack>
    </Paper>
  );
}

function Buttons({ onCancel, busy }: { onCancel: () => void; busy: boolean }) {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" loading={busy}>
        Grant
      </Button>
    </Group>
  );
}

function InWords({ kind, scope, target, access }: Values) {
  if (kind === "" || access.length === 0) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {permissionText({ kind, scope, target: target === "" ? "…" : target, access })}
    </Text>
  );
}

function useGrantForm(onDirty: (dirty: boolean) => void) {
  const form = useForm<Values>({
    initialValues: { kind: "", scope: "any", target: "", access: ["read"] },
    validate: {
      kind: (kind) => (kind === "" ? "Choose what it is about." : null),
      target: (target, { scope }) =>
        scope !== "any" && target.trim() === "" ? "Say which one, by its id." : null,
      access: (access) => (access.length === 0 ? "Choose at least one." : null),
    },
  });
  const dirty = form.isDirty();
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  return form;
}

interface ControlProps<T> {
  value: T;
  onChange: (value: T) => void;
  error?: ReactNode;
}

interface AccessProps extends ControlProps<AccessName[]> {
  scope: ResourceScope;
}

function AccessField({ scope, value, onChange, error }: AccessProps) {
  return (
    <Checkbox.Group
      label="Allowed"
      value={value}
      error={error}
      onChange={(next) => onChange(changed(value, next))}
    >
      <Group gap="md" mt={4}>
        {ACCESSES.map((name) => (
          <Checkbox
            key={name}
            value={name}
            label={accessText([name])}
            disabled={name === "create" && scope !== "any"}
          />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

/** What was ticked or unticked last, with what follows from it. */
function changed(before: AccessName[], after: string[]): AccessName[] {
  const added = ACCESSES.find((name) => after.includes(name) && !before.includes(name));
  if (added !== undefined) return toggleAccess(before, added, true);
  const removed = before.find((name) => !after.includes(name));
  return removed === undefined ? before : toggleAccess(before, removed, false);
}

function GrantError({ error }: { error: Error }) {
  if (!(error instanceof ApiError)) return <ErrorNotice error={error} />;
  const { rest } = fieldErrors(error.violations, FIELDS);
  if (rest.length === 0 && error.violations.length > 0) return null;
  return <ErrorNotice error={error} violations={rest} />;
}

function KindField({ onChange, ...props }: ControlProps<string>) {
  const filters = useQuery({
    queryKey: ["filters", "list"],
    queryFn: ({ signal }) => send(api.GET("/api/v1/filters", { signal })),
  });
  // Nobody needs a permission to be told what the product says of their own webhooks.
  const kinds = filters.data?.items.map(({ name }) => name).filter((name) => name !== "postrider");
  return (
    <Select
      label="Kind of resource"
      description="The same names as the filters of events."
      data={kinds ?? []}
      searchable
      {...props}
      onChange={(kind) => onChange(kind ?? "")}
    />
  );
}

function ScopeField({ value, onChange }: ControlProps<ResourceScope>) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        On which
      </Text>
      <SegmentedControl
        size="xs"
        aria-label="On which"
        value={value}
        onChange={onChange}
        data={[
          { value: "any", label: "All" },
          { value: "category", label: "In a category" },
          { value: "one", label: "One" },
        ]}
      />
    </div>
  );
}
