/** Those that have this text in one of their fields, in any case; all without a text. */
export function matching<T>(
  items: readonly T[],
  text: string | undefined,
  fields: (item: T) => readonly (string | null)[],
): T[] {
  const wanted = text?.toLowerCase() ?? "";
  return items.filter((item) =>
    fields(item).some((field) => (field ?? "").toLowerCase().includes(wanted)),
  );
}
