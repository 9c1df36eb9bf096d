/** The stand-in for Cloudflare's Workers Cache keeps to its documentation: what the tests of edge-content rely on. */
import { describe, it } from "vitest";
import { WorkersCache } from "../support/workerd/workers-cache.ts";
import { useClock } from "../support/workerd/clock.ts";

const clock = useClock();
const KEPT = { "Cache-Control": "public, max-age=60" };

/** A location before an entrypoint that answers what it is told to, and counts how often it is asked. */
function before(answer: (request: Request) => Response, maxBytes?: number) {
  const cache = new WorkersCache(maxBytes);
  const location = cache.openLocation();
  const asked: string[] = [];
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await location.fetch(new Request(`https://content${path}`, init), async (request) => {
      asked.push(`${request.method} ${request.headers.get("Range") ?? "whole"}`);
      return answer(request);
    });
    const status = response.headers.get("Cf-Cache-Status");
    return { status: response.status, cache: status, text: await response.text(), headers: response.headers };
  };
  return { cache, get, asked, elsewhere: cache.openLocation() };
}

describe("Workers Cache", () => {
  it.for([
    ["says how long", 200, KEPT, 60],
    ["says nothing, and is 200", 200, {}, 7200],
    ["says nothing, and is 404", 404, {}, 180],
    ["says nothing, and is 500", 500, {}, 0],
    ["says s-maxage", 200, { "Cache-Control": "public, max-age=1, s-maxage=90" }, 90],
    ["says no-store", 200, { "Cache-Control": "no-store" }, 0],
    ["says no-store, and is 404", 404, { "Cache-Control": "no-store" }, 0],
    ["says private", 200, { "Cache-Control": "private, max-age=60" }, 0],
    ["says no-cache", 200, { "Cache-Control": "no-cache" }, 0],
    ["sets a cookie", 200, { ...KEPT, "Set-Cookie": "a=b" }, 0],
    ["is a part", 206, KEPT, 0],
  ] as const)("keeps an answer that %s", async ([, status, headers, seconds], { expect }) => {
    const { get, asked } = before(() => new Response("x", { status, headers }));
    await get("/a");
    clock.pass(Math.max(0, seconds - 1) * 1000);
    await get("/a");
    expect(asked).toHaveLength(seconds > 0 ? 1 : 2);
    clock.pass(2000);
    await get("/a");
    expect(asked).toHaveLength(seconds > 0 ? 2 : 3);
  });

  it("goes by the path and the query, and by no host", async ({ expect }) => {
    const { get, asked } = before((request) => new Response(new URL(request.url).search, { headers: KEPT }));
    expect((await get("/a?b=1")).text).toBe("?b=1");
    expect((await get("/a?b=2")).text).toBe("?b=2");
    expect((await get("/a?b=1")).cache).toBe("HIT");
    expect(asked).toHaveLength(2);
  });

  it("asks for the whole, and cuts ranges out of that", async ({ expect }) => {
    const { get, asked } = before(() => new Response("0123456789", { headers: KEPT }));
    const first = await get("/a", { headers: { Range: "bytes=2-4" } });
    expect(first).toMatchObject({ status: 206, text: "234", cache: "MISS" });
    expect((await get("/a", { method: "HEAD" })).text).toBe("");
    expect((await get("/a")).text).toBe("0123456789");
    expect(asked).toEqual(["GET whole"]);
  });

  it("keeps an answer to credentials only if it says that others may have it", async ({ expect }) => {
    const open = before(() => new Response("x", { headers: KEPT }));
    const closed = before(() => new Response("x", { headers: { "Cache-Control": "max-age=60" } }));
    for (const { get } of [open, closed]) {
      for (let time = 0; time < 2; time += 1) await get("/a", { headers: { Authorization: "Bearer x" } });
    }
    expect([open.asked.length, closed.asked.length]).toEqual([1, 2]);
  });

  it("keeps nothing above its limit", async ({ expect }) => {
    const { get, asked } = before(() => new Response("0123456789", { headers: KEPT }), 5);
    await get("/a");
    expect((await get("/a")).text).toBe("0123456789");
    expect(asked).toHaveLength(2);
  });

  it("asks once for what many want at once", async ({ expect }) => {
    const { get, asked } = before(() => new Response("x", { headers: KEPT }));
    await Promise.all(Array.from({ length: 5 }, () => get("/a")));
    expect(asked).toHaveLength(1);
  });

  it("gives what is stale when the Worker fails, unless it was told how long at most", async ({ expect }) => {
    let fails = false;
    const answer = (headers: Record<string, string>) => () =>
      fails
        ? new Response("failed", { status: 500, headers: { "Cache-Control": "no-store" } })
        : new Response("x", { headers });
    const lenient = before(answer(KEPT));
    const strict = before(answer({ "Cache-Control": "public, s-maxage=60" }));
    for (const { get } of [lenient, strict]) await get("/a");
    fails = true;
    clock.pass(100_000_000);
    expect(await lenient.get("/a")).toMatchObject({ text: "x", cache: "STALE" });
    expect(await strict.get("/a")).toMatchObject({ text: "failed", status: 500 });
  });

  it("purges by tag everywhere, shows no tag to anybody, and drops tags that are none", async ({ expect }) => {
    const { cache, get, asked } = before(
      () => new Response("x", { headers: { ...KEPT, "Cache-Tag": "Of-A,not one" } }),
    );
    expect((await get("/a")).headers.has("Cache-Tag")).toBe(false);
    expect(await cache.purge({ tags: ["not one"] })).toMatchObject({ success: true });
    expect((await get("/a")).cache).toBe("HIT");
    await cache.purge({ tags: ["of-a"] });
    expect((await get("/a")).cache).toBe("MISS");
    expect(asked).toHaveLength(2);
  });

  it("refuses purges that come too often, and purges nothing then", async ({ expect }) => {
    const { cache, get } = before(() => new Response("x", { headers: { ...KEPT, "Cache-Tag": "a" } }));
    await get("/a");
    for (let time = 0; time < 25; time += 1) await cache.purge({ tags: ["b"] });
    expect(await cache.purge({ tags: ["a"] })).toMatchObject({ success: false, errors: [{ message: "rate limited" }] });
    expect((await get("/a")).cache).toBe("HIT");
    clock.pass(12_000);
    expect(await cache.purge({ tags: ["a"] })).toMatchObject({ success: true });
    expect((await get("/a")).cache).toBe("MISS");
  });
});
