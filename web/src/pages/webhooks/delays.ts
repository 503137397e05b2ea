const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads delays such as `5s, 1m, 2h`; a bare number is seconds. Undefined when it cannot be read. */
export function parseDelays(text: string): number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const delays: number[] = [];
  for (const part of parts) {
    const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(part);
    if (match === null) return undefined;
    delays.push(Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1));
  }
  return delays;
}

/** Delays as `parseDelays` reads them, each in the largest unit that fits. */
export function delaysText(delays: readonly number[]): string {
  return delays
    .map((seconds) => {
      for (const unit of ["d", "h", "m"]) {
        const size = UNITS[unit] ?? 1;
        if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
      }
      return `${seconds}s`;
    })
    .join(", ");
}
