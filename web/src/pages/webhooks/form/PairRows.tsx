import { ActionIcon, Button, Fieldset, Group, Stack, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { Plus, X } from "lucide-react";
import type { WebhookValues } from "../formValues";

interface Props {
  form: UseFormReturnType<WebhookValues>;
  field: "headers" | "properties";
  legend: string;
  /** What one of them is called. */
  one: string;
  help: string;
}

/** Names and values, a row each. */
export function PairRows({ form, field, legend, one, help }: Props) {
  const rows = form.values[field];
  const error = form.errors[field];
  return (
    <Fieldset legend={legend}>
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {help}
        </Text>
        {rows.map((_, index) => (
          <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
            <TextInput
              flex={2}
              aria-label={`Name of ${one} ${index + 1}`}
              placeholder="Name"
              {...form.getInputProps(`${field}.${index}.name`)}
            />
            <TextInput
              flex={3}
              aria-label={`Value of ${one} ${index + 1}`}
              placeholder="Value"
              {...form.getInputProps(`${field}.${index}.value`)}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="input-sm"
              aria-label={`Remove ${one} ${index + 1}`}
              onClick={() => form.removeListItem(field, index)}
            >
              <X size={15} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {error !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        )}
        <Group>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => form.insertListItem(field, { name: "", value: "" })}
          >
            Add {one}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
