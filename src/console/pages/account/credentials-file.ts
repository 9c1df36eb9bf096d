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
