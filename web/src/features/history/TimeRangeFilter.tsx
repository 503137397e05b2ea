import { Button, Group, Popover, Stack, TextInput } from "@mantine/core";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { LAST, fromField, rangeText, toField, type TimeRange } from "./timeRange";
import classes from "./history.module.css";

const NAMES = ["last", "from", "to"] as const;

/** The span of time in the address. */
export function useTimeRange(): [TimeRange, (range: TimeRange) => void] {
  const [query, setQuery] = useSearchParams();
  const range: TimeRange = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value !== null && value !== "") range[name] = value;
  }
  const change = (next: TimeRange) =>
    setQuery(
      (before) => {
        const changed = new URLSearchParams(before);
        for (const name of NAMES) {
          const value = next[name];
          if (value === undefined) changed.delete(name);
          else changed.set(name, value);
        }
        return changed;
      },
      { replace: true },
    );
  return [range, change];
}

/** A span of time to narrow a list by: the last so long, or from and to. */
export function TimeRangeFilter() {
  const [range, change] = useTimeRange();
  const [open, setOpen] = useState(false);
  const text = rangeText(range);
  const choose = (next: TimeRange) => {
    change(next);
    setOpen(false);
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          className={classes.filter ?? ""}
          justify="start"
          styles={{ label: { fontWeight: 400 } }}
          px="sm"
          leftSection={<CalendarClock size={15} aria-hidden />}
          onClick={() => setOpen(!open)}
          aria-label={`Time: ${text ?? "any time"}`}
        >
          <span className={text === undefined ? "dimmed" : "truncate"}>{text ?? "Any time"}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Time">
        <Choices key={String(open)} range={range} onChoose={choose} />
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoicesProps {
  range: TimeRange;
  onChoose: (range: TimeRange) => void;
}

function Choices({ range, onChoose }: ChoicesProps) {
  const [from, setFrom] = useState(toField(range.from));
  const [to, setTo] = useState(toField(range.to));
  const backwards = from !== "" && to !== "" && from >= to;
  const apply = () => {
    const [begin, end] = [fromField(from), fromField(to)];
    onChoose({
      ...(begin !== undefined && { from: begin }),
      ...(end !== undefined && { to: end }),
    });
  };
  return (
    <Stack gap="xs" w={232}>
      {Object.entries(LAST).map(([last, { label }]) => (
        <Button
          key={last}
          variant={range.last === last ? "light" : "default"}
          size="compact-sm"
          onClick={() => onChoose({ last })}
        >
          {label}
        </Button>
      ))}
      <LocalTime label="From" value={from} onChange={setFrom} />
      <LocalTime
        label="Until"
        value={to}
        onChange={setTo}
        error={backwards ? "This is before the beginning." : undefined}
      />
      <Group justify="space-between">
        <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onChoose({})}>
          Any time
        </Button>
        <Button size="compact-sm" disabled={backwards} onClick={apply}>
          Apply
        </Button>
      </Group>
    </Stack>
  );
}

interface LocalTimeProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

/** A moment in the browser's zone. */
export function LocalTime({ label, value, onChange, error }: LocalTimeProps) {
  return (
    <TextInput
      type="datetime-local"
      step={1}
      label={label}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
