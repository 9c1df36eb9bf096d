/** 32 of them, so that each is as likely as the others; none that is mistaken for another when it is read and typed. */
const CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const LENGTH = 20;

/** A password to be given to somebody: 20 characters, 100 bits. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  return Array.from(bytes, (byte) => CHARACTERS[byte % CHARACTERS.length]).join("");
}
