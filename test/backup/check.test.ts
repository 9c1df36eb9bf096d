/** `npm run check-storage` on a storage that is broken in each way. */
import { randomBytes } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { checkStorage, type Finding } from "../../scripts/storage/check-registry.ts";
import { RECOUNTS } from "../support/recounts.ts";
import {
  addImage,
  addOrganization,
  type MemoryStore,
  memoryStore,
  prepare,
  rowsOf,
  type SeededBlob,
} from "./memory-store.ts";

let store: MemoryStore;
let first: SeededBlob[];

beforeEach(async () => {
  store = memoryStore();
  await prepare(store);
  await addOrganization(store, "acme");
  first = await addImage(store, "acme/web");
  await addImage(store, "acme/api", first.slice(1, 2));
});

async function check(isRepairing = false): Promise<Finding[]> {
  const findings: Finding[] = [];
  await checkStorage(store, { isRepairing, tell: (finding) => findings.push(finding) });
  return findings;
}

const kinds = (findings: readonly Finding[]) => findings.map(({ kind }) => kind);
const select = (sql: string) => rowsOf(store.database, sql);
const layer = () => first[1] ?? { digest: "", key: "" };

/** Breaks something, which is found, not touched, mended, and found no more. */
async function expectMended(kind: Finding["kind"], after: readonly Finding["kind"][] = []): Promise<void> {
  expect(kinds(await check())).toEqual([kind]);
  expect(kinds(await check())).toEqual([kind]);
  expect(await check(true)).toMatchObject([{ kind, isMended: true }]);
  expect(kinds(await check())).toEqual(after);
}

test("a registry that is whole has no findings", async () => {
  const result = await checkStorage(store, { isRepairing: true, tell: () => undefined });
  expect(result).toEqual({ objects: 4, bytes: 4200, manifests: 2, findings: 0, mended: 0 });
  expect(RECOUNTS.flatMap(select)).toEqual([]);
});

test("a blob without its object is named with the images that need it, and marked for the next push", async () => {
  store.contents.delete(layer().key);
  expect(await check()).toMatchObject([{ text: expect.stringContaining("needed by acme/") }]);
  // It is named until somebody pushes it.
  await expectMended("missing-object", ["missing-object"]);
  expect(select("SELECT digest FROM blobs WHERE lost_at IS NOT NULL")).toEqual([{ digest: layer().digest }]);
});

test.each([
  ["digest", 2000],
  ["size", 1999],
])("an object of another %s is given up", async (_, size) => {
  store.contents.set(layer().key, { bytes: randomBytes(size), sha256: undefined, storedAt: 1 });
  await expectMended("damaged-object", ["missing-object"]);
  expect(store.contents.has(layer().key)).toBe(false);
});

test("an object that was noted as lost and is there counts again", async () => {
  store.database.exec("UPDATE blobs SET lost_at = 7 WHERE id = 1");
  await expectMended("found-object");
});

test("an object without a row goes to garbage collection, unless it is young", async () => {
  store.contents.set("blobs/young", { bytes: randomBytes(10), sha256: undefined, storedAt: Date.now() });
  store.contents.set("blobs/old", { bytes: randomBytes(10), sha256: undefined, storedAt: 1 });
  await expectMended("object-without-row");
  expect(select("SELECT * FROM garbage_objects")).toEqual([{ object_key: "blobs/old", size: 10 }]);
});

test("a manifest whose text was changed is named, and left alone", async () => {
  store.database.exec("UPDATE manifest_texts SET text = replace(text, 'zeilen', 'ZEILEN') WHERE manifest_id = 1");
  expect(await check(true)).toMatchObject([{ kind: "damaged-manifest", isMended: false }]);
});

test("a part that a manifest names, and the image does not have, is linked again", async () => {
  store.database.exec("DELETE FROM manifest_blobs WHERE manifest_id = 1 AND blob_id = 1");
  store.database.exec("DELETE FROM repository_blobs WHERE repository_id = 1 AND blob_id = 1");
  expect(await check(true)).toMatchObject([{ kind: "unlinked-part", isMended: true }]);
  expect(await check()).toEqual([]);
  expect(RECOUNTS.flatMap(select)).toEqual([]);
});

test("a part that is nowhere is named", async () => {
  store.database.exec(`
    DELETE FROM manifest_blobs WHERE blob_id = 1; DELETE FROM repository_blobs WHERE blob_id = 1; DELETE FROM blobs WHERE id = 1`);
  store.contents.delete(first[0]?.key ?? "");
  // The bytes of the tag are less now.
  expect(kinds(await check(true))).toEqual(["missing-part", "wrong-number"]);
  expect(await check(true)).toMatchObject([
    { kind: "missing-part", isMended: false, text: expect.stringContaining(first[0]?.digest ?? "") },
  ]);
});

test("rows that refer to nothing are removed", async () => {
  store.database.exec(
    "PRAGMA foreign_keys = off; INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) VALUES (1, 'gone', 99, 1, 1); PRAGMA foreign_keys = on",
  );
  expect(kinds(await check())).toContain("dangling-row");
  await check(true);
  expect(await check()).toEqual([]);
  expect(RECOUNTS.flatMap(select)).toEqual([]);
});

test("numbers that are wrong are counted anew, also above a limit", async () => {
  const triggers = select("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
  for (const { name } of triggers) store.database.exec(`DROP TRIGGER "${String(name)}"`);
  store.database.exec(`
    UPDATE repositories SET stored_bytes = 3, tag_count = 9, companion_count = 2, share_count = 1, pushed_at = 9;
    UPDATE repository_blobs SET manifest_count = 0, unneeded_since = 4;
    UPDATE organization_blobs SET links = 7; UPDATE blobs SET is_unreferenced = 1;
    UPDATE organizations SET image_bytes = 0, user_count = 5, companion_count = 5;
    UPDATE accounts SET user_count = 8, organization_count = 8, trigger_count = 8, cluster_count = 8, companion_count = 8,
      audit_event_count = 8, tag_event_count = 8;
    UPDATE quotas SET used = 0 WHERE holder_id <> 0; UPDATE quotas SET own_limit = 1 WHERE resource = 'storedBytes';
    UPDATE tags SET image_bytes = 1`);
  for (const { sql } of triggers) store.database.exec(String(sql));
  expect(RECOUNTS.flatMap(select).length).toBeGreaterThan(10);
  const findings = await check(true);
  expect(new Set(kinds(findings))).toEqual(new Set(["wrong-number"]));
  expect(RECOUNTS.flatMap(select)).toEqual([]);
  expect(await check()).toEqual([]);
  // The triggers are there again.
  expect(select("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")).toEqual(triggers);
});

test("an index of names that is wrong is built anew", async () => {
  store.database.exec("INSERT INTO repositories_text (repositories_text) VALUES ('delete-all')");
  await expectMended("wrong-index");
  expect(RECOUNTS.flatMap(select)).toEqual([]);
});
