/** Which pushes are told to triggers, and the history of that over the API. */
import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import type { Actor } from "../../src/model/rights/access.ts";
import { HISTORY_DAYS } from "../../src/model/triggers/deliveries.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import { runDueRules } from "../../src/registry/aging/aging.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { deliver } from "../../src/registry/triggers/deliveries.ts";
import { insertDeliveries, occasionOf } from "../../src/storage/triggers/deliveries.ts";
import { restoreTag } from "../../src/storage/deletion/deleted-tags.ts";
import { insertRule } from "../../src/storage/aging/aging-rules.ts";
import { sql } from "drizzle-orm";
import { auditOf, type Client, pushAs } from "../support/workerd/managing-clients.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { errorCodes, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import {
  anImage,
  clientOf,
  deliveriesOf,
  drain,
  firedBy,
  KUBERNETES,
  newCluster,
  newTrigger,
  QUEUE,
  queued,
  type TriggeredImage,
  stores,
  WEBHOOK,
} from "../support/workerd/triggered-images.ts";

/** What the receiver was sent. */
let received: Record<string, unknown>[] = [];
let answer: () => Response;

beforeEach(() => {
  queued.length = 0;
  received = [];
  answer = () => new Response("fine");
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    received.push(await new Request(input, init).json());
    return answer();
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const push = ({ administrator, repository }: TriggeredImage, tag: string) => pushAs(administrator, repository, tag);

/** Pushes what is there already under another reference. */
async function pushAgain(setting: TriggeredImage, digest: string, reference: string): Promise<Response> {
  const { administrator, repository } = setting;
  const manifest = await (await administrator.get(`/v2/${repository}/manifests/${digest}`)).text();
  const path = `/v2/${repository}/manifests/${reference}`;
  return administrator.send("PUT", path, manifest, { "Content-Type": OCI_MANIFEST });
}

const retag = ({ administrator, swr }: TriggeredImage, source: string, destination: string, override = false) =>
  administrator.post(swr.replace(/triggers$/, "tags"), {
    source_tag: source,
    destination_tag: destination,
    override,
  });

describe("a trigger fires", () => {
  it("for the tags that its condition names, and for no others", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { name: "all" });
    await newTrigger(setting, { name: "named", condition: { kind: "tag", text: "v1;stable" } });
    await newTrigger(setting, { name: "glob", condition: { kind: "regular", text: "v{1,2}*" } });
    for (const tag of ["v1", "v10", "v3", "stable"]) await push(setting, tag);
    const expected = [
      "all: stable",
      "all: v1",
      "all: v10",
      "all: v3",
      "glob: v1",
      "glob: v10",
      "named: stable",
      "named: v1",
    ];
    expect(await firedBy(setting)).toEqual(expected);
    expect(queued).toHaveLength(expected.length);
    await drain();
    expect(received).toHaveLength(expected.length);
    expect((await deliveriesOf(setting)).every(({ status }) => status === "success")).toBe(true);
  });

  it("when a tag is made and when it is moved, and not when it is pushed as it is", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { name: "changes" });
    await newTrigger(setting, { name: "always", firesAlways: true });
    await newTrigger(setting, { name: "named", condition: { kind: "tag", text: "v1" }, firesAlways: true });
    const first = await push(setting, "v1");
    expect(await firedBy(setting)).toEqual(["always: v1", "changes: v1", "named: v1"]);
    expect((await pushAgain(setting, first, "v1")).status).toBe(201);
    expect(await firedBy(setting)).toEqual(["always: v1", "always: v1", "changes: v1", "named: v1", "named: v1"]);
    const second = await push(setting, "v1");
    await pushAgain(setting, first, "v1");
    const changes = (await deliveriesOf(setting)).filter(({ trigger }) => trigger === "changes");
    expect(changes.map(({ digest }) => digest)).toEqual([first, second, first]);
    // What was deleted is made again.
    await setting.administrator.delete(`/v2/manage/namespaces/${setting.organization}/repos/web/tags/v1`);
    await pushAgain(setting, first, "v1");
    expect((await firedBy(setting)).filter((fired) => fired === "changes: v1")).toHaveLength(4);
  });

  it("with what was pushed, by whom, and at which address", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    const before = Date.now();
    const digest = await push(setting, "v1");
    const [delivery] = await deliveriesOf(setting);
    const event = JSON.parse(delivery?.event ?? "") as Record<string, string>;
    expect(event).toEqual({
      repository: setting.repository,
      tag: "v1",
      digest,
      mediaType: OCI_MANIFEST,
      size: expect.any(Number),
      user: setting.administrator.name,
      at: expect.any(String),
      registry: "http://registry.test",
    });
    expect(Date.parse(event["at"] ?? "")).toBeGreaterThanOrEqual(before);
  });

  it("for every tag that is pushed with a digest, and for none with a digest alone", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    const { digest } = setting;
    await pushAgain(setting, digest, digest);
    expect(await firedBy(setting)).toEqual([]);
    const response = await pushAgain(setting, digest, `${digest}?tag=a&tag=b&tag=latest&tag=a`);
    expect(response.status).toBe(201);
    expect(await firedBy(setting)).toEqual(["hook: a", "hook: b"]);
  });

  it("for tags that are made or moved without a push", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    expect((await retag(setting, "latest", "v1")).status).toBe(201);
    const [fired] = await deliveriesOf(setting);
    expect(fired).toMatchObject({ tag: "v1", digest: setting.digest });
    expect(JSON.parse(fired?.event ?? "")).toMatchObject({ mediaType: OCI_MANIFEST, size: expect.any(Number) });
    expect((await retag(setting, "latest", "v1", true)).status).toBe(201);
    await push(setting, "other");
    expect(await firedBy(setting)).toEqual(["hook: other", "hook: v1"]);
    // Refused without override.
    expect((await retag(setting, "other", "v1")).status).toBe(409);
    expect((await retag(setting, "absent", "v2")).status).toBe(404);
    expect(await firedBy(setting)).toEqual(["hook: other", "hook: v1"]);
    expect((await retag(setting, "other", "v1", true)).status).toBe(201);
    expect(await firedBy(setting)).toEqual(["hook: other", "hook: v1", "hook: v1"]);
  });

  it("only while it is enabled", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { enabled: false });
    await push(setting, "v1");
    expect(await firedBy(setting)).toEqual([]);
    await setting.administrator.patch(`${setting.swr}/hook`, { enable: "true" });
    await push(setting, "v2");
    await setting.administrator.patch(`${setting.path}/triggers/hook`, { enabled: false });
    await push(setting, "v3");
    expect(await firedBy(setting)).toEqual(["hook: v2"]);
  });

  it("only for its own image", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    await pushAs(setting.administrator, `${setting.repository}/other`, "v1");
    await push(await anImage(), "v1");
    expect(await firedBy(setting)).toEqual([]);
  });

  it("not for a push that is refused", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, repository, path, digest } = setting;
    await newTrigger(setting, { firesAlways: true });
    const text = await (await administrator.get(`/v2/${repository}/manifests/${digest}`)).text();
    const missing = text.replace(/sha256:[0-9a-f]{64}/, `sha256:${"0".repeat(64)}`);
    const refused = await administrator.send("PUT", `/v2/${repository}/manifests/v1`, missing, {
      "Content-Type": OCI_MANIFEST,
    });
    expect(refused.status).toBe(404);
    await push(setting, "kept");
    await administrator.post(`${path}/immutable-tag-rules`, { pattern: "kept" });
    expect((await pushAgain(setting, digest, "kept")).status).toBe(403);
    expect((await pushAgain(setting, digest, `${digest}?tag=kept&tag=v1`)).status).toBe(403);
    expect((await retag(setting, "latest", "kept", true)).status).toBe(403);
    expect((await clientOf(setting.member).send("PUT", `/v2/${repository}/manifests/v1`, text)).status).toBe(403);
    expect(await firedBy(setting)).toEqual(["hook: kept"]);
  });

  it("not when tags age, are deleted or restored", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { firesAlways: true });
    for (const tag of ["v1", "v2"]) await push(setting, tag);
    const fired = ["hook: v1", "hook: v2"];
    const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?")
      .bind(setting.repository)
      .first<number>("id");
    const repository = { id: id ?? 0, name: setting.repository as RepositoryName };
    const actor: Actor = {
      user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
      address: undefined,
    };
    await insertRule(stores.db, actor, repository, { kind: "tag_rule", amount: 1, labels: [], patterns: [] });
    await runDueRules(stores, new Budget(stores.db, 1000, 60_000));
    expect((await setting.administrator.get(`/v2/${setting.repository}/manifests/v1`)).status).toBe(404);
    expect(
      await restoreTag(stores.db, actor, repository, "v1" as Tag, new Date(0), "https://registry.test"),
    ).toBeDefined();
    await setting.administrator.delete(`/v2/${setting.repository}/manifests/v2`);
    expect(await firedBy(setting)).toEqual(fired);
  });

  it("for two pushes of a tag at once: for each digest", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    const digests = await Promise.all([push(setting, "v1"), push(setting, "v1")]);
    const fired = (await deliveriesOf(setting)).map(({ digest }) => digest);
    expect(fired.toSorted()).toEqual(digests.toSorted());
    const same = await Promise.all([1, 2, 3].map(() => pushAgain(setting, digests[0], "v2")));
    expect(same.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await firedBy(setting)).filter((name) => name === "hook: v2")).toHaveLength(1);
    await drain();
    expect(received).toHaveLength(3);
  });

  it("by what it is when it is delivered", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    await push(setting, "v1");
    await push(setting, "v2");
    const change = { condition: { kind: "tag", text: "v2" } };
    await setting.administrator.patch(`${setting.path}/triggers/hook`, change);
    await drain();
    expect(await firedBy(setting)).toEqual(["hook: v2"]);
    expect(received).toHaveLength(1);
  });
});

