import type { OverviewBucket } from "@/api/schema.gen";
import { UNKNOWN } from "@/lib/numbers";
import { exactTime } from "@/lib/time";
import classes from "./overview.module.css";
import { CHARTS, valueText } from "./series";

const COLUMNS = CHARTS.flatMap(({ lines, unit }) => lines.map((line) => ({ ...line, unit })));

/** What the charts show, as numbers: the newest first. */
export function BucketTable({
  buckets,
  each,
}: {
  buckets: readonly OverviewBucket[];
  each: string;
}) {
  return (
    <details className={classes.details}>
      <summary>The charts as a table, one row for each {each}</summary>
      {/* It scrolls: the keyboard must get there, too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Table of charts">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">From</th>
              {COLUMNS.map(({ measure, label }) => (
                <th key={measure} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {buckets.toReversed().map((bucket) => (
              <tr key={bucket.start}>
                <th scope="row">{exactTime(new Date(bucket.start)).slice(0, 16)}</th>
                {COLUMNS.map(({ measure, unit }) => (
                  <Cell key={measure} text={cellText(bucket, measure, unit)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Cell({ text }: { text: string }) {
  return <td className={text === UNKNOWN ? "dimmed" : undefined}>{text}</td>;
}

/** No latency where nothing was delivered is no secret. */
function cellText(
  bucket: OverviewBucket,
  measure: (typeof COLUMNS)[number]["measure"],
  unit: "count" | "ms",
): string {
  if (unit === "ms" && bucket[measure] === null && bucket.succeeded !== null) return "none";
  return valueText(bucket[measure], unit);
}
