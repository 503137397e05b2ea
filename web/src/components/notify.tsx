import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ApiError } from "@/api/problem";

const SHORT_MS = 4_000;
const LONG_MS = 10_000;

/** Says that something was done. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: "teal", autoClose: SHORT_MS });
}

/** Says that something was done, and offers to take it back. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = notifications.show({
    autoClose: LONG_MS,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  });
}

/** Says that something failed, where no form or page has a place for it. */
export function notifyError(error: unknown): void {
  // Who is signed out is told by the sign-in page.
  if (error instanceof ApiError && error.status === 401) return;
  const problem = error instanceof ApiError ? error : undefined;
  const details = [problem?.detail, ...(problem?.violations ?? []).map(({ detail }) => detail)];
  notifications.show({
    color: "red",
    title: problem?.message ?? "Something broke",
    message: details.filter(Boolean).join(" "),
    autoClose: LONG_MS,
  });
}
