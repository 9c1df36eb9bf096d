/** Objects that R2 has lost: nothing says that they are there, so that the next push sends them again (ADR 19). */
import { env } from "cloudflare:workers";
import { beforeEach, describe, it, vi } from "vitest";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import { findManifest, lacksBlob } from "../../src/storage/content/find-manifest.ts";
import type { Database } from "../../src/storage/database.ts";
import { twoMinutesLater } from "../support/workerd/clock.ts";
import { asUser, sendWithToken, tokenFor } from "../support/workerd/managing-clients.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { usedBy } from "../support/workerd/quota-counts.ts";
import {
  ADMINISTRATOR,
  digestOf,
  errorCodes,
  imageManifest,
  newRepository,
  OCI_INDEX,
  OCI_MANIFEST,
  openUpload,
  pushBlob,
  putManifest,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

async function rowOf(digest: string): Promise<{ objectKey: string; lostAt: number | null }> {
  const row = await env.DB.prepare("SELECT object_key AS objectKey, lost_at AS lostAt FROM blobs WHERE digest = ?")
    .bind(digest)
    .first<{ objectKey: string; lostAt: number | null }>();
  if (!row) throw new Error(`no row of ${digest}`);
  return row;
}

async function lose(digest: string): Promise<void> {
  await env.BUCKET.delete((await rowOf(digest)).objectKey);
}

const pathOf = (repository: string, digest: string) => `/v2/${repository}/blobs/${digest}`;

/** What docker does for each layer: it asks, and sends what is not there. */
async function pushAsDocker(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<"sent" | "skipped"> {
  const digest = digestOf(bytes);
  if ((await send("HEAD", pathOf(repository, digest))).status === 200) return "skipped";
  const { location } = await openUpload(repository);
  await send("PATCH", location, { body: bytes });
  const finished = await send("PUT", `${location}?digest=${digest}`);
  if (finished.status !== 201) throw new Error(`PUT answered ${finished.status}`);
  return "sent";
}

describe("a blob whose object is lost", () => {
  it.for(["HEAD", "GET"] as const)("is unknown to %s, without headers of the blob", async (method, { expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository, someBytes(5000));
    await lose(digest);
    for (const attempt of ["first", "next"]) {
      const response = await send(method, pathOf(repository, digest));
      expect({ attempt, status: response.status }).toEqual({ attempt, status: 404 });
      expect(response.headers.get("ETag")).toBeNull();
      expect(response.headers.get("Cache-Control") ?? "").not.toContain("immutable");
      if (method === "GET") expect(await errorCodes(response)).toEqual(["BLOB_UNKNOWN"]);
    }
    expect((await rowOf(digest)).lostAt).not.toBeNull();
  });

  it("is sent again by the next push, and counts once", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(5000);
    const { digest } = await pushBlob(repository, bytes);
    const before = await usedBy(`organizations/${repository.split("/")[0]}`);
    expect(before).toMatchObject({ storedBytes: 5000 });
    await lose(digest);
    expect(await pushAsDocker(repository, bytes)).toBe("sent");
    expect(await pushAsDocker(repository, bytes)).toBe("skipped");
    const pulled = await send("GET", pathOf(repository, digest));
    expect(digestOf(new Uint8Array(await pulled.arrayBuffer()))).toBe(digest);
    expect((await rowOf(digest)).lostAt).toBeNull();
    expect(await usedBy(`organizations/${repository.split("/")[0]}`)).toEqual(before);
  });

  it("is not mounted, but uploaded", async ({ expect }) => {
    const [from, to, third] = [newRepository(), newRepository(), newRepository()];
    const bytes = someBytes(3000);
    const { digest } = await pushBlob(from, bytes);
    await lose(digest);
    const mount = (repository: string) => send("POST", `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`);
    expect((await mount(to)).status).toBe(202);
    expect((await send("HEAD", pathOf(to, digest))).status).toBe(404);
    expect(await pushAsDocker(to, bytes)).toBe("sent");
    expect((await mount(third)).status).toBe(201);
    for (const repository of [from, to, third]) {
      expect((await send("GET", pathOf(repository, digest))).status).toBe(200);
    }
  });

  it("is there again when only the note was wrong", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(2000);
    const { digest } = await pushBlob(repository, bytes);
    const { objectKey } = await rowOf(digest);
    await env.DB.prepare("UPDATE blobs SET lost_at = 1 WHERE digest = ?").bind(digest).run();
    expect(await twoMinutesLater(() => pushAsDocker(repository, bytes))).toBe("sent");
    expect(await rowOf(digest)).toEqual({ objectKey, lostAt: null });
  });
});

