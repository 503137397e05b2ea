import {
  Autocomplete,
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Eye, Send } from "lucide-react";
import { api, send } from "@/api/client";
import type { FilterView, RegistrationView } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { draftMistakes, eventOf, type EventDraft } from "./eventDraft";
import { Preview } from "./Preview";
import { useFilters } from "./queries";
import { TestResult } from "./TestResult";

/** Writes an event, shows what would be sent for it, and sends it as a test. */
export function TestPanel({ webhook }: { webhook: RegistrationView }) {
  const filters = useFilters();
  const wanted = wantedFilters(webhook, filters.data ?? []);
  const form = useForm<EventDraft>({
    initialValues: {
      filter: webhook.filters.find((filter) => filter !== "*") ?? "reports",
      type: "Added",
      resourceId: "test",
      resourceName: "Test",
      data: "",
    },
    validate: (draft) => ({ ...draftMistakes(draft) }),
  });
  const params = { path: { id: webhook.id } };
  const preview = useMutation({
    mutationFn: (draft: EventDraft) =>
      send(
        api.POST("/api/v1/registrations/{id}/preview", { params, body: { event: eventOf(draft) } }),
      ),
  });
  const test = useMutation({
    mutationFn: (draft: EventDraft) =>
      send(api.POST("/api/v1/registrations/{id}/test", { params, body: eventOf(draft) })),
  });
  const failure = test.error ?? preview.error;
  const types = wanted.find(({ name }) => name === form.values.filter)?.eventTypes ?? [];
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label="Filter"
          data={wanted.map(({ name }) => name)}
          searchable
          allowDeselect={false}
          {...form.getInputProps("filter")}
        />
        <Autocomplete label="Type" data={types} {...form.getInputProps("type")} />
        <TextInput label="Resource id" {...form.getInputProps("resourceId")} />
        <TextInput label="Resource name" {...form.getInputProps("resourceName")} />
      </SimpleGrid>
      <Textarea
        label="Data"
        description="Any JSON, or nothing."
        autosize
        minRows={1}
        maxRows={8}
        spellCheck={false}
        classNames={{ input: "mono" }}
        {...form.getInputProps("data")}
      />
      <Group gap="xs">
        <Button
          leftSection={<Send size={15} aria-hidden />}
          loading={test.isPending}
          onClick={() => form.onSubmit((draft) => test.mutate(draft))()}
        >
          Send a test
        </Button>
        <Button
          variant="default"
          leftSection={<Eye size={15} aria-hidden />}
          loading={preview.isPending}
          onClick={() => form.onSubmit((draft) => preview.mutate(draft))()}
        >
          Preview
        </Button>
      </Group>
      {failure !== null && <ErrorNotice error={failure} />}
      {test.data !== undefined && <TestResult tested={test.data} />}
      {preview.data !== undefined && <Preview request={preview.data} />}
    </Stack>
  );
}

/** The filters whose events this webhook is sent; all of them if it asks for all. */
function wantedFilters(webhook: RegistrationView, filters: FilterView[]): FilterView[] {
  const names = webhook.filters.map((filter) => filter.toLowerCase());
  if (names.length === 0 || names.includes("*")) return filters;
  return filters.filter(({ name }) => names.includes(name.toLowerCase()));
}
