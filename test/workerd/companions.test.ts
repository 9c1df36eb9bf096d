/** What belongs to an image is not a version of it: each place that counts, deletes, announces or lists tags. */
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { afterAll, describe, it, vi } from "vitest";
import type { Digest } from "../../src/kernel/digest.ts";
import { BUILDKIT_CACHE_CONFIG } from "../../src/kernel/media-types.ts";
import type { RepositoryName } from "../../src/kernel/reference.ts";
import { companionOf, isAnnounced, tagKindOf } from "../../src/kernel/tag-kind.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { settleAll } from "../../src/registry/content/companions.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { isAnnouncedTag } from "../../src/storage/content/companions.ts";
import { listUnsettledRepositories } from "../../src/storage/content/settling.ts";
import { expireWaiting } from "../../src/storage/content/waiting-companions.ts";
import { countQueries, type Database } from "../../src/storage/database.ts";
import { deleteManifest } from "../../src/storage/content/delete-manifest.ts";
import { listTagsByAge } from "../../src/storage/aging/aging-runs.ts";
import { listTagPage } from "../../src/storage/content/tags.ts";
import { HEX, NAMES } from "../support/tag-names.ts";
import { DAY, useClock } from "../support/workerd/clock.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { miscounted, setLimits } from "../support/workerd/quota-counts.ts";
import {
  type Descriptor,
  digestOf,
  errorCodes,
  imageManifest,
  newRepository,
  OCI_INDEX,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { anImage, clientOf, firedBy, newTrigger, type TriggeredImage } from "../support/workerd/triggered-images.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const stores = lastingStores();

const clock = useClock();
const { pass } = clock;

afterAll(async () => {
  const faults = await miscounted();
  if (faults.length > 0) throw new Error(faults.join("\n"));
});
async function collect(): Promise<void> {
  await collectGarbage(stores, new Budget(stores.db, 5000, DAY));
}

const nameOf = (digest: string, end: string) => `${digest.replace(":", "-")}${end}`;
const api = (repository: string) => `/api/organizations/${repository.replace("/", "/images/")}`;

/** Pushes what cosign would, and answers its tag. */
async function sign(repository: string, digest: string, end = ".sig"): Promise<string> {
  const tag = nameOf(digest, end);
  await pushImage(repository, tag);
  return tag;
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, {
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? (undefined as T) : response.json<T>();
}

async function tagsOf(repository: string): Promise<string[]> {
  return (await json<{ tags: string[] }>("GET", `/v2/${repository}/tags/list`)).tags;
}

interface ShownTag {
  name: string;
  kind: string;
  companions: { name: string; type: string }[];
}
async function shownTags(repository: string): Promise<ShownTag[]> {
  return (await json<{ tags: ShownTag[] }>("GET", `${api(repository)}/tags?sort=name&order=asc`)).tags;
}

async function pushCache(repository: string, tag: string): Promise<void> {
  const config = { ...(await pushBlob(repository)), mediaType: BUILDKIT_CACHE_CONFIG };
  const manifests = [await pushBlob(repository), config];
  const response = await putManifest(repository, tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  if (response.status !== 201) throw new Error(await response.text());
}

async function pushIndex(repository: string, reference: string, manifests: readonly object[]): Promise<string> {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  const response = await putManifest(repository, reference, index);
  if (response.status !== 201) throw new Error(await response.text());
  return digestOf(JSON.stringify(index));
}
const onLinux = (image: Descriptor) => ({ ...image, platform: { os: "linux", architecture: "amd64" } });

describe("a tag", () => {
  it.for(NAMES)("%s of an %s belongs to a digest: %s", ([tag, content, isCompanion], { expect }) => {
    const companion = companionOf(tag, { digest: `sha256:${"f".repeat(64)}`, content, subject: undefined });
    expect(companion).toBe(isCompanion ? `sha256:${HEX}` : undefined);
    expect(tagKindOf(companion, content)).toBe(isCompanion ? "companion" : content === "image" ? "version" : content);
  });

  it.for([
    ["image", null],
    ["image", `sha256:${HEX}`],
    ["artifact", null],
    ["artifact", `sha256:${HEX}`],
    ["cache", null],
    ["cache", `sha256:${HEX}`],
  ] as const)(
    "of an %s that belongs to %s is announced in SQL as by the model",
    async ([content, companion], { expect }) => {
      const [row] = await stores.db.all<{ is: number }>(
        sql`SELECT ${isAnnouncedTag(sql`${companion}`, sql`${content}`)} AS "is"`,
      );
      expect(row?.is === 1).toBe(isAnnounced(tagKindOf(companion, content)));
    },
  );
});

describe("aging", () => {
  const setRule = (repository: string, rule: object) =>
    json("PUT", `${api(repository)}/aging/rule`, { labels: [], patterns: [], ...rule });

  it("keeps the newest image with its signature, and takes the other with its own", async ({ expect }) => {
    const repository = newRepository();
    const [a, b] = ["a", "b"];
    const first = await pushImage(repository, a);
    await sign(repository, first.digest);
    pass(1000);
    const second = await pushImage(repository, b);
    const signature = await sign(repository, second.digest);
    await setRule(repository, { kind: "tag_rule", amount: 1 });
    expect(await tagsOf(repository)).toEqual([b, signature]);
    const { entries } = await json<{ entries: { tag: string }[] }>("GET", `${api(repository)}/aging/log`);
    expect(entries.map(({ tag }) => tag)).toEqual([a]);
  });

  it("counts no cache among the newest, and takes an old one by its age", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository, "v1");
    pass(1000);
    await pushCache(repository, "buildcache");
    await setRule(repository, { kind: "tag_rule", amount: 1 });
    expect(await tagsOf(repository)).toEqual(["buildcache", "v1"]);
    const preview = await json<{ tags: { tag: string; reason: string }[] }>(
      "POST",
      `${api(repository)}/aging/preview`,
      {
        kind: "tag_rule",
        amount: 1,
      },
    );
    expect(preview.tags.map(({ tag, reason }) => `${tag}: ${reason}`)).toEqual(["buildcache: cache", "v1: newest"]);
    pass(2 * DAY);
    await setRule(repository, { kind: "date_rule", amount: 1 });
    expect(await tagsOf(repository)).toEqual([]);
  });

  it("judges charts as it does images", async ({ expect }) => {
    const repository = newRepository();
    for (const tag of ["0.1.0", "0.2.0"]) {
      const config = { ...(await pushBlob(repository)), mediaType: "application/vnd.cncf.helm.config.v1+json" };
      await putManifest(repository, tag, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] });
      pass(1000);
    }
    await setRule(repository, { kind: "tag_rule", amount: 1 });
    expect(await tagsOf(repository)).toEqual(["0.2.0"]);
    expect((await shownTags(repository)).map(({ kind }) => kind)).toEqual(["artifact"]);
  });

  it("leaves old signatures of an image that stays, and those of its parts", async ({ expect }) => {
    const repository = newRepository();
    const part = await pushImage(repository, "");
    const digest = await pushIndex(repository, "v1", [onLinux(part)]);
    const signatures = [await sign(repository, digest), await sign(repository, part.digest)];
    pass(40 * DAY);
    await send("PUT", `/v2/${repository}/manifests/v1`, {
      body: await (await send("GET", `/v2/${repository}/manifests/${digest}`)).text(),
      headers: { "Content-Type": OCI_INDEX },
    });
    await setRule(repository, { kind: "date_rule", amount: 30 });
    await collect();
    expect(await tagsOf(repository)).toEqual([...signatures, "v1"].sort());
    pass(40 * DAY);
    await setRule(repository, { kind: "date_rule", amount: 30 });
    expect(await tagsOf(repository)).toEqual([]);
  });
});

