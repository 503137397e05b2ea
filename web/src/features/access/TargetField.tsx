import { Autocomplete, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, send } from "@/api/client";

interface Props {
  /** The kind of what is looked for; all kinds when it is empty. */
  kind: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: ReactNode;
}

const PAUSE_MS = 250;

/** The id of a resource: chosen by its name from the catalogue, or written. */
export function TargetField({ kind, label, value, onChange, error }: Props) {
  const [search] = useDebouncedValue(value, PAUSE_MS);
  const found = useQuery({
    queryKey: ["resources", kind, search],
    queryFn: ({ signal }) => {
      const query = { kind: kind || undefined, search: search || undefined, limit: 20 };
      return send(api.GET("/api/v1/resources", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });
  const names = new Map(found.data?.items.map(({ id, name }) => [id, name]));
  return (
    <Autocomplete
      label={label}
      description="Its id. Those of the catalogue are found by their name, too; others are written."
      data={[...names.keys()]}
      // The api has searched already, in names as well.
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{names.get(option.value)}</Text>
          <Text size="xs" c="dimmed" className="mono">
            {option.value}
          </Text>
        </div>
      )}
      maxLength={512}
      value={value}
      onChange={onChange}
      error={error}
    />
  );
}
