import { useMemo, useState } from "react";
import type { OverviewBucket } from "@/api/schema.gen";
import { Canvas } from "./Canvas";
import classes from "./charts.module.css";
import { clock, columnsOf, inWords, valueText, type Chart } from "./series";

interface Props {
  chart: Chart;
  buckets: readonly OverviewBucket[];
  /** How long a bucket is, in words. */
  each: string;
}

/** A chart with its legend, which tells the values under the pointer or else the newest. */
export function ChartCard({ chart, buckets, each }: Props) {
  const [pointed, setPointed] = useState<number | null>(null);
  const columns = useMemo(() => columnsOf(buckets, chart.lines), [buckets, chart.lines]);
  const bucket = buckets[pointed ?? buckets.length - 1];
  const nothing = chart.lines.every(({ measure }) =>
    buckets.every((each) => each[measure] === null),
  );
  return (
    <figure className={classes.card}>
      <figcaption className={classes.caption}>
        <h3>{chart.title}</h3>
        <span className="dimmed">
          {chart.unit === "count" ? `per ${each}` : "from event to delivery"}
          {bucket !== undefined && `, ${clock(new Date(bucket.start))}`}
        </span>
      </figcaption>
      <ul className={classes.legend}>
        {chart.lines.map(({ measure, label, tone, dash }) => (
          <li key={measure} data-tone={tone}>
            <span className={classes.stroke} data-dashed={dash !== undefined} aria-hidden />
            {label} <b>{legendText(bucket, measure, chart.unit)}</b>
          </li>
        ))}
      </ul>
      {nothing ? (
        <p className={classes.noChart}>Nothing is known of this time.</p>
      ) : (
        <div role="img" aria-label={inWords(chart, buckets)}>
          <Canvas chart={chart} columns={columns} onPoint={setPointed} />
        </div>
      )}
    </figure>
  );
}

function legendText(
  bucket: OverviewBucket | undefined,
  measure: Chart["lines"][number]["measure"],
  unit: Chart["unit"],
): string {
  const value = bucket?.[measure];
  if (unit === "ms" && value === null && bucket?.succeeded !== null) return "none";
  return valueText(value, unit);
}
