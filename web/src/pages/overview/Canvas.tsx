import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import classes from "./charts.module.css";
import { optionsOf, type Palette } from "./plot";
import type { Chart } from "./series";

interface Props {
  chart: Chart;
  columns: [number[], ...(number | null)[][]];
  /** The bucket under the pointer. */
  onPoint: (bucket: number | null) => void;
}

/** The drawing of a chart. It says nothing to screen readers: what holds it does. */
export function Canvas({ chart, columns, onPoint }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(columns);
  const scheme = useComputedColorScheme();

  useEffect(() => {
    latest.current = columns;
    plot.current?.setData(columns);
  }, [columns]);

  // Colours are read when it is drawn anew, which another colour scheme asks for.
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const options = optionsOf(chart, paletteOf(element), element.clientWidth, onPoint);
    const drawn = new uPlot(options, latest.current, element);
    plot.current = drawn;
    const sizes = new ResizeObserver(() => {
      drawn.setSize({ width: element.clientWidth, height: options.height });
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [chart, scheme, onPoint]);

  return <div ref={holder} className={classes.canvas} aria-hidden />;
}

/** A canvas knows no variables: they are asked for where it is drawn. */
function paletteOf(element: HTMLElement): Palette {
  const colour = (variable: string) => {
    // A new one for each: on the way from one colour to the next it would tell something in between.
    const probe = document.createElement("span");
    probe.style.color = `var(${variable})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  return {
    tone: {
      ok: colour("--tone-ok"),
      wait: colour("--tone-wait"),
      bad: colour("--tone-bad"),
      info: colour("--tone-info"),
      off: colour("--tone-off"),
    },
    text: colour("--mantine-color-dimmed"),
    line: colour("--line"),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
}
