/**
 * The Worker in front of the static assets that `assets-worker.ts` starts. It answers with what the build has compressed beforehand
 * (`compressFiles` of `console.ts`), as Cloudflare does at its own edge; workerd itself compresses nothing.
 */

/** How the names of compressed files end, the smallest first. */
const ENDINGS = { br: ".br", gzip: ".gz" };

export default {
  async fetch(request, { FILES, DISK }) {
    if (request.method !== "GET" && request.method !== "HEAD") return FILES.fetch(request);
    const unconditional = new Headers(request.headers);
    unconditional.delete("If-None-Match");
    const plain = await FILES.fetch(request.url, { method: "HEAD", headers: unconditional, redirect: "manual" });
    if (plain.status !== 200) return FILES.fetch(request);

    const path = new URL(request.url).pathname.replace(/\/$/, "/index.html");
    const compressed = await findCompressed(DISK, path, request.headers.get("Accept-Encoding"));
    const headers = new Headers(plain.headers);
    // Of what is sent as it is, too: a cache that keeps it must not give it to a client that takes less, or more.
    headers.append("Vary", "Accept-Encoding");
    if (compressed) {
      headers.set("Content-Encoding", compressed.encoding);
      headers.set("ETag", headers.get("ETag").replace(/"$/, `-${compressed.encoding}"`));
    }
    if (isKnown(request.headers.get("If-None-Match"), headers.get("ETag"))) {
      return new Response(null, { status: 304, headers });
    }
    if (compressed) headers.set("Content-Length", compressed.length);
    if (request.method === "HEAD") return new Response(null, { headers });
    const source = compressed
      ? DISK.fetch(compressed.url)
      : FILES.fetch(request.url, { headers: unconditional, redirect: "manual" });
    // "manual": it is compressed already, and workerd would do it again.
    return new Response((await source).body, { headers, encodeBody: "manual" });
  },
};

/** The compressed form of a file that a client likes best; undefined if there is none that it takes. */
async function findCompressed(disk, path, accepted) {
  for (const encoding of acceptedOf(accepted ?? "")) {
    const url = `http://disk${path}${ENDINGS[encoding]}`;
    const file = await disk.fetch(url, { method: "HEAD" });
    if (file.ok) return { encoding, url, length: file.headers.get("Content-Length") };
  }
  return undefined;
}

/** The encodings of an `Accept-Encoding` that the build makes, the best first (RFC 9110, 12.5.3). */
function acceptedOf(accepted) {
  const weights = new Map(
    accepted.split(",").map((each) => {
      const [name, ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
  const weightOf = (encoding) => weights.get(encoding) ?? weights.get("*") ?? 0;
  return Object.keys(ENDINGS)
    .filter((encoding) => weightOf(encoding) > 0)
    .sort((one, other) => weightOf(other) - weightOf(one));
}

/** Whether an `If-None-Match` names what would be sent (RFC 9110, 13.1.2: compared weakly). */
function isKnown(condition, tag) {
  const known = condition?.split(",").map((each) => each.trim().replace(/^W\//, "")) ?? [];
  return known.includes("*") || known.includes(tag);
}
