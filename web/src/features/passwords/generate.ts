// Without what looks alike: people read passwords to each other.
const ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 20;

type Fill = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;

/** A password that nobody guesses: 20 characters, about 116 bits. */
export function generatePassword(fill: Fill = (bytes) => crypto.getRandomValues(bytes)): string {
  // Every character is as likely as the others: bytes above the last whole round are left out.
  const usable = 256 - (256 % ALPHABET.length);
  let password = "";
  while (password.length < LENGTH) {
    for (const byte of fill(new Uint8Array(LENGTH))) {
      if (byte < usable && password.length < LENGTH) {
        password += ALPHABET.charAt(byte % ALPHABET.length);
      }
    }
  }
  return password;
}
