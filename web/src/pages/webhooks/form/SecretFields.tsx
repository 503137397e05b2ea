import {
  Button,
  Fieldset,
  Group,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
} from "@mantine/core";
import type { ReactNode } from "react";
import { generateSecret, LONGEST_SECRET, SHORTEST_SECRET, secretStrength } from "../secrets";

interface Props {
  kind: "generated" | "own";
  onKind: (kind: "generated" | "own") => void;
  secret: string;
  onSecret: (secret: string) => void;
  error: ReactNode;
}

/** What deliveries are signed with: made by the server, or one's own. */
export function SecretFields({ kind, onKind, secret, onSecret, error }: Props) {
  return (
    <Fieldset legend="Secret">
      <Stack gap="xs">
        <SegmentedControl
          aria-label="Where the secret comes from"
          size="xs"
          value={kind}
          onChange={onKind}
          data={[
            { value: "generated", label: "Generate one" },
            { value: "own", label: "Use my own" },
          ]}
        />
        {kind === "generated" ? (
          <Text size="xs" c="dimmed">
            A strong one is made, and shown once it is saved.
          </Text>
        ) : (
          <>
            <PasswordInput
              aria-label="Secret"
              autoComplete="off"
              maxLength={LONGEST_SECRET}
              value={secret}
              onChange={(event) => onSecret(event.currentTarget.value)}
              error={error}
            />
            <Group justify="space-between">
              <Strength secret={secret} />
              <Button variant="subtle" size="compact-sm" onClick={() => onSecret(generateSecret())}>
                Fill in a strong one
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Fieldset>
  );
}

function Strength({ secret }: { secret: string }) {
  const { length } = Array.from(secret);
  const strength = length < SHORTEST_SECRET ? "" : `, ${secretStrength(secret)}`;
  return (
    <Text size="xs" c="dimmed" role="status">
      {length} of {SHORTEST_SECRET}–{LONGEST_SECRET} characters{strength}
    </Text>
  );
}
