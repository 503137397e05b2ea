import { countText, UNKNOWN } from "@/lib/numbers";

/** A count: `1,234`, `10,000+`, or `unknown`. */
export function CountText({
  count,
}: {
  count: { count: number; more: boolean } | number | null | undefined;
}) {
  const text = countText(count);
  return <span className={text === UNKNOWN ? "dimmed" : "nowrap"}>{text}</span>;
}