describe("triggers", () => {
  const put = async (
    { administrator, repository }: TriggeredImage,
    tag: string,
    manifest: object,
    mediaType = OCI_MANIFEST,
  ) => {
    const path = `/v2/${repository}/manifests/${tag}`;
    const response = await administrator.send("PUT", path, JSON.stringify(manifest), { "Content-Type": mediaType });
    if (response.status !== 201) throw new Error(await response.text());
  };

  it("fire for a companion or a cache only when they name it", async ({ expect }) => {
    const setting = await anImage();
    const { digest, repository, administrator } = setting;
    const [signature, referrers] = [nameOf(digest, ".sig"), nameOf(digest, "")];
    await newTrigger(setting, { name: "all" });
    await newTrigger(setting, { name: "glob", condition: { kind: "regular", text: "**" } });
    await newTrigger(setting, { name: "named", condition: { kind: "tag", text: `x;${signature}` } });
    await newTrigger(setting, { name: "named-cache", condition: { kind: "tag", text: "buildcache" } });
    await newTrigger(setting, { name: "as-glob", condition: { kind: "regular", text: signature } });
    const image = await (await administrator.get(`/v2/${repository}/manifests/latest`)).json<{ config: Descriptor }>();
    for (const end of [".sig", ".att", ".sbom"]) {
      await put(setting, nameOf(digest, end), { ...image, annotations: { end } });
    }
    await put(setting, referrers, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, OCI_INDEX);
    const subject = { mediaType: OCI_MANIFEST, digest, size: 100 };
    await put(setting, "v1-sbom", { ...image, subject, artifactType: "application/spdx+json" });
    const cache = [{ ...image.config, mediaType: BUILDKIT_CACHE_CONFIG }];
    await put(setting, "buildcache", { schemaVersion: 2, mediaType: OCI_INDEX, manifests: cache }, OCI_INDEX);
    const named = ["as-glob", "named"].map((trigger) => `${trigger}: ${signature}`);
    const fired = [...named, "named-cache: buildcache"].sort();
    expect(await firedBy(setting)).toEqual(fired);
    await put(setting, "chart", {
      ...image,
      config: { ...image.config, mediaType: "application/vnd.cncf.helm.config.v1+json" },
    });
    expect(await firedBy(setting)).toEqual([...fired, "all: chart", "glob: chart"].sort());
  });

  it("go by what a tag becomes when another is retagged, and are tried and tested with versions", async ({
    expect,
  }) => {
    const setting = await anImage();
    const { administrator, digest, repository, path, swr } = setting;
    await put(setting, nameOf(digest, ".sig"), { ...(await imageOf(setting)), annotations: { a: "b" } });
    await newTrigger(setting, { name: "all" });
    const retag = (source: string, destination: string) =>
      administrator.post(swr.replace(/triggers$/, "tags"), { source_tag: source, destination_tag: destination });
    const other = `sha256-${"a".repeat(64)}.sig`;
    expect((await retag(nameOf(digest, ".sig"), other)).status).toBe(201);
    expect(await firedBy(setting)).toEqual([]);
    expect((await retag("latest", "v2")).status).toBe(201);
    expect(await firedBy(setting)).toEqual(["all: v2"]);
    const tried = await administrator.post(`${path}/triggers/try-condition`, { kind: "all" });
    expect(tried.status).toBe(200);
    expect(await tried.text()).not.toContain(".sig");
    pass(1000);
    await put(setting, nameOf(digest, ".att"), { ...(await imageOf(setting)), annotations: { c: "d" } });
    const tested = await administrator.post(`${path}/triggers/all/test`);
    expect(await tested.text()).toMatch(/"tag":"(latest|v2)"/);
    const list = await administrator.get(`/v2/${repository}/tags/list`);
    expect((await list.json<{ tags: string[] }>()).tags).toContain(other);
  });

  async function imageOf({ administrator, repository }: TriggeredImage) {
    return (await administrator.get(`/v2/${repository}/manifests/latest`)).json<object>();
  }
});

