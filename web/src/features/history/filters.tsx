import { Button } from "@mantine/core";
import { X } from "lucide-react";
import type { GridFilter } from "@/components/grid/DataGrid";
import { FilterSelect } from "./FilterSelect";
import { RegistrationSelect } from "./RegistrationSelect";
import { TimeRangeFilter } from "./TimeRangeFilter";
import { TypeFilter } from "./TypeFilter";
import classes from "./history.module.css";

/** Filters of lists about what happened; each is in the address under the name the api has for it. */
export const registrationFilter: GridFilter = {
  id: "registrationId",
  label: "Webhook",
  render: (value, onChange) => (
    <RegistrationSelect
      key="registrationId"
      className={classes.wideFilter ?? ""}
      aria-label="Webhook"
      value={value === "" ? null : value}
      onChange={(id) => onChange(id ?? "")}
    />
  ),
};

export const filterFilter: GridFilter = {
  id: "filter",
  label: "Event filter",
  render: (value, onChange) => (
    <FilterSelect
      key="filter"
      className={classes.filter ?? ""}
      aria-label="Event filter"
      placeholder="Event filter"
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
      value={value}
      onChange={onChange}
    />
  ),
};

export const typeFilter: GridFilter = {
  id: "type",
  label: "Event type",
  render: (value, onChange) => (
    <TypeFilter key="type" className={classes.filter} value={value} onChange={onChange} />
  ),
};

/** One control for three names in the address. */
export const timeFilters: GridFilter[] = [
  { id: "last", label: "Time", render: () => <TimeRangeFilter key="time" /> },
  { id: "from", label: "From", render: () => null },
  { id: "to", label: "Until", render: () => null },
];

/** Only of one event; shown when one came here from it. */
export const eventFilter: GridFilter = {
  id: "eventId",
  label: "Event",
  render: (value, onChange) =>
    value === "" ? null : (
      <Button
        key="eventId"
        variant="light"
        rightSection={<X size={14} aria-hidden />}
        onClick={() => onChange("")}
        aria-label={`Remove: only of the event ${value}`}
        title={value}
      >
        Of one event
      </Button>
    ),
};
