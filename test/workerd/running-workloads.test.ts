/** Which workloads of a cluster run an image, as the form of a trigger offers them. The API server is a stand-in for `fetch`. */
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { KubernetesApi } from "../support/fake-kubernetes-api.ts";
import { type Client, newAccount, newUser, statusesOf } from "../support/workerd/managing-clients.ts";
import { errorCodes } from "../support/workerd/registry-requests.ts";
import { grantOnImage } from "../support/workerd/stored-rights.ts";
import { anImage, CLUSTER, clientOf, KUBERNETES, type TriggeredImage } from "../support/workerd/triggered-images.ts";

const FOREIGN = "other.example.com/bank/payments:1";

let api: KubernetesApi;
/** Answers in place of the stand-in. */
let instead: ((request: Request) => Response | Promise<Response>) | undefined;
/** The paths that the cluster was asked for. */
let asked: string[] = [];

beforeEach(() => {
  api = new KubernetesApi();
  instead = undefined;
  asked = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const path = request.url.replace(CLUSTER.server, "");
    asked.push(path);
    if (instead) return instead(request);
    const { body, status } = api.answer({
      method: request.method,
      path,
      authorization: request.headers.get("Authorization"),
      contentType: null,
      body: "",
    });
    return Response.json(body, { status });
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Clustered extends TriggeredImage {
  /** The image as a container names it. */
  own: string;
}

/** An image and a cluster. */
async function aCluster(namespaces: string[] = []): Promise<Clustered> {
  const setting = await anImage();
  const cluster = { ...CLUSTER, token: api.token, namespaces, test: false };
  const made = await setting.administrator.post(`/api/organizations/${setting.organization}/clusters`, cluster);
  if (made.status !== 201) throw new Error(`making a cluster: ${made.status} ${await made.text()}`);
  return { ...setting, own: `registry.test/${setting.repository}:1` };
}

interface Listed {
  workloads: { namespace: string; workload: string; application: string; containers: string[] }[];
  detail: string | null;
  reasons: { code: string }[];
}

async function list({ path, administrator }: TriggeredImage, more = "", client: Client = administrator) {
  const response = await client.get(`${path}/workloads?cluster=${CLUSTER.name}${more}`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json<Listed>();
}

/** `namespace/kind/name: containers` of each. */
const lines = ({ workloads }: Listed) =>
  workloads.map(
    ({ namespace, workload, application, containers }) =>
      `${namespace}/${workload}/${application}: ${containers.join(" ")}`,
  );

describe("the workloads that run an image", () => {
  it("are those of each kind, with the containers that run it and no others", async ({ expect }) => {
    const setting = await aCluster();
    const { own, repository } = setting;
    api.add("deployments", "web", { app: own, sidecar: FOREIGN, tail: own.replace(/:1$/, `@${setting.digest}`) });
    api.add("deployments", "payments", { api: FOREIGN });
    api.add("deployments", "almost", {
      app: `registry.test/${repository}2:1`,
      other: `elsewhere.test/${repository}:1`,
    });
    api.add("statefulsets", "db", { db: own }, { namespace: "shop" });
    api.add(
      "daemonsets",
      "agent",
      { agent: "busybox" },
      { podSpec: { initContainers: [{ name: "init", image: own }] } },
    );
    api.add("cronjobs", "nightly", { job: own }, { namespace: "shop" });
    const found = await list(setting);
    expect(lines(found)).toEqual([
      "default/daemonsets/agent: init",
      "default/deployments/web: app tail",
      "shop/statefulsets/db: db",
      "shop/cronjobs/nightly: job",
    ]);
    expect([found.detail, found.reasons]).toEqual([null, []]);
    expect(api.requests.every(({ method }) => method === "GET")).toBe(true);
    // Each of them can be the target of a trigger.
    for (const { containers, ...place } of found.workloads) {
      const target = { ...KUBERNETES, ...place, container: containers[0] };
      const made = { name: `t-${place.application}`, condition: { kind: "all" }, target };
      expect((await setting.administrator.post(`${setting.path}/triggers`, made)).status).toBe(201);
    }
  });

  it("are those of all pages", async ({ expect }) => {
    const setting = await aCluster();
    for (let at = 100; at < 350; at += 1)
      api.add("deployments", `w${at}`, { app: at % 50 === 0 ? setting.own : FOREIGN });
    const found = await list(setting);
    expect(found.workloads.map(({ application }) => application)).toEqual(["w100", "w150", "w200", "w250", "w300"]);
    expect(found.detail).toBeNull();
    expect(asked.filter((path) => path.includes("/deployments"))).toHaveLength(3);
  });

  it("are looked for in the namespaces that the cluster is for, and named by nobody else", async ({ expect }) => {
    const setting = await aCluster(["shop", "lab"]);
    for (const namespace of ["shop", "lab", "secret"]) {
      api.add("deployments", namespace, { app: setting.own }, { namespace });
    }
    expect(lines(await list(setting))).toEqual(["lab/deployments/lab: app", "shop/deployments/shop: app"]);
    expect(asked.every((path) => /namespaces\/(?:shop|lab)\//.test(path))).toBe(true);
    expect(lines(await list(setting, "&namespace=lab"))).toEqual(["lab/deployments/lab: app"]);
    asked = [];
    const outside = await list(setting, "&namespace=secret");
    expect([outside.workloads, outside.reasons[0]?.code, asked]).toEqual([[], "NAMESPACE_OUTSIDE_SOME", []]);
    // A cluster that answers with other namespaces than those it was asked for.
    api.add("deployments", "secret", { app: setting.own });
    instead = () => Response.json({ items: [api.get("deployments", "secret")] });
    expect((await list(setting)).workloads).toEqual([]);
  });

  it("are those of one namespace when the token may not list all", async ({ expect }) => {
    const setting = await aCluster();
    api.add("deployments", "web", { app: setting.own }, { namespace: "shop" });
    api.isAllowed = (_, resource, namespace) => namespace === "shop" && resource === "deployments";
    const all = await list(setting);
    expect(all).toMatchObject({
      workloads: [],
      detail: "the token's account may not list deployments, statefulsets, daemonsets, cronjobs in all namespaces",
      reasons: [{ code: "MAY_NOT_LIST" }],
    });
    const some = await list(setting, "&namespace=shop");
    expect(lines(some)).toEqual(["shop/deployments/web: app"]);
    expect(some.detail).toBe("the token's account may not list statefulsets, daemonsets, cronjobs in namespace shop");
  });
});

describe("a cluster", () => {
  it.for<[string, (request: Request) => Response | Promise<Response>, string]>([
    ["is away", () => Promise.reject(new TypeError("connection refused")), "SERVER_NOT_REACHED"],
    ["refuses the token", () => Response.json({ kind: "Status", message: "no" }, { status: 401 }), "TOKEN_REFUSED"],
    ["fails", () => new Response("oh", { status: 503 }), "LISTING_REFUSED"],
    ["redirects", () => Response.redirect("https://elsewhere.example.com/", 302), "LISTING_REFUSED"],
    ["answers no JSON", () => new Response("<html>"), "LISTING_REFUSED"],
    ["answers no list", () => Response.json({ items: "many" }), "LISTING_REFUSED"],
    [
      "has a token to go on with that has no end",
      () => Response.json({ metadata: { continue: "x".repeat(5000) } }),
      "LISTING_REFUSED",
    ],
    ["never comes to an end", () => Response.json({ metadata: { continue: "again" }, items: [] }), "LIST_CUT"],
    ["answers more bytes than are read", () => new Response("x".repeat(1024 * 1024 + 1)), "LIST_CUT"],
  ])("that %s makes no failure", async ([, answer, code], { expect }) => {
    const setting = await aCluster();
    instead = answer;
    const found = await list(setting);
    expect([found.workloads, found.reasons.map((each) => each.code)]).toEqual([[], [code]]);
    expect(asked.length).toBeLessThanOrEqual(12);
    expect(new Set(asked.map((path) => new URL(path, CLUSTER.server).origin))).toEqual(
      new Set([new URL(CLUSTER.server).origin]),
    );
  });

  it("with large workloads is asked for fewer at once", async ({ expect }) => {
    const setting = await aCluster();
    for (let at = 10; at < 30; at += 1) {
      api.add("deployments", `w${at}`, { app: setting.own }, { spec: { note: "x".repeat(100_000) } });
    }
    const found = await list(setting);
    expect([found.workloads.length, found.detail]).toEqual([20, null]);
    expect(asked.slice(0, 4).map((path) => new URL(path, CLUSTER.server).searchParams.get("limit"))).toEqual([
      "100",
      "20",
      "4",
      "4",
    ]);
  });

  it("is given 10 seconds for all requests together", async ({ expect }) => {
    const setting = await aCluster();
    const limits: number[] = [];
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
      limits.push(milliseconds);
      return new AbortController().signal;
    });
    const clock = vi.spyOn(Date, "now");
    const begun = Date.now();
    let passed = 0;
    clock.mockImplementation(() => begun + passed);
    instead = () => {
      passed += 4000;
      return Response.json({ items: [] });
    };
    const found = await list(setting);
    timeout.mockRestore();
    clock.mockRestore();
    expect(found.reasons.map(({ code }) => code)).toEqual(["LIST_CUT_BY_TIME"]);
    expect(limits).toEqual([10_000, 6000, 2000]);
  });

  it("cannot fill an answer", async ({ expect }) => {
    const setting = await aCluster();
    const { own } = setting;
    const containers = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`c${at}`, own]));
    const item = (name: string, namespace = "default") => {
      api.add("deployments", name, containers);
      const object = api.get("deployments", name);
      return { ...object, metadata: { ...object.metadata, namespace } };
    };
    const names = ["x".repeat(300), "UPPER", "a/b", "<script>", "-a"].map((name) => item(name));
    const page = [
      ...names,
      item("lost", "no/namespace"),
      null,
      7,
      "text",
      {},
      { metadata: { name: "a", namespace: "b" } },
    ];
    instead = () => Response.json({ items: [...page, item("fine")] });
    const found = await list(setting, "&namespace=default");
    expect(new Set(found.workloads.map(({ application }) => application))).toEqual(new Set(["fine"]));
    expect(found.workloads[0]?.containers).toHaveLength(10);
    instead = () => Response.json({ items: Array.from({ length: 250 }, (_, at) => item(`w${at}`)) });
    const many = await list(setting);
    expect([many.workloads.length, many.reasons[0]?.code]).toEqual([200, "LIST_CUT"]);
  });
});

