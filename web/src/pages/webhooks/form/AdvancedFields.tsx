import {
  Fieldset,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { WebhookValues } from "../formValues";
import { AuthenticationFields } from "./AuthenticationFields";
import { TlsFields } from "./TlsFields";

interface Props {
  form: UseFormReturnType<WebhookValues>;
}

/** How deliveries are made: what most webhooks leave to the server. */
export function AdvancedFields({ form }: Props) {
  return (
    <Stack gap="md">
      <RetryFields form={form} />
      <PaceFields form={form} />
      <Select
        label="While paused"
        data={[
          { value: "hold", label: "Hold deliveries, and send them afterwards" },
          { value: "discard", label: "Give deliveries up" },
        ]}
        allowDeselect={false}
        {...form.getInputProps("whilePaused")}
      />
      <AuthenticationFields form={form} />
      <TlsFields form={form} />
      <Switch
        label="Ask the receiver for an echo first"
        description="Saves only if the URL answers a GET with ?echo=… by the value of echo."
        {...form.getInputProps("verify", { type: "checkbox" })}
      />
    </Stack>
  );
}

function RetryFields({ form }: Props) {
  return (
    <Fieldset legend="Attempts">
      <Stack gap="sm">
        <NumberInput
          label="Time-out"
          description="How long the receiver has for its whole answer, 1 to 25 seconds."
          placeholder="As the server is set to"
          min={1}
          max={25}
          suffix=" s"
          {...form.getInputProps("timeoutSeconds")}
        />
        <div>
          <Text size="sm" fw={500} mb={4} id="retries">
            After a failure
          </Text>
          <SegmentedControl
            aria-labelledby="retries"
            size="xs"
            data={[
              { value: "server", label: "As the server is set to" },
              { value: "none", label: "No retry" },
              { value: "own", label: "Own schedule" },
            ]}
            {...form.getInputProps("retries")}
          />
        </div>
        {form.values.retries === "own" && (
          <TextInput
            label="Delays between attempts"
            description="In order, each up to 30 days: 5s, 1m, 10m, 2h"
            {...form.getInputProps("retryDelaysSeconds")}
          />
        )}
      </Stack>
    </Fieldset>
  );
}

function PaceFields({ form }: Props) {
  const { limited, batched, format } = form.values;
  const single = format === "cloudevents-binary" || format === "form";
  return (
    <Fieldset legend="Pace">
      <Stack gap="sm">
        <NumberInput
          label="At a time"
          description="The most requests that each worker has on their way."
          placeholder="As the server is set to"
          min={1}
          max={1000}
          allowDecimal={false}
          {...form.getInputProps("maxInFlight")}
        />
        <Switch label="Limit the rate" {...form.getInputProps("limited", { type: "checkbox" })} />
        {limited && (
          <Group gap="sm" grow align="flex-start">
            <NumberInput
              label="Requests"
              min={1}
              max={10_000}
              allowDecimal={false}
              {...form.getInputProps("rateLimit.requests")}
            />
            <NumberInput
              label="In so many seconds"
              min={1}
              max={3_600}
              {...form.getInputProps("rateLimit.perSeconds")}
            />
          </Group>
        )}
        <Switch
          label="Several events in one delivery"
          description={single ? "This format carries one event." : undefined}
          disabled={single && !batched}
          {...form.getInputProps("batched", { type: "checkbox" })}
        />
        {batched && (
          <Group gap="sm" grow align="flex-start">
            <NumberInput
              label="As soon as there are"
              suffix=" events"
              min={2}
              max={1_000}
              allowDecimal={false}
              {...form.getInputProps("batch.maxEvents")}
            />
            <NumberInput
              label="Or the first has waited"
              suffix=" s"
              min={1}
              max={3_600}
              {...form.getInputProps("batch.maxWaitSeconds")}
            />
          </Group>
        )}
      </Stack>
    </Fieldset>
  );
}
