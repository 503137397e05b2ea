const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3_600, 60, "minute"],
  [86_400, 3_600, "hour"],
  [30 * 86_400, 86_400, "day"],
  [365 * 86_400, 30 * 86_400, "month"],
  [Number.POSITIVE_INFINITY, 365 * 86_400, "year"],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });

/** How far away a moment is, such as `5m ago` or `in 2h`. */
export function relativeTime(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  const distance = Math.abs(seconds);
  // Clocks differ by a little, and `now` moves on every ten seconds: that is no future.
  if (distance < 5 || (seconds > 0 && seconds < 15)) return "just now";
  for (const [limit, size, unit] of STEPS) {
    if (distance < limit) return relative.format(Math.trunc(seconds / size), unit);
  }
  return exactTime(at);
}

/** A moment to the second in the browser's zone, such as `2026-05-01 09:30:00`. */
export function exactTime(at: Date, milliseconds = false): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const rest = milliseconds ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "";
  return `${date} ${time}${rest}`;
}

/** The zone that times are shown in, such as `UTC+02:00`. */
export function zoneOf(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  const distance = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(distance / 60)}:${two(distance % 60)}`;
}

/** How long something took, such as `340 ms` or `2.5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return "< 1 ms";
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