describe("deleting an image", () => {
  it("by its last tag takes its companions along, and restoring it brings them back", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    await putManifest(repository, "v2", await (await send("GET", `/v2/${repository}/manifests/v1`)).json());
    const signature = await sign(repository, digest);
    const ofSignature = await sign(
      repository,
      digestOf(await (await send("GET", `/v2/${repository}/manifests/${signature}`)).text()),
    );
    const companions = [signature, ofSignature].sort();
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    expect(await tagsOf(repository)).toEqual([...companions, "v2"]);
    await send("DELETE", `/v2/${repository}/manifests/v2`);
    expect(await tagsOf(repository)).toEqual([]);
    const { tags } = await json<{ tags: { tag: string; companionOf: string | null }[] }>(
      "GET",
      `${api(repository)}/restorable-tags`,
    );
    expect(tags.map(({ tag }) => tag).sort()).toEqual([...companions, "v1", "v2"]);
    expect(tags.find(({ tag }) => tag === signature)?.companionOf).toBe(digest);
    for (let looks = 0; looks < 2; looks += 1) {
      await collect();
      pass(3 * DAY);
    }
    await json("POST", `${api(repository)}/tags/v1/restore`);
    expect(await tagsOf(repository)).toEqual([...companions, "v1"]);
    expect((await send("GET", `/v2/${repository}/manifests/${ofSignature}`)).status).toBe(200);
    const audit = await env.DB.prepare("SELECT action FROM audit_events WHERE resource = ? ORDER BY id")
      .bind(`${repository}:${signature}`)
      .all<{ action: string }>();
    expect(audit.results.map(({ action }) => action)).toEqual(["manifest.push", "tag.delete", "tag.restore"]);
  });

  it("keeps what belongs to it for as long as the image could come back, and no longer", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    const signature = await sign(repository, digest);
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    // A look at the image keeps it, and with it what belongs to it.
    for (let looks = 0; looks < 3; looks += 1) {
      await collect();
      pass(6 * DAY);
      await send("GET", `/v2/${repository}/manifests/${digest}`);
    }
    await putManifest(repository, "v1", await (await send("GET", `/v2/${repository}/manifests/${digest}`)).json());
    expect(await tagsOf(repository)).toEqual([signature, "v1"]);
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    for (let week = 0; week < 4; week += 1) {
      await collect();
      pass(8 * DAY);
    }
    const left = "SELECT count(*) AS n FROM manifests JOIN repositories r ON r.id = repository_id WHERE r.name = ?";
    expect(await env.DB.prepare(left).bind(repository).first("n")).toBe(0);
  });

  it.for(["signed again", "deleted for good"])(
    "that rests leaves no manifest of its own behind when it is %s",
    async (how, { expect }) => {
      const repository = newRepository();
      const { digest } = await pushImage(repository, "v1");
      const signature = await sign(repository, digest);
      const old = (await send("HEAD", `/v2/${repository}/manifests/${signature}`)).headers.get("Docker-Content-Digest");
      await send("DELETE", `/v2/${repository}/manifests/v1`);
      // It is looked at while it is needed, for its image may come back.
      await collect();
      expect((await send("HEAD", `/v2/${repository}/manifests/${old}`)).status).toBe(200);
      if (how === "signed again") {
        await sign(repository, digest);
      } else {
        await env.DB.prepare("DELETE FROM resting_companions WHERE name = ?").bind(signature).run();
      }
      await putManifest(repository, "v1", await (await send("GET", `/v2/${repository}/manifests/${digest}`)).json());
      for (let week = 0; week < 2; week += 1) {
        await collect();
        pass(8 * DAY);
      }
      await collect();
      expect((await send("HEAD", `/v2/${repository}/manifests/${old}`)).status).toBe(404);
      expect((await send("HEAD", `/v2/${repository}/manifests/v1`)).status).toBe(200);
    },
  );

  it("by digest does so too, and pushing it again brings them back", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    const signature = await sign(repository, digest);
    const manifest = await (await send("GET", `/v2/${repository}/manifests/v1`)).json();
    await send("DELETE", `/v2/${repository}/manifests/${digest}`);
    expect(await tagsOf(repository)).toEqual([]);
    await putManifest(repository, "v3", manifest);
    expect(await tagsOf(repository)).toEqual([signature, "v3"]);
  });

  it("together with its companions lets them come back with it; one that was deleted alone does not", async ({
    expect,
  }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    const [signature, sbom] = [await sign(repository, digest), await sign(repository, digest, ".sbom")];
    await json("POST", `${api(repository)}/tags/delete`, { tags: [sbom] });
    const { results } = await json<{ results: object[] }>("POST", `${api(repository)}/tags/delete`, {
      tags: [signature, "v1", "none"],
    });
    expect(results).toEqual([
      { tag: signature, result: "deleted" },
      { tag: "v1", result: "deleted" },
      { tag: "none", result: "unknown" },
    ]);
    await json("POST", `${api(repository)}/tags/v1/restore`);
    expect(await tagsOf(repository)).toEqual([signature, "v1"]);
  });

  it("together with a tagged referrer lets it come back, too", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    await pushImage(repository, "sbom", { subject: image, artifactType: "application/spdx+json" });
    const { results } = await json<{ results: object[] }>("POST", `${api(repository)}/tags/delete`, {
      tags: ["sbom", "v1"],
    });
    expect(results).toEqual([
      { tag: "sbom", result: "deleted" },
      { tag: "v1", result: "deleted" },
    ]);
    expect(await tagsOf(repository)).toEqual([]);
    await json("POST", `${api(repository)}/tags/v1/restore`);
    expect(await tagsOf(repository)).toEqual(["sbom", "v1"]);
  });

  it.for(["deleted", "collected"])("that never had a tag takes them along when it is %s", async (how, { expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "");
    const signature = await sign(repository, digest);
    await collect();
    expect(await tagsOf(repository)).toEqual([signature]);
    if (how === "deleted") await send("DELETE", `/v2/${repository}/manifests/${digest}`);
    else {
      pass(8 * DAY);
      await collect();
    }
    expect(await tagsOf(repository)).toEqual([]);
  });

  it("brings back no companion whose own manifest was deleted meanwhile, though its parts are still there", async ({
    expect,
  }) => {
    const repository = newRepository() as RepositoryName;
    const { digest } = await pushImage(repository, "v1");
    const own = await pushImage(repository, nameOf(digest, ".sig"));
    const sbom = await sign(repository, digest, ".sbom");
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    // As if the process had died before anything was taken apart.
    const user = { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" } as const;
    await deleteManifest(stores.db, { user, address: undefined }, repository, own.digest as Digest);
    await json("POST", `${api(repository)}/tags/v1/restore`);
    expect(await tagsOf(repository)).toEqual([sbom, "v1"]);
    await collect();
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM resting_companions WHERE name = ?")
        .bind(nameOf(digest, ".sig"))
        .first("n"),
    ).toBe(0);
  });

  it("that another tag, an index or a retag still leads to leaves its companions", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    const signature = await sign(repository, image.digest);
    await pushIndex(repository, "all", [onLinux(image)]);
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    expect(await tagsOf(repository)).toEqual(["all", signature].sort());
    await pushImage(repository, "all");
    expect(await tagsOf(repository)).toEqual(["all"]);
  });

  it("takes tagged referrers along", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    await pushImage(repository, "v1-sbom", { subject: image, artifactType: "application/spdx+json" });
    await pushIndex(repository, nameOf(image.digest, ""), []);
    expect((await shownTags(repository)).map(({ name }) => name)).toEqual(["v1"]);
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    expect(await tagsOf(repository)).toEqual([]);
    await json("POST", `${api(repository)}/tags/v1/restore`);
    expect(await tagsOf(repository)).toEqual([nameOf(image.digest, ""), "v1", "v1-sbom"]);
  });

  it.for([
    ["an image", (image: Descriptor) => image.digest],
    ["an index with it", (image: Descriptor, repository: string) => pushIndex(repository, "v1", [onLinux(image)])],
  ] as const)(
    "by moving the last tag of %s to a referrer takes the rest along, not that tag",
    async ([, tag], { expect }) => {
      const repository = newRepository();
      const image = await pushImage(repository, "v1");
      await tag(image, repository);
      await sign(repository, image.digest);
      const sbom = await pushImage(repository, "v1", { subject: image, artifactType: "application/spdx+json" });
      await collect();
      expect(await tagsOf(repository)).toEqual(["v1"]);
      expect((await send("HEAD", `/v2/${repository}/manifests/v1`)).headers.get("Docker-Content-Digest")).toBe(
        sbom.digest,
      );
    },
  );
});

