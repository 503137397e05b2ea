import { Progress } from "@mantine/core";
import type { ReplayView } from "@/api/schema.gen";
import { percentText } from "@/lib/numbers";
import { progressText, shareOf } from "./progress";
import classes from "./replays.module.css";

const COLOURS = { running: "harbour", done: "teal", cancelled: "gray" } as const;

/** How far a replay is: a bar, and the figures. */
export function ReplayProgress({ replay }: { replay: ReplayView }) {
  const share = shareOf(replay);
  const text = progressText(replay);
  return (
    <div className={classes.progress}>
      <Progress.Root size="md">
        <Progress.Section
          // Without a figure the bar says only that it is under way.
          value={(share ?? 1) * 100}
          color={COLOURS[replay.state]}
          striped={share === undefined}
          animated={share === undefined && replay.state === "running"}
          aria-label={`Sent again: ${text}`}
          {...(share === undefined && { "aria-valuenow": undefined, "aria-valuetext": text })}
        />
      </Progress.Root>
      <span className={classes.figures}>
        {text}
        {share !== undefined && replay.matched.count > 0 && (
          <span className="dimmed"> {percentText(share)}</span>
        )}
      </span>
    </div>
  );
}
