/** How long a browser may take to begin a download after it was asked for, in milliseconds. */
const BEGINNING_MS = 60_000;

/** Hands content to the browser as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // A download that has begun holds the content by itself.
  setTimeout(() => URL.revokeObjectURL(url), BEGINNING_MS);
}
