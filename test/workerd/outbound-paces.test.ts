/** How fast requests go out that users have set off: no push aims the registry at somebody (ADR 0017). */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { MAX_TRIGGERS } from "../../src/kernel/limits.ts";
import { deliver, sweepDeliveries } from "../../src/registry/triggers/deliveries.ts";
import { MAX_DELIVERIES_PER_PUSH } from "../../src/kernel/limits.ts";
import { claimDelivery } from "../../src/storage/triggers/deliveries.ts";
import {
  ACCOUNT_PER_MINUTE,
  deleteIdlePaces,
  HOST_PER_MINUTE,
  MAX_UNDER_WAY,
  pacesOf,
  SHARE_PER_MINUTE,
  takeOutbound,
} from "../../src/storage/outbound/paces.ts";
import { newName, pushAs } from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import { OCI_MANIFEST, errorsOf } from "../support/workerd/registry-requests.ts";
import {
  QUEUE,
  type TriggeredImage,
  anImage,
  deliveriesOf,
  newTrigger,
  queued,
  stores,
} from "../support/workerd/triggered-images.ts";
import { waitFor } from "../support/workerd/waiting.ts";

/** When each request was sent, and where. */
let sent: { at: number; host: string }[] = [];
/** What a receiver does, besides answering. */
let receive: () => Promise<void>;
let delays: number[] = [];
let now = 0;

beforeEach(() => {
  sent = [];
  delays = [];
  queued.length = 0;
  receive = async () => {};
  now = Date.now();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    sent.push({ at: Date.now(), host: new URL(new Request(input, init).url).host });
    await receive();
    return new Response("fine");
  });
  vi.spyOn(QUEUE, "sendBatch").mockImplementation(async (messages, options) => {
    for (const { body } of messages) queued.push(body.delivery);
    delays.push(options?.delaySeconds ?? 0);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets time pass for the registry. */
function advance(ms: number): void {
  now += ms;
  vi.useFakeTimers({ now, toFake: ["Date"] });
}

const hookAt = (host: string) => ({ kind: "webhook", url: `https://${host}/hook`, format: "text" });

/** An image whose pushes set off so many webhooks at each of these hosts. */
async function anAmplifier(triggers: number, ...hosts: string[]): Promise<TriggeredImage> {
  const setting = await anImage();
  const targets = Array.from({ length: triggers }, (_, at) => hookAt(hosts[at % hosts.length] ?? ""));
  await env.DB.prepare(
    `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
     SELECT repositories.id, 't' || wanted.key, 'all', '.*', 1, wanted.value, 0, 0
     FROM repositories JOIN json_each(?) AS wanted WHERE repositories.name = ?`,
  )
    .bind(JSON.stringify(targets), setting.repository)
    .run();
  return setting;
}

function pushTags(
  { administrator, repository, digest }: TriggeredImage,
  count: number,
  headers: Record<string, string> = {},
): Promise<Response> {
  const tags = Array.from({ length: count }, () => newName("tag"));
  return administrator.get(`/v2/${repository}/manifests/${digest}`).then(async (response) => {
    const path = `/v2/${repository}/manifests/${digest}?${tags.map((tag) => `tag=${tag}`).join("&")}`;
    return administrator.send("PUT", path, await response.text(), { "Content-Type": OCI_MANIFEST, ...headers });
  });
}

/** Looks at everything that waits in the queue once; what has to wait is queued again. */
async function look(): Promise<void> {
  for (const id of queued.splice(0)) await deliver(stores, id);
}

async function statusesOf(setting: TriggeredImage): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of await deliveriesOf(setting)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const BURST = pacesOf({ accountId: 1, host: "a:443" }).account.burst;

describe("a push that sets off many deliveries", () => {
  it("is spread, in order, and nothing is lost", async ({ expect }) => {
    advance(0);
    const setting = await anAmplifier(10, `${newName("victim")}.example.com`);
    expect((await pushTags(setting, 8)).status).toBe(201);
    expect(queued).toHaveLength(80);
    const order = [...queued];
    await look();
    expect(sent).toHaveLength(BURST);
    // Each comes back once, when its turn is.
    expect(queued).toEqual(order.slice(BURST));
    const beforeSecond = delays.length;
    advance(1000);
    await look();
    const inSecond = sent.length - BURST;
    expect(inSecond).toBeLessThanOrEqual(ACCOUNT_PER_MINUTE / 60 + 1);
    expect(inSecond).toBeGreaterThanOrEqual(ACCOUNT_PER_MINUTE / 60 - 1);
    expect(delays.length - beforeSecond).toBe(0);
    // The messages that came too early are lost: the sweeper makes them anew.
    expect(queued).toEqual([]);
    for (let round = 0; round < 10 && (await statusesOf(setting))["pending"] !== undefined; round += 1) {
      advance(62_000);
      await sweepDeliveries(stores);
      await look();
    }
    expect(await statusesOf(setting)).toEqual({ success: 80 });
    expect(sent).toHaveLength(80);
  });

  it("is not faster for many names, which may all be one address", async ({ expect }) => {
    advance(0);
    const base = newName("wildcard");
    const hosts = Array.from({ length: 50 }, (_, at) => `n${at}.${base}.example.com`);
    const setting = await anAmplifier(50, ...hosts);
    await pushTags(setting, 1);
    await look();
    expect(sent).toHaveLength(BURST);
  });

  it("is not faster in two images, or by hand", async ({ expect }) => {
    advance(0);
    const host = `${newName("victim")}.example.com`;
    const setting = await anAmplifier(5, host);
    await pushTags(setting, 10);
    const { administrator, organization, path } = setting;
    await pushAs(administrator, `${organization}/second`);
    const second = { ...setting, repository: `${organization}/second`, path: path.replace("/web", "/second") };
    await newTrigger(second, { target: hookAt(host) });
    await pushAs(administrator, second.repository, "v1");
    const [{ id } = { id: 0 }] = await deliveriesOf(setting);
    for (let at = 0; at < 10; at += 1) {
      expect((await administrator.post(`${path}/triggers/t0/test`)).status).toBe(201);
      expect((await administrator.post(`${path}/triggers/t0/deliveries/${id}/resend`)).status).toBe(201);
    }
    expect(queued.length).toBeGreaterThan(BURST + 20);
    await look();
    expect(sent).toHaveLength(BURST);
  });

  it("leaves another account's deliveries to the same host as they are", async ({ expect }) => {
    advance(0);
    const host = `${newName("hooks")}.example.com`;
    const loud = await anAmplifier(10, host);
    const quiet = await anAmplifier(1, host);
    await pushTags(loud, 2);
    const key = `host ${host}:443`;
    // Others fill what the host has.
    await env.DB.prepare("INSERT INTO outbound_paces (key, next_at) VALUES (?, ?)")
      .bind(key, now + 60_000)
      .run();
    await look();
    const { burst } = pacesOf({ accountId: 1, host }).share;
    expect(sent).toHaveLength(burst);
    queued.length = 0;
    await pushTags(quiet, 3);
    await look();
    expect(sent).toHaveLength(burst + 3);
    expect(await statusesOf(quiet)).toEqual({ success: 3 });
    // Having sent much before costs an account its share for a moment only.
    advance(60_000 / SHARE_PER_MINUTE + 1);
    await pushTags(loud, 1);
    queued.splice(1);
    await look();
    expect(sent).toHaveLength(burst + 4);
  });

  it("retries within the same paces", async ({ expect }) => {
    advance(0);
    const setting = await anAmplifier(10, `${newName("victim")}.example.com`);
    await pushTags(setting, 5);
    vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
      sent.push({ at: Date.now(), host: new URL(new Request(input, init).url).host });
      return new Response("busy", { status: 503 });
    });
    await look();
    await env.DB.prepare("UPDATE deliveries SET next_attempt_at = ?, slot_at = NULL WHERE status = 'pending'")
      .bind(now)
      .run();
    queued.push(...(await deliveriesOf(setting)).map(({ id }) => id));
    await look();
    expect(sent).toHaveLength(BURST);
  });
});

