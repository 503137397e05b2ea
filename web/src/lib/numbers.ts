const whole = new Intl.NumberFormat("en");
const rate = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** What is shown where nobody knows. */
export const UNKNOWN = "unknown";

/** A count as people read it: `10,000+` when there are more, and never 0 for what nobody knows. */
export function countText(
  count: { count: number; more: boolean } | number | null | undefined,
): string {
  if (count === null || count === undefined) return UNKNOWN;
  if (typeof count === "number") return whole.format(count);
  return `${whole.format(count.count)}${count.more ? "+" : ""}`;
}

/** A rate, such as `12.3/s`. */
export function rateText(perSecond: number | null | undefined): string {
  return perSecond === null || perSecond === undefined ? UNKNOWN : `${rate.format(perSecond)}/s`;
}

/** A share, such as `99.5%`; never rounded up to all. */
export function percentText(share: number | null | undefined): string {
  if (share === null || share === undefined) return UNKNOWN;
  return percent.format(share < 1 ? Math.min(share, 0.999) : share);
}

/** One thing or several: `1 delivery`, `2 deliveries`, `10,000+ deliveries`. */
export function things(
  count: { count: number; more: boolean } | number,
  one: string,
  many: string,
): string {
  const single = typeof count === "number" ? count === 1 : count.count === 1 && !count.more;
  return `${countText(count)} ${single ? one : many}`;
}

/** A size, such as `1.2 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_024 * 1_024) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_024 / 1_024).toFixed(1)} MiB`;
}