describe("a push", () => {
  /** What a push asks the database, in order. */
  async function traced(setting: TriggeredImage, tag: string): Promise<string[]> {
    const asked: string[] = [];
    const statement = (original: D1PreparedStatement): D1PreparedStatement =>
      new Proxy(original, {
        get(target, name) {
          if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
          if (name === "original") return target;
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          return (...values: unknown[]) => {
            asked.push(String(name));
            return Reflect.apply(value, target, values) as unknown;
          };
        },
      });
    const database = new Proxy(env.DB, {
      get(target, name) {
        if (name === "prepare") return (text: string) => statement(target.prepare(text));
        if (name === "batch") {
          return (statements: (D1PreparedStatement & { original: D1PreparedStatement })[]) => {
            asked.push("batch");
            return target.batch(statements.map(({ original }) => original));
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { repository, administrator, digest } = setting;
    const text = await (await administrator.get(`/v2/${repository}/manifests/${digest}`)).text();
    // Another manifest of the same blobs, whose platform is not looked up, having no configuration that says one.
    const manifest = JSON.stringify({ ...(JSON.parse(text) as object), annotations: { tag } });
    const client = clientOf(administrator, { DB: database });
    const path = `/v2/${repository}/manifests/${tag}`;
    const response = await client.send("PUT", path, manifest, { "Content-Type": OCI_MANIFEST });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return asked;
  }

  it("costs no round trip more with triggers, and nothing after the answer without", async ({ expect }) => {
    const setting = await anImage();
    const without = await traced(setting, "v1");
    expect(without.filter((what) => what === "batch")).toHaveLength(1);
    expect(queued).toEqual([]);
    await newTrigger(setting, { enabled: false });
    expect(await traced(setting, "v2")).toEqual(without);
    await newTrigger(setting, { name: "other", condition: { kind: "tag", text: "never" } });
    expect(await traced(setting, "v3")).toEqual(without);
    expect(queued).toEqual([]);
    await newTrigger(setting, { name: "firing" });
    // To look up what a glob is. That is after the answer.
    expect(await traced(setting, "v4")).toHaveLength(without.length + 1);
    expect(queued).toHaveLength(1);
  });

  it("finds triggers by an index", async ({ expect }) => {
    const event = { repository: "acme/web" as RepositoryName, user: "ada", registry: "https://registry.example.com" };
    const occasion = occasionOf(event, new Date());
    const manifest = { digest: sql`'d'`, mediaType: OCI_MANIFEST, size: 1 };
    const moved = sql`${JSON.stringify([{ tag: "v1", isAnnounced: true }])}`;
    const plan = await planOf((db) => insertDeliveries(db, 1, moved, occasion, manifest, () => sql`false`));
    expect(plan.filter((step) => /^SCAN (?!moved )/.test(step))).toEqual([]);
    expect(plan).toContainEqual(expect.stringMatching(/SEARCH triggers USING INDEX triggers_by_name/));
  });

  it("is answered also when the queue takes nothing", async ({ expect }) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const setting = await anImage();
    await newTrigger(setting);
    const broken = { sendBatch: () => Promise.reject(new Error("down")) };
    const client = clientOf(setting.administrator, { DELIVERIES: broken });
    await pushAs(client, setting.repository, "v1");
    expect((await client.post(`${setting.path}/triggers/hook/test`)).status).toBe(201);
    expect(warn).toHaveBeenCalledTimes(2);
    expect((await deliveriesOf(setting)).map(({ status }) => status)).toEqual(["pending", "pending"]);
  });
});

interface Delivery {
  id: number;
  uid: string;
  tag: string;
  digest: string;
  user: string;
  test: boolean;
  status: string;
  tries: number;
  detail: string | null;
  created: string;
  next: string | null;
  finished: string | null;
  attempts?: object[];
}

/** What a delivery says whose receiver has answered. */
function answered(status: number) {
  return { detail: `answered ${status}`, reasons: [{ code: "ANSWERED", values: { status } }] };
}

describe("the history of a trigger", () => {
  const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const historyOf = ({ path }: TriggeredImage) => `${path}/triggers/hook/deliveries`;

  async function list(client: Client, path: string): Promise<{ deliveries: Delivery[]; next: string | null }> {
    const response = await client.get(path);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  }

  it("has every delivery with its tries", async ({ expect }) => {
    const setting = await anImage();
    const { administrator } = setting;
    await newTrigger(setting);
    expect(await list(administrator, historyOf(setting))).toEqual({ deliveries: [], next: null });
    const digest = await push(setting, "v1");
    const { deliveries } = await list(administrator, historyOf(setting));
    const pending = {
      id: queued[0],
      uid: expect.stringMatching(/^[0-9a-f]{32}$/),
      tag: "v1",
      digest,
      user: administrator.name,
      test: false,
      status: "pending",
      tries: 0,
      detail: null,
      reasons: [],
      created: expect.stringMatching(TIME),
      next: expect.stringMatching(TIME),
      finished: null,
    };
    expect(deliveries).toEqual([pending]);
    answer = () => new Response("busy", { status: 503 });
    await drain();
    await env.DB.prepare("UPDATE deliveries SET next_attempt_at = 0 WHERE id = ?").bind(deliveries[0]?.id).run();
    answer = () => new Response("thanks");
    await deliver(stores, deliveries[0]?.id ?? 0);
    const one = await administrator.get(`${historyOf(setting)}/${deliveries[0]?.id}`);
    const attempt = { started: expect.stringMatching(TIME), duration: expect.any(Number) };
    expect([one.status, await one.json()]).toEqual([
      200,
      {
        ...pending,
        uid: deliveries[0]?.uid,
        status: "success",
        tries: 2,
        ...answered(200),
        next: null,
        finished: expect.stringMatching(TIME),
        attempts: [
          { ...attempt, number: 1, status: 503, ...answered(503), answer: "busy" },
          { ...attempt, number: 2, status: 200, ...answered(200), answer: "thanks" },
        ],
        request: { body: expect.stringContaining('"v1"'), headers: expect.any(Object) },
      },
    ]);
  });

  it("has the sentences that older versions have written, as they are", async ({ expect }) => {
    const setting = await anImage();
    const { administrator } = setting;
    await newTrigger(setting);
    await push(setting, "v1");
    await drain();
    const id = (await list(administrator, historyOf(setting))).deliveries[0]?.id ?? 0;
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET detail = 'answered 200' WHERE id = ?").bind(id),
      env.DB.prepare("UPDATE delivery_attempts SET detail = 'answered 200' WHERE delivery_id = ?").bind(id),
    ]);
    const { deliveries } = await list(administrator, historyOf(setting));
    expect(deliveries).toMatchObject([{ detail: "answered 200", reasons: [] }]);
    const whole = await (await administrator.get(`${historyOf(setting)}/${id}`)).json();
    expect(whole).toMatchObject({ attempts: [{ detail: "answered 200", reasons: [] }] });
  });

  it("comes in pages, the newest first", async ({ expect }) => {
    const setting = await anImage();
    const { administrator } = setting;
    await newTrigger(setting);
    await newTrigger(setting, { name: "other" });
    for (const tag of ["v1", "v2", "v3", "v4", "v5"]) await push(setting, tag);
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await list(administrator, `${historyOf(setting)}?limit=2${query}`);
      pages.push(page.deliveries.map(({ tag }) => tag));
      cursor = page.next;
    }
    expect(pages).toEqual([["v5", "v4"], ["v3", "v2"], ["v1"]]);
    expect((await list(administrator, `${historyOf(setting)}?limit=1000`)).deliveries).toHaveLength(5);
    for (const query of ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=", "offset=1"]) {
      expect((await administrator.get(`${historyOf(setting)}?${query}`)).status).toBe(400);
    }
  });

  it("is each trigger's own", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, path } = setting;
    await newTrigger(setting);
    await newTrigger(setting, { name: "other", condition: { kind: "tag", text: "never" } });
    await push(setting, "v1");
    const [id] = queued;
    for (const [method, below] of [
      ["GET", ""],
      ["POST", "/resend"],
    ] as const) {
      for (const url of [
        `${path}/triggers/other/deliveries/${id}${below}`,
        `${path}/triggers/hook/deliveries/${Number(id) + 1000}${below}`,
      ]) {
        const response = await administrator.send(method, url);
        expect([response.status, await errorCodes(response)]).toEqual([404, ["DELIVERY_UNKNOWN"]]);
      }
      for (const wrong of ["0", "-1", "x", "1.5", "99999999999999999999"]) {
        expect((await administrator.send(method, `${historyOf(setting)}/${wrong}${below}`)).status).toBe(400);
      }
      const absent = await administrator.send(method, `${path}/triggers/absent/deliveries/${id}${below}`);
      expect(await errorCodes(absent)).toEqual(["TRIGGER_UNKNOWN"]);
    }
    expect(await errorCodes(await administrator.get(`${path}/triggers/absent/deliveries`))).toEqual([
      "TRIGGER_UNKNOWN",
    ]);
    expect(await errorCodes(await administrator.post(`${path}/triggers/absent/test`))).toEqual(["TRIGGER_UNKNOWN"]);
  });

  it("is kept for 30 days, but for what is still to be delivered", async ({ expect }) => {
    const setting = await anImage();
    const { administrator } = setting;
    await newTrigger(setting);
    for (const tag of ["over", "at", "under", "waiting"]) await push(setting, tag);
    const now = Date.now();
    const age = (tag: string, milliseconds: number) =>
      env.DB.prepare("UPDATE deliveries SET created_at = ? WHERE tag = ? AND id IN (SELECT value FROM json_each(?))")
        .bind(now - milliseconds, tag, JSON.stringify(ids))
        .run();
    const ids = [...queued];
    const waiting = queued.pop();
    await drain();
    const days = HISTORY_DAYS * 24 * 60 * 60 * 1000;
    await age("over", days + 1);
    await age("at", days);
    await age("under", days - 1);
    await age("waiting", 2 * days);
    const controller = createScheduledController({ scheduledTime: now, cron: "7 * * * *" });
    await worker.scheduled(controller, { ...env, DELIVERIES: QUEUE }, createExecutionContext());
    const { deliveries } = await list(administrator, historyOf(setting));
    expect(deliveries.map(({ tag, id }) => `${tag} ${id}`)).toEqual([
      `waiting ${waiting}`,
      `under ${ids[2]}`,
      `at ${ids[1]}`,
    ]);
    const { results } = await env.DB.prepare("SELECT 1 FROM delivery_attempts WHERE delivery_id = ?")
      .bind(ids[0])
      .all();
    expect(results).toEqual([]);
  });
});

