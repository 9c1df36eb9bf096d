/** What a webhook is sent, and what becomes of a delivery whatever its receiver does. The receiver is a stand-in for `fetch`. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { readOptionalDetail } from "../../src/model/read-detail.ts";
import { MAX_ATTEMPTS } from "../../src/model/triggers/deliveries.ts";
import type { Digest } from "../../src/kernel/digest.ts";
import type { PushEvent } from "../../src/model/triggers/push-event.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import type { WebhookFormat, WebhookSecrets } from "../../src/model/triggers/trigger-targets.ts";
import { signWebhook } from "../../src/model/triggers/webhook-signature.ts";
import { deliver, dispatch, sweepDeliveries } from "../../src/registry/triggers/deliveries.ts";
import type { Stores } from "../../src/registry/stores.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { decryptWebhookSecrets, encryptWebhookSecrets } from "../../src/registry/triggers/webhook-secrets.ts";
import { insertDelivery } from "../../src/storage/triggers/deliveries.ts";
import { listAttempts } from "../../src/storage/triggers/delivery-history.ts";
import { newRepository, pushImage, send } from "../support/workerd/registry-requests.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const URL_OF_RECEIVER = "https://hooks.example.com/berth?team=web";
const DIGEST = `sha256:${"a".repeat(64)}` as Digest;

/** Messages that were handed to the queue, which has no consumer here. */
let queued: { id: number; delaySeconds: number }[] = [];
const stores: Stores = {
  ...lastingStores(),
  deliveries: {
    async sendBatch(messages, options) {
      for (const { body } of messages) queued.push({ id: body.delivery, delaySeconds: options?.delaySeconds ?? 0 });
    },
  },
};

interface Received {
  url: string;
  headers: Headers;
  body: string;
  redirect: string | undefined;
}

let received: Received[] = [];

/** Stands in for the receiver from now on. */
function answerWith(answer: (attempt: number) => Response | Promise<Response>): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    received.push({ url: request.url, headers: request.headers, body: await request.text(), redirect: init?.redirect });
    return answer(received.length);
  });
}

