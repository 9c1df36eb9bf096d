import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { readSettings } from "../../src/model/settings.ts";
import { eventually, waitUntil } from "../support/workerd/waiting.ts";
import {
  asUser,
  auditOf,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import {
  ADMINISTRATOR,
  fetchAnonymously,
  newRepository,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
  send,
} from "../support/workerd/registry-requests.ts";

const DAY = 24 * 60 * 60 * 1000;
const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);
const PATH = "/api/garbage-collection";

interface Counts {
  manifests: number;
  blobs: number;
  objects: number;
  bytes: number;
}
interface Report {
  graceDays: number;
  reclaimable: Counts & { exact: boolean };
  due: Counts & { exact: boolean };
  runs: (Counts & {
    id: number;
    started: string;
    ended: string | null;
    milliseconds: number | null;
    complete: boolean;
  })[];
}
type Result = Counts & { dryRun: boolean; complete: boolean; failed: boolean; bucketDone: boolean };

async function report(): Promise<Report> {
  const response = await operator.get(PATH);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

async function collect(body: { dryRun?: boolean } = {}): Promise<Result> {
  const response = await operator.post(PATH, body);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

/** Lets time pass for all that waits for collection. */
async function pass(milliseconds: number): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("UPDATE blobs SET last_used_at = last_used_at - ?").bind(milliseconds),
    env.DB.prepare(
      "UPDATE manifests SET unreferenced_since = unreferenced_since - ? WHERE unreferenced_since > 0",
    ).bind(milliseconds),
  ]);
}

/** Collects until nothing is left that is not needed. */
async function collectAll(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await collect();
    await pass(8 * DAY);
  }
  await collect();
}

const sizeOf = async (repository: string) =>
  env.DB.prepare("SELECT stored_bytes AS size FROM repositories WHERE name = ?").bind(repository).first<number>("size");
const deleteTag = (repository: string, tag: string) => send("DELETE", `/v2/${repository}/manifests/${tag}`);
const exists = async (path: string) => (await send("HEAD", path)).status === 200;

describe("who may see and start a collection", () => {
  it.for([
    ["an administrator", "administrator", 403],
    ["a member", "member", 403],
  ] as const)("refuses %s", async ([, who, status], { expect }) => {
    const client = (await newAccount())[who];
    expect((await client.get(PATH)).status).toBe(status);
    expect((await client.post(PATH, {})).status).toBe(status);
    expect((await client.post(PATH, { dryRun: true })).status).toBe(status);
  });

  it("refuses anonymous callers", async ({ expect }) => {
    expect((await fetchAnonymously(PATH)).status).toBe(401);
    expect((await fetchAnonymously(PATH, { method: "POST" })).status).toBeGreaterThanOrEqual(400);
  });

  it.for([[{ dryRun: "yes" }], [{ dryrun: true }], [{ dryRun: null }], [[]]])(
    "refuses the body %j",
    async ([body], { expect }) => {
      expect((await operator.post(PATH, body)).status).toBe(400);
    },
  );
});

