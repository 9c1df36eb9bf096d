/**
 * Cloudflare's Workers Cache in front of one entrypoint, as its documentation describes it (developers.cloudflare.com/workers/cache):
 * no runtime on a developer's machine has it. What would go wrong on Cloudflare is to go wrong here.
 */

type Callee = (request: Request) => Promise<Response>;
type PurgeOptions = { tags?: string[]; pathPrefixes?: string[]; purgeEverything?: boolean };
type PurgeResult = { success: boolean; errors: { code: number; message: string }[] };

/** How long answers without `Cache-Control` and `Expires` are kept all the same, in seconds. */
const HEURISTIC_S: Readonly<Record<number, number>> = {
  200: 7200,
  203: 7200,
  204: 7200,
  300: 1200,
  301: 1200,
  404: 180,
  405: 60,
  410: 180,
  414: 60,
  501: 60,
};
/** Never kept, whatever they say. */
const FLEETING = new Set([206, 520, 521, 522, 523, 524, 525, 526]);
const MAX_TAGS = 1000;
/** Printable ASCII without a space. */
const TAG = /^[\x21-\x7e]{1,1024}$/;
/** Purges: so many at once, so many more each minute, each of so many tags and prefixes. */
const BUCKET = 25;
const REFILL_PER_MINUTE = 5;
const MAX_PURGED = 100;

interface Entry {
  status: number;
  headers: Headers;
  body: ArrayBuffer;
  path: string;
  tags: string[];
  freshUntil: number;
  /** Whether it may be given after that when the Worker fails. */
  isForgiving: boolean;
  /** Request headers that it depends on, with their values. */
  variant: [name: string, value: string | null][];
}

/** What all locations of one entrypoint have in common: purges reach all of them. */
export class WorkersCache {
  readonly #locations: Location[] = [];
  readonly #maxBytes: number;
  #tokens = BUCKET;
  #refilledAt = Date.now();
  /** Purges that were asked for, and whether they were granted. */
  readonly purges: { tags: string[]; success: boolean }[] = [];
  /** Answers of the Worker that did not say what caches may do with them. */
  readonly silent: string[] = [];

  /** @param maxBytes of an answer that is kept. */
  constructor(maxBytes = 512 * 1000 * 1000) {
    this.#maxBytes = maxBytes;
  }

