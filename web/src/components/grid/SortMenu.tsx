import { ActionIcon, Button, Group, Popover, Select, Stack, Tooltip } from "@mantine/core";
import { ArrowDown, ArrowUp, ArrowUpDown, X } from "lucide-react";
import type { GridColumn } from "./GridTable";
import type { Sort } from "./state";

interface Props<Row> {
  columns: readonly GridColumn<Row>[];
  sort: Sort[];
  mostSorts: number;
  onSort: (sort: Sort[]) => void;
}

/** The order, column by column: what Shift and a click do, for the keyboard and for touch. */
export function SortMenu<Row>({ columns, sort, mostSorts, onSort }: Props<Row>) {
  const sortable = columns.filter((column) => column.sortable);
  if (sortable.length === 0) return null;
  const unused = sortable.filter(({ id }) => !sort.some((entry) => entry.id === id));
  const [another] = unused;
  const replace = (at: number, entry: Sort) =>
    onSort(sort.map((present, index) => (index === at ? entry : present)));
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="sm" leftSection={<ArrowUpDown size={15} aria-hidden />}>
          Sort
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Sort">
        <Stack gap="xs">
          {sort.map((entry, index) => (
            <SortRow
              key={entry.id}
              name={index === 0 ? "Sort by" : "Then by"}
              entry={entry}
              columns={sortable.filter(
                ({ id }) => id === entry.id || unused.some((u) => u.id === id),
              )}
              onChange={(next) => replace(index, next)}
              onRemove={
                sort.length > 1 ? () => onSort(sort.filter((_, at) => at !== index)) : undefined
              }
            />
          ))}
          {another !== undefined && sort.length < mostSorts && (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => onSort([...sort, { id: another.id, desc: false }])}
            >
              Add a column
            </Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface RowProps<Row> {
  name: string;
  entry: Sort;
  columns: readonly GridColumn<Row>[];
  onChange: (entry: Sort) => void;
  onRemove: (() => void) | undefined;
}

function SortRow<Row>({ name, entry, columns, onChange, onRemove }: RowProps<Row>) {
  const direction = entry.desc ? "Descending" : "Ascending";
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end">
      <Select
        label={name}
        size="xs"
        data={columns.map(({ id, header }) => ({ value: id, label: header }))}
        value={entry.id}
        onChange={(id) => id !== null && onChange({ ...entry, id })}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
      />
      <Tooltip label={direction}>
        <ActionIcon
          variant="default"
          size="input-xs"
          aria-label={`${direction}; turn`}
          onClick={() => onChange({ ...entry, desc: !entry.desc })}
        >
          {entry.desc ? <ArrowDown size={14} aria-hidden /> : <ArrowUp size={14} aria-hidden />}
        </ActionIcon>
      </Tooltip>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="input-xs"
        aria-label="Remove from the order"
        disabled={onRemove === undefined}
        onClick={onRemove}
      >
        <X size={14} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
