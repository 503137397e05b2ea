import { Autocomplete, Checkbox, Group, MultiSelect, NumberInput, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { FilterSelect } from "@/features/history/FilterSelect";
import { RegistrationSelect } from "@/features/history/RegistrationSelect";
import { LocalTime } from "@/features/history/TimeRangeFilter";
import { useEventTypes } from "@/features/history/queries";
import { DEAD_REASONS } from "@/features/history/words";
import { MOST_PACE, type Choice } from "./choice";
import classes from "./replays.module.css";

const REASONS = Object.entries(DEAD_REASONS)
  // Of these there is nothing left to send, or nowhere to send it.
  .filter(([value]) => value !== "expunged" && value !== "registration_deleted")
  .map(([value, { short }]) => ({ value, label: short }));

interface Props {
  form: UseFormReturnType<Choice>;
}

/** What is sent again, and how fast. */
export function ReplayFields({ form }: Props) {
  const { values, errors } = form;
  return (
    <Stack gap="sm" mb="md">
      <RegistrationSelect
        label="Webhook"
        description="Only this one gets it again"
        placeholder="Choose a webhook"
        required
        value={values.registration}
        onChange={(id) => form.setFieldValue("registration", id)}
        error={errors["registration"]}
      />
      <Checkbox.Group
        label="Deliveries that were"
        value={values.states}
        onChange={(states) => form.setFieldValue("states", states)}
        error={errors["states"]}
      >
        <Group mt={6} gap="lg">
          <Checkbox value="dead" label="given up" />
          <Checkbox value="delivered" label="delivered" />
        </Group>
      </Checkbox.Group>
      {values.states.includes("dead") && (
        <MultiSelect
          label="Given up for"
          placeholder={values.reasons.length === 0 ? "Any reason" : ""}
          data={REASONS}
          value={values.reasons}
          onChange={(reasons) => form.setFieldValue("reasons", reasons)}
          error={errors["reasons"]}
          clearable
        />
      )}
      <Events form={form} />
      <NumberInput
        label="Pace"
        description="Deliveries a second, at the most"
        min={1}
        max={MOST_PACE}
        allowDecimal={false}
        maw={260}
        {...form.getInputProps("pace")}
      />
    </Stack>
  );
}

/** Of which events. */
function Events({ form }: Props) {
  const { values, errors } = form;
  const types = useEventTypes(values.filter);
  return (
    <>
      <div className={classes.pair}>
        <FilterSelect
          label="Event filter"
          placeholder="Any"
          value={values.filter}
          onChange={(filter) => form.setFieldValue("filter", filter)}
          error={errors["filter"]}
        />
        <Autocomplete
          label="Event type"
          placeholder="Any"
          data={types}
          {...form.getInputProps("type")}
        />
      </div>
      <div className={classes.pair}>
        <LocalTime
          label="Accepted from"
          value={values.from}
          onChange={(from) => form.setFieldValue("from", from)}
          error={errors["from"] as string | undefined}
        />
        <LocalTime
          label="Accepted before"
          value={values.to}
          onChange={(to) => form.setFieldValue("to", to)}
          error={errors["to"] as string | undefined}
        />
      </div>
    </>
  );
}
