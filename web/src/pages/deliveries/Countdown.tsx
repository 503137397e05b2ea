import { Tooltip } from "@mantine/core";
import { clockOf } from "@/lib/clock";
import { exactTime, zoneOf } from "@/lib/time";
import { untilText } from "./until";

const useSeconds = clockOf(1_000);

/** How long until a moment, moving on every second, and the moment itself: beside it, or on hover. */
export function Countdown({ at, short = false }: { at: string; short?: boolean }) {
  const moment = new Date(at);
  const left = untilText(moment, useSeconds());
  const text = left === undefined ? "due now" : `in ${left}`;
  const exactly = `${exactTime(moment)} ${zoneOf(moment)}`;
  if (short)
    return (
      <Tooltip label={exactly}>
        <time dateTime={at} className="nowrap">
          {text}
        </time>
      </Tooltip>
    );
  return (
    <time dateTime={at}>
      <strong className="nowrap">{text}</strong> <span className="dimmed nowrap">{exactly}</span>
    </time>
  );
}
