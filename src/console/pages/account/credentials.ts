/** Secrets that are made and handed out: passwords, and files with access keys. */
import { quoteCsv } from "../../ui/csv.ts";

/** 32 of them, so that each is as likely as the others; none that is mistaken for another when it is read and typed. */
const PASSWORD_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const PASSWORD_CHARACTER_COUNT = 20;

/** A password to be given to somebody: 20 characters, 100 bits. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PASSWORD_CHARACTER_COUNT));
  return Array.from(bytes, (byte) => PASSWORD_CHARACTERS[byte % PASSWORD_CHARACTERS.length]).join("");
}

/**
 * An access key as the file that clouds hand out and SDKs read: `credentials.csv`, a line of headings and a line of values.
 *
 * @returns CSV of RFC 4180.
 */
export function credentialsFile({ user, access, secret }: { user: string; access: string; secret: string }): string {
  const rows = [
    ["User Name", "Access Key Id", "Secret Access Key"],
    [user, access, secret],
  ];
  return rows.map((row) => `${row.map(quoteCsv).join(",")}\r\n`).join("");
}
