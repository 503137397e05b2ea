import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useRegistration, useRegistrations } from "./queries";
import classes from "./history.module.css";

type Props = Omit<SelectProps, "data" | "value" | "onChange"> & {
  value: string | null;
  onChange: (id: string | null) => void;
};

interface Choice {
  id: string;
  uri: string;
  description?: string | null;
  ownerName?: string;
}

/** One webhook among many: searched for by the server, shown by its URL. */
export function RegistrationSelect({ value, onChange, ...rest }: Props) {
  // In a toolbar it is narrower than what it offers.
  const wide = rest.label === undefined;
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 250);
  const chosen = useRegistration(value);
  // What is written when nothing was typed is the name of the one that is chosen.
  const choices = useRegistrations(search === chosen.data?.uri ? "" : search);
  const found: Choice[] = [...(choices.data?.items ?? [])];
  if (value !== null && !found.some(({ id }) => id === value))
    found.unshift({ id: value, uri: chosen.data?.uri ?? (chosen.isPending ? "…" : value) });
  const byId = new Map(found.map((choice) => [choice.id, choice]));
  return (
    <Select
      placeholder="Webhook"
      {...rest}
      data={found.map(({ id, uri }) => ({ value: id, label: uri }))}
      value={value}
      onChange={onChange}
      searchable
      clearable
      searchValue={typed}
      onSearchChange={setTyped}
      // The server has searched already, also in what is not shown here.
      filter={({ options }) => options}
      nothingFoundMessage={choices.isFetching ? "Searching …" : "No webhook matches"}
      comboboxProps={{
        width: wide ? "max-content" : "target",
        position: "bottom-start",
        shadow: "sm",
      }}
      classNames={{ dropdown: classes.dropdown ?? "" }}
      openOnFocus={false}
      maxDropdownHeight={320}
      renderOption={({ option }) => <Option choice={byId.get(option.value)} />}
    />
  );
}

function Option({ choice }: { choice: Choice | undefined }) {
  if (choice === undefined) return null;
  const about = [choice.ownerName, choice.description].filter(Boolean).join(" · ");
  return (
    <div>
      <div className="mono">{choice.uri}</div>
      {about !== "" && <div className="dimmed">{about}</div>}
    </div>
  );
}