describe("by hand", () => {
  it("a test is sent with the newest tag, whatever the condition and though it is not enabled", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, path, repository } = setting;
    await newTrigger(setting, { enabled: false, condition: { kind: "tag", text: "never" } });
    const digest = await push(setting, "v1");
    const response = await administrator.post(`${path}/triggers/hook/test`);
    const test = await response.json<Delivery>();
    expect([response.status, test]).toMatchObject([
      201,
      { tag: "v1", digest, test: true, status: "pending", user: administrator.name },
    ]);
    expect(queued).toEqual([test.id]);
    await drain();
    expect(received).toMatchObject([{ data: { tag: "v1", test: true } }]);
    const shown = await administrator.get(`${path}/triggers/hook/deliveries/${test.id}`);
    expect(await shown.json()).toMatchObject({ status: "success", test: true });
    expect((await auditOf(repository)).at(-1)).toMatchObject({
      action: "trigger.test",
      user_name: administrator.name,
      organization: setting.organization,
      detail: '{"trigger":"hook"}',
    });
  });

  it("a test of an image without tags has one that is made up", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    await setting.administrator.delete(`/v2/manage/namespaces/${setting.organization}/repos/web/tags/latest`);
    const response = await setting.administrator.post(`${setting.path}/triggers/hook/test`);
    expect(await response.json()).toMatchObject({ tag: "test", digest: expect.stringMatching(/^sha256:/), test: true });
    await drain();
    expect(received).toHaveLength(1);
  });

  it("a test takes no update's place", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, organization, path } = setting;
    await newCluster(administrator, organization);
    await newTrigger(setting, { target: KUBERNETES });
    await push(setting, "v1");
    await administrator.post(`${path}/triggers/hook/test`);
    const [update, test] = queued;
    await drain();
    const stateOf = async (id: number | undefined) =>
      (await (await administrator.get(`${path}/triggers/hook/deliveries/${id}`)).json<Delivery>()).status;
    expect(await stateOf(update)).not.toBe("superseded");
    await push(setting, "v1");
    await env.DB.prepare("UPDATE deliveries SET status = 'pending', next_attempt_at = 0 WHERE id IN (?, ?)")
      .bind(update, test)
      .run();
    await deliver(stores, update ?? 0);
    expect(await stateOf(update)).toBe("superseded");
  });

  it("an event is delivered once more, as a new delivery", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, path, repository } = setting;
    await newTrigger(setting);
    await push(setting, "v1");
    const [old] = queued;
    await drain();
    await administrator.patch(`${path}/triggers/hook`, { enabled: false });
    const response = await administrator.post(`${path}/triggers/hook/deliveries/${old}/resend`);
    const again = await response.json<Delivery>();
    expect([response.status, again]).toMatchObject([201, { tag: "v1", status: "pending", test: false }]);
    expect(again.id).toBeGreaterThan(old ?? 0);
    await drain();
    const { deliveries } = await (
      await administrator.get(`${path}/triggers/hook/deliveries`)
    ).json<{
      deliveries: Delivery[];
    }>();
    expect(deliveries.map(({ id, status }) => `${id} ${status}`)).toEqual([`${again.id} success`, `${old} success`]);
    expect(deliveries[0]?.uid).not.toBe(deliveries[1]?.uid);
    const [one, other] = await deliveriesOf(setting);
    expect(JSON.parse(one?.event ?? "")).toEqual(JSON.parse(other?.event ?? ""));
    expect(received).toHaveLength(2);
    expect((await auditOf(repository)).at(-1)).toMatchObject({
      action: "delivery.resend",
      user_name: administrator.name,
      detail: `{"trigger":"hook","delivery":${old},"tag":"v1"}`,
    });
    // A test stays one.
    await administrator.post(`${path}/triggers/hook/test`);
    const [test] = queued;
    const twice = await administrator.post(`${path}/triggers/hook/deliveries/${test}/resend`);
    expect(await twice.json()).toMatchObject({ test: true });
  });

  it("an event is not delivered to a trigger that does not want it any more", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, path } = setting;
    await newTrigger(setting);
    await push(setting, "v1");
    const [old] = queued;
    await drain();
    const target = { ...WEBHOOK, format: "keel" };
    await administrator.patch(`${path}/triggers/hook`, { condition: { kind: "tag", text: "v2" }, target });
    const response = await administrator.post(`${path}/triggers/hook/deliveries/${old}/resend`);
    expect([response.status, await errorCodes(response)]).toEqual([400, ["TRIGGER_INVALID"]]);
  });
});
