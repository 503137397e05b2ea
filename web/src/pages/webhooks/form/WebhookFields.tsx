import { Accordion, MultiSelect, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { WebhookValues } from "../formValues";
import { useFilters } from "../queries";
import { AdvancedFields } from "./AdvancedFields";
import { ConditionField } from "./ConditionField";
import { PairRows } from "./PairRows";
import { SecretFields } from "./SecretFields";

const FORMATS = [
  { value: "aspnet", label: "ASP.NET WebHooks" },
  { value: "standard", label: "Standard Webhooks" },
  { value: "cloudevents", label: "CloudEvents, structured" },
  { value: "cloudevents-binary", label: "CloudEvents, binary" },
  { value: "form", label: "HTML form with ASP.NET's body" },
];

interface Props {
  form: UseFormReturnType<WebhookValues>;
  isNew: boolean;
}

/** All fields of a webhook; what most leave as it is comes last, folded away. */
export function WebhookFields({ form, isNew }: Props) {
  return (
    <Stack gap="md">
      <TextInput
        label="URL"
        description="Where events are posted to."
        placeholder="https://"
        type="url"
        required
        maxLength={2048}
        data-autofocus
        {...form.getInputProps("uri")}
      />
      <FilterPicker form={form} />
      <Textarea
        label="Description"
        description="What it is for. Nobody has to write one."
        autosize
        minRows={1}
        maxRows={6}
        maxLength={4096}
        {...form.getInputProps("description")}
      />
      {isNew && (
        <SecretFields
          kind={form.values.secretKind}
          onKind={(kind) => form.setFieldValue("secretKind", kind)}
          secret={form.values.secret}
          onSecret={(secret) => form.setFieldValue("secret", secret)}
          error={form.errors.secret}
        />
      )}
      <Switch
        label="Paused"
        description="Nothing is sent until it runs."
        {...form.getInputProps("paused", { type: "checkbox" })}
      />
      <Select
        label="Format"
        description="What a body looks like. Every format is signed with the headers of Standard Webhooks; ASP.NET's also with ms-signature."
        data={FORMATS}
        allowDeselect={false}
        {...form.getInputProps("format")}
      />
      <ConditionField
        value={form.values.condition}
        onChange={(condition) => form.setFieldValue("condition", condition)}
        error={form.errors.condition}
      />
      <PairRows
        form={form}
        field="headers"
        legend="Headers"
        one="header"
        help="Sent with every request. Credentials are masked; the mask keeps what is stored."
      />
      <PairRows
        form={form}
        field="properties"
        legend="Properties"
        one="property"
        help="Members of Properties in every body. JSON counts as such, everything else as text."
      />
      <Accordion variant="separated" defaultValue={advancedMistake(form) ? "advanced" : null}>
        <Accordion.Item value="advanced">
          <Accordion.Control>
            Advanced: retries, time-out, pace, authentication, TLS
          </Accordion.Control>
          <Accordion.Panel>
            <AdvancedFields form={form} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function FilterPicker({ form }: { form: UseFormReturnType<WebhookValues> }) {
  const filters = useFilters();
  const { value, ...input } = form.getInputProps("filters") as { value: string[] };
  return (
    <MultiSelect
      label="Filters"
      description="Which events are sent; none is all of them."
      placeholder={value.length === 0 ? "All events" : undefined}
      data={(filters.data ?? []).map(({ name }) => name)}
      renderOption={({ option }) => (
        <span>
          {option.value}{" "}
          <span className="dimmed">
            {filters.data?.find(({ name }) => name === option.value)?.description}
          </span>
        </span>
      )}
      searchable
      clearable
      hidePickedOptions
      value={value}
      {...input}
    />
  );
}

const ADVANCED =
  /^(timeoutSeconds|retryDelaysSeconds|maxInFlight|rateLimit|batch|authentication|tls)/;

/** Whether there is a mistake in the part that is folded away. */
export function advancedMistake(form: UseFormReturnType<WebhookValues>): boolean {
  return Object.keys(form.errors).some((field) => ADVANCED.test(field));
}