describe("a host", () => {
  it("has so many requests under way at most", async ({ expect }) => {
    const host = `${newName("slow")}.example.com`;
    const settings = [await anAmplifier(10, host), await anAmplifier(10, host), await anAmplifier(10, host)];
    for (const setting of settings) await pushTags(setting, 3);
    delays = [];
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    receive = () => answered;
    const looking = Promise.all(queued.splice(0).map((id) => deliver(stores, id)));
    await waitFor(() => expect(sent.length + delays.length).toBeGreaterThanOrEqual(90));
    expect(sent.length).toBeGreaterThanOrEqual(MAX_UNDER_WAY);
    // One more for each account that has nothing under way there.
    expect(sent.length).toBeLessThanOrEqual(MAX_UNDER_WAY + settings.length);
    answer();
    await looking;
    expect(queued).toHaveLength(90 - sent.length);
  });

  it("is the same however it is written, and another at another port", async ({ expect }) => {
    advance(0);
    const host = `${newName("victim")}.example.com`;
    const setting = await anImage();
    const names = [host, host.toUpperCase(), `${host}.`, `${host}:443`, `${host}:8443`];
    for (const [at, name] of names.entries()) await newTrigger(setting, { name: `t${at}`, target: hookAt(name) });
    await pushTags(setting, 1);
    await look();
    expect(sent).toHaveLength(names.length);
    const { results } = await env.DB.prepare("SELECT key FROM outbound_paces WHERE key LIKE 'host ' || ? || '%'")
      .bind(host)
      .all<{ key: string }>();
    expect(results.map(({ key }) => key).sort()).toEqual([`host ${host}:443`, `host ${host}:8443`]);
  });
});

