import { Button, Group, PasswordInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { CopyButton } from "@/components/Copy";
import { generatePassword } from "./generate";
import { PASSWORD_RULE } from "./rule";

interface Props {
  label: string;
  value: string;
  onChange: (password: string) => void;
  error?: ReactNode;
}

/** A new password: written, or generated and then shown, to be handed on. */
export function NewPassword({ label, value, onChange, error }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <div>
      <PasswordInput
        label={label}
        description={PASSWORD_RULE}
        autoComplete="new-password"
        visible={shown}
        onVisibilityChange={setShown}
        visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
      />
      <Group gap="xs" mt="xs">
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            onChange(generatePassword());
            setShown(true);
          }}
        >
          Generate
        </Button>
        {value !== "" && <CopyButton value={value} what="password" wide />}
      </Group>
    </div>
  );
}
