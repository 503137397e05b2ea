import { Autocomplete } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { COMMON_TYPES, isEventType } from "./eventType";

const PAUSE_MS = 400;

interface Props {
  value: string;
  onChange: (value: string) => void;
  className?: string | undefined;
}

/** The type of an event to narrow a list by; told once one stops writing. */
export function TypeFilter({ value, onChange, className }: Props) {
  const [text, setText] = useState(value);
  const [told, setTold] = useState(value);
  const timer = useRef(0);
  // The address changed by itself: going back, or everything cleared.
  if (value !== told) {
    setTold(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const wrong = text !== "" && !isEventType(text);
  const write = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    if (next !== "" && !isEventType(next)) return;
    timer.current = window.setTimeout(() => {
      setTold(next);
      onChange(next);
    }, PAUSE_MS);
  };
  return (
    <Autocomplete
      {...(className !== undefined && { className })}
      aria-label="Event type"
      placeholder="Event type"
      data={COMMON_TYPES}
      value={text}
      onChange={write}
      error={wrong}
      title={wrong ? "Letters, digits, _ . and -, up to 64" : undefined}
      clearable
    />
  );
}