describe("a request that is sent at once", () => {
  it("counts, too, and is refused beyond that", async ({ expect }) => {
    advance(0);
    const outbound = { accountId: 1_000_000 + Math.floor(Math.random() * 1_000_000), host: `${newName("k")}:443` };
    const taken: boolean[] = [];
    for (let at = 0; at < BURST + 5; at += 1) taken.push(await takeOutbound(stores.db, outbound));
    expect(taken.filter(Boolean)).toHaveLength(BURST);
    advance(60_000 / ACCOUNT_PER_MINUTE);
    expect([await takeOutbound(stores.db, outbound), await takeOutbound(stores.db, outbound)]).toEqual([true, false]);
  });
});

it("trying clusters out counts as well", async ({ expect }) => {
  advance(0);
  const { administrator, organization } = await anImage();
  const statuses: number[] = [];
  for (let at = 0; at < BURST + 2; at += 1) {
    const cluster = { name: `c${at}`, server: `https://c${at}.example.com`, token: "token" };
    statuses.push((await administrator.post(`/api/organizations/${organization}/clusters`, cluster)).status);
  }
  // Nobody answers there as an API server does.
  expect(statuses).toEqual([...Array<number>(BURST).fill(400), 429, 429]);
  expect(sent).toHaveLength(BURST);
});

describe("what one push may write", () => {
  it.for([
    ["without a condition", {}],
    ["under If-Match", { "If-Match": "*" }],
    ["under If-None-Match", { "If-None-Match": `"sha256:${"0".repeat(64)}"` }],
  ] as const)(
    "is as many deliveries as ten tags set off with all triggers of an image, %s",
    async ([, headers], { expect }) => {
      expect(MAX_DELIVERIES_PER_PUSH).toBe(10 * MAX_TRIGGERS);
      const setting = await anAmplifier(MAX_TRIGGERS, "hooks.example.com");
      const refused = await pushTags(setting, 11, headers);
      const [error] = await errorsOf(refused);
      expect([refused.status, error?.code]).toEqual([414, "TAG_INVALID"]);
      expect(error?.message).toContain(`11 tags at once would set off more than ${MAX_DELIVERIES_PER_PUSH} deliveries`);
      expect(await deliveriesOf(setting)).toEqual([]);
      const { tags } = await (
        await setting.administrator.get(`/v2/${setting.repository}/tags/list`)
      ).json<{
        tags: string[];
      }>();
      expect(tags).toEqual(["latest"]);
      expect((await pushTags(setting, 10, headers)).status).toBe(201);
      expect(await deliveriesOf(setting)).toHaveLength(MAX_DELIVERIES_PER_PUSH);
    },
  );

  it("is not limited where the tags set off little", async ({ expect }) => {
    const setting = await anAmplifier(2, "hooks.example.com");
    expect((await pushTags(setting, 100)).status).toBe(201);
    expect(await deliveriesOf(setting)).toHaveLength(200);
  });
});

it("looks cost the same, however much waits: all by index", async ({ expect }) => {
  const plans = await plansOf((db) => claimDelivery(db, 1, 1000, { accountId: 1, host: "a:443" }));
  expect(plans).toHaveLength(6);
  for (const plan of plans) {
    // What is counted is at most so many rows of an index.
    const scans = plan.filter(
      (step) => step.startsWith("SCAN") && !/^SCAN \(subquery-\d+\)$|^SCAN CONSTANT/.test(step),
    );
    expect(scans).toEqual([]);
  }
  const claim = plans[2]?.join("\n");
  expect(claim).toContain("deliveries_under_way (host=? AND account_id=? AND leased_until>?)");
  expect(claim).toMatch(/SEARCH other USING (COVERING )?INDEX deliveries_under_way \(host=\?/);
});

it("paces that hold nothing back any more are deleted", async ({ expect }) => {
  advance(0);
  const outbound = { accountId: 2_000_000 + Math.floor(Math.random() * 1_000_000), host: `${newName("k")}:443` };
  await takeOutbound(stores.db, outbound);
  const left = async () =>
    env.DB.prepare("SELECT count(*) AS n FROM outbound_paces WHERE key LIKE '%' || ?")
      .bind(outbound.host)
      .first<number>("n");
  await deleteIdlePaces(stores.db, new Date(now), 1000);
  expect(await left()).toBe(2);
  await deleteIdlePaces(stores.db, new Date(now + 60_000), 1000);
  expect(await left()).toBe(0);
  expect(HOST_PER_MINUTE).toBeGreaterThan(ACCOUNT_PER_MINUTE);
  expect(SHARE_PER_MINUTE).toBeLessThan(ACCOUNT_PER_MINUTE);
});
