import { Tooltip } from "@mantine/core";
import { clockOf } from "@/lib/clock";
import { exactTime, relativeTime, zoneOf } from "@/lib/time";

/** The time of day, moving on every ten seconds. */
export const useNow = clockOf(10_000);

interface Props {
  at: string | null | undefined;
  /** What is shown when there is no time; a dash unless it is given. */
  none?: string;
  /** Shows the moment itself, as details do; `ms` with milliseconds. */
  exact?: boolean | "ms";
}

/** A moment: how long ago, and exactly on hover; or exactly, and how long ago after it. */
export function Time({ at, none = "–", exact = false }: Props) {
  const present = useNow();
  if (at === null || at === undefined) return <span className="dimmed">{none}</span>;
  const moment = new Date(at);
  const exactly = exactTime(moment, exact === "ms");
  const ago = relativeTime(moment, present);
  if (exact !== false) {
    return (
      <time dateTime={at}>
        <span className="nowrap">{exactly}</span>{" "}
        <span className="dimmed nowrap">
          {zoneOf(moment)} · {ago}
        </span>
      </time>
    );
  }
  return (
    <Tooltip label={`${exactTime(moment)} ${zoneOf(moment)}`}>
      <time dateTime={at} className="nowrap">
        {ago}
      </time>
    </Tooltip>
  );
}
