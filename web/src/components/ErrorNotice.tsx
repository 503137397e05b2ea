import { Alert, Button, Group, List, Text } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import type { Violation } from "@/api/schema.gen";
import { ApiError } from "@/api/problem";

interface Props {
  error: unknown;
  /** Shows a button that tries again. */
  onRetry?: () => void;
  /** Instead of all mistakes in the body: those that no field shows. */
  violations?: readonly Violation[];
}

/** What went wrong with a request, in the words of the api. */
export function ErrorNotice({ error, onRetry, violations }: Props) {
  const problem = error instanceof ApiError ? error : undefined;
  const mistakes = violations ?? problem?.violations ?? [];
  return (
    <Alert
      color="red"
      role="alert"
      icon={<CircleAlert size={18} aria-hidden />}
      title={problem?.message ?? "Something broke"}
    >
      {problem?.detail !== undefined && <Text size="sm">{problem.detail}</Text>}
      {mistakes.length > 0 && (
        <List size="sm">
          {mistakes.map((mistake) => (
            <List.Item key={mistake.pointer + mistake.detail}>{mistake.detail}</List.Item>
          ))}
        </List>
      )}
      <Group gap="sm" mt="xs">
        {onRetry !== undefined && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {problem?.requestId !== undefined && (
          <Text size="xs" c="dimmed">
            Request <span className="mono">{problem.requestId}</span>
          </Text>
        )}
      </Group>
    </Alert>
  );
}
