/** How long until a moment, to the second: `4 min 12 s`; nothing when it is there. */
export function untilText(at: Date, now: Date): string | undefined {
  const seconds = Math.ceil((at.getTime() - now.getTime()) / 1_000);
  if (seconds <= 0) return undefined;
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
