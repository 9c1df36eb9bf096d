/** Cloudflare's cache for the bench, which no local runtime has: bodies in memory, as their `Cache-Control` allows. */

interface Entry {
  body: ArrayBuffer;
  headers: Headers;
  tags: string[];
}

/** By this header the entrypoint says that it sees no cache in front of it, as nothing can simulate one for it. */
const ABSENT = "Berth-Cache";

export class EdgeCache {
  readonly #entries = new Map<string, Entry>();

  /** Answers what is kept, or what the entrypoint has. */
  async fetch(url: string, source: () => Promise<Response>): Promise<Response> {
    const known = this.#entries.get(url);
    if (known) return new Response(known.body, { headers: known.headers });
    const answer = await source();
    const headers = new Headers(answer.headers);
    headers.delete(ABSENT);
    if (answer.status !== 200 || !/\bmax-age=[1-9]/.test(headers.get("Cache-Control") ?? "")) {
      return new Response(answer.body, { status: answer.status, headers });
    }
    const body = await answer.arrayBuffer();
    const tags = (headers.get("Cache-Tag") ?? "").split(",").map((tag) => tag.trim());
    this.#entries.set(url, { body, headers, tags });
    return new Response(body, { headers });
  }

  purge(tags: readonly string[]): void {
    for (const [url, entry] of this.#entries)
      if (entry.tags.some((tag) => tags.includes(tag))) this.#entries.delete(url);
  }

  clear(): void {
    this.#entries.clear();
  }
}