describe("a companion whose image is not there", () => {
  it("waits for a grace period, and meets the image when it comes", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const digest = digestOf(JSON.stringify(manifest));
    const [early, never] = [await sign(repository, digest), await sign(repository, `sha256:${"b".repeat(64)}`)];
    pass(6 * DAY);
    await collect();
    expect(await tagsOf(repository)).toEqual([early, never].sort());
    await putManifest(repository, "v1", manifest);
    pass(2 * DAY);
    await collect();
    expect(await tagsOf(repository)).toEqual([early, "v1"]);
    await json("POST", `${api(repository)}/tags/${never}/restore`);
    expect(await tagsOf(repository)).toContain(never);
  });

  it("meets the image with any number of others, a bounded number of them at once", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const early = await sign(repository, digestOf(JSON.stringify(manifest)));
    await env.DB.prepare(
      `INSERT INTO tags SELECT repository_id, value || '-' || name, manifest_id, created_at, updated_at, companion_of, waiting_since, 0
       FROM tags, json_each(?) WHERE name = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 249 }, (_, at) => at)), early)
      .run();
    const waiting = () =>
      env.DB.prepare(
        `SELECT count(*) AS n FROM tags JOIN repositories r ON r.id = repository_id
         WHERE r.name = ? AND waiting_since IS NOT NULL`,
      )
        .bind(repository)
        .first("n");
    expect(await waiting()).toBe(250);
    await putManifest(repository, "v1", manifest);
    expect(await waiting()).toBe(150);
    pass(8 * DAY);
    await collect();
    expect(await waiting()).toBe(0);
    expect(await tagsOf(repository)).toHaveLength(251);
  });

  it("is looked for in a few images between two looks at the budget", async ({ expect }) => {
    const repositories = Array.from({ length: 30 }, () => newRepository());
    for (const repository of repositories) await sign(repository, `sha256:${"c".repeat(64)}`);
    pass(8 * DAY);
    const { db } = lastingStores();
    const before = countQueries(db);
    await settleAll({ ...stores, db }, Date.now() - 7 * DAY, new Budget(db, 1, DAY));
    expect(countQueries(db) - before).toBeGreaterThan(50);
    expect(countQueries(db) - before).toBeLessThanOrEqual(101);
    await collect();
    for (const repository of repositories) expect(await tagsOf(repository)).toEqual([]);
  });

  it("is not done while something of the last image is left, though its budget ends there", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository, "v1");
    await collect();
    await env.DB.prepare(
      `INSERT INTO unsettled_manifests (repository_id, digest, is_released)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       SELECT r.id, 'sha256:' || printf('%064x', i), 1 FROM n, repositories r WHERE r.name = ?`,
    )
      .bind(repository)
      .run();
    const left = () => env.DB.prepare("SELECT count(*) AS n FROM unsettled_manifests").first<number>("n");
    const { db } = lastingStores();
    for (let run = 0, isDone = false; !isDone; run += 1) {
      expect(run).toBeLessThan(100);
      isDone = await settleAll({ ...stores, db }, Date.now() - 7 * DAY, new Budget(db, 20, DAY));
      if (isDone) expect(await left()).toBe(0);
    }
  });

  it("stays while the image is elsewhere in the account, as with COSIGN_REPOSITORY", async ({ expect }) => {
    const [repository, signatures] = [newRepository(), newRepository()];
    const { digest } = await pushImage(repository, "v1");
    const signature = await sign(signatures, digest);
    for (let week = 0; week < 4; week += 1) {
      pass(8 * DAY);
      await collect();
    }
    expect(await tagsOf(signatures)).toEqual([signature]);
    await send("DELETE", `/v2/${repository}/manifests/${digest}`);
    for (let week = 0; week < 3; week += 1) {
      pass(8 * DAY);
      await collect();
    }
    expect(await tagsOf(signatures)).toEqual([]);
  });

  it("and was named by somebody stays", async ({ expect }) => {
    const repository = newRepository();
    const subject = { mediaType: OCI_MANIFEST, digest: `sha256:${"c".repeat(64)}`, size: 1 };
    await pushImage(repository, "v1-accelerated", { subject });
    for (let week = 0; week < 3; week += 1) {
      pass(8 * DAY);
      await collect();
    }
    expect(await tagsOf(repository)).toEqual(["v1-accelerated"]);
  });
});

describe("lists and numbers", () => {
  it("have companions with their images, and the registry's own list has all", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    const companions = [await sign(repository, image.digest), await sign(repository, image.digest, ".att")].sort();
    await pushCache(repository, "buildcache");
    expect(await tagsOf(repository)).toEqual(["buildcache", ...companions, "v1"]);
    expect(await shownTags(repository)).toMatchObject([
      { name: "buildcache", kind: "cache", companions: [] },
      {
        name: "v1",
        kind: "version",
        companions: [
          { name: companions[0], type: "attestation" },
          { name: companions[1], type: "signature" },
        ],
      },
    ]);
    expect(await json("GET", api(repository))).toMatchObject({ tags: 2, companions: 2 });
    const [organization, name] = repository.split("/");
    const swr = await send("GET", `/v2/manage/namespaces/${organization}/repos/${name}/tags`);
    expect((await swr.json<{ Tag: string }[]>()).map(({ Tag }) => Tag).sort()).toEqual(["buildcache", "v1"]);
    expect(swr.headers.get("Content-Range")).toMatch(/\/2$/);
    expect(await json("GET", `/api/organizations/${organization}/usage`)).toMatchObject({ tags: 2 });
    const { pushes } = await json<{ pushes: { repository: string; tag: string }[] }>(
      "GET",
      "/api/activity?limit=50",
    ).catch(() => ({ pushes: [] }));
    expect(pushes.filter(({ tag }) => tag.startsWith("sha256-"))).toEqual([]);
  });

  it("are for the platforms of versions only, also when a tag becomes one", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    const index = await pushIndex(repository, nameOf(image.digest, ".att"), [onLinux(image)]);
    const search = `/api/images?q=${repository}&architecture=amd64`;
    const found = async () => (await json<{ images: object[] }>("GET", search)).images.length;
    expect(await found()).toBe(0);
    const whole = await (await send("GET", `/v2/${repository}/manifests/${index}`)).json();
    await putManifest(repository, "v2", whole);
    expect(await found()).toBe(1);
    await pushImage(repository, "v2");
    expect(await found()).toBe(0);
  });

  it("leave out companions in the numbers of an organization and an account, and forget those of a deleted image", async ({
    expect,
  }) => {
    const [organization] = newRepository().split("/");
    const [kept, deleted] = [`${organization}/kept`, `${organization}/deleted`];
    const tags = async () => [
      (await json<{ tags: number }>("GET", `/api/organizations/${organization}/usage`)).tags,
      (await json<{ image_num: number }>("GET", "/v2/manage/overview")).image_num,
    ];
    await pushImage(kept, "v1");
    const [ofOrganization, ofAccount = 0] = await tags();
    expect(ofOrganization).toBe(1);
    const { digest } = await pushImage(deleted, "v1");
    for (const end of [".sig", ".att"]) await sign(deleted, digest, end);
    expect(await tags()).toEqual([2, ofAccount + 1]);
    const used = () =>
      env.DB.prepare(
        `SELECT used FROM quotas JOIN organizations o ON o.id = holder_id
         WHERE holder = 'organization' AND resource = 'tags' AND o.name = ?`,
      )
        .bind(organization)
        .first("used");
    expect(await used()).toBe(4);
    await json("DELETE", `/v2/manage/namespaces/${organization}/repos/deleted`);
    expect(await tags()).toEqual([1, ofAccount]);
    expect(await used()).toBe(1);
  });

  it("count a pull of a signature as none of the image", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    const signature = await sign(repository, digest);
    const client = clientOf({ name: "admin", password: "correct horse" });
    await client.get(`/v2/${repository}/manifests/${signature}`);
    await client.get(`/v2/${repository}/manifests/v1`);
    // Pulls are written together, a while later.
    const pulls = await waitFor(async () => {
      const image = await json<{ pulls: number }>("GET", api(repository));
      if (image.pulls === 0) throw new Error("not yet");
      return image.pulls;
    });
    expect(pulls).toBe(1);
  });
});

describe("an immutable-tag rule", () => {
  const addRule = (repository: string, pattern: string) =>
    json("POST", `${api(repository)}/immutable-tag-rules`, { pattern });

  it("lets an image be signed again, and keeps its signatures from being deleted", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    await addRule(repository, "*");
    const signature = await sign(repository, digest);
    await sign(repository, digest);
    const refused = await send("DELETE", `/v2/${repository}/manifests/${signature}`);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(await tagsOf(repository)).toEqual([signature, "v1"]);
    await pushCache(repository, "buildcache");
    await pushCache(repository, "buildcache");
    expect((await putManifest(repository, "v1", await imageManifest(repository))).ok).toBe(false);
  });

  it("keeps what belongs to the parts of an index from being deleted, also of an index in it", async ({ expect }) => {
    const repository = newRepository();
    const part = await pushImage(repository, "");
    const inner = await pushIndex(repository, "inner", [onLinux(part)]);
    const { headers } = await send("HEAD", `/v2/${repository}/manifests/inner`);
    const entry = { mediaType: OCI_INDEX, digest: inner, size: Number(headers.get("Content-Length")) };
    await pushIndex(repository, "v1", [entry]);
    await send("DELETE", `/v2/${repository}/manifests/inner`);
    const signature = await sign(repository, part.digest);
    await addRule(repository, "v*");
    const refused = await send("DELETE", `/v2/${repository}/manifests/${signature}`);
    expect(await errorCodes(refused)).toEqual(["DENIED"]);
    const { results } = await json<{ results: { result: string }[] }>("POST", `${api(repository)}/tags/delete`, {
      tags: [signature],
    });
    expect(results).toEqual([expect.objectContaining({ result: "immutable" })]);
    expect(await tagsOf(repository)).toEqual([signature, "v1"]);
  });

  it("leaves what belongs to a cache that its pattern does not name", async ({ expect }) => {
    const repository = newRepository();
    await pushCache(repository, "buildcache");
    await addRule(repository, "build*");
    const { headers } = await send("HEAD", `/v2/${repository}/manifests/buildcache`);
    const signature = await sign(repository, headers.get("Docker-Content-Digest") ?? "");
    expect((await send("DELETE", `/v2/${repository}/manifests/${signature}`)).status).toBe(202);
    expect(await tagsOf(repository)).toEqual(["buildcache"]);
  });

  it("that speaks of digests, or is a cache's name, keeps these", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "v1");
    await addRule(repository, "sha256-*");
    await addRule(repository, "buildcache");
    const signature = await sign(repository, digest);
    await pushCache(repository, "buildcache");
    const again = await putManifest(repository, signature, await imageManifest(repository));
    expect(await errorCodes(again)).toEqual(["DENIED"]);
    await expect(pushCache(repository, "buildcache")).rejects.toThrow();
    // It stays also when its image goes.
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    expect(await tagsOf(repository)).toEqual(["buildcache", signature]);
  });
});

describe("queries", () => {
  const list = { repositoryId: 1, name: undefined, isDescending: true, limit: 10, offset: 0 } as const;

  it.for([
    // The last number: sorts. A page that was found is sorted again.
    ["tags by time", (db: Database) => listTagPage(db, { ...list, order: "updatedAt" }), "tags_by_update", 1],
    ["tags by name", (db: Database) => listTagPage(db, { ...list, order: "name" }), "tags_by_name", 1],
    ["tags by age", (db: Database) => listTagsByAge(db, 1, { order: "newest", limit: 10 }), "tags_by_update", 0],
    ["companions that wait", (db: Database) => expireWaiting(db, 1, 10), "tags_waiting", 0],
    ["what is unsettled", (db: Database) => listUnsettledRepositories(db, 0, 10), "unsettled_manifests", 0],
  ] as const)("for %s walk an index that has nothing else", async ([, act, index, sorts], { expect }) => {
    const plan = await planOf(act);
    expect(plan.join("\n")).toContain(index);
    expect(plan.filter((step) => /^SCAN (?!noted|json_each|CONSTANT|\()/.test(step))).toEqual([]);
    expect(plan.filter((step) => step.includes("TEMP B-TREE FOR ORDER BY"))).toHaveLength(sorts);
  });
});

describe("what was left to do", () => {
  it("is all that is more than one statement moves, on the way out and back", async ({ expect }) => {
    const repository = newRepository() as RepositoryName;
    const { digest } = await pushImage(repository, "v1");
    const signature = await sign(repository, digest);
    // Of more rounds than somebody waits for.
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1150)
       INSERT INTO tags SELECT repository_id, i || '-' || name, manifest_id, created_at, updated_at, companion_of, NULL, 0
       FROM tags, n WHERE name = ?`,
    )
      .bind(signature)
      .run();
    const counted = () => env.DB.prepare("SELECT companion_count FROM repositories WHERE name = ?").bind(repository);
    await send("DELETE", `/v2/${repository}/manifests/v1`);
    expect(await counted().first("companion_count")).toBe(151);
    await collect();
    expect(await counted().first("companion_count")).toBe(0);
    await json("POST", `${api(repository)}/tags/v1/restore`);
    await collect();
    expect(await counted().first("companion_count")).toBe(1151);
    expect(await miscounted()).toEqual([]);
  });

  it("is done by the next run, of all images", async ({ expect }) => {
    const repository = newRepository() as RepositoryName;
    const { digest } = await pushImage(repository, "v1");
    await sign(repository, digest);
    // As if the process had died right after the batch.
    await env.DB.prepare(
      "DELETE FROM tags WHERE name = ? AND repository_id = (SELECT id FROM repositories WHERE name = ?)",
    )
      .bind("v1", repository)
      .run();
    expect((await listUnsettledRepositories(stores.db, 0, 10)).map(({ name }) => name)).toEqual([repository]);
    await collect();
    expect(await tagsOf(repository)).toEqual([]);
    expect(await listUnsettledRepositories(stores.db, 0, 10)).toEqual([]);
  });
});