describe("a collection by hand", () => {
  it("tells what it took, as the dry run before it said, and is audited", async ({ expect }) => {
    await collectAll();
    const repository = newRepository();
    await pushImage(repository, "kept");
    const kept = await sizeOf(repository);
    const { digest } = await pushImage(repository, "old");
    const bytes = ((await sizeOf(repository)) ?? 0) - (kept ?? 0);
    expect(await collect({ dryRun: true })).toMatchObject({ manifests: 0, blobs: 0, objects: 0, bytes: 0 });

    await deleteTag(repository, "old");
    const nothing = { manifests: 0, blobs: 0, objects: 0, bytes: 0 };
    const image = { manifests: 1, blobs: 2, objects: 2, bytes };
    // Within the grace period, and before a first run has begun it.
    expect(await report()).toMatchObject({ graceDays: 7, reclaimable: { ...image, exact: true }, due: nothing });
    expect(await collect()).toMatchObject({ ...nothing, complete: true });
    await pass(8 * DAY);

    const before = await auditOf("garbage");
    expect(await report()).toMatchObject({ reclaimable: image, due: image });
    const dry = await collect({ dryRun: true });
    expect(dry).toEqual({ dryRun: true, complete: true, failed: false, bucketDone: true, ...image });
    expect(await auditOf("garbage")).toHaveLength(before.length);
    expect(await exists(`/v2/${repository}/manifests/kept`)).toBe(true);

    const went = await collect();
    expect(went).toEqual({ dryRun: false, complete: true, failed: false, bucketDone: true, ...image });
    expect(await auditOf("garbage")).toEqual([
      ...before,
      expect.objectContaining({ action: "garbage.collect", user_name: "admin", result: "success" }),
    ]);
    expect(await exists(`/v2/${repository}/manifests/${digest}`)).toBe(false);
    expect(await exists(`/v2/${repository}/manifests/kept`)).toBe(true);
    const after = await report();
    expect(after).toMatchObject({ reclaimable: nothing, due: nothing });
    expect(after.runs[0]).toMatchObject({ ...image, complete: true });
    expect(after.runs[0]?.milliseconds).toBe(
      Date.parse(after.runs[0]?.ended ?? "") - Date.parse(after.runs[0]?.started ?? ""),
    );
    expect(after.runs.length).toBeLessThanOrEqual(20);
    const ids = after.runs.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((one, other) => other - one));
  });

  it.for([
    ["clean-up of an image", (id: number) => `BEFORE DELETE ON tag_history WHEN OLD.repository_id = ${id}`, true],
    ["step", () => "BEFORE UPDATE OF unreferenced_since ON manifests WHEN NEW.unreferenced_since > 0", false],
  ] as const)("goes on behind a failing %s, and is not complete", async ([, failing, failsBefore], { expect }) => {
    await collectAll();
    const repository = newRepository();
    await pushImage(repository);
    const untagged = newRepository();
    await pushImage(untagged, "old");
    await pushBlob(newRepository());
    await collect();
    await pass(8 * DAY);
    const error = vi.spyOn(console, "error").mockReturnValue(undefined);
    const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
    await env.DB.prepare(`CREATE TRIGGER broken ${failing(id ?? 0)} BEGIN SELECT RAISE(ABORT, 'broken'); END`).run();
    try {
      const path = `/v2/manage/namespaces/${repository.replace("/", "/repos/")}`;
      expect((await operator.delete(path)).status).toBe(204);
      // What goes on after that answer would share the work with the collection, and the failure.
      const hasEnded = () => error.mock.calls.some(([text]) => String(text).includes("waits for the next run"));
      if (failsBefore) await waitUntil(hasEnded);
      await deleteTag(untagged, "old");
      expect(await collect()).toMatchObject({ blobs: 1, objects: 1, complete: false, failed: true });
      expect((await report()).runs[0]).toMatchObject({ ended: expect.any(String), complete: false });
      expect(error).toHaveBeenCalled();
    } finally {
      error.mockRestore();
      await env.DB.prepare("DROP TRIGGER broken").run();
    }
    await collect();
    await pass(8 * DAY);
    expect(await collect()).toMatchObject({ blobs: 4, complete: true, failed: false });
  });

  it("keeps the report's and the last 500 runs", async ({ expect }) => {
    await env.DB.prepare(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 600) " +
        "INSERT INTO collections (started_at) SELECT 0 FROM n",
    ).run();
    await collect();
    expect(await env.DB.prepare("SELECT count(*) AS count FROM collections").first("count")).toBe(500);
    const { runs } = await report();
    expect(runs).toHaveLength(20);
    expect(runs[1]).toMatchObject({ ended: null, milliseconds: null, complete: false });
  });
});

