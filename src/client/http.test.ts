import { it } from "vitest";
import { NetworkLost, RegistryRefusal } from "./errors.ts";
import { type Fetch, HttpSender } from "./http.ts";
import { IMPATIENT } from "./testing/registry.ts";

const url = new URL("https://registry.example.com/v2/");

/** Answers one after the other; the last one again and again. */
function answering(...answers: (() => Response | Promise<Response>)[]) {
  let requests = 0;
  const fetch: Fetch = async () => {
    const answer = answers[Math.min(requests, answers.length - 1)];
    requests += 1;
    return answer ? answer() : new Response(null);
  };
  return { fetch, sender: new HttpSender(fetch, IMPATIENT), requests: () => requests };
}

const ok = () => new Response("fine");
const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status: code, headers });
const broken = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("read ECONNRESET") }));

/** An answer that breaks off. */
const half = () => {
  const body = new ReadableStream({ start: (controller) => controller.error(new TypeError("terminated")) });
  return new Response(body);
};

it.for([408, 429, 500, 502, 503, 504, 522])("asks again after %i", async (code, { expect }) => {
  const { sender, requests } = answering(status(code), ok);
  expect(await sender.send({ method: "GET", url }, (response) => response.text())).toBe("fine");
  expect(requests()).toBe(2);
});

it("asks again when the connection breaks, also in the middle of the answer", async ({ expect }) => {
  const { sender, requests } = answering(broken, half, ok);
  expect(await sender.send({ method: "GET", url }, (response) => response.text())).toBe("fine");
  expect(requests()).toBe(3);
});

it.for([400, 401, 403, 404, 405, 413, 501])("takes %i for an answer", async (code, { expect }) => {
  const { sender, requests } = answering(status(code));
  await expect(sender.send({ method: "GET", url }, ok)).rejects.toMatchObject({
    name: "RegistryRefusal",
    status: code,
  });
  expect(requests()).toBe(1);
});

it("gives up after so many tries, and says what happened last", async ({ expect }) => {
  const lost = answering(broken);
  const failure = await lost.sender.send({ method: "GET", url }, ok).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NetworkLost);
  expect(String(failure)).toContain("GET https://registry.example.com/v2/: the connection failed (read ECONNRESET)");
  expect(lost.requests()).toBe(IMPATIENT.attempts);

  const refused = answering(status(503));
  await expect(refused.sender.send({ method: "GET", url }, ok)).rejects.toBeInstanceOf(RegistryRefusal);
  expect(refused.requests()).toBe(IMPATIENT.attempts);
});

it("waits for as long as the registry asks", async ({ expect }) => {
  const asking = answering(status(429, { "Retry-After": "1" }), ok);
  const policy = { attempts: 2, delayMs: 1, maxDelayMs: 60 };
  const start = performance.now();
  await new HttpSender(asking.fetch, policy).send({ method: "GET", url }, ok);
  // A second, cut to what the policy allows; without the header it would have been 1 ms.
  expect(performance.now() - start).toBeGreaterThanOrEqual(55);
});

const silent: Fetch = (_, { signal }) => {
  return new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
};

it("does not wait for an answer for ever", async ({ expect }) => {
  const sender = new HttpSender(silent, { ...IMPATIENT, attempts: 2 });
  const failure = await sender.send({ method: "PUT", url, timeoutMs: 5 }, ok).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NetworkLost);
});

it("stops at once when it is told to, also while it waits", async ({ expect }) => {
  const { fetch, sender, requests } = answering(status(503));
  const stopped = AbortSignal.abort(new Error("before"));
  await expect(sender.send({ method: "GET", url, signal: stopped }, ok)).rejects.toThrow("before");
  expect(requests()).toBe(0);

  const slow = new HttpSender(fetch, { attempts: 2, delayMs: 100_000, maxDelayMs: 100_000 });
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 5);
  await expect(slow.send({ method: "GET", url, signal: stop.signal }, ok)).rejects.toThrow("enough");
  expect(requests()).toBe(1);
});

it.for([
  [
    JSON.stringify({ errors: [{ code: "DENIED", message: "you may not push", detail: { name: "a/b" } }] }),
    { code: "DENIED", message: "you may not push", detail: { name: "a/b" } },
  ],
  [JSON.stringify({ errors: [{ code: "DENIED" }] }), { code: "DENIED", message: "DENIED" }],
  ["<html><title>Sorry, blocked</title>", { code: "UNKNOWN", message: "the registry answered 403: Sorry, blocked" }],
  ["", { code: "UNKNOWN", message: "the registry answered 403" }],
  ['{"errors": "many"}', { code: "UNKNOWN", message: "the registry answered 403" }],
] as const)("makes an error of %j", async ([body, error], { expect }) => {
  const { sender } = answering(() => new Response(body, { status: 403 }));
  await expect(sender.send({ method: "GET", url }, ok)).rejects.toMatchObject({ status: 403, ...error });
});
