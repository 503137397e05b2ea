import { Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, send } from "@/api/client";
import type { DeliveryReportView, TestedView } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { StateBadge } from "@/components/StateBadge";
import { duration } from "@/lib/time";
import { holdText } from "./holdText";

const EVERY_MS = 1_000;

/** What became of a test: asked for every second until it is clear. */
export function TestResult({ tested }: { tested: TestedView }) {
  const id = tested.deliveryId;
  const report = useQuery({
    queryKey: ["deliveries", "detail", id],
    queryFn: ({ signal }) =>
      send<DeliveryReportView>(
        api.GET("/api/v1/deliveries/{id}", { params: { path: { id } }, signal }),
      ),
    refetchInterval: (query) => (query.state.data && isClear(query.state.data) ? false : EVERY_MS),
  });
  if (report.isError) return <ErrorNotice error={report.error} />;
  const delivery = report.data;
  return (
    <Stack gap={4} role="status" aria-label="Result of the test">
      <Group gap="xs">
        {delivery === undefined ? <Loader size="xs" /> : <StateBadge state={delivery.state} />}
        <Text size="sm">{delivery === undefined ? "On its way" : outcome(delivery)}</Text>
      </Group>
      <Link to={`/deliveries/${id}`}>See the delivery and its attempts</Link>
    </Stack>
  );
}

/** Whether there is an answer, or nothing will happen by itself. */
function isClear({ state, attemptCount }: DeliveryReportView): boolean {
  return state !== "pending" || attemptCount > 0;
}

function outcome(delivery: DeliveryReportView): string {
  if (delivery.state === "held") return holdText(delivery.holdReason);
  const last = delivery.attempts.at(-1);
  if (last === undefined) return "On its way";
  const took = duration(last.durationMs);
  if (delivery.state === "delivered")
    return `Answered with ${last.status ?? "success"} in ${took}.`;
  const why = last.detail ?? last.cause ?? "failed";
  const again = delivery.state === "pending" ? " It will be tried again." : "";
  return `${last.status === null ? "" : `Answered with ${last.status}: `}${why}, after ${took}.${again}`;
}
