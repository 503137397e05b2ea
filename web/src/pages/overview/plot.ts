import type { Axis, Options, Scale, Series } from "uplot";
import type { Tone } from "@/components/StateBadge";
import { countText } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { clock, lonely, type Chart } from "./series";

/** Colours and letters as the page has them at present. */
export interface Palette {
  tone: Record<Tone, string>;
  text: string;
  line: string;
  font: string;
}

const HEIGHT = 168;
// The library has this as an enumeration of its types alone.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC = 3 as NonNullable<Scale["distr"]>;

/** How a chart is drawn. */
export function optionsOf(
  chart: Chart,
  palette: Palette,
  width: number,
  onPoint: (bucket: number | null) => void,
): Options {
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      y:
        chart.unit === "ms"
          ? { distr: LOGARITHMIC, range: (_, least, most) => decadesAround(least, most) }
          : { range: (_, __, most) => [0, Math.max(most * 1.1, 4)] },
    },
    axes: [timeAxis(palette), valueAxis(chart, palette)],
    series: [{}, ...chart.lines.map((line) => seriesOf(line, palette))],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

function seriesOf({ label, tone, dash }: Chart["lines"][number], palette: Palette): Series {
  const stroke = palette.tone[tone];
  return {
    label,
    stroke,
    width: 1.5,
    ...(dash !== undefined && { dash }),
    // What is not known is a gap, and a value between two gaps a point.
    spanGaps: false,
    points: {
      show: true,
      size: 4,
      fill: stroke,
      filter: (plot, series) => lonely((plot.data[series] ?? []) as (number | null)[]),
    },
  };
}

function timeAxis(palette: Palette): Axis {
  return {
    ...look(palette),
    size: 26,
    space: 56,
    values: (_, times) => times.map((seconds) => clock(new Date(seconds * 1_000))),
  };
}

function valueAxis({ unit }: Chart, palette: Palette): Axis {
  if (unit === "ms") {
    return {
      ...look(palette),
      size: 52,
      splits: (_, __, least, most) => powersOfTen(least, most),
      filter: (_, splits) => splits,
      values: (_, values) => values.map((value) => duration(value)),
    };
  }
  return {
    ...look(palette),
    size: 52,
    space: 24,
    // Half an event is none.
    incrs: WHOLE_STEPS,
    values: (_, values) => values.map((value) => countText(value)),
  };
}

const WHOLE_STEPS = Array.from({ length: 9 }, (_, power) => 10 ** power).flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);

function look({ text, line, font }: Palette): Axis {
  return {
    stroke: text,
    font,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
}

/** Whole decades, so that the lowest and the highest line of the grid have a name. */
export function decadesAround(least: number | null, most: number | null): [number, number] {
  const low = Math.floor(Math.log10(Math.max(least ?? 1, 1)));
  const high = Math.ceil(Math.log10(Math.max(most ?? 1, 1)));
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

/** The powers of ten from one to the other. */
export function powersOfTen(least: number, most: number): number[] {
  const low = Math.round(Math.log10(least));
  const high = Math.round(Math.log10(most));
  return Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step));
}