describe("what there is no room for", () => {
  const restore = (repository: string, tag: string) => json("POST", `${api(repository)}/tags/${tag}/restore`);

  it.for([
    // The second are more than a slice.
    ["one image whose digest sorts first", 1],
    ["many of them", 120],
  ] as const)("of %s waits, and keeps nothing else from going", async ([, count], { expect }) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const repository = newRepository();
    const images = [await pushImage(repository, "a"), await pushImage(repository, "b")];
    const [first, other] = images
      .toSorted((one, two) => (one.digest < two.digest ? -1 : 1))
      .map(({ digest }) => digest);
    const tagOf = (digest: string | undefined) => (digest === images[0]?.digest ? "a" : "b");
    if (!first || !other) throw new Error("two images were pushed");
    for (let at = 0; at < 10; at += 1) {
      await putManifest(repository, nameOf(first, `.${at}`), {
        ...(await imageManifest(repository)),
        artifactType: "x/y",
      });
    }
    const signature = await sign(repository, other);
    await send("DELETE", `/v2/${repository}/manifests/${tagOf(first)}`);
    expect(await tagsOf(repository)).toEqual([tagOf(other), signature].sort());
    // As if as many more images had come back without their tags.
    const more = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}),
      one AS (SELECT m.* FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.name = '${repository}' AND m.digest = '${first}')`;
    const digest = "'sha256:' || printf('%064d', n.i)";
    if (count > 1) {
      for (const statement of [
        `INSERT INTO manifests (repository_id, digest, media_type, size, created_at, unreferenced_since)
         ${more} SELECT repository_id, ${digest}, media_type, 1, created_at, 0 FROM one, n`,
        `INSERT INTO manifest_texts SELECT id, 0, 'x' FROM manifests WHERE digest LIKE 'sha256:00000000%' AND size = 1`,
        `INSERT INTO resting_companions (repository_id, name, manifest_id, companion_of, created_at, updated_at)
         ${more} SELECT repository_id, replace(${digest}, ':', '-') || '.sig', id, ${digest}, 0, 0 FROM one, n`,
        `INSERT INTO unsettled_manifests (repository_id, digest, is_released) ${more} SELECT repository_id, ${digest}, 0 FROM one, n`,
      ]) {
        await env.DB.prepare(statement).run();
      }
    }
    const organization = `organizations/${repository.split("/")[0]}`;
    await setLimits(organization, { tags: 3 });
    await restore(repository, tagOf(first));
    expect(await tagsOf(repository)).toEqual(["a", "b", signature].sort());
    await send("DELETE", `/v2/${repository}/manifests/${tagOf(other)}`);
    expect(await tagsOf(repository)).toEqual([tagOf(first)]);
    await collect();
    expect(warn).toHaveBeenCalledWith(
      `what belongs to images of ${repository} was left to the next run:`,
      "a quota has no room for what is to return",
    );
    await setLimits(organization, { tags: 200 });
    await collect();
    expect(await tagsOf(repository)).toHaveLength(count > 1 ? 11 + count : 11);
    expect(await listUnsettledRepositories(stores.db, 0, 10)).toEqual([]);
    warn.mockRestore();
  });
});

describe("a registry of an older version", () => {
  it("gets by its migration what a push of each tag would write", async ({ expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository, someBytes(), "application/vnd.oci.image.config.v1+json");
    const chart = { ...config, mediaType: "application/vnd.cncf.helm.config.v1+json" };
    for (const [at, [tag, content]] of NAMES.entries()) {
      const manifest = {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: content === "image" ? config : chart,
        layers: [],
      };
      const annotations = { at: String(at) };
      expect((await putManifest(repository, tag, { ...manifest, annotations })).status).toBe(201);
    }
    const image = await pushImage(repository, "own");
    await putManifest(
      repository,
      nameOf(image.digest, ".imgpkg"),
      await (await send("GET", `/v2/${repository}/manifests/own`)).json(),
    );
    await sign(repository, image.digest);
    await pushImage(repository, "attached", { subject: image });
    await pushIndex(repository, nameOf(image.digest, ""), []);
    await pushIndex(repository, "platforms", [onLinux(image)]);
    await pushIndex(repository, nameOf(image.digest, ".att"), [
      onLinux(image),
      onLinux(await pushImage(repository, "")),
    ]);
    await pushCache(repository, "cache");
    const companions = [await sign(repository, `sha256:${HEX}`)];
    expect(companions).toHaveLength(1);

    const snapshot = async () => {
      const [tags, manifests, ...counts] = await env.DB.batch([
        env.DB.prepare(
          `SELECT name, companion_of, waiting_since IS NOT NULL AS waits FROM tags
           WHERE repository_id = (SELECT id FROM repositories WHERE name = ?) ORDER BY name`,
        ).bind(repository),
        env.DB.prepare("SELECT digest, content FROM manifests ORDER BY repository_id, digest"),
        env.DB.prepare("SELECT name, tag_count, companion_count FROM repositories ORDER BY id"),
        env.DB.prepare("SELECT name, companion_count FROM organizations ORDER BY id"),
        env.DB.prepare("SELECT name, companion_count FROM accounts ORDER BY id"),
        env.DB.prepare("SELECT manifest_id, is_tagged FROM manifest_platforms ORDER BY manifest_id"),
      ]);
      return { tags: tags?.results, manifests: manifests?.results, counts: counts.map(({ results }) => results) };
    };
    const before = await snapshot();
    const queries = env.MIGRATIONS.find(({ name }) => name.endsWith("companions.sql"))?.queries ?? [];
    const recount = queries.find((query) => query.includes("CREATE TRIGGER `tags_recounted`")) ?? "";
    await env.DB.prepare("UPDATE tags SET companion_of = NULL, waiting_since = NULL").run();
    await env.DB.prepare("UPDATE manifests SET content = 'image'").run();
    await env.DB.prepare("DROP TRIGGER tags_recounted").run();
    const updates = queries
      .map((query) => query.replace(/^\s*(?:--.*\n\s*)+/, ""))
      .filter((query) => query.trim().startsWith("UPDATE"));
    expect(updates).toHaveLength(7);
    for (const query of updates) await env.DB.prepare(query).run();
    await env.DB.prepare(recount).run();
    expect(await snapshot()).toEqual(before);
  });
});