describe("a collection by the clock", () => {
  const scheduled = () =>
    worker.scheduled(
      createScheduledController({ scheduledTime: Date.now(), cron: "7 * * * *" }),
      env,
      createExecutionContext(),
    );

  it("takes what is due, and is not audited", async ({ expect }) => {
    await collectAll();
    const { size } = await pushBlob(newRepository());
    const before = await auditOf("garbage");
    await scheduled();
    expect((await report()).runs[0]).toMatchObject({ blobs: 0, complete: true });
    await pass(7 * DAY);
    await scheduled();
    expect((await report()).runs[0]).toMatchObject({ blobs: 1, objects: 1, bytes: size, complete: true });
    expect(await auditOf("garbage")).toEqual(before);
  });

  it("says so when it fails", async ({ expect }) => {
    await env.DB.prepare(
      "CREATE TRIGGER broken BEFORE INSERT ON collections BEGIN SELECT RAISE(ABORT, 'broken'); END",
    ).run();
    const error = vi.spyOn(console, "error").mockReturnValue(undefined);
    try {
      await scheduled();
      expect(error.mock.calls.map(([text]) => text as unknown)).toEqual(["housekeeping of garbage failed:"]);
    } finally {
      error.mockRestore();
      await env.DB.prepare("DROP TRIGGER broken").run();
    }
  });
});

describe("reclaimable bytes", () => {
  it("are those of an index with its images and referrers, but not of what others share", async ({ expect }) => {
    await collectAll();
    const repository = newRepository();
    const shared = await pushImage(repository, "");
    const own = await pushImage(repository, "");
    const index = async (tag: string, children: unknown[]) => {
      const response = await putManifest(repository, tag, {
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: children,
      });
      return { mediaType: OCI_INDEX, digest: response.headers.get("Docker-Content-Digest") ?? "", size: 1 };
    };
    await index("kept", [shared]);
    const before = (await sizeOf(repository)) ?? 0;
    const gone = await index("gone", [shared, own]);
    const signature = await pushImage(repository, "", { subject: gone });
    await pushImage(repository, "", { subject: signature });
    await collect();
    expect((await report()).reclaimable).toMatchObject({ manifests: 0, blobs: 0 });

    await deleteTag(repository, "gone");
    const ownBytes = await env.DB.prepare(
      `SELECT sum(b.size) AS size FROM manifest_blobs JOIN blobs b ON b.id = blob_id
       JOIN manifests m ON m.id = manifest_id WHERE m.digest = ?`,
    )
      .bind(own.digest)
      .first<number>("size");
    const bytes = ((await sizeOf(repository)) ?? 0) - before + (ownBytes ?? 0);
    // The index, its own image, the signature and the signature's.
    expect((await report()).reclaimable).toEqual({ manifests: 4, blobs: 6, objects: 6, bytes, exact: true });
    const left = { manifests: 1, blobs: 2, objects: 2 };
    expect((await report()).due).toMatchObject({ manifests: 0, blobs: 0 });
    await collectAll();
    expect((await report()).reclaimable).toMatchObject({ manifests: 0, blobs: 0, bytes: 0 });
    await deleteTag(repository, "kept");
    expect((await report()).reclaimable).toMatchObject({ ...left, manifests: 2 });
  });

  it("are not of what a tag or an index holds beside", async ({ expect }) => {
    await collectAll();
    const repository = newRepository();
    const indexOf = async (tag: string, name: string, ...children: unknown[]) => {
      const text = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: children, annotations: { name } };
      const response = await putManifest(repository, tag, text);
      return { mediaType: OCI_INDEX, digest: response.headers.get("Docker-Content-Digest") ?? "", size: 1 };
    };
    const tagged = await pushImage(repository, "child");
    const gone = await indexOf("gone", "gone", tagged);
    await pushImage(repository, "signature", { subject: gone });
    await indexOf("list", "list", await pushImage(repository, "", { subject: gone }));
    const shared = await pushImage(repository, "");
    await indexOf("again", "again", shared);
    // Pushed once more, an index is noted until a collection has looked, tag or no tag.
    await indexOf("again", "again", shared);
    await indexOf("brief", "brief", shared);
    await deleteTag(repository, "gone");
    await deleteTag(repository, "brief");
    // The tagged referrer goes with what it refers to, and its two blobs with it.
    expect((await report()).reclaimable).toMatchObject({ manifests: 3, blobs: 2 });
  });

  it("are those of blobs that no manifest names", async ({ expect }) => {
    await collectAll();
    const { size } = await pushBlob(newRepository());
    expect((await report()).reclaimable).toEqual({ manifests: 0, blobs: 1, objects: 1, bytes: size, exact: true });
    await pass(6 * DAY);
    expect((await report()).due).toMatchObject({ blobs: 0 });
    await pass(DAY);
    expect((await report()).due).toEqual({ manifests: 0, blobs: 1, objects: 1, bytes: size, exact: true });
    await env.DB.prepare("INSERT INTO garbage_objects VALUES ('blobs/gone', 17)").run();
    expect((await report()).due).toMatchObject({ blobs: 1, objects: 2, bytes: size + 17 });
    expect(await collect()).toMatchObject({ blobs: 1, objects: 2, bytes: size + 17 });
  });
});

