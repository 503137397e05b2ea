/** A name and a value, as they are edited in rows. */
export interface Pair {
  name: string;
  value: string;
}

/** Rows of headers. */
export function pairsOfHeaders(headers: Record<string, string>): Pair[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

/** Headers of rows; rows without a name are left out. */
export function headersOfPairs(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(named(pairs).map(({ name, value }) => [name, value]));
}

/**
 * Rows of properties, whose values are any JSON: text as it is, unless it would be read as JSON, and
 * JSON otherwise. `propertiesOfPairs` gives the same properties again.
 */
export function pairsOfProperties(properties: Record<string, unknown>): Pair[] {
  return Object.entries(properties).map(([name, value]) => ({
    name,
    value: typeof value === "string" && !isJson(value) ? value : JSON.stringify(value),
  }));
}

/** Properties of rows: what is JSON counts as such, everything else as text. */
export function propertiesOfPairs(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(
    named(pairs).map(({ name, value }) => [name, isJson(value) ? JSON.parse(value) : value]),
  );
}

/** The name that two rows have, if two have one; names of headers are the same in any case. */
export function repeatedName(pairs: readonly Pair[], anyCase: boolean): string | undefined {
  const seen = new Set<string>();
  for (const { name } of named(pairs)) {
    const key = anyCase ? name.toLowerCase() : name;
    if (seen.has(key)) return name;
    seen.add(key);
  }
  return undefined;
}

function named(pairs: readonly Pair[]): Pair[] {
  return pairs
    .map(({ name, value }) => ({ name: name.trim(), value }))
    .filter(({ name }) => name !== "");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
