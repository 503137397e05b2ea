import { ActionIcon, Button, CloseButton, Select, TextInput, Tooltip } from "@mantine/core";
import { RefreshCw, Search } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { ColumnMenu } from "./ColumnMenu";
import type { GridColumn } from "./GridTable";
import { SortMenu } from "./SortMenu";
import type { Sort } from "./state";
import classes from "./DataGrid.module.css";

/** Something to narrow a list by; its value is in the address under its id. */
export interface GridFilter {
  id: string;
  label: string;
  /** What one chooses from; without it one writes. */
  options?: readonly { value: string; label: string }[];
  /** Draws the control itself, for dates and the like. */
  render?: (value: string, onChange: (value: string) => void) => ReactNode;
}

interface Props<Row> {
  label: string;
  searchIn: string | undefined;
  search: string;
  onSearch: (value: string) => void;
  filters: readonly GridFilter[];
  values: Record<string, string>;
  onFilter: (id: string, value: string) => void;
  onClear: () => void;
  columns: readonly GridColumn<Row>[];
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
  sort: Sort[];
  mostSorts: number;
  onSort: (sort: Sort[]) => void;
  onRefresh: () => void;
  refreshing: boolean;
  actions: ReactNode;
}

/** Search, filters, order and columns of a grid. */
export function GridToolbar<Row>(props: Props<Row>) {
  const narrowed = props.search !== "" || Object.keys(props.values).length > 0;
  return (
    <div className={classes.toolbar}>
      <div className={classes.narrowing} role="search" aria-label={`Narrow ${props.label}`}>
        {props.searchIn !== undefined && (
          <DebouncedInput
            label={`Search in ${props.searchIn}`}
            value={props.search}
            onChange={props.onSearch}
            icon={<Search size={15} aria-hidden />}
          />
        )}
        {props.filters.map((filter) => (
          <FilterControl
            key={filter.id}
            filter={filter}
            value={props.values[filter.id] ?? ""}
            onChange={(value) => props.onFilter(filter.id, value)}
          />
        ))}
        {narrowed && (
          <Button variant="subtle" color="gray" size="compact-sm" onClick={props.onClear}>
            Clear
          </Button>
        )}
      </div>
      <div className={classes.tools}>
        <SortMenu {...props} />
        <ColumnMenu {...props} />
        <Tooltip label="Refresh">
          <ActionIcon
            variant="default"
            size="input-sm"
            aria-label="Refresh"
            onClick={props.onRefresh}
            loading={props.refreshing}
          >
            <RefreshCw size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
        {props.actions}
      </div>
    </div>
  );
}

interface ControlProps {
  filter: GridFilter;
  value: string;
  onChange: (value: string) => void;
}

function FilterControl({ filter, value, onChange }: ControlProps) {
  if (filter.render !== undefined) return filter.render(value, onChange);
  if (filter.options === undefined) {
    return <DebouncedInput label={filter.label} value={value} onChange={onChange} />;
  }
  return (
    <Select
      className={classes.filter ?? ""}
      aria-label={filter.label}
      placeholder={filter.label}
      data={filter.options}
      value={value === "" ? null : value}
      onChange={(next) => onChange(next ?? "")}
      clearable
      searchable={filter.options.length > 8}
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
    />
  );
}

const PAUSE_MS = 300;

interface InputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  icon?: ReactNode;
}

/** Tells what was written once one stops writing. */
export function DebouncedInput({ label, value, onChange, icon }: InputProps) {
  const [text, setText] = useState(value);
  const [told, setTold] = useState(value);
  const timer = useRef(0);
  // The address changed by itself: going back, or everything cleared.
  if (value !== told) {
    setTold(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const tell = (next: string, pause: number) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setTold(next.trim());
      onChange(next.trim());
    }, pause);
  };
  return (
    <TextInput
      type="text"
      inputMode="search"
      className={icon === undefined ? classes.filter : classes.search}
      aria-label={label}
      placeholder={label}
      value={text}
      maxLength={200}
      leftSection={icon}
      rightSection={
        text !== "" && (
          <CloseButton size="xs" aria-label={`Clear: ${label}`} onClick={() => tell("", 0)} />
        )
      }
      onChange={(event) => tell(event.currentTarget.value, PAUSE_MS)}
      onKeyDown={(event) => {
        if (event.key === "Enter") tell(text, 0);
        if (event.key === "Escape" && text !== "") tell("", 0);
      }}
    />
  );
}
