import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";
import { notifyError } from "./notify";

interface Props {
  value: string;
  /** What is copied, for the name of the button: `Copy secret`. */
  what: string;
  /** A button with a word instead of an icon. */
  wide?: boolean;
}

/** Copies a value, and says so. */
export function CopyButton({ value, what, wide = false }: Props) {
  const clipboard = useClipboard({ timeout: 2_000 });
  const label = clipboard.copied ? "Copied" : `Copy ${what}`;
  const icon = clipboard.copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />;
  const copy = () => {
    clipboard.copy(value);
    if (clipboard.error) notifyError(clipboard.error);
  };
  if (wide) {
    return (
      <Button size="compact-sm" variant="default" leftSection={icon} onClick={copy}>
        {label}
      </Button>
    );
  }
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={copy}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
