import { Group, Skeleton } from "@mantine/core";
import type { ListedView } from "@/api/schema.gen";
import { CountText } from "@/components/CountText";
import { StateBadge } from "@/components/StateBadge";
import { UNKNOWN } from "@/lib/numbers";
import { HealthBars } from "./HealthBars";
import { useHealth } from "./queries";

/** The newest deliveries as bars, and what is wrong if something is. */
export function HealthCell({ row }: { row: ListedView }) {
  const health = useHealth(row.id);
  if (health.isPending) return <Skeleton height={18} width={72} />;
  const flow = health.data?.flow.state;
  return (
    <Group gap="0.15rem 0.5rem">
      {health.data ? (
        <HealthBars recent={health.data.recent} />
      ) : (
        <span className="dimmed">{UNKNOWN}</span>
      )}
      {row.disabled !== null ? (
        <StateBadge state="disabled" hint={disabledHint(row.disabled.reason)} />
      ) : (
        flow !== undefined && flow !== "healthy" && <StateBadge state={flow} />
      )}
    </Group>
  );
}

/** Why the product switched a webhook off. */
export function disabledHint(reason: "gone" | "failing"): string {
  return reason === "gone"
    ? "The receiver answered 410 Gone: it wants nothing more"
    : "The receiver did nothing but fail for too long";
}

/** How many deliveries are held or were given up. */
export function CountCell({ id, of }: { id: string; of: "held" | "dead" }) {
  const health = useHealth(id);
  if (health.isPending) return <Skeleton height={12} width={24} ml="auto" />;
  return <CountText count={health.data?.flow[of]} />;
}
