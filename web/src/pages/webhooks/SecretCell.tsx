import { ActionIcon, Group, Popover, Stack, Text, Tooltip } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useEffect } from "react";
import { api, send } from "@/api/client";
import { useMe } from "@/api/session";
import { CopyButton } from "@/components/Copy";
import { notifyError } from "@/components/notify";
import { Time } from "@/components/Time";

const MASK = "••••••";
/** A secret does not stay on a screen that nobody looks at. */
const SHOWN_MS = 30_000;

/** The secret, masked; its owner can look at it. */
export function SecretCell({ id, ownerId }: { id: string; ownerId: string }) {
  const me = useMe();
  const look = useMutation({
    mutationFn: () =>
      send(api.GET("/api/v1/registrations/{id}/secret", { params: { path: { id } } })),
    onError: notifyError,
    // Nothing of it is kept once it is hidden.
    gcTime: 0,
  });
  const { data: shown, reset } = look;
  useEffect(() => {
    if (shown === undefined) return undefined;
    const timer = setTimeout(reset, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, reset]);

  if (me.id !== ownerId) {
    return (
      <Tooltip label="Only its owner can look at the secret">
        <span>
          <span aria-hidden>{MASK}</span>
          <span className="visually-hidden">For its owner alone</span>
        </span>
      </Tooltip>
    );
  }
  const show = () => {
    if (!look.isPending) look.mutate();
  };
  const label = shown === undefined ? "Show the secret" : "Hide the secret";
  return (
    <Group gap={4} wrap="nowrap">
      <span aria-hidden>{MASK}</span>
      <Popover
        opened={shown !== undefined}
        onChange={(open) => !open && reset()}
        width={340}
        position="bottom-start"
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <Tooltip label={label}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={label}
              // Not disabled meanwhile, which would take the focus away.
              aria-busy={look.isPending}
              onClick={() => (shown === undefined ? show() : reset())}
            >
              {shown === undefined ? (
                <Eye size={15} aria-hidden />
              ) : (
                <EyeOff size={15} aria-hidden />
              )}
            </ActionIcon>
          </Tooltip>
        </Popover.Target>
        <Popover.Dropdown>
          {shown !== undefined && (
            <Stack gap="xs">
              <Secret value={shown.secret} />
              {shown.previous !== null && (
                <>
                  <Text size="xs" c="dimmed">
                    The one before signs until <Time at={shown.previous.endsAt} exact />
                  </Text>
                  <Secret value={shown.previous.secret} />
                </>
              )}
              <Text size="xs" c="dimmed">
                Hidden again in 30 seconds. Looking at it is noted in the audit log.
              </Text>
            </Stack>
          )}
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}

/** A secret in full, with a button that copies it. */
export function Secret({ value }: { value: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <span className="mono">{value}</span>
      <CopyButton value={value} what="secret" />
    </Group>
  );
}