describe("who may ask", () => {
  it("who edits the image may, also without a right to the organization, and learns of no other image", async ({
    expect,
  }) => {
    const setting = await aCluster();
    api.add("deployments", "web", { app: setting.own, sidecar: FOREIGN });
    api.add("deployments", "payments", { api: FOREIGN });
    const users = await Promise.all(
      ["read", "edit", "manage"].map(async (level) => {
        const user = await newUser(setting.account);
        await grantOnImage(setting.repository, user.name, level);
        return clientOf(user);
      }),
    );
    const path = `${setting.path}/workloads?cluster=${CLUSTER.name}`;
    const stranger = clientOf((await newAccount()).administrator);
    const responses = await Promise.all([...users, stranger, setting.member].map((client) => client.get(path)));
    expect(responses.map(({ status }) => status)).toEqual([403, 200, 200, 404, 404]);
    expect(lines(await list(setting, "", users[1]))).toEqual(["default/deployments/web: app"]);
  });

  it("is told of a cluster that is not there, or of another organization", async ({ expect }) => {
    const setting = await aCluster();
    const other = await anImage();
    const responses = await Promise.all([
      other.administrator.get(`${other.path}/workloads?cluster=${CLUSTER.name}`),
      setting.administrator.get(`${setting.path}/workloads?cluster=nothing`),
      setting.administrator.get(`${setting.path}/workloads`),
      setting.administrator.get(`${setting.path}/workloads?cluster=${CLUSTER.name}&namespace=No`),
    ]);
    expect(statusesOf(responses)).toEqual([400, 400, 404, 404]);
    expect(await Promise.all(responses.map((response) => errorCodes(response)))).toEqual([
      ["CLUSTER_UNKNOWN"],
      ["CLUSTER_UNKNOWN"],
      ["PARAMETER_INVALID"],
      ["TRIGGER_INVALID"],
    ]);
    expect(asked).toEqual([]);
  });

  it("is held back by the pace of an account", async ({ expect }) => {
    const setting = await aCluster();
    const found = await Promise.all(Array.from({ length: 15 }, () => list(setting)));
    const codes = found.flatMap(({ reasons }) => reasons.map(({ code }) => code));
    expect(codes).toContain("TOO_MANY_CALLS");
    expect(asked.length).toBeLessThanOrEqual(56);
  });
});
