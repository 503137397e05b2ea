import { Select, type SelectProps } from "@mantine/core";
import { useFilters } from "./queries";

type Props = Omit<SelectProps, "data" | "value" | "onChange"> & {
  /** Empty for none. */
  value: string;
  onChange: (name: string) => void;
  /** Leaves out those that nobody publishes to but the product. */
  publishable?: boolean;
};

/** Under which the product tells of itself. */
const RESERVED = "postrider";

/** One of the kinds of events that there are. */
export function FilterSelect({ value, onChange, publishable = false, ...rest }: Props) {
  const { data: filters = [] } = useFilters();
  const data = filters.map(({ name }) => name).filter((name) => !publishable || name !== RESERVED);
  return (
    <Select
      {...rest}
      data={value === "" || data.includes(value) ? data : [value, ...data]}
      value={value === "" ? null : value}
      onChange={(next) => onChange(next ?? "")}
      searchable
      openOnFocus={false}
      clearable
    />
  );
}