describe("an image that keeps untagged manifests", () => {
  async function prepare() {
    const { account, administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    const repository = `${organization}/shop/web`;
    await pushAs(administrator, repository, "1");
    const path = `/api/organizations/${organization}/images/shop$web/garbage-collection`;
    return { account, administrator, member, organization, repository, path };
  }

  it("is one that somebody who manages it has told to", async ({ expect }) => {
    const { administrator, member, organization, repository, path, account } = await prepare();
    const put = (client: typeof member, keepsUntagged: unknown) => client.send("PUT", path, { keepsUntagged });
    const statuses = async (client: typeof member) => [
      (await client.get(path)).status,
      (await put(client, true)).status,
    ];
    expect(await statuses(member)).toEqual([404, 404]);
    expect(await statuses((await newAccount()).administrator)).toEqual([404, 404]);
    await grant(administrator, organization, member.name, 1);
    expect(await statuses(member)).toEqual([200, 403]);
    const editor = await newUser(account);
    await grant(administrator, organization, editor.name, 3, "shop$web");
    expect(await statuses(editor)).toEqual([200, 403]);
    expect(await (await administrator.get(path)).json()).toEqual({ keepsUntagged: false });

    const manager = await newUser(account);
    await grant(administrator, organization, manager.name, 7, "shop$web");
    expect(await statuses(manager)).toEqual([200, 200]);
    expect(await (await administrator.get(path)).json()).toEqual({ keepsUntagged: true });
    expect((await put(manager, true)).status).toBe(200);
    expect((await put(manager, false)).status).toBe(200);
    const events = (await auditOf(repository)).filter(({ action }) => action === "image.update");
    expect(events.map(({ user_name: user, detail }) => [user, detail])).toEqual([
      [manager.name, '{"keepsUntagged":{"from":false,"to":true}}'],
      [manager.name, '{"keepsUntagged":{"from":true,"to":false}}'],
    ]);
    for (const body of [{}, { keepsUntagged: 1 }, { keepsUntagged: true, more: 1 }, []]) {
      expect((await manager.send("PUT", path, body)).status).toBe(400);
    }
    expect((await fetchAnonymously(path)).status).toBe(401);
  });

  it("is not readable for those who may pull it only because it is public", async ({ expect }) => {
    const { administrator, path, repository } = await prepare();
    await env.DB.prepare("UPDATE repositories SET is_public = 1 WHERE name = ?").bind(repository).run();
    const other = (await newAccount()).administrator;
    expect((await other.get(path)).status).toBe(403);
    expect((await administrator.get(path.replace("shop$web", "nothing"))).status).toBe(404);
    expect((await administrator.send("PUT", path.replace("shop$web", "nothing"), { keepsUntagged: true })).status).toBe(
      404,
    );
  });

  it("keeps them, and loses them a grace period after that ends", async ({ expect }) => {
    await collectAll();
    const { administrator, repository, path } = await prepare();
    const digest = await pushAs(administrator, repository, "2");
    expect((await administrator.send("PUT", path, { keepsUntagged: true })).status).toBe(200);
    await administrator.delete(`/v2/${repository}/manifests/2`);
    await collectAll();
    expect((await report()).reclaimable).toMatchObject({ manifests: 0 });
    expect((await administrator.get(`/v2/${repository}/manifests/${digest}`)).status).toBe(200);

    expect((await administrator.send("PUT", path, { keepsUntagged: false })).status).toBe(200);
    const reclaimable = await eventually(
      async () => (await report()).reclaimable,
      ({ manifests }) => manifests === 1,
    );
    expect(reclaimable).toMatchObject({ manifests: 1, blobs: 1 });
    await collect();
    await pass(7 * DAY - 60_000);
    expect(await collect()).toMatchObject({ manifests: 0 });
    await pass(60_000);
    expect(await collect()).toMatchObject({ manifests: 1, blobs: 1 });
    expect((await administrator.get(`/v2/${repository}/manifests/1`)).status).toBe(200);
  });
});

describe("the usage of an organization", () => {
  it("counts a blob once for all of its images", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    const path = `/api/organizations/${organization}/usage`;
    const usage = async (client = administrator) => (await client.get(path)).json();
    const empty = { organization, images: 0, tags: 0, imageBytes: 0, storedBytes: 0 };
    expect(await usage()).toEqual(empty);
    await pushAs(administrator, `${organization}/a`, "1");
    const digest = await env.DB.prepare(
      "SELECT b.digest FROM blobs b JOIN repository_blobs ON blob_id = b.id JOIN repositories r ON r.id = repository_id WHERE r.name = ?",
    )
      .bind(`${organization}/a`)
      .first<string>("digest");
    const size = await sizeOf(`${organization}/a`);
    const mounted = await administrator.post(
      `/v2/${organization}/b/blobs/uploads/?mount=${digest}&from=${organization}/a`,
    );
    expect(mounted.status).toBe(201);
    await pushAs(administrator, await newOrganization(administrator).then((other) => `${other}/a`));
    // No manifest has made b an image.
    expect(await usage()).toEqual({
      organization,
      images: 1,
      tags: 1,
      imageBytes: 2 * (size ?? 0),
      storedBytes: size,
    });

    expect((await member.get(path)).status).toBe(404);
    await grant(administrator, organization, member.name, 7, "a");
    expect((await member.get(path)).status).toBe(404);
    await grant(administrator, organization, member.name, 1);
    expect((await member.get(path)).status).toBe(200);
    expect((await (await newAccount()).administrator.get(path)).status).toBe(404);
    expect((await (await newUser(account, { role: "administrator" })).get(path)).status).toBe(200);
    expect((await fetchAnonymously(path)).status).toBe(401);
    expect((await administrator.get(`/api/organizations/${newName("none")}/usage`)).status).toBe(404);
  });
});

describe("GRACE_DAYS", () => {
  it.for([
    ["0", false],
    ["1", true],
    ["365", true],
    ["366", false],
    ["1.5", false],
    ["", false],
  ] as const)("%j is accepted: %s", ([value, isAccepted], { expect }) => {
    const read = () => readSettings({ GRACE_DAYS: value });
    if (isAccepted) expect(read().graceDays).toBe(Number(value));
    else expect(read).toThrow("GRACE_DAYS");
  });

  it("is what a collection goes by", async ({ expect }) => {
    await collectAll();
    const { size } = await pushBlob(newRepository());
    await pass(DAY - 60_000);
    const impatient = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password, withSettings({ GRACE_DAYS: "1" }));
    const due = async () => (await (await impatient.get(PATH)).json<Report>()).due.bytes;
    expect(await due()).toBe(0);
    await pass(60_000);
    expect(await due()).toBe(size);
    expect((await report()).due.bytes).toBe(0);
    expect(await (await impatient.post(PATH, {})).json()).toMatchObject({ blobs: 1, bytes: size });
  });
});
