/** Triggers of an image over both APIs: who may have them, and what they may be. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, type ExpectStatic, it, vi } from "vitest";
import { decryptWebhookSecrets } from "../../src/registry/triggers/webhook-secrets.ts";
import { listNewestDeliveries } from "../../src/storage/triggers/delivery-history.ts";
import { findTrigger } from "../../src/storage/triggers/triggers.ts";
import { grantOnImage, makePublic } from "../support/workerd/stored-rights.ts";
import {
  asUser,
  auditOf,
  type Client,
  newAccount,
  newUser,
  pushAs,
  statusesOf,
  swrProblem,
} from "../support/workerd/managing-clients.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { errorCodes, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import {
  anImage,
  answers,
  clientOf,
  deliveriesOf,
  drain,
  KUBERNETES,
  newCluster,
  newTrigger,
  queued,
  SECRETS,
  type TriggeredImage,
  stores,
  WEBHOOK,
  wholeAudit,
} from "../support/workerd/triggered-images.ts";

const { secret, authorization } = SECRETS;
const ALL = { kind: "all" };
const HOOK = { name: "hook", condition: ALL, target: WEBHOOK };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SWR_TRIGGER = {
  name: "All_tags",
  action: "update",
  app_type: "deployments",
  application: "nginx",
  cluster_ns: "default",
  condition: ".*",
  enable: "true",
  trigger_type: "all",
};

beforeEach(() => {
  queued.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("fine"));
});

afterEach(async ({ expect }) => {
  vi.restoreAllMocks();
  const said = `${answers.splice(0).join("\n")}${await wholeAudit()}`;
  for (const text of Object.values(SECRETS)) expect(said).not.toContain(text);
});

async function refusalOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}: ${error?.message}`;
}

/** The secrets that a trigger has. */
async function secretsOf({ repository }: TriggeredImage, name: string) {
  const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
  const record = await findTrigger(stores.db, id ?? 0, name);
  return decryptWebhookSecrets(stores, id ?? 0, name, record?.encryptedSecrets ?? null);
}

const create = ({ administrator, path }: TriggeredImage, fields: object) =>
  administrator.post(`${path}/triggers`, { ...HOOK, ...fields });
const change = ({ administrator, path }: TriggeredImage, fields: object, name = "hook") =>
  administrator.patch(`${path}/triggers/${name}`, fields);

