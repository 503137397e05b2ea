import { Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { checkCondition } from "../condition";

interface Props {
  value: string;
  onChange: (value: string) => void;
  error: ReactNode;
}

const PAUSE_MS = 600;

/** Which of the events: checked by the server as soon as one stops writing. */
export function ConditionField({ value, onChange, error }: Props) {
  const [settled] = useDebouncedValue(value, PAUSE_MS);
  const asked = settled.trim();
  const check = useQuery({
    queryKey: ["conditions", asked],
    queryFn: ({ signal }) => checkCondition(asked, signal),
    enabled: asked !== "",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const mistake = value === settled && asked !== "" ? check.data?.mistake : undefined;
  const right = value === settled && asked !== "" && check.data?.mistake === null;
  return (
    <Textarea
      label="Condition"
      description={
        <>
          Only events that it holds for, such as{" "}
          <code className="mono">
            @.data.pages &gt; 5 &amp;&amp; @.type == &apos;Executed&apos;
          </code>
          {right && " – This condition can be read."}
        </>
      }
      autosize
      minRows={1}
      maxRows={5}
      maxLength={512}
      spellCheck={false}
      classNames={{ input: "mono" }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error ?? mistake}
    />
  );
}
