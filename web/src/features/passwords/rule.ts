/** What is asked of a new password. The server knows, besides, those that everybody tries first. */
export const PASSWORD_RULE =
  "At least 12 characters; not the user name, and none of the passwords that everybody tries first.";

const SHORTEST = 12;
const LONGEST = 256;

/** What is wrong with a new password, as far as the browser can tell; null when nothing is. */
export function passwordMistake(password: string, userName: string): string | null {
  const length = Array.from(password).length;
  if (length === 0) return "Enter a password, or generate one.";
  if (length < SHORTEST) return `It has ${length} of at least ${SHORTEST} characters.`;
  if (length > LONGEST) return `It has more than ${LONGEST} characters.`;
  if (new Set(password).size === 1) return "It is one character over and over.";
  if (password.toLowerCase() === userName.trim().toLowerCase()) return "It is the user name.";
  return null;
}
