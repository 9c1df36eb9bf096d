/** Addresses of websites as settings name them: the deployment's own ones, and those of other sites. */

/** Each is compared with what every request names. */
const MAX_ORIGINS = 20;

/**
 * Reads `PUBLIC_URL` or `CORS_ORIGINS`: `https://host[:port]`, several of them separated by commas or spaces. http is for
 * networks of one's own.
 *
 * @returns origins in the order given, without a slash at the end.
 * @throws Error naming the entry that is none.
 */
export function parseOrigins(text: string): string[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.length > MAX_ORIGINS) throw new Error(`at most ${MAX_ORIGINS} addresses can be named`);
  return [...new Set(entries.map(parseOrigin))];
}

function parseOrigin(entry: string): string {
  const invalid = new Error(`"${entry}" is not an address such as https://registry.example.com`);
  const url = /^https?:\/\//i.test(entry) ? URL.parse(entry) : null;
  if (!url || url.username !== "" || url.password !== "" || url.pathname !== "/" || url.hostname === "") throw invalid;
  if (url.search !== "" || url.hash !== "" || /[?#]$/.test(entry)) throw invalid;
  return url.origin;
}
