import type { OverviewBucket } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";
import { countText, UNKNOWN } from "@/lib/numbers";
import { duration, exactTime } from "@/lib/time";

/** What of a bucket a line shows. */
export type Measure = "events" | "succeeded" | "failed" | "dead" | "p50Ms" | "p99Ms";

/** One line of a chart: told apart by colour and by dashes. */
export interface Line {
  measure: Measure;
  label: string;
  tone: Tone;
  dash?: number[];
}

/** A chart. */
export interface Chart {
  id: string;
  title: string;
  /** Numbers per bucket, or milliseconds on a logarithmic axis. */
  unit: "count" | "ms";
  lines: readonly Line[];
}

export const CHARTS: readonly Chart[] = [
  {
    id: "flow",
    title: "Events and deliveries",
    unit: "count",
    lines: [
      { measure: "events", label: "Events", tone: "info", dash: [6, 4] },
      { measure: "succeeded", label: "Delivered", tone: "ok" },
    ],
  },
  {
    id: "failures",
    title: "Failures",
    unit: "count",
    lines: [
      { measure: "failed", label: "Failed attempts", tone: "wait", dash: [6, 4] },
      { measure: "dead", label: "Given up", tone: "bad" },
    ],
  },
  {
    id: "latency",
    title: "Time to deliver",
    unit: "ms",
    lines: [
      { measure: "p50Ms", label: "p50", tone: "info" },
      { measure: "p99Ms", label: "p99", tone: "wait", dash: [6, 4] },
    ],
  },
];

/** Buckets that are over: the last one still grows, and would look like a fall. */
export function finished(buckets: readonly OverviewBucket[]): readonly OverviewBucket[] {
  return buckets.slice(0, -1);
}

/** Columns as the chart takes them: seconds, then the values of each line; a gap is null. */
export function columnsOf(
  buckets: readonly OverviewBucket[],
  lines: readonly Line[],
): [number[], ...(number | null)[][]] {
  return [
    buckets.map(({ start }) => Date.parse(start) / 1_000),
    ...lines.map(({ measure }) => buckets.map((bucket) => bucket[measure])),
  ];
}

/** Values with nothing on either side, which no line leads to: they are drawn as points. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const known = (at: number) => values[at] !== null && values[at] !== undefined;
  return values.flatMap((_, at) => (known(at) && !known(at - 1) && !known(at + 1) ? [at] : []));
}

/** A value with its unit. */
export function valueText(value: number | null | undefined, unit: Chart["unit"]): string {
  if (value === null || value === undefined) return UNKNOWN;
  return unit === "ms" ? duration(value) : countText(value);
}

/** A chart in words, for those who do not see it. */
export function inWords(chart: Chart, buckets: readonly OverviewBucket[]): string {
  const lines = chart.lines.map((line) => lineInWords(line, chart.unit, buckets));
  return `${chart.title}. ${lines.join(" ")}`;
}

function lineInWords(
  { label, measure }: Line,
  unit: Chart["unit"],
  buckets: readonly OverviewBucket[],
): string {
  const known = buckets.flatMap((bucket) => {
    const value = bucket[measure];
    return value === null ? [] : [{ value, start: bucket.start }];
  });
  const [first, ...rest] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return `${label}: unknown.`;
  const most = rest.reduce((top, next) => (next.value > top.value ? next : top), first);
  const missing = buckets.length - known.length;
  const gaps = missing === 0 ? "" : `, unknown ${missing} of ${buckets.length} times`;
  const at = clock(new Date(most.start));
  return `${label}: ${valueText(last.value, unit)} at last, ${valueText(most.value, unit)} at the most (${at})${gaps}.`;
}

/** The time of day, such as `09:30`. */
export function clock(at: Date): string {
  return exactTime(at).slice(11, 16);
}
