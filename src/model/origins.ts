/** The addresses at which a deployment is reached. */

/** More names than a deployment has: each is compared with what requests name. */
const MAX_PUBLIC_URLS = 20;

/**
 * Reads `PUBLIC_URL`: one or more of `https://host[:port]`, separated by commas or spaces. The first is the canonical one.
 * http is for networks of one's own.
 *
 * @returns origins, without a slash at the end.
 * @throws Error naming the entry that is none.
 */
export function parsePublicUrls(text: string): string[] {
  return parseOrigins(text);
}

/** The same for `CORS_ORIGINS`, which are the addresses of other sites. */
export function parseOrigins(text: string): string[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.length > MAX_PUBLIC_URLS) throw new Error(`at most ${MAX_PUBLIC_URLS} addresses can be named`);
  return [...new Set(entries.map(parsePublicUrl))];
}

function parsePublicUrl(entry: string): string {
  const invalid = new Error(`"${entry}" is not an address such as https://registry.example.com`);
  const url = /^https?:\/\//i.test(entry) ? URL.parse(entry) : null;
  if (!url || url.username !== "" || url.password !== "" || url.pathname !== "/" || url.hostname === "") throw invalid;
  if (url.search !== "" || url.hash !== "" || /[?#]$/.test(entry)) throw invalid;
  return url.origin;
}
