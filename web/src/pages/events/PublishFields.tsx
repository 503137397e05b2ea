import { Autocomplete, Button, Group, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { FilterSelect } from "@/features/history/FilterSelect";
import { useEventTypes } from "@/features/history/queries";
import { laidOut, type Draft } from "./publish";
import classes from "./events.module.css";

/** The fields of an event. */
export function PublishFields({ form }: { form: UseFormReturnType<Draft> }) {
  const types = useEventTypes(form.values.filter);
  const field = (name: keyof Draft) => form.getInputProps(name) as object;
  return (
    <Stack gap="sm">
      <div className={classes.pair}>
        <FilterSelect
          label="Filter"
          description="The kind of event, and of resource"
          required
          data-autofocus
          publishable
          value={form.values.filter}
          onChange={(filter) => form.setFieldValue("filter", filter)}
          error={form.errors["filter"]}
        />
        <Autocomplete
          label="Type"
          description="What happened"
          required
          data={types}
          maxLength={64}
          {...field("type")}
        />
      </div>
      <div className={classes.pair}>
        <TextInput
          label="Resource id"
          description="What permissions name"
          required
          maxLength={512}
          {...field("resourceId")}
        />
        <TextInput
          label="Category"
          description="It decides over permissions, too"
          maxLength={512}
          {...field("category")}
        />
      </div>
      <TextInput label="Resource name" maxLength={512} {...field("resourceName")} />
      <DataField form={form} />
      <TagsInput
        label="Audience"
        description="Only these users are told, by name. Leave it empty for everybody who may read the resource."
        placeholder="A user's name, then Enter"
        {...field("audience")}
      />
      <div className={classes.pair}>
        <TextInput
          label="Who did it"
          description="In the publisher's words"
          maxLength={512}
          {...field("actor")}
        />
        <TextInput
          label="Id of your own"
          description="Publishing the same id again does nothing"
          maxLength={255}
          {...field("id")}
        />
      </div>
    </Stack>
  );
}

function DataField({ form }: { form: UseFormReturnType<Draft> }) {
  return (
    <div>
      <Textarea
        label="Data"
        description="Any JSON, sent on as it is written"
        placeholder='{ "pages": 12 }'
        className={classes.code ?? ""}
        autosize
        minRows={4}
        maxRows={16}
        spellCheck={false}
        {...form.getInputProps("data")}
        onBlur={() => form.validateField("data")}
      />
      <Group justify="flex-end" mt={4}>
        <Button
          variant="subtle"
          size="compact-xs"
          disabled={form.values.data.trim() === ""}
          onClick={() => {
            form.setFieldValue("data", laidOut(form.values.data));
            form.validateField("data");
          }}
        >
          Lay out
        </Button>
      </Group>
    </div>
  );
}