  /** A data centre: what one has stored, another has not. */
  openLocation(): Location {
    const location = new Location(this.#maxBytes, this.silent);
    this.#locations.push(location);
    return location;
  }

  /** From here on purges are refused, as when too many were asked for. */
  exhaustPurges(): void {
    this.#tokens = 0;
    this.#refilledAt = Date.now();
  }

  replenishPurges(): void {
    this.#tokens = BUCKET;
  }

  /** `ctx.cache.purge` of the entrypoint. */
  async purge({ tags = [], pathPrefixes = [], purgeEverything = false }: PurgeOptions): Promise<PurgeResult> {
    const isGranted = this.#takeToken() && tags.length + pathPrefixes.length <= MAX_PURGED;
    this.purges.push({ tags, success: isGranted });
    if (!isGranted) return { success: false, errors: [{ code: 1134, message: "rate limited" }] };
    const lowered = new Set(tags.map((tag) => tag.toLowerCase()));
    for (const location of this.#locations) {
      location.drop(
        (entry) =>
          purgeEverything ||
          entry.tags.some((tag) => lowered.has(tag.toLowerCase())) ||
          pathPrefixes.some((prefix) => entry.path.startsWith(prefix)),
      );
    }
    return { success: true, errors: [] };
  }

  #takeToken(): boolean {
    const now = Date.now();
    const refill = Math.floor(((now - this.#refilledAt) / 60_000) * REFILL_PER_MINUTE);
    if (refill > 0) {
      this.#tokens = Math.min(BUCKET, this.#tokens + refill);
      this.#refilledAt = now;
    }
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** What one data centre keeps, by path, query and variant. */
export class Location {
  readonly #entries = new Map<string, Entry[]>();
  readonly #filling = new Map<string, Promise<unknown>>();
  readonly #maxBytes: number;
  readonly #silent: string[];

  constructor(maxBytes: number, silent: string[]) {
    this.#maxBytes = maxBytes;
    this.#silent = silent;
  }

  get size(): number {
    return this.#entries.size;
  }

  drop(isMeant: (entry: Entry) => boolean): void {
    for (const [key, entries] of this.#entries) {
      const left = entries.filter((entry) => !isMeant(entry));
      if (left.length > 0) this.#entries.set(key, left);
      else this.#entries.delete(key);
    }
  }

  /** What happens to a request on its way to the entrypoint. */
  async fetch(request: Request, callee: Callee): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") return withStatus(await callee(request), "BYPASS");
    const { pathname, search } = new URL(request.url);
    const key = pathname + search;
    // A request that comes while another one is fetching waits for what that brings.
    while (this.#filling.has(key)) await this.#filling.get(key)?.catch(() => undefined);
    const known = this.#find(key, request);
    if (known && Date.now() < known.freshUntil) return answerWith(known, request, "HIT");
    const filling = this.#fill(key, request, callee, known);
    this.#filling.set(key, filling);
    try {
      return await filling;
    } finally {
      this.#filling.delete(key);
    }
  }

  #find(key: string, request: Request): Entry | undefined {
    return this.#entries
      .get(key)
      ?.find(({ variant }) => variant.every(([name, value]) => request.headers.get(name) === value));
  }

  async #fill(key: string, request: Request, callee: Callee, stale: Entry | undefined): Promise<Response> {
    // The whole, whatever was asked for: no range, and a body also for HEAD.
    const headers = new Headers(request.headers);
    headers.delete("Range");
    let answer: Response;
    try {
      answer = await callee(new Request(request.url, { headers }));
    } catch (error) {
      if (stale?.isForgiving) return answerWith(stale, request, "STALE");
      throw error;
    }
    if (answer.status >= 500 && stale?.isForgiving) {
      await answer.body?.cancel();
      return answerWith(stale, request, "STALE");
    }
    const directives = directivesOf(answer);
    if (!directives && !answer.headers.has("Expires")) this.#silent.push(key);
    const seconds = lifetimeOf(answer, directives, request);
    const length = Number(answer.headers.get("Content-Length") ?? 0);
    if (seconds === undefined || length > this.#maxBytes) {
      return request.method === "HEAD" || request.headers.has("Range")
        ? answerWith(await this.#read(answer, key, request, 0), request, "BYPASS")
        : withStatus(answer, seconds === undefined ? "BYPASS" : "MISS");
    }
    const entry = await this.#read(answer, key, request, seconds);
    if (entry.body.byteLength <= this.#maxBytes) {
      const others = (this.#entries.get(key) ?? []).filter((other) => this.#find(key, request) !== other);
      this.#entries.set(key, [...others, entry]);
    }
    return answerWith(entry, request, "MISS");
  }

  async #read(answer: Response, path: string, request: Request, seconds: number): Promise<Entry> {
    const directives = directivesOf(answer);
    const names = (answer.headers.get("Vary") ?? "").split(",").flatMap((name) => name.trim() || []);
    const tags = (answer.headers.get("Cache-Tag") ?? "").split(",").map((tag) => tag.trim());
    return {
      status: answer.status,
      headers: shown(answer.headers),
      body: await answer.arrayBuffer(),
      path,
      tags: tags.filter((tag) => TAG.test(tag)).slice(0, MAX_TAGS),
      freshUntil: Date.now() + seconds * 1000,
      isForgiving:
        !["s-maxage", "must-revalidate", "proxy-revalidate"].some((name) => directives?.has(name)) &&
        directives?.get("stale-if-error") !== "0",
      variant: names.map((name) => [name, request.headers.get(name)]),
    };
  }
}

/** @returns undefined when an answer is not kept at all. */
function lifetimeOf(
  answer: Response,
  directives: ReadonlyMap<string, string> | undefined,
  request: Request,
): number | undefined {
  if (FLEETING.has(answer.status) || answer.headers.has("Set-Cookie") || answer.headers.get("Vary") === "*") {
    return undefined;
  }
  if (!directives) return HEURISTIC_S[answer.status];
  if (directives.has("no-store") || directives.has("private")) return undefined;
  if (
    request.headers.has("Authorization") &&
    !["public", "must-revalidate", "s-maxage"].some((name) => directives.has(name))
  ) {
    return undefined;
  }
  // It is kept, but asked about each time.
  if (directives.has("no-cache")) return 0;
  const seconds = directives.get("s-maxage") ?? directives.get("max-age");
  return seconds === undefined ? HEURISTIC_S[answer.status] : Number(seconds);
}

/** The most specific of three headers counts. */
function directivesOf({ headers }: Response): ReadonlyMap<string, string> | undefined {
  const header =
    headers.get("Cloudflare-CDN-Cache-Control") ?? headers.get("CDN-Cache-Control") ?? headers.get("Cache-Control");
  if (header === null) return undefined;
  return new Map(
    header.split(",").map((directive) => {
      const [name = "", value = ""] = directive.trim().toLowerCase().split("=");
      return [name, value];
    }),
  );
}

/** Without what is for the cache alone. */
function shown(headers: Headers): Headers {
  const left = new Headers(headers);
  for (const name of ["Cache-Tag", "Cloudflare-CDN-Cache-Control"]) left.delete(name);
  return left;
}

function withStatus(answer: Response, status: string): Response {
  const headers = shown(answer.headers);
  headers.set("Cf-Cache-Status", status);
  return new Response(answer.body, { status: answer.status, headers });
}

/** The cache cuts ranges itself, out of what it has whole. */
function answerWith({ status, headers, body }: Entry, request: Request, cacheStatus: string): Response {
  const sent = new Headers(headers);
  sent.set("Cf-Cache-Status", cacheStatus);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "") ?? [];
  if (first !== undefined && status === 200) {
    const end = last ? Math.min(Number(last) + 1, body.byteLength) : body.byteLength;
    sent.set("Content-Range", `bytes ${first}-${end - 1}/${body.byteLength}`);
    sent.set("Content-Length", String(end - Number(first)));
    return new Response(body.slice(Number(first), end), { status: 206, headers: sent });
  }
  return new Response(request.method === "HEAD" || body.byteLength === 0 ? null : body, { status, headers: sent });
}