beforeEach(() => {
  queued = [];
  received = [];
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface Hook {
  repositoryId: number;
  repository: string;
  triggerId: number;
  name: string;
}

async function newHook({
  format = "cloudevents",
  url = URL_OF_RECEIVER,
  secrets = {},
  name = "hook",
  repository = newRepository(),
}: {
  format?: WebhookFormat;
  url?: string;
  secrets?: WebhookSecrets;
  name?: string;
  repository?: string;
} = {}): Promise<Hook> {
  const find = () => env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
  if ((await find()) === null) await pushImage(repository, "first");
  const repositoryId = (await find()) ?? 0;
  const encrypted = await encryptWebhookSecrets(stores, repositoryId, name, secrets);
  const triggerId = await env.DB.prepare(
    "INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, encrypted_secrets, created_at, updated_at) " +
      "VALUES (?, ?, 'all', '.*', 1, ?, ?, 0, 0) RETURNING id",
  )
    .bind(repositoryId, name, JSON.stringify({ kind: "webhook", url, format }), encrypted)
    .first<number>("id");
  return { repositoryId, repository, triggerId: triggerId ?? 0, name };
}

async function newDelivery({ repository, triggerId }: Hook, tag = "v1"): Promise<number> {
  const event: PushEvent = {
    repository: repository as RepositoryName,
    tag: tag as Tag,
    digest: DIGEST,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    size: 1234,
    user: "ada",
    at: "2026-11-24T12:34:56.789Z",
    registry: "https://registry.example.com",
  };
  return (await insertDelivery(stores.db, triggerId, event)) ?? 0;
}

interface State {
  uid: string;
  status: string;
  attempts: number;
  detail: string | null;
  next_attempt_at: number | null;
  leased_until: number | null;
  finished_at: number | null;
}

async function stateOf(id: number): Promise<State> {
  const row = await env.DB.prepare("SELECT * FROM deliveries WHERE id = ?").bind(id).first<State>();
  if (!row) throw new Error(`there is no delivery ${id}`);
  return { ...row, detail: readOptionalDetail(row.detail).detail };
}

async function isEnabled({ triggerId }: Hook): Promise<boolean> {
  return (
    (await env.DB.prepare("SELECT is_enabled FROM triggers WHERE id = ?").bind(triggerId).first("is_enabled")) === 1
  );
}

/** As if the time until the next try had passed. */
async function makeDue(id: number, ago = 0): Promise<void> {
  await env.DB.prepare("UPDATE deliveries SET next_attempt_at = ? WHERE id = ?")
    .bind(Date.now() - ago, id)
    .run();
}

async function deliverOnce(
  hook: Hook,
): Promise<{ id: number; state: State; answer: string | null; status: number | null }> {
  const id = await newDelivery(hook);
  await deliver(stores, id);
  const [attempt] = await listAttempts(stores.db, id);
  return { id, state: await stateOf(id), answer: attempt?.answer ?? null, status: attempt?.status ?? null };
}

describe("a request", () => {
  it("carries the event, its id and the time", async ({ expect }) => {
    answerWith(() => new Response(null, { status: 204 }));
    const hook = await newHook({ format: "keel" });
    const { state } = await deliverOnce(hook);
    const [request] = received;
    expect(request?.url).toBe(URL_OF_RECEIVER);
    expect(request?.redirect).toBe("manual");
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      name: `registry.example.com/${hook.repository}`,
      tag: "v1",
    });
    const headers = Object.fromEntries(request?.headers ?? []);
    expect(headers).toEqual({
      "content-type": "application/json",
      "user-agent": "berth",
      "webhook-id": state.uid,
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
    });
    expect(Math.abs(Number(headers["webhook-timestamp"]) * 1000 - Date.now())).toBeLessThan(5000);
  });

  it("is signed in both ways, and the secret stays here", async ({ expect }) => {
    answerWith(() => new Response());
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    await deliverOnce(await newHook({ secrets: { secret } }));
    const [{ headers, body } = { headers: new Headers(), body: "" }] = received;
    const id = headers.get("Webhook-Id") ?? "";
    const expected = await signWebhook(secret, id, Number(headers.get("Webhook-Timestamp")), body);
    expect(headers.get("Webhook-Signature")).toBe(expected["Webhook-Signature"]);
    expect(headers.get("X-Signature")).toBe(expected["X-Signature"]);
    expect(headers.get("X-Webhook-Secret")).toBeNull();
    expect(JSON.stringify([...headers])).not.toContain("MfKQ9r8GKYqr");
  });

  /** Flux's `harbor` and Argo CD Image Updater compare the whole header. */
  it("carries a fixed authorization as it is", async ({ expect }) => {
    answerWith(() => new Response());
    await deliverOnce(await newHook({ format: "harbor", secrets: { authorization: "just a token" } }));
    expect(received[0]?.headers.get("Authorization")).toBe("just a token");
    expect(received[0]?.headers.get("X-Webhook-Secret")).toBeNull();
    expect(received[0]?.headers.get("Webhook-Signature")).toBeNull();
  });

  it("carries it where Argo CD Image Updater wants it for CloudEvents, too", async ({ expect }) => {
    answerWith(() => new Response());
    await deliverOnce(await newHook({ secrets: { authorization: "token" } }));
    expect(received[0]?.headers.get("X-Webhook-Secret")).toBe("token");
  });

  it.for([
    [
      "cloudevents",
      { secret: "a secret", authorization: "Bearer token" },
      ["authorization", "webhook-signature", "x-signature", "x-webhook-secret"],
    ],
    ["text", {}, []],
  ] as const)(
    "is shown as it was sent by %s, but for what proves who sends it",
    async ([format, secrets, hidden], { expect }) => {
      answerWith(() => new Response());
      const hook = await newHook({ format, secrets });
      const { id } = await deliverOnce(hook);
      vi.restoreAllMocks();
      const [organization, image] = hook.repository.split("/");
      const path = `/api/organizations/${organization}/images/${image}/triggers/${hook.name}/deliveries/${id}`;
      const answer = await send("GET", path);
      expect(answer.status).toBe(200);
      const text = await answer.text();
      for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
      const { request } = JSON.parse(text) as { request: { headers: Record<string, string>; body: string } };
      const [sent] = received;
      expect(request.body).toBe(sent?.body);
      const sentHeaders = Object.fromEntries(sent?.headers ?? []);
      expect(Object.keys(request.headers).toSorted()).toEqual(Object.keys(sentHeaders).toSorted());
      for (const [name, value] of Object.entries(request.headers)) {
        if (hidden.some((header) => header === name)) expect([name, value]).toEqual([name, "•••"]);
        else if (name === "webhook-timestamp")
          expect(Math.abs(Number(value) - Number(sentHeaders[name]))).toBeLessThan(2);
        else expect([name, value]).toEqual([name, sentHeaders[name]]);
      }
      expect(Object.values(request.headers).filter((value) => value === "•••")).toHaveLength(hidden.length);
    },
  );

  it("has the same id and body in each try", async ({ expect }) => {
    answerWith((attempt) => new Response(null, { status: attempt === 1 ? 500 : 200 }));
    const { id } = await deliverOnce(await newHook());
    await makeDue(id);
    await deliver(stores, id);
    expect(received.map(({ headers }) => headers.get("Webhook-Id"))).toEqual(Array(2).fill((await stateOf(id)).uid));
    expect(received[1]?.body).toBe(received[0]?.body);
  });

  it("is not made to an address that is not allowed, whatever was when the trigger was saved", async ({ expect }) => {
    answerWith(() => new Response());
    for (const url of ["http://hooks.example.com/", "https://127.1/", "https://registry.example.com/"]) {
      const { state } = await deliverOnce(await newHook({ url }));
      expect(state).toMatchObject({ status: "failed", attempts: 1, next_attempt_at: null });
      expect(state.detail).toContain("cannot be called");
    }
    expect(received).toEqual([]);
  });
});

