/** Secrets that are made and handed out: passwords, and files with access keys. */

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
  return rows.map((row) => `${row.map(quoteIfNeeded).join(",")}\r\n`).join("");
}

function quoteIfNeeded(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Hands a text to the browser as a download. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun with the click, and holds the data by itself.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
