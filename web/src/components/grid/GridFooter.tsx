import { Button, Group, Select, Text } from "@mantine/core";
import { ChevronFirst, ChevronLeft, ChevronRight } from "lucide-react";
import classes from "./DataGrid.module.css";
import { PAGE_SIZES } from "./state";

interface Props {
  label: string;
  page: number;
  rows: number;
  pageSize: number;
  onPageSize: (size: number) => void;
  onFirst: () => void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

/** Which page is shown, and the way to others. */
export function GridFooter(props: Props) {
  const first = (props.page - 1) * props.pageSize + 1;
  const last = first + props.rows - 1;
  return (
    <div className={classes.footer}>
      <Group gap="xs">
        <Select
          size="xs"
          w={68}
          aria-label="Rows per page"
          data={PAGE_SIZES.map(String)}
          value={String(props.pageSize)}
          onChange={(value) => value !== null && props.onPageSize(Number(value))}
          allowDeselect={false}
        />
        <Text size="xs" c="dimmed">
          per page
        </Text>
      </Group>
      <Group gap="xs" component="nav" aria-label={`Pages of ${props.label}`}>
        <Text size="xs" c="dimmed" role="status">
          {props.rows === 0
            ? `Page ${props.page}`
            : `${first}–${last}${props.onNext ? ", and more" : ` of ${last}`}`}
        </Text>
        <Button
          variant="default"
          size="compact-sm"
          aria-label="First page"
          disabled={props.onPrevious === undefined}
          onClick={props.onFirst}
        >
          <ChevronFirst size={15} aria-hidden />
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          disabled={props.onPrevious === undefined}
          onClick={props.onPrevious}
          leftSection={<ChevronLeft size={15} aria-hidden />}
        >
          Previous
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          disabled={props.onNext === undefined}
          onClick={props.onNext}
          rightSection={<ChevronRight size={15} aria-hidden />}
        >
          Next
        </Button>
      </Group>
    </div>
  );
}
