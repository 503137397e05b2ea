import { Tooltip } from "@mantine/core";
import { useLive } from "@/live/useLive";
import type { LiveState } from "@/live/stream";
import classes from "./LiveMark.module.css";

const WORDS: Record<LiveState, [label: string, explanation: string]> = {
  connecting: ["Connecting", "Connecting to live updates"],
  live: ["Live", "What is shown is updated as it happens"],
  lost: ["Not live", "Live updates are interrupted; trying to connect again"],
  off: ["Not live", "There are no live updates here; load the page again to see what is new"],
};

/** Whether what is shown updates itself. */
export function LiveMark() {
  const state = useLive();
  const [label, explanation] = WORDS[state];
  return (
    <Tooltip label={explanation} multiline maw={260}>
      <span className={classes.mark} data-state={state} role="status">
        <span className={classes.dot} aria-hidden />
        <span className={classes.label}>{label}</span>
        <span className="visually-hidden">: {explanation}</span>
      </span>
    </Tooltip>
  );
}
