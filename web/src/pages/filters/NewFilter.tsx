import { Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { AddFilter } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { FormDrawer } from "@/components/SideDrawer";
import { filterNameMistake } from "./names";

/** Adds a filter. */
export function NewFilter() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const form = useForm({
    initialValues: { name: "", description: "" },
    validate: { name: filterNameMistake },
  });
  const add = useMutation({
    mutationFn: (body: AddFilter) => send(api.POST("/api/v1/filters", { body })),
    onSuccess: async ({ name }) => {
      notifyDone(`Events of ${name} can be published and asked for now.`);
      await client.invalidateQueries({ queryKey: ["filters"] });
      await navigate({ pathname: "/filters", search }, { state: { saved: true } });
    },
    onError: (error) => {
      if (error instanceof ApiError) form.setErrors(errorsOf(error));
    },
  });
  const inForm = add.error instanceof ApiError && Object.keys(errorsOf(add.error)).length > 0;
  return (
    <FormDrawer
      title="New filter"
      closeTo="/filters"
      onSubmit={form.onSubmit(({ name, description }) =>
        add.mutate({ name: name.trim(), description: description.trim() || null }),
      )}
      action="Add filter"
      busy={add.isPending}
      dirty={form.isDirty() && !add.isSuccess}
    >
      <Stack gap="md">
        {add.isError && !inForm && <ErrorNotice error={add.error} />}
        <TextInput
          label="Name"
          description="A kind of thing that events are about, such as shipments. It stays what it is."
          maxLength={64}
          spellCheck={false}
          autoCapitalize="none"
          data-autofocus
          {...form.getInputProps("name")}
        />
        <DescriptionField {...form.getInputProps("description")} />
      </Stack>
    </FormDrawer>
  );
}

/** What the events of a filter tell of. */
export function DescriptionField(props: React.ComponentProps<typeof Textarea>) {
  return (
    <Textarea
      label="Description"
      description="What its events tell of, for those who choose what their webhooks are for."
      autosize
      minRows={2}
      maxLength={1024}
      {...props}
    />
  );
}

function errorsOf(error: ApiError): Record<string, string> {
  if (error.code === "name_taken") return { name: "There is a filter of this name already." };
  return fieldErrors(error.violations, ["name", "description"]).errors;
}
