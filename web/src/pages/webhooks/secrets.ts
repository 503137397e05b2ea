export const SHORTEST_SECRET = 32;
export const LONGEST_SECRET = 128;

/** How hard a secret is to guess, from its length and the variety of its characters. */
export function secretStrength(secret: string): "weak" | "fair" | "strong" {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(secret));
  const different = new Set(secret).size;
  if (secret.length < SHORTEST_SECRET || different < 10) return "weak";
  return different >= 16 && (kinds.length >= 3 || secret.length >= 48) ? "strong" : "fair";
}

/** What is wrong with a secret, if anything is. */
export function secretMistake(secret: string): string | undefined {
  const { length } = Array.from(secret);
  if (length < SHORTEST_SECRET || length > LONGEST_SECRET) {
    return `A secret has ${SHORTEST_SECRET} to ${LONGEST_SECRET} characters; this one has ${length}.`;
  }
  return undefined;
}

/** A new secret of 256 bits, as the libraries of Standard Webhooks take it. */
export function generateSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
