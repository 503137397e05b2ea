import { Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ApiError } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { WriteRole } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FormDrawer } from "@/components/SideDrawer";

interface Values {
  name: string;
  description: string;
}

interface Props {
  title: string;
  action: string;
  closeTo: string;
  initial: Values;
  /** Comes with the product: only what it is for can be changed. */
  nameFixed?: boolean;
  /** Saves it; what it throws is shown. */
  save: (role: WriteRole) => Promise<unknown>;
  busy: boolean;
  saved: boolean;
  error: Error | null;
}

/** The name of a role, and what it is for. */
export function RoleForm({ initial, save, busy, saved, error, nameFixed, ...drawer }: Props) {
  const form = useForm<Values>({
    initialValues: initial,
    validate: { name: (name) => (name.trim() === "" ? "Enter a name." : null) },
  });
  const submit = async ({ name, description }: Values) => {
    const text = description.trim();
    try {
      await save({ name: name.trim(), description: text === "" ? null : text });
    } catch (problem) {
      if (problem instanceof ApiError) form.setErrors(errorsOf(problem));
    }
  };
  const shownInForm = error instanceof ApiError && Object.keys(errorsOf(error)).length > 0;
  return (
    <FormDrawer
      {...drawer}
      onSubmit={form.onSubmit((values) => void submit(values))}
      busy={busy}
      dirty={form.isDirty() && !saved}
    >
      <Stack gap="md">
        {error !== null && !shownInForm && <ErrorNotice error={error} />}
        <TextInput
          label="Name"
          description={nameFixed === true ? "It comes with the product." : undefined}
          readOnly={nameFixed ?? false}
          maxLength={100}
          data-autofocus={nameFixed !== true}
          {...form.getInputProps("name")}
        />
        <Textarea
          label="Description"
          description="What it is for."
          autosize
          minRows={2}
          maxLength={1024}
          {...form.getInputProps("description")}
        />
      </Stack>
    </FormDrawer>
  );
}

function errorsOf(error: ApiError): Record<string, string> {
  if (error.code === "name_taken") return { name: "There is a role of this name already." };
  return fieldErrors(error.violations, ["name", "description"]).errors;
}
