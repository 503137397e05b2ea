import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useUserName, useUserSearch } from "./queries";
import classes from "./users.module.css";

interface Props extends Omit<
  SelectProps,
  "data" | "value" | "onChange" | "filter" | "searchValue" | "onSearchChange" | "searchable"
> {
  /** The id of the user; empty for none. */
  value: string;
  onChange: (id: string) => void;
}

const PAUSE_MS = 250;

/** A user, found by their name. */
export function UserSelect({ value, onChange, ...props }: Props) {
  const [search, setSearch] = useState("");
  const [asked] = useDebouncedValue(search, PAUSE_MS);
  const chosen = useUserName(value === "" ? null : value);
  // What is chosen stands in the field: that is no search.
  const { data, isFetching } = useUserSearch(asked === chosen ? "" : asked.trim());
  const options = (data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  if (value !== "" && !options.some((option) => option.value === value)) {
    options.unshift({ value, label: chosen ?? value });
  }
  return (
    <Select
      nothingFoundMessage={isFetching ? "Searching…" : "No user of this name"}
      {...props}
      data={options}
      // The api has searched already, among all users.
      filter={({ options: found }) => found}
      searchable
      searchValue={search}
      onSearchChange={setSearch}
      value={value === "" ? null : value}
      onChange={(id) => onChange(id ?? "")}
    />
  );
}

/** The same to narrow a list by. */
export function UserFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <UserSelect
      aria-label={label}
      placeholder={label}
      className={classes.filter ?? ""}
      clearable
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
      value={value}
      onChange={onChange}
    />
  );
}