describe("an answer", () => {
  it.for([200, 201, 202, 204, 299])("of %d is success", async (status, { expect }) => {
    answerWith(() => new Response(status === 204 ? null : "thanks", { status }));
    const { state, answer, ...attempt } = await deliverOnce(await newHook());
    expect(state).toMatchObject({ status: "success", attempts: 1, next_attempt_at: null, leased_until: null });
    expect(state).toMatchObject({ detail: `answered ${status}` });
    expect(state.finished_at).not.toBeNull();
    expect(attempt.status).toBe(status);
    expect(answer).toBe(status === 204 ? "" : "thanks");
    expect(queued).toEqual([]);
  });

  it.for([408, 425, 429, 500, 502, 503, 504, 521, 599])("of %d is tried again", async (status, { expect }) => {
    answerWith(() => new Response("not now", { status }));
    const before = Date.now();
    const { id, state, answer } = await deliverOnce(await newHook());
    expect(state).toMatchObject({ status: "pending", attempts: 1, finished_at: null, leased_until: null });
    const delay = (state.next_attempt_at ?? 0) - before;
    expect(delay).toBeGreaterThanOrEqual(5000);
    expect(delay).toBeLessThan(15_000);
    expect(queued).toMatchObject([{ id }]);
    expect(queued[0]?.delaySeconds).toBeGreaterThanOrEqual(5);
    expect(answer).toBe("not now");
  });

  it.for([400, 401, 403, 404, 405, 409, 413, 422, 451])("of %d fails at once", async (status, { expect }) => {
    answerWith(() => new Response("no", { status }));
    const hook = await newHook();
    const { state, answer } = await deliverOnce(hook);
    expect(state).toMatchObject({ status: "failed", attempts: 1, next_attempt_at: null, detail: `answered ${status}` });
    expect(answer).toBe("no");
    expect(queued).toEqual([]);
    expect(await isEnabled(hook)).toBe(true);
  });

  it.for([301, 302, 303, 307, 308])("of %d fails at once and is not followed", async (status, { expect }) => {
    answerWith(() => new Response(null, { status, headers: { Location: "http://127.0.0.1/secret" } }));
    const { state } = await deliverOnce(await newHook());
    expect(state).toMatchObject({ status: "failed", attempts: 1, next_attempt_at: null });
    expect(state.detail).toBe(`answered ${status} to http://127.0.0.1/secret: redirects are not followed`);
    expect(received).toHaveLength(1);
  });

  it("of 410 fails at once and switches the trigger off", async ({ expect }) => {
    answerWith(() => new Response(null, { status: 410 }));
    const hook = await newHook();
    const { state } = await deliverOnce(hook);
    expect(state).toMatchObject({ status: "failed", attempts: 1, next_attempt_at: null });
    expect(await isEnabled(hook)).toBe(false);
  });

  it("of 410 ends what waits for the same receiver, which is told nothing more", async ({ expect }) => {
    answerWith(() => new Response(null, { status: 410 }));
    const hook = await newHook();
    const waiting = await newDelivery(hook);
    await deliverOnce(hook);
    await deliver(stores, waiting);
    expect(received).toHaveLength(1);
    expect(await stateOf(waiting)).toMatchObject({
      status: "failed",
      attempts: 0,
      detail: "the receiver has said before that it is gone",
    });
  });

  it.for([
    ["in seconds", (): string => "3600", 3600],
    ["as a date", (): string => new Date(Date.now() + 7_200_000).toUTCString(), 7200],
    ["of days", (): string => "9999999", 12 * 3600],
  ] as const)("with Retry-After %s is obeyed", async ([, header, seconds], { expect }) => {
    answerWith(() => new Response(null, { status: 429, headers: { "Retry-After": header() } }));
    const { state } = await deliverOnce(await newHook());
    const delay = (state.next_attempt_at ?? 0) - Date.now();
    expect(Math.abs(delay - seconds * 1000)).toBeLessThan(20_000);
    expect(queued[0]?.delaySeconds).toBeLessThanOrEqual(12 * 3600);
  });

  it.for(["0", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])(
    "with Retry-After %s waits as long as without",
    async (header, { expect }) => {
      answerWith(() => new Response(null, { status: 503, headers: { "Retry-After": header } }));
      const { state } = await deliverOnce(await newHook());
      expect((state.next_attempt_at ?? 0) - Date.now()).toBeGreaterThan(4000);
    },
  );

  it("is kept up to 2 KiB, and no more of it is read", async ({ expect }) => {
    let sent = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1000;
        controller.enqueue(new TextEncoder().encode("x".repeat(1000)));
      },
      cancel() {
        isCancelled = true;
      },
    });
    answerWith(() => new Response(endless));
    const { state, answer } = await deliverOnce(await newHook());
    expect(state.status).toBe("success");
    expect(answer).toBe("x".repeat(2048));
    expect(isCancelled).toBe(true);
    expect(sent).toBeLessThan(10_000);
  });

  it("may consist of any bytes", async ({ expect }) => {
    answerWith(() => new Response(new Uint8Array([0x41, 0x00, 0xff, 0xfe, 0x07, 0x1b, 0xc3, 0xbc, 0xf0, 0x9f])));
    const { answer } = await deliverOnce(await newHook());
    expect(answer).toBe("A\uFFFD\uFFFD\uFFFD\u0007\u001bü\uFFFD");
  });

  it("that is cut within a character ends before it", async ({ expect }) => {
    answerWith(() => new Response(`${"x".repeat(2047)}€€`));
    const { answer } = await deliverOnce(await newHook());
    expect(answer).toBe("x".repeat(2047));
  });

  it("that breaks off is tried again, for the receiver may have died over it", async ({ expect }) => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("half"));
      },
      pull(controller) {
        controller.error(new Error("connection lost"));
      },
    });
    answerWith(() => new Response(broken));
    const { state, answer } = await deliverOnce(await newHook());
    expect(state).toMatchObject({ status: "pending", attempts: 1 });
    expect(state.detail).toContain("answered 200, but not to the end: the connection was lost");
    expect(answer).toBe("half");
  });

  it("that never comes is waited for only so long", async ({ expect }) => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException("timed out", "TimeoutError")), 20);
      return controller.signal;
    });
    vi.spyOn(globalThis, "fetch").mockImplementation(
      (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    );
    const { state, status } = await deliverOnce(await newHook());
    expect(timeout).toHaveBeenCalledWith(10_000);
    expect(state).toMatchObject({ status: "pending", attempts: 1, detail: "no whole answer within 10 s" });
    expect(status).toBeNull();
  });

  it("that cannot be had, because nobody listens, is tried again", async ({ expect }) => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("Network connection lost."));
    const { state, status } = await deliverOnce(await newHook());
    expect(state).toMatchObject({ status: "pending", attempts: 1 });
    expect(state.detail).toMatch(/^\S+ cannot be reached: the connection was refused or lost$/);
    expect(status).toBeNull();
  });
});