describe("a trigger", () => {
  const DEPLOY = { name: "deploy", target: KUBERNETES };
  const HOOK_OF_TAGS = {
    name: "Hook",
    condition: { kind: "tag", text: " v1 ; v2" },
    enabled: false,
    firesAlways: true,
  };
  const FLAGS = { enabled: false, firesAlways: true };
  const TARGET = { ...KUBERNETES, workload: "cronjobs", container: "app", byDigest: true };
  const CHANGES = { condition: { kind: "regular", text: "v{1,2}.*" }, target: TARGET };

  async function anImageWithCluster(expect: ExpectStatic) {
    const setting = await anImage();
    await newCluster(setting.administrator, setting.organization);
    const shown = {
      name: "deploy",
      condition: { kind: "all", text: ".*" },
      conditionSyntax: "",
      enabled: true,
      firesAlways: false,
      target: { ...KUBERNETES, container: null, byDigest: false },
      createdBy: setting.administrator.name,
      created: expect.stringMatching(TIME),
      updated: expect.stringMatching(TIME),
    };
    return { setting, ...setting, shown };
  }

  it("is made, listed by name and shown", async ({ expect }) => {
    const { setting, administrator, path, shown } = await anImageWithCluster(expect);
    const made = await create(setting, DEPLOY);
    expect([made.status, await made.json()]).toEqual([201, shown]);
    const hook = await create(setting, HOOK_OF_TAGS);
    const shownHook = {
      ...shown,
      name: "Hook",
      condition: { kind: "tag", text: "v1;v2" },
      enabled: false,
      firesAlways: true,
      target: { ...WEBHOOK, hasSecret: false, hasAuthorization: false },
    };
    expect([hook.status, await hook.json()]).toEqual([201, shownHook]);
    const listed = await administrator.get(`${path}/triggers`);
    expect([listed.status, await listed.json()]).toEqual([
      200,
      {
        triggers: [
          { ...shownHook, last: null },
          { ...shown, last: null },
        ],
      },
    ]);
    expect(await (await administrator.get(`${path}/triggers/deploy`)).json()).toEqual(shown);
  });

  it("is changed field by field", async ({ expect }) => {
    const { setting, shown } = await anImageWithCluster(expect);
    await create(setting, DEPLOY);
    const changed = await change(setting, CHANGES, "deploy");
    const after = { ...shown, ...CHANGES, conditionSyntax: "glob" };
    expect([changed.status, await changed.json()]).toEqual([200, after]);
    expect(await (await change(setting, {}, "deploy")).json()).toEqual(after);
    expect(await (await change(setting, FLAGS, "deploy")).json()).toEqual({ ...after, ...FLAGS });
  });

  it("is unknown to every operation once it is deleted", async ({ expect }) => {
    const { setting, administrator, path } = await anImageWithCluster(expect);
    await create(setting, DEPLOY);
    const deleted = await administrator.delete(`${path}/triggers/deploy`);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await refusalOf(await administrator.get(`${path}/triggers/deploy`))).toMatch(
      /^404 TRIGGER_UNKNOWN: .*deploy/,
    );
    expect((await administrator.delete(`${path}/triggers/deploy`)).status).toBe(404);
    expect((await change(setting, {}, "deploy")).status).toBe(404);
    expect((await change(setting, { target: WEBHOOK }, "deploy")).status).toBe(404);
  });

  it("is in the audit when it is made, changed and deleted", async ({ expect }) => {
    const { setting, administrator, organization, path, repository } = await anImageWithCluster(expect);
    await create(setting, DEPLOY);
    await create(setting, HOOK_OF_TAGS);
    for (const fields of [CHANGES, {}, FLAGS]) await change(setting, fields, "deploy");
    await administrator.delete(`${path}/triggers/deploy`);
    const audit = (await auditOf(repository)).filter(({ action }) => action.startsWith("trigger."));
    expect(audit.map(({ action, detail, organization: of }) => `${action} ${of} ${detail}`)).toEqual([
      `trigger.create ${organization} {"trigger":"deploy","kind":"kubernetes","namespace":"default","application":"nginx"}`,
      `trigger.create ${organization} {"trigger":"Hook","kind":"webhook","host":"hooks.example.com"}`,
      `trigger.update ${organization} {"trigger":"deploy","condition":{"from":"all .*","to":"regular v{1,2}.*"},` +
        '"workload":{"from":"deployments","to":"cronjobs"},"container":{"to":"app"},"byDigest":{"from":false,"to":true}}',
      `trigger.update ${organization} {"trigger":"deploy"}`,
      `trigger.update ${organization} {"trigger":"deploy","isEnabled":{"from":true,"to":false},` +
        '"firesAlways":{"from":false,"to":true}}',
      `trigger.delete ${organization} {"trigger":"deploy"}`,
    ]);
  });

  it("is in the audit with its old and new host when it is moved, and never with what opens it", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const path = `/api/organizations/${organization}/images/web/triggers`;
    const hook = (url: string, more = {}) => ({ kind: "webhook", url, format: "text", ...more });
    const made = await administrator.post(path, { ...HOOK, target: hook("https://one.example.com/T0/first-secret") });
    expect(made.status).toBe(201);
    const changes = [
      hook("https://two.example.com:8443/T0/second-secret", { secret: "third-secret-of-many-characters" }),
      hook("https://two.example.com:8443/T1?key=fourth-secret", { secret: null, authorization: null }),
    ];
    for (const target of changes) expect((await administrator.patch(`${path}/hook`, { target })).status).toBe(200);
    const updates = (await auditOf(`${organization}/web`)).filter(({ action }) => action.startsWith("trigger."));
    expect(updates.map(({ detail }) => JSON.parse(detail ?? "null") as unknown)).toEqual([
      { trigger: "hook", kind: "webhook", host: "one.example.com" },
      {
        trigger: "hook",
        host: { from: "one.example.com", to: "two.example.com:8443" },
        url: "changed",
        credentials: "changed",
      },
      { trigger: "hook", url: "changed", credentials: "changed" },
    ]);
    expect(JSON.stringify(updates)).not.toMatch(/-secret/);
  });

  it("belongs to an image whose name has slashes, written with $", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    await pushAs(administrator, `${organization}/shop/web`);
    const path = `/api/organizations/${organization}/images/shop$web/triggers`;
    expect((await administrator.post(path, HOOK)).status).toBe(201);
    expect((await administrator.get(`${path}/hook`)).status).toBe(200);
    expect((await administrator.get(path.replace("shop$web", "absent"))).status).toBe(404);
    expect((await administrator.get(path.replace("shop$web", "Web"))).status).toBe(400);
    expect((await administrator.get(path.replace("shop$web", ".."))).status).not.toBe(200);
  });

  it.for(["a", "Z", "a".repeat(64), "All_tags", "a-b_c-1"])("may be named %s", async (name, { expect }) => {
    const setting = await anImage();
    expect((await create(setting, { name })).status).toBe(201);
    expect((await setting.administrator.get(`${setting.path}/triggers/${name}`)).status).toBe(200);
  });

  const NAMES = ["", "a".repeat(65), "1a", "_a", "a_", "a-", "a__b", "a--b", "a_-b", "a.b", "a b", "ä", "a/b", "a\n"];
  it.for([...NAMES, 7, null, undefined])("may not be named %j", async (name, { expect }) => {
    const setting = await anImage();
    const response = await create(setting, { name });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual([typeof name === "string" ? "TRIGGER_INVALID" : "PARAMETER_INVALID"]);
    if (typeof name !== "string") return;
    const body = { ...SWR_TRIGGER, name, cluster_name: "production" };
    expect(await swrProblem(await setting.administrator.post(setting.swr, body))).toBe("400 SVCSTG.SWR.4000014");
  });

  const longest = Array.from({ length: 8 }, (_, at) => String(at).repeat(127)).join(";");
  it.for<[kind: string, text: string | undefined, stored?: string]>([
    ["all", undefined, ".*"],
    ["all", "{", ".*"],
    ["tag", "v1"],
    ["tag", " v1;  v2 ", "v1;v2"],
    ["tag", longest],
    ["tag", "a".repeat(128)],
    ["regular", "*"],
    ["regular", "**"],
    ["regular", "v{1, 2{a,b}}?"],
    ["regular", "\\{"],
    ["regular", "(a+)+$"],
    ["regular", "a".repeat(1024)],
    ["regular", `{${",".repeat(99)}}`],
  ])("may have the condition %s %s", async ([kind, text, stored = text], { expect }) => {
    const setting = await anImage();
    const response = await create(setting, { condition: { kind, text } });
    expect([response.status, await response.json()]).toMatchObject([201, { condition: { kind, text: stored } }]);
  });

  it.for<[kind: unknown, text: unknown]>([
    ["tag", undefined],
    ["tag", ""],
    ["tag", ";"],
    ["tag", "v1;"],
    ["tag", "v*"],
    ["tag", "a".repeat(129)],
    ["tag", `${longest};`],
    ["regular", ""],
    ["regular", "{"],
    ["regular", "}"],
    ["regular", "a\\"],
    ["regular", "a".repeat(1025)],
    ["regular", "{".repeat(10_000) + "}".repeat(10_000)],
    ["regular", `{${",".repeat(100)}}`],
    ["regular", "v\u0000*"],
    ["all", "a".repeat(1025)],
    ["some", "a"],
    ["tag", 7],
    ["tag", ["v1"]],
    [undefined, "v1"],
  ])("may not have the condition %s %s", async ([kind, text], { expect }) => {
    const setting = await anImage();
    const before = Date.now();
    expect((await create(setting, { condition: { kind, text } })).status).toBe(400);
    await newTrigger(setting);
    expect((await change(setting, { condition: { kind, text } })).status).toBe(400);
    expect(Date.now() - before).toBeLessThan(2000);
  });

  it.for<[what: string, target: object]>([
    ["an application of 254", { ...KUBERNETES, application: `${"a.".repeat(126)}aa` }],
    ["an upper case application", { ...KUBERNETES, application: "Nginx" }],
    ["a path for an application", { ...KUBERNETES, application: "../pods" }],
    ["no application", { ...KUBERNETES, application: "" }],
    ["a namespace of 64", { ...KUBERNETES, namespace: "a".repeat(64) }],
    ["a namespace with a dot", { ...KUBERNETES, namespace: "a.b" }],
    ["no namespace", { ...KUBERNETES, namespace: "" }],
    ["a container of 64", { ...KUBERNETES, container: "a".repeat(64) }],
    ["an empty container", { ...KUBERNETES, container: "" }],
    ["another kind of workload", { ...KUBERNETES, workload: "pods" }],
    ["a number for byDigest", { ...KUBERNETES, byDigest: 1 }],
    ["no cluster", { ...KUBERNETES, cluster: undefined }],
    ["a url", { ...KUBERNETES, url: WEBHOOK.url }],
    ["a kind that is none", { ...WEBHOOK, kind: "mail" }],
    ["no kind", { url: WEBHOOK.url, format: "text" }],
    ["a format that is none", { ...WEBHOOK, format: "xml" }],
    ["no format", { ...WEBHOOK, format: undefined }],
    ["an unknown field", { ...WEBHOOK, hasSecret: true }],
    ["a secret of 257", { ...WEBHOOK, secret: "s".repeat(257) }],
    ["an empty secret", { ...WEBHOOK, secret: "" }],
    ["an authorization of two lines", { ...WEBHOOK, authorization: "a\nb" }],
    ["a number for a secret", { ...WEBHOOK, secret: 7 }],
    ["no address", { ...WEBHOOK, url: "hooks" }],
    ["plain HTTP", { ...WEBHOOK, url: "http://hooks.example.com" }],
    ["another scheme", { ...WEBHOOK, url: "file:///etc/passwd" }],
    ["loopback", { ...WEBHOOK, url: "https://127.0.0.1" }],
    ["loopback in hexadecimal", { ...WEBHOOK, url: "https://0x7f000001" }],
    ["loopback as IPv6", { ...WEBHOOK, url: "https://[::ffff:127.0.0.1]" }],
    ["a private address", { ...WEBHOOK, url: "https://192.168.1.1" }],
    ["metadata", { ...WEBHOOK, url: "https://169.254.169.254/latest" }],
    ["localhost", { ...WEBHOOK, url: "https://localhost" }],
    ["this registry", { ...WEBHOOK, url: "http://registry.test/v2/" }],
    ["a password in it", { ...WEBHOOK, url: "https://a:b@hooks.example.com" }],
    ["a fragment", { ...WEBHOOK, url: "https://hooks.example.com/#a" }],
    ["2,049 characters", { ...WEBHOOK, url: `https://hooks.example.com/${"a".repeat(2023)}` }],
    ["a number for a url", { ...WEBHOOK, url: 7 }],
  ])("may not have a target with %s", async ([, target], { expect }) => {
    const setting = await anImage();
    await newCluster(setting.administrator, setting.organization);
    const made = await create(setting, { target });
    expect(made.status).toBe(400);
    expect(["TRIGGER_INVALID", "PARAMETER_INVALID"]).toContain((await errorCodes(made))[0]);
    await newTrigger(setting);
    expect((await change(setting, { target })).status).toBe(400);
    expect(await (await setting.administrator.get(`${setting.path}/triggers/hook`)).json()).toMatchObject({
      target: WEBHOOK,
    });
  });

  it("may have a target at the limits", async ({ expect }) => {
    const setting = await anImage();
    await newCluster(setting.administrator, setting.organization);
    const label = "a".repeat(63);
    const kubernetes = { namespace: label, container: label, application: `${"a.".repeat(126)}a` };
    expect((await create(setting, { target: { ...KUBERNETES, ...kubernetes } })).status).toBe(201);
    const url = `https://hooks.example.com/${"a".repeat(2022)}`;
    expect((await change(setting, { target: { ...WEBHOOK, url, secret: "s".repeat(256) } })).status).toBe(200);
    for (const format of ["cloudevents", "distribution", "harbor", "dockerhub", "keel", "text"]) {
      expect((await create(setting, { name: format, target: { ...WEBHOOK, format } })).status).toBe(201);
    }
    // The operator may allow what is not public.
    const local = clientOf(setting.administrator, { ALLOWED_TARGETS: "127.0.0.1:9000" });
    const target = { ...WEBHOOK, url: "http://127.0.0.1:9000/" };
    expect((await local.post(`${setting.path}/triggers`, { ...HOOK, name: "local", target })).status).toBe(201);
  });

  it.for<[string, unknown]>([
    ["a text for enabled", { ...HOOK, enabled: "true" }],
    ["a number for firesAlways", { ...HOOK, firesAlways: 1 }],
    ["no condition", { ...HOOK, condition: undefined }],
    ["a text for the condition", { ...HOOK, condition: "all" }],
    ["an unknown field of the condition", { ...HOOK, condition: { ...ALL, tags: [] } }],
    ["no target", { ...HOOK, target: undefined }],
    ["null for the target", { ...HOOK, target: null }],
    ["an unknown field", { ...HOOK, id: 7 }],
    ["a list", [HOOK]],
    ["null", "null"],
  ])("is refused for %s", async ([, body], { expect }) => {
    const { administrator, path } = await anImage();
    const response = await administrator.post(`${path}/triggers`, body);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toContain("PARAMETER_INVALID");
  });

  it("names a cluster of the image's own organization", async ({ expect }) => {
    const setting = await anImage();
    const other = await anImage();
    const id = await newCluster(other.administrator, other.organization);
    expect(await refusalOf(await create(setting, { target: KUBERNETES }))).toMatch(
      /^404 CLUSTER_UNKNOWN: .*production/,
    );
    for (const cluster of ["", id, "a".repeat(10_000)]) {
      expect((await create(setting, { target: { ...KUBERNETES, cluster } })).status).toBe(404);
    }
    await newTrigger(setting);
    expect((await change(setting, { target: KUBERNETES })).status).toBe(404);
    await newCluster(setting.administrator, setting.organization, "staging");
    expect((await change(setting, { target: { ...KUBERNETES, cluster: "staging" } })).status).toBe(200);
  });

  it("has its name alone, also when two are made at once", async ({ expect }) => {
    const setting = await anImage();
    expect(statusesOf(await Promise.all([create(setting, {}), create(setting, {})]))).toEqual([201, 409]);
    expect(await refusalOf(await create(setting, {}))).toMatch(/^409 TRIGGER_EXISTS: .*hook/);
    expect((await create(setting, { name: "Hook" })).status).toBe(201);
    expect((await create(await anImage(), {})).status).toBe(201);
  });

  it("is one of at most 100 of an image", async ({ expect }) => {
    const setting = await anImage();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
       INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
       SELECT repositories.id, 't' || i, 'all', '.*', 0, ?2, 0, 0 FROM n JOIN repositories ON name = ?1`,
    )
      .bind(setting.repository, JSON.stringify(WEBHOOK))
      .run();
    const both = [create(setting, { name: "one" }), create(setting, { name: "two" })];
    expect(statusesOf(await Promise.all(both))).toEqual([201, 409]);
    expect(await refusalOf(await create(setting, { name: "three" }))).toMatch(/^409 TRIGGER_LIMIT: .*100/);
  });

  it("is listed with what it delivered last", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, path, repository } = setting;
    await newTrigger(setting, { name: "busy" });
    await newTrigger(setting, { name: "idle", condition: { kind: "tag", text: "never" } });
    for (const tag of ["v1", "v2"]) await pushAs(administrator, repository, tag);
    await drain();
    const { triggers } = await (await administrator.get(`${path}/triggers`)).json<{ triggers: { last: object }[] }>();
    const last = { id: expect.any(Number), tag: "v2", test: false, status: "success", detail: "answered 200" };
    const reasons = [{ code: "ANSWERED", values: { status: 200 } }];
    const times = { created: expect.stringMatching(TIME), finished: expect.stringMatching(TIME) };
    expect(triggers.map((trigger) => trigger.last)).toEqual([{ ...last, reasons, ...times }, null]);
    const plan = await planOf((db) => listNewestDeliveries(db, [1, 2]));
    expect(plan.filter((step) => step.startsWith("SCAN")).every((step) => step.includes("wanted"))).toBe(true);
  });

  it("has a condition that can be tried on the newest tags first", async ({ expect }) => {
    const { administrator, path, repository } = await anImage();
    for (const tag of ["v1", "v2", "rc-1"]) await pushAs(administrator, repository, tag);
    const attempt = async (kind: string, text: string) => {
      const response = await administrator.post(`${path}/triggers/try-condition`, { kind, text });
      if (response.status !== 200) return errorCodes(response);
      const { tags, conditionSyntax } = await response.json<{
        conditionSyntax: string;
        tags: { tag: string; met: boolean }[];
      }>();
      expect(conditionSyntax).toBe(kind === "tag" ? "" : text.startsWith("^") ? "re2" : "glob");
      return tags.map(({ tag, met }) => `${tag} ${met}`);
    };
    expect(await attempt("regular", "^v[0-9]+$")).toEqual(["rc-1 false", "v2 true", "v1 true", "latest false"]);
    expect(await attempt("regular", "{v*,latest}")).toEqual(["rc-1 false", "v2 true", "v1 true", "latest true"]);
    expect(await attempt("tag", "v1;rc-1")).toEqual(["rc-1 true", "v2 false", "v1 true", "latest false"]);
    expect(await attempt("regular", "{v")).toEqual(["TRIGGER_INVALID"]);
  });

  it("goes with its image", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    await pushAs(setting.administrator, setting.repository, "v1");
    await setting.administrator.delete(`/v2/manage/namespaces/${setting.organization}/repos/web`);
    expect((await setting.administrator.get(`${setting.path}/triggers`)).status).toBe(404);
    await pushAs(setting.administrator, setting.repository, "v1");
    expect(await (await setting.administrator.get(`${setting.path}/triggers`)).json()).toEqual({ triggers: [] });
    expect(await deliveriesOf(setting)).toEqual([]);
  });
});

describe("the secrets of a webhook", () => {
  it("are stored encrypted, and said to be there", async ({ expect }) => {
    const setting = await anImage();
    const made = await create(setting, { target: { ...WEBHOOK, secret, authorization } });
    expect(await made.json()).toMatchObject({ target: { ...WEBHOOK, hasSecret: true, hasAuthorization: true } });
    expect(await secretsOf(setting, "hook")).toEqual({ secret, authorization });
    const { results } = await env.DB.prepare("SELECT * FROM triggers").all();
    for (const text of [secret, authorization]) expect(JSON.stringify(results)).not.toContain(text);
  });

  it("stay when they are not given, and go with null", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { target: { ...WEBHOOK, secret } });
    await change(setting, { target: { ...WEBHOOK, format: "text" } });
    expect(await secretsOf(setting, "hook")).toEqual({ secret });
    await change(setting, { target: { ...WEBHOOK, authorization } });
    expect(await secretsOf(setting, "hook")).toEqual({ secret, authorization });
    const without = await change(setting, { target: { ...WEBHOOK, secret: null } });
    expect(await without.json()).toMatchObject({ target: { hasSecret: false, hasAuthorization: true } });
    expect(await secretsOf(setting, "hook")).toEqual({ authorization });
    await change(setting, { enabled: false });
    expect(await secretsOf(setting, "hook")).toEqual({ authorization });
    await change(setting, { target: { ...WEBHOOK, authorization: null } });
    expect(await secretsOf(setting, "hook")).toEqual({});
  });

  it("stay with the address that they were given for", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { target: { ...WEBHOOK, secret, authorization } });
    const move = (fields: object) =>
      change(setting, { target: { ...WEBHOOK, url: `${WEBHOOK.url}/other`, ...fields } });
    for (const fields of [{}, { secret }, { authorization }, { secret: null }]) {
      expect(await refusalOf(await move(fields))).toMatch(/^400 TRIGGER_INVALID: another url takes its secret/);
    }
    expect(await secretsOf(setting, "hook")).toEqual({ secret, authorization });
    expect((await move({ secret, authorization: null })).status).toBe(200);
    expect(await secretsOf(setting, "hook")).toEqual({ secret });
    expect((await change(setting, { target: { ...WEBHOOK, secret: null } })).status).toBe(200);
    // Nothing that is set: nothing to be asked for.
    expect((await move({})).status).toBe(200);
  });

  it("go when the target becomes a workload", async ({ expect }) => {
    const setting = await anImage();
    await newCluster(setting.administrator, setting.organization);
    await newTrigger(setting, { target: { ...WEBHOOK, secret } });
    expect((await change(setting, { target: KUBERNETES })).status).toBe(200);
    const back = await change(setting, { target: WEBHOOK });
    expect(await back.json()).toMatchObject({ target: { hasSecret: false, hasAuthorization: false } });
    expect(await secretsOf(setting, "hook")).toEqual({});
  });

  it("that nobody can read any more can be replaced", async ({ expect }) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const setting = await anImage();
    await newTrigger(setting, { target: { ...WEBHOOK, secret } });
    await env.DB.prepare(
      "UPDATE triggers SET encrypted_secrets = 'AAAA.AAAA' WHERE encrypted_secrets IS NOT NULL",
    ).run();
    const listed = await setting.administrator.get(`${setting.path}/triggers`);
    expect([listed.status, await listed.json()]).toMatchObject([200, { triggers: [{ target: { hasSecret: true } }] }]);
    expect((await setting.administrator.get(setting.swr)).status).toBe(200);
    expect((await change(setting, { target: { ...WEBHOOK, secret, authorization: null } })).status).toBe(200);
    expect(await secretsOf(setting, "hook")).toEqual({ secret });
  });
});

describe("who may", () => {
  const HOOKS = "/triggers/hook";
  /** Method, path below the image (or SWR's triggers), body, and the status for who may edit the image. */
  const ROUTES: [method: string, below: string, body: unknown, ok: number][] = [
    ["GET", "/triggers", undefined, 200],
    ["POST", "/triggers", { ...HOOK, name: "another" }, 201],
    ["GET", HOOKS, undefined, 200],
    ["PATCH", HOOKS, { enabled: false }, 200],
    ["POST", `${HOOKS}/test`, undefined, 201],
    ["GET", `${HOOKS}/deliveries`, undefined, 200],
    ["GET", `${HOOKS}/deliveries/{id}`, undefined, 200],
    ["POST", `${HOOKS}/deliveries/{id}/resend`, undefined, 201],
    ["DELETE", HOOKS, undefined, 204],
    ["POST", "swr", undefined, 201],
    ["GET", "swr", undefined, 200],
    ["GET", "swr/hook", undefined, 200],
    ["PATCH", "swr/hook", { enable: "false" }, 201],
    ["DELETE", "swr/hook", undefined, 204],
  ];

  it.for(ROUTES)("%s %s", async ([method, below, body, ok], { expect }) => {
    const ask = async (level: string) => {
      const setting = await anImage();
      const { administrator, account, organization, path, swr, repository } = setting;
      await newCluster(administrator, organization);
      await newTrigger(setting);
      await administrator.post(`${path}${HOOKS}/test`);
      const [delivery] = await deliveriesOf(setting);
      const route = below.startsWith("swr") ? below.replace("swr", swr) : path + below;
      const url = route.replace("{id}", String(delivery?.id));
      const sent = method === "POST" && below === "swr" ? { ...SWR_TRIGGER, cluster_name: "production" } : body;
      const people: Record<string, () => Promise<Client>> = {
        stranger: async () => (await newAccount()).administrator,
        "stranger of a public image": async () => {
          await makePublic(repository);
          return (await newAccount()).administrator;
        },
        member: () => newUser(account),
        administrator: async () => administrator,
        operator: async () => asUser("admin", "correct horse"),
      };
      const who = people[level] ? await people[level]() : await newUser(account);
      if (["read", "edit", "manage"].includes(level)) await grantOnImage(repository, who.name, level);
      if (level !== "anonymous") return (await clientOf(who).send(method, url, sent)).status;
      const headers = { "Content-Type": "application/json" };
      const init = { method, headers, ...(sent !== undefined && { body: JSON.stringify(sent) }) };
      return (await fetchAnonymously(url, init)).status;
    };
    const LEVELS = ["read", "edit", "manage", "member", "administrator", "stranger", "stranger of a public image"];
    const got: Record<string, number> = {};
    for (const level of [...LEVELS, "operator", "anonymous"]) got[level] = await ask(level);
    // A right on the image alone sets no container whose image is unknown: workload-rights.test.ts.
    const onImage = method === "POST" && below === "swr" ? 403 : ok;
    expect(got).toEqual({
      read: 403,
      edit: onImage,
      manage: onImage,
      member: 404,
      administrator: ok,
      stranger: 404,
      "stranger of a public image": 403,
      operator: 404,
      anonymous: 401,
    });
  });
});

describe("SWR's API", () => {
  async function setUp() {
    const setting = await anImage();
    const { administrator, organization, swr } = setting;
    const clusterId = await newCluster(administrator, organization);
    const post = (fields: object = {}) =>
      administrator.post(swr, { ...SWR_TRIGGER, cluster_name: "production", ...fields });
    return { ...setting, clusterId, post };
  }

  it("makes, lists, shows, switches and deletes triggers", async ({ expect }) => {
    const setting = await setUp();
    const { administrator, clusterId, post, swr, path } = setting;
    const made = await post({ cluster_id: clusterId, container: "", trigger_mode: "cce", unknown: true });
    expect([made.status, await made.json()]).toEqual([201, {}]);
    const shown = {
      ...SWR_TRIGGER,
      condition_syntax: "",
      cluster_id: clusterId,
      cluster_name: "production",
      container: "",
      trigger_mode: "cce",
      creator_name: administrator.name,
      created_at: expect.stringMatching(TIME),
    };
    const listed = await administrator.get(swr);
    expect([listed.status, await listed.json()]).toEqual([200, [{ ...shown, trigger_history: null }]]);
    const one = await administrator.get(`${swr}/All_tags`);
    expect([one.status, await one.json()]).toEqual([200, { ...shown, trigger_history: [] }]);

    for (const enable of ["false", "true"]) {
      const switched = await administrator.patch(`${swr}/All_tags`, { enable, name: "ignored" });
      expect([switched.status, await switched.json()]).toEqual([201, {}]);
      expect(await (await administrator.get(`${swr}/All_tags`)).json()).toMatchObject({ enable, name: "All_tags" });
    }
    expect(await (await administrator.get(`${path}/triggers/All_tags`)).json()).toMatchObject({ target: KUBERNETES });
    const deleted = await administrator.delete(`${swr}/All_tags`);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await (await administrator.get(swr)).json()).toEqual([]);
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const response = await administrator.send(
        method,
        `${swr}/All_tags`,
        method === "PATCH" ? { enable: "true" } : undefined,
      );
      expect(await swrProblem(response)).toBe("404 SVCSTG.SWR.4040126");
    }
  });

  it.for<[fields: object, syntax?: string]>([
    [{ cluster_name: "production" }],
    [{ cluster_name: "", cluster_id: "{id}" }],
    [{ app_type: "statefulsets" }],
    [{ container: "app" }],
    [{ trigger_type: "tag", condition: "v1;v2" }],
    [{ trigger_type: "regular", condition: "v*" }, "glob"],
    [{ trigger_type: "regular", condition: "^v[0-9]+$" }, "re2"],
    [{ trigger_type: "all", condition: "whatever" }],
    [{ enable: "false" }],
  ])("takes %o", async ([fields, syntax = ""], { expect }) => {
    const { post, administrator, swr, clusterId } = await setUp();
    const wanted = { ...SWR_TRIGGER, ...fields, ...("cluster_id" in fields && { cluster_id: clusterId }) };
    expect((await post(wanted)).status).toBe(201);
    expect(await (await administrator.get(swr)).json()).toMatchObject([
      {
        ...wanted,
        cluster_name: "production",
        condition_syntax: syntax,
        ...("trigger_type" in fields && wanted.trigger_type === "all" && { condition: ".*" }),
      },
    ]);
  });

  const INVALID = "400 SVCSTG.SWR.4000014";
  const MISSING = "400 SVCSTG.SWR.4001014";
  it.for<[fields: object, expected?: string]>([
    [{ action: "delete" }],
    [{ action: undefined }, MISSING],
    [{ app_type: "daemonsets" }],
    [{ app_type: undefined }, MISSING],
    [{ application: "" }],
    [{ application: undefined }, MISSING],
    [{ application: 7 }],
    [{ cluster_ns: "a.b" }],
    [{ cluster_ns: undefined }, MISSING],
    [{ condition: undefined }, MISSING],
    [{ trigger_type: "tag", condition: "v*" }],
    [{ trigger_type: "regular", condition: "{".repeat(10_000) }],
    [{ trigger_type: "regular", condition: "v{" }],
    [{ trigger_type: "regular", condition: "v[0-9]+" }],
    [{ trigger_type: "regular", condition: "^v(" }],
    [{ trigger_type: "regular", condition: "^(a{100}){100}$" }],
    [{ trigger_type: "some" }],
    [{ enable: true }],
    [{ enable: "yes" }],
    [{ enable: undefined }, MISSING],
    [{ trigger_mode: "cci" }],
    [{ trigger_mode: "else" }],
    [{ container: "A" }],
    [{ cluster_name: "" }],
    [{ cluster_name: undefined }],
    [{ cluster_name: "absent" }, "404 SVCSTG.SWR.4040000"],
    [{ cluster_name: "", cluster_id: "999999" }, "404 SVCSTG.SWR.4040000"],
    [{ cluster_name: "", cluster_id: "x" }, "404 SVCSTG.SWR.4040000"],
    [{ cluster_name: "production", cluster_id: "999999" }, "404 SVCSTG.SWR.4040000"],
  ])("refuses %o", async ([fields, expected = INVALID], { expect }) => {
    const { post, administrator, swr } = await setUp();
    expect(await swrProblem(await post(fields))).toBe(expected);
    expect(await (await administrator.get(swr)).json()).toEqual([]);
  });

  it("says why it refuses Cloud Container Instance", async ({ expect }) => {
    const { post } = await setUp();
    const refusal = await (await post({ trigger_mode: "cci" })).json<{ error_msg: string }>();
    expect(refusal.error_msg).toContain("Cloud Container Instance");
  });

  it("knows no cluster of another organization", async ({ expect }) => {
    const { post } = await setUp();
    const { clusterId } = await setUp();
    const response = await post({ cluster_name: "", cluster_id: clusterId });
    expect(await swrProblem(response)).toBe("404 SVCSTG.SWR.4040000");
  });

  it("refuses a second trigger of the name, and bodies that make no sense", async ({ expect }) => {
    const { post, administrator, swr } = await setUp();
    await post();
    expect(await swrProblem(await post())).toBe(INVALID);
    for (const body of [{ enable: true }, { enable: "TRUE" }, { enable: null }, "null"]) {
      expect(await swrProblem(await administrator.patch(`${swr}/All_tags`, body))).toBe(INVALID);
    }
    expect(await swrProblem(await administrator.patch(`${swr}/All_tags`, {}))).toBe(MISSING);
    expect(await swrProblem(await administrator.patch(`${swr}/All_tags`, []))).toMatch(/^400 /);
    const absent = swr.replace("/web/", "/absent/");
    expect(await swrProblem(await administrator.get(absent))).toBe("404 SVCSTG.SWR.4040113");
    for (const name of ["a".repeat(5000), "a__b", "a/b", "\u0000"]) {
      const response = await administrator.get(`${swr}/${encodeURIComponent(name)}`);
      expect(response.status).toBe(404);
    }
  });

  it("shows webhooks as triggers without a workload", async ({ expect }) => {
    const setting = await setUp();
    const { administrator, swr } = setting;
    await newTrigger(setting, { target: { ...WEBHOOK, secret, authorization } });
    const [hook] = await (await administrator.get(swr)).json<object[]>();
    const EMPTY = { app_type: "", application: "", cluster_id: "", cluster_name: "", cluster_ns: "", container: "" };
    const shown = {
      ...EMPTY,
      name: "hook",
      action: "webhook",
      condition: ".*",
      condition_syntax: "",
      enable: "true",
      trigger_type: "all",
      trigger_mode: "",
      creator_name: administrator.name,
      created_at: expect.stringMatching(TIME),
    };
    expect(hook).toEqual({ ...shown, trigger_history: null });
    await pushAs(administrator, setting.repository, "v2");
    await drain();
    expect(await (await administrator.get(`${swr}/hook`)).json()).toEqual({
      ...shown,
      trigger_history: [
        {
          ...EMPTY,
          action: "webhook",
          condition: ".*",
          condition_syntax: "",
          tag: "v2",
          result: "success",
          detail: "answered 200",
          creator_name: administrator.name,
          created_at: expect.stringMatching(TIME),
        },
      ],
    });
    expect((await administrator.patch(`${swr}/hook`, { enable: "false" })).status).toBe(201);
    expect(await secretsOf(setting, "hook")).toEqual({ secret, authorization });
    expect((await administrator.delete(`${swr}/hook`)).status).toBe(204);
  });

  it("shows what a trigger did or failed to do, the newest first", async ({ expect }) => {
    const setting = await setUp();
    const { administrator, swr, path, post, repository } = setting;
    await post({ container: "app" });
    await administrator.post(`${path}/triggers/All_tags/test`);
    for (const tag of ["v1", "v2", "v3", "v4", "v5", "v6"]) await pushAs(administrator, repository, tag);
    const STATUSES = { v1: "success", v2: "failed", v3: "dead", v4: "superseded", v5: "rolling", latest: "success" };
    for (const [tag, status] of Object.entries(STATUSES)) {
      await env.DB.prepare(
        `UPDATE deliveries SET status = ?, detail = 'about ' || tag
         WHERE tag = ? AND trigger_id = (SELECT t.id FROM triggers t JOIN repositories r ON r.id = repository_id WHERE r.name = ?)`,
      )
        .bind(status, tag, repository)
        .run();
    }
    const { trigger_history: history } = await (
      await administrator.get(`${swr}/All_tags`)
    ).json<{ trigger_history: Record<string, string>[] }>();
    expect(history.map(({ tag, result, detail }) => `${tag} ${result} ${detail}`)).toEqual([
      "v3 failed about v3",
      "v2 failed about v2",
      "v1 success about v1",
    ]);
    expect(history[0]).toMatchObject({
      application: "nginx",
      cluster_name: "production",
      container: "app",
      action: "update",
    });
  });
});
