import { ActionIcon, Checkbox, Popover, Stack, Tooltip } from "@mantine/core";
import { Columns3 } from "lucide-react";
import type { GridColumn } from "./GridTable";

interface Props<Row> {
  columns: readonly GridColumn<Row>[];
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
}

/** Which columns are shown. */
export function ColumnMenu<Row>({ columns, hidden, onHidden }: Props<Row>) {
  const choices = columns.filter((column) => !column.main);
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label="Columns">
          <ActionIcon variant="default" size="input-sm" aria-label="Columns">
            <Columns3 size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Stack gap="xs">
          {choices.map(({ id, header }) => (
            <Checkbox
              key={id}
              size="xs"
              label={header}
              checked={!hidden.includes(id)}
              onChange={(event) =>
                onHidden(
                  event.currentTarget.checked
                    ? hidden.filter((column) => column !== id)
                    : [...hidden, id],
                )
              }
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