describe("a delivery", () => {
  it("is tried 12 times, ever more rarely, and then dead", async ({ expect }) => {
    answerWith(() => new Response(null, { status: 503 }));
    const id = await newDelivery(await newHook());
    const delays: number[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await makeDue(id);
      await deliver(stores, id);
      const { status, attempts, next_attempt_at: next } = await stateOf(id);
      expect({ status, attempts }).toEqual({ status: attempt < MAX_ATTEMPTS ? "pending" : "dead", attempts: attempt });
      if (next !== null) delays.push(next - Date.now());
    }
    expect(delays).toHaveLength(11);
    for (const [index, delay] of delays.entries()) {
      const whole = Math.min(10_000 * 3 ** index, 4 * 3_600_000);
      expect(delay).toBeGreaterThan(whole / 2 - 2000);
      expect(delay).toBeLessThanOrEqual(whole);
    }
    const state = await stateOf(id);
    expect(state).toMatchObject({ next_attempt_at: null, detail: "answered 503; given up after 12 tries" });
    expect((await listAttempts(stores.db, id)).map(({ number }) => number)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
    await deliver(stores, id);
    expect(received).toHaveLength(12);
  });

  it("is not tried before it is due, nor once it is done", async ({ expect }) => {
    answerWith((attempt) => new Response(null, { status: attempt === 1 ? 500 : 200 }));
    const { id } = await deliverOnce(await newHook());
    await deliver(stores, id);
    expect(received).toHaveLength(1);
    await makeDue(id);
    await deliver(stores, id);
    await deliver(stores, id);
    expect(received).toHaveLength(2);
    expect(await stateOf(id)).toMatchObject({ status: "success", attempts: 2 });
  });

  it("is made once when its message comes twice at a time", async ({ expect }) => {
    answerWith(async () => {
      await scheduler.wait(50);
      return new Response();
    });
    const id = await newDelivery(await newHook());
    await Promise.all([1, 2, 3, 4].map(() => deliver(stores, id)));
    expect(received).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject({ status: "success", attempts: 1 });
  });

  it("is taken over once the lease of one that died has ended", async ({ expect }) => {
    answerWith(() => new Response());
    const id = await newDelivery(await newHook());
    const lease = (until: number) =>
      env.DB.prepare("UPDATE deliveries SET leased_until = ? WHERE id = ?").bind(until, id).run();
    await lease(Date.now() + 10_000);
    await deliver(stores, id);
    expect(received).toHaveLength(0);
    await lease(Date.now() - 1);
    await deliver(stores, id);
    expect(received).toHaveLength(1);
  });

  it("is not superseded by a newer push of the tag: a webhook is told of each", async ({ expect }) => {
    answerWith(() => new Response());
    const hook = await newHook();
    const ids = [await newDelivery(hook), await newDelivery(hook), await newDelivery(hook)];
    for (const id of ids) await deliver(stores, id);
    expect(received).toHaveLength(3);
    for (const id of ids) expect(await stateOf(id)).toMatchObject({ status: "success" });
  });

  it("that nobody can decrypt the secrets of is one more failed try", async ({ expect }) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    answerWith(() => new Response());
    const hook = await newHook({ secrets: { secret: "s" } });
    await env.DB.prepare("UPDATE triggers SET name = 'other' WHERE id = ?").bind(hook.triggerId).run();
    const { state } = await deliverOnce(hook);
    expect(state).toMatchObject({ status: "pending", attempts: 1, detail: "the registry failed to deliver it" });
    expect(received).toEqual([]);
  });

  it("is found by the sweeper when its message is lost", async ({ expect }) => {
    answerWith(() => new Response());
    const id = await newDelivery(await newHook());
    await sweepDeliveries(stores);
    expect(queued.map((message) => message.id)).not.toContain(id);
    await makeDue(id, 61_000);
    await sweepDeliveries(stores);
    expect(queued.map((message) => message.id)).toContain(id);
    await deliver(stores, id);
    queued = [];
    await sweepDeliveries(stores);
    expect(queued.map((message) => message.id)).not.toContain(id);
  });

  it.for([
    ["trigger", "UPDATE triggers SET name = '~' || id WHERE id = ?1"],
    [
      "image",
      "UPDATE repositories SET account_id = 0, name = '~' || id WHERE id = (SELECT repository_id FROM triggers WHERE id = ?1)",
    ],
  ] as const)("goes with the first look once its %s is deleted", async ([, hiding], { expect }) => {
    const hook = await newHook();
    const id = await newDelivery(hook);
    await env.DB.prepare(hiding).bind(hook.triggerId).run();
    await makeDue(id, 61_000);
    await deliver(stores, id);
    expect(received).toEqual([]);
    await sweepDeliveries(stores);
    expect(queued.map((message) => message.id)).not.toContain(id);
  });

  it("is left to the sweeper when the queue takes nothing", async ({ expect }) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const hook = await newHook();
    const id = await newDelivery(hook);
    const broken = {
      ...stores,
      deliveries: { sendBatch: () => Promise.reject(new Error("down")) },
    } as unknown as Stores;
    await dispatch(broken, [{ id, triggerId: hook.triggerId, tag: "v1" as Tag }]);
    expect(warn).toHaveBeenCalledOnce();
    await makeDue(id, 61_000);
    await sweepDeliveries(stores);
    expect(queued.map((message) => message.id)).toContain(id);
  });
});