describe("a manifest of which a blob is lost", () => {
  it("is absent to who may push, named in no index, and refused until the blob has come", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(4000);
    const layer = await pushBlob(repository, bytes);
    const text = JSON.stringify({ ...(await imageManifest(repository)), layers: [layer] });
    expect((await putManifest(repository, "1.0", text)).status).toBe(201);
    const child = { mediaType: OCI_MANIFEST, digest: digestOf(text), size: text.length };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] };
    const token = await tokenFor(asUser(ADMINISTRATOR.name, ADMINISTRATOR.password), `repository:${repository}:pull`);
    const asPuller = async (method: string, reference: string) =>
      (await sendWithToken(token, method, `/v2/${repository}/manifests/${reference}`)).status;
    const asPusher = async (method: string, reference: string) =>
      (await send(method, `/v2/${repository}/manifests/${reference}`)).status;

    await lose(layer.digest);
    expect((await send("HEAD", pathOf(repository, layer.digest))).status).toBe(404);
    for (const reference of ["1.0", child.digest]) {
      expect(await asPusher("HEAD", reference)).toBe(404);
      expect(await asPusher("GET", reference)).toBe(200);
      // Who pulls may have the layer, and goes on.
      expect(await asPuller("HEAD", reference)).toBe(200);
    }
    const refused = [await putManifest(repository, "1.1", text), await putManifest(repository, "all", index)];
    expect(await Promise.all(refused.map(errorCodes))).toEqual([["MANIFEST_BLOB_UNKNOWN"], ["MANIFEST_BLOB_UNKNOWN"]]);

    expect(await pushAsDocker(repository, bytes)).toBe("sent");
    for (const reference of ["1.0", child.digest]) expect(await asPusher("HEAD", reference)).toBe(200);
    expect((await putManifest(repository, "1.1", text)).status).toBe(201);
    expect((await putManifest(repository, "all", index)).status).toBe(201);
  });
});

it("an index, also of indexes, of whose parts a blob is lost is absent to who may push", async ({ expect }) => {
  const repository = newRepository();
  const [layer, other] = [await pushBlob(repository), await pushBlob(repository)];
  const push = async (reference: string, manifest: { mediaType: string }) => {
    const text = JSON.stringify(manifest);
    const response = await putManifest(repository, reference, text);
    if (response.status !== 201) throw new Error(await response.text());
    return { mediaType: manifest.mediaType, digest: digestOf(text), size: text.length };
  };
  const index = (...manifests: object[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  const image = async (of: object) => ({
    ...(await imageManifest(repository)),
    mediaType: OCI_MANIFEST,
    layers: [of],
  });
  const [broken, whole] = [await push("broken", await image(layer)), await push("whole", await image(other))];
  const inner = await push("inner", index(whole, broken));
  await push("outer", index(inner));
  await push("others", index(whole));
  const statusOf = async (reference: string) => (await send("HEAD", `/v2/${repository}/manifests/${reference}`)).status;
  const statuses = () => Promise.all(["broken", "inner", "outer", "whole", "others"].map(statusOf));

  expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
  await lose(layer.digest);
  await send("HEAD", pathOf(repository, layer.digest));
  expect(await statuses()).toEqual([404, 404, 404, 200, 200]);
  // An index of a part that is not whole is refused as well.
  const refused = await putManifest(repository, "third", index(inner));
  expect(await errorCodes(refused)).toEqual(["MANIFEST_BLOB_UNKNOWN"]);
});

it("whether a part has a lost blob is asked of indexes of the database only, and when a blob is lost", async ({
  expect,
}) => {
  const stepsOf = async (ask: (db: Database) => Promise<unknown>) =>
    (await planOf(ask)).filter((step) => /^(SEARCH|SCAN)/.test(step));
  const found = await stepsOf((db) => findManifest(db, "acme/web" as RepositoryName, "latest" as Tag));
  const isAnyLost = /SEARCH lost (EXISTS )?USING COVERING INDEX blobs_\w+ \(lost_at>\?\)/;
  expect(found.join("\n")).toMatch(isAnyLost);
  // What most requests ask stays short.
  expect(found).toHaveLength(4);
  const plan = await stepsOf((db) => lacksBlob(db, { id: 1 }));
  expect(plan.filter((step) => step.startsWith("SCAN") && step !== "SCAN parts" && !step.includes("CONSTANT"))).toEqual(
    [],
  );
  expect(plan.join("\n")).toMatch(isAnyLost);
  expect(plan.join("\n")).toMatch(/SEARCH edges USING (COVERING )?INDEX \S*manifest_children\S* \(parent_id=\?\)/);
  expect(plan.join("\n")).toMatch(
    /SEARCH manifest_blobs USING (COVERING )?INDEX \S*manifest_blobs\S* \(manifest_id=\?\)/,
  );
});

it("a collection finds what is lost before anybody asks for it, and nothing else", async ({ expect }) => {
  const repository = newRepository();
  const [lost, kept] = [await pushBlob(repository, someBytes(1000)), await pushBlob(repository, someBytes(1000))];
  await lose(lost.digest);
  const stores = lastingStores();
  const collect = () => collectGarbage(stores, new Budget(stores.db, 400, 20_000));
  await collect();
  expect((await rowOf(lost.digest)).lostAt).not.toBeNull();
  expect((await rowOf(kept.digest)).lostAt).toBeNull();
});
