/** What is wrong with the name of a new filter; null when nothing is. */
export function filterNameMistake(name: string): string | null {
  const text = name.trim();
  if (text === "") return "Enter a name.";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) {
    return "Letters, digits, - and _ only, 64 at the most.";
  }
  return null;
}