describe("a push", () => {
  it("is told to each webhook of the image, and none slows another", async ({ expect }) => {
    const repository = newRepository();
    const hooks = [];
    for (const name of ["one", "two", "three"]) hooks.push(await newHook({ repository, name }));
    answerWith((attempt) => (attempt === 1 ? scheduler.wait(100).then(() => new Response()) : new Response()));
    await pushImage(repository, "v2");
    const { results } = await env.DB.prepare(
      "SELECT d.id, d.tag FROM deliveries d JOIN triggers t ON t.id = d.trigger_id WHERE t.repository_id = ? ORDER BY d.id",
    )
      .bind(hooks[0]?.repositoryId)
      .all<{ id: number; tag: string }>();
    expect(results.map(({ tag }) => tag)).toEqual(["v2", "v2", "v2"]);
    await waitFor(async () => {
      for (const { id } of results) await deliver(stores, id);
      for (const { id } of results) expect(await stateOf(id)).toMatchObject({ status: "success" });
    });
    expect(new Set(received.map(({ headers }) => headers.get("Webhook-Id"))).size).toBe(3);
  });
});

describe("the secrets of a webhook", () => {
  const secrets = { secret: "s3cret", authorization: "Bearer x" };

  it("come back as they were, for the same trigger of the same image alone", async ({ expect }) => {
    const encrypted = await encryptWebhookSecrets(stores, 7, "hook", secrets);
    expect(encrypted).not.toContain("s3cret");
    expect(await decryptWebhookSecrets(stores, 7, "hook", encrypted)).toEqual(secrets);
    await expect(decryptWebhookSecrets(stores, 8, "hook", encrypted)).rejects.toThrow("cannot be decrypted");
    await expect(decryptWebhookSecrets(stores, 7, "hook2", encrypted)).rejects.toThrow("cannot be decrypted");
  });

  it("may be none, or one", async ({ expect }) => {
    expect(await encryptWebhookSecrets(stores, 7, "hook", {})).toBeNull();
    expect(await decryptWebhookSecrets(stores, 7, "hook", null)).toEqual({});
    const encrypted = await encryptWebhookSecrets(stores, 7, "hook", { secret: "s" });
    expect(await decryptWebhookSecrets(stores, 7, "hook", encrypted)).toEqual({ secret: "s" });
  });

  it("are refused when no request could carry them", async ({ expect }) => {
    await expect(encryptWebhookSecrets(stores, 7, "hook", { authorization: "a\nb" })).rejects.toMatchObject({
      code: "TRIGGER_INVALID",
    });
  });
});
