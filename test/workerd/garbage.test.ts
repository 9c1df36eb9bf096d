import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { withDocuments } from "../../src/documents.ts";
import type { Actor } from "../../src/model/rights/access.ts";
import type { Digest } from "../../src/kernel/digest.ts";
import { digestOf } from "../../src/model/hash.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import { cleanUp } from "../../src/registry/deletion/cleanups.ts";
import { deleteManifest } from "../../src/registry/content/delete-manifest.ts";
import { runDueRules } from "../../src/registry/aging/aging.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { mountBlob } from "../../src/registry/content/mount-blob.ts";
import { pullManifest, statManifest } from "../../src/registry/content/pull-manifest.ts";
import { pushManifest } from "../../src/registry/content/push-manifest.ts";
import { saveBlob } from "../../src/storage/content/blobs.ts";
import { messagesOf } from "../../src/storage/database.ts";
import { countDue, countReclaimable, findUnknownObjects, setKeepsUntagged } from "../../src/storage/garbage/garbage.ts";
import { newObjectKey } from "../../src/storage/content/objects.ts";
import { insertRule } from "../../src/storage/aging/aging-rules.ts";
import { createRepository } from "../support/workerd/repositories.ts";
import { DAY, HOUR, useClock } from "../support/workerd/clock.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { measureOrganization } from "../../src/storage/quotas/usage.ts";
import { dyingStores } from "../support/workerd/dying-stores.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import { accessTo, pushing } from "../support/workerd/calls.ts";
import { type Random, randomFrom } from "../support/random.ts";

const actor: Actor = {
  user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
  address: undefined,
};
const stores = lastingStores();
const budget = () => new Budget(stores.db, 800, HOUR);

const clock = useClock();
const { pass } = clock;

interface Manifest {
  schemaVersion: number;
  mediaType: string;
  [field: string]: unknown;
}

async function putBlob(repository: RepositoryName, text: string): Promise<{ digest: Digest; size: number }> {
  const bytes = new TextEncoder().encode(text);
  const [digest, objectKey] = [digestOf(bytes), newObjectKey()];
  await env.BUCKET.put(objectKey, bytes);
  const saved = await saveBlob(
    stores.db,
    { digest, objectKey, size: bytes.byteLength },
    { repository, userId: actor.user.id },
  );
  if (saved.outcome !== "saved" || saved.objectKey !== objectKey) await env.BUCKET.delete(objectKey);
  return { digest, size: bytes.byteLength };
}

async function putManifest(repository: RepositoryName, reference: string, manifest: Manifest) {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  await pushManifest(pushing(stores, actor.user), accessTo("push", repository), {
    reference: reference === "" ? digestOf(bytes) : (reference as Tag),
    tags: [],
    contentType: manifest.mediaType,
    bytes,
  });
  return { mediaType: manifest.mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** What a pull of a manifest takes. */
function pullOf(repository: RepositoryName, reference: Digest) {
  return [pushing(stores, actor.user), accessTo("pull", repository), { reference, accepted: undefined }] as const;
}

/** A registry of a few repositories that is used at random, and what it should hold. */
class Model {
  readonly random: Random;
  readonly repositories: readonly RepositoryName[];
  /** By repository and tag. */
  readonly tags = new Map<string, Digest>();
  readonly #pushed = new Map<RepositoryName, { mediaType: string; digest: Digest; size: number }[]>();
  /** Images whose blobs are there and whose manifests are to come, and since when. */
  readonly #begun: { repository: RepositoryName; tag: string; manifest: Manifest; at: number }[] = [];
  /** Manifests that were found there, for an index that is to come, and since when. */
  #wanted: { repository: RepositoryName; tag: string; part: { digest: Digest }; at: number }[] = [];
  /** Repositories whose manifests stay until somebody deletes them. */
  readonly keeping = new Set<RepositoryName>();
  /** Digests that were deleted as such in the last step. */
  deleted: Digest | undefined;
  #count = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.repositories = ["a", "b", "c"].map((name) => `run${seed}/${name}` as RepositoryName);
  }

  async prepare(): Promise<void> {
    for (const repository of this.repositories) {
      await createRepository(stores, actor, repository);
      this.#pushed.set(repository, []);
    }
  }

  async step(): Promise<string> {
    const { below, pick } = this.random;
    const repository = pick(this.repositories);
    const pushed = this.#pushed.get(repository) ?? [];
    const tag = `v${below(4)}`;
    this.deleted = undefined;
    switch (below(pushed.length === 0 ? 3 : 17)) {
      case 0:
      case 1:
      case 2: {
        const reference = below(4) === 0 ? "" : tag;
        await this.#push(repository, reference, await this.#image(repository));
        return `pushed an image to ${repository}:${reference}`;
      }
      case 3: {
        const children = [pick(pushed), pick(pushed)];
        await this.#tolerantly(repository, tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: children });
        return `pushed an index to ${repository}:${tag}`;
      }
      case 4: {
        const image = await this.#image(repository);
        await this.#push(repository, "", { ...image, subject: pick(pushed), artifactType: "application/x-signature" });
        return `pushed a referrer to ${repository}`;
      }
      case 5: {
        const [from, digest] = [pick(this.repositories), digestOf(new TextEncoder().encode(`layer ${below(6)}`))];
        await mountBlob(pushing(stores, actor.user), accessTo("push", repository), { digest, from });
        return `mounted from ${from} into ${repository}`;
      }
      case 6: {
        await deleteManifest(pushing(stores, actor.user), accessTo("delete", repository), tag as Tag).catch(refusal);
        this.tags.delete(`${repository}:${tag}`);
        return `deleted ${repository}:${tag}`;
      }
      case 7: {
        const { digest } = pick(pushed);
        this.deleted = digest;
        const isDeleted = await deleteManifest(
          pushing(stores, actor.user),
          accessTo("delete", repository),
          digest,
        ).then(() => true, refusal);
        if (isDeleted) {
          this.#wanted = this.#wanted.filter(
            (wanted) => wanted.repository !== repository || wanted.part.digest !== digest,
          );
          for (const [name, target] of this.tags) {
            if (name.startsWith(`${repository}:`) && target === digest) this.tags.delete(name);
          }
        }
        return `deleted ${repository}@${digest}`;
      }
      case 8: {
        const rule = { kind: "tag_rule", amount: 1 + below(3), labels: [], patterns: ["v0"] } as const;
        const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
        await insertRule(stores.db, actor, { id: row?.id ?? 0, name: repository }, rule).catch(refusal);
        return `set a rule for ${repository}`;
      }
      case 9:
        await runDueRules(stores, new Budget(stores.db, 1000, HOUR));
        await this.#readTags();
        return "ran the aging rules";
      case 10:
        pass(below(12) * DAY + below(24) * HOUR);
        return "let time pass";
      case 11: {
        this.#begun.push({ repository, tag, manifest: await this.#image(repository), at: clock.now });
        return `pushed the blobs of an image to ${repository}`;
      }
      case 12: {
        const begun = this.#begun.pop();
        if (!begun) return "nothing";
        // Within the grace period this must succeed.
        const isLate = clock.now - begun.at >= 7 * DAY;
        if (isLate) await this.#tolerantly(begun.repository, begun.tag, begun.manifest);
        else await this.#push(begun.repository, begun.tag, begun.manifest);
        return `pushed the manifest to ${begun.repository}:${begun.tag}`;
      }
      case 13: {
        // Clients ask whether a manifest is there, and if so, name it in an index without pushing it again.
        const part = pick(pushed);
        const isThere = await statManifest(...pullOf(repository, part.digest)).then(() => true, refusal);
        if (isThere) this.#wanted.push({ repository, tag, part, at: clock.now });
        return `found${isThere ? "" : " no"} ${repository}@${part.digest}`;
      }
      case 14: {
        const wanted = this.#wanted.pop();
        if (!wanted) return "nothing";
        const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [wanted.part] };
        // What was found counts as used then, or up to an hour before.
        const isLate = clock.now - wanted.at >= 7 * DAY - HOUR;
        if (isLate) await this.#tolerantly(wanted.repository, wanted.tag, index);
        else await this.#push(wanted.repository, wanted.tag, index);
        return `pushed an index of what was there to ${wanted.repository}:${wanted.tag}`;
      }
      case 15: {
        const keepsUntagged = !this.keeping.has(repository);
        await this.keep(repository, keepsUntagged);
        return `${repository} keeps ${keepsUntagged ? "" : "no "}untagged manifests`;
      }
      default:
        await collectGarbage(stores, budget());
        return "collected";
    }
  }

  async keep(repository: RepositoryName, keepsUntagged: boolean): Promise<void> {
    const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
    await setKeepsUntagged(stores.db, actor, { id: row?.id ?? 0, name: repository }, keepsUntagged);
    if (keepsUntagged) this.keeping.add(repository);
    else this.keeping.delete(repository);
  }

  /** Manifests in repositories that keep them, as `repository digest`. */
  async keptManifests(): Promise<string[]> {
    const rows = await stores.db.all<{ text: string; name: RepositoryName }>(
      "SELECT r.name || ' ' || m.digest AS text, r.name FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE m.digest < '~'",
    );
    return rows.filter(({ name }) => this.keeping.has(name)).map(({ text }) => text);
  }

  /** Aging has its own tests; which tags it left is taken from the database. */
  async #readTags(): Promise<void> {
    for (const name of await this.storedTags()) this.#kept.add(name);
    for (const name of this.tags.keys()) if (!this.#kept.has(name)) this.tags.delete(name);
    this.#kept.clear();
  }
  readonly #kept = new Set<string>();

  async storedTags(): Promise<string[]> {
    const rows = await stores.db.all<{ name: string }>(
      `SELECT r.name || ':' || t.name AS name FROM tags t JOIN repositories r ON r.id = t.repository_id
       WHERE r.name LIKE '${this.repositories[0]?.split("/")[0]}/%' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  }

  async #image(repository: RepositoryName) {
    const { below } = this.random;
    this.#count += 1;
    const config = await putBlob(repository, `config ${this.repositories[0]} ${this.#count}`);
    const layers = [];
    for (let count = below(3); count >= 0; count -= 1) layers.push(await putBlob(repository, `layer ${below(6)}`));
    return {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer })),
    };
  }

  async #push(repository: RepositoryName, reference: string, manifest: Manifest): Promise<void> {
    const descriptor = await putManifest(repository, reference, manifest);
    this.#pushed.get(repository)?.push(descriptor);
    if (reference !== "") this.tags.set(`${repository}:${reference}`, descriptor.digest);
  }

  /** What an index names may have been collected since: the push is refused then, and nothing has changed. */
  async #tolerantly(repository: RepositoryName, tag: string, manifest: Manifest): Promise<void> {
    await this.#push(repository, tag, manifest).catch(refusal);
  }
}

function refusal(error: unknown): false {
  if (error instanceof Error && error.name === "RegistryError") return false;
  throw error;
}

/** Tags that cannot be pulled whole: an edge leads to a row, or a row to an object, that is not there. */
async function brokenTags(): Promise<string[]> {
  const rows = await stores.db.all<{ tag: string; problem: string; object: string | null }>(`
    WITH RECURSIVE needed(tag, manifest) AS (
      SELECT r.name || ':' || t.name, t.manifest_id FROM tags t JOIN repositories r ON r.id = t.repository_id
      UNION SELECT tag, child_id FROM needed JOIN manifest_children ON parent_id = manifest)
    SELECT tag, iif(m.id IS NULL, 'no manifest', iif(x.manifest_id IS NULL, 'no text', 'no link')) AS problem, NULL AS object
    FROM needed LEFT JOIN manifests m ON m.id = manifest LEFT JOIN manifest_texts x ON x.manifest_id = manifest
    LEFT JOIN manifest_blobs b ON b.manifest_id = manifest
    LEFT JOIN repository_blobs l ON l.blob_id = b.blob_id AND l.repository_id = m.repository_id
    WHERE m.id IS NULL OR x.manifest_id IS NULL OR (b.blob_id IS NOT NULL AND l.blob_id IS NULL)
    UNION ALL SELECT tag, 'no object', object_key FROM needed
    JOIN manifest_blobs ON manifest_id = manifest JOIN blobs ON blobs.id = blob_id`);
  const objects = new Set((await listObjects()).map(({ key }) => key));
  return rows
    .filter(({ object }) => object === null || !objects.has(object))
    .map(({ tag, problem }) => `${tag}: ${problem}`);
}

/** Manifests whose subject is there, as `repository manifest subject`. */
async function attachedReferrers(): Promise<Set<string>> {
  const rows = await stores.db.all<{ text: string }>(
    `SELECT r.repository_id || ' ' || r.digest || ' ' || r.subject AS text FROM manifests r
     JOIN manifests s ON s.repository_id = r.repository_id AND s.digest = r.subject WHERE r.subject IS NOT NULL`,
  );
  return new Set(rows.map(({ text }) => text));
}

/** Referrers that went although their subjects stayed and nobody deleted them. */
async function lostReferrers(before: ReadonlySet<string>, deleted: Digest | undefined): Promise<string[]> {
  const after = await attachedReferrers();
  const manifests = await stores.db.all<{ text: string }>(
    "SELECT repository_id || ' ' || digest AS text FROM manifests",
  );
  const existing = new Set(manifests.map(({ text }) => text));
  return [...before].filter((text) => {
    const [repository, digest, subject] = text.split(" ");
    return !after.has(text) && digest !== deleted && existing.has(`${repository} ${subject}`);
  });
}

async function listObjects(): Promise<R2Object[]> {
  const objects: R2Object[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await env.BUCKET.list(cursor === undefined ? {} : { cursor });
    objects.push(...page.objects);
    if (!page.truncated) return objects;
    cursor = page.cursor;
  }
}

/** What is stored although no tag leads to it. */
async function leftovers(): Promise<string[]> {
  const rows = await stores.db.all<{ what: string }>(`
    WITH RECURSIVE needed(manifest) AS (
      SELECT manifest_id FROM tags
      UNION SELECT child_id FROM needed JOIN manifest_children ON parent_id = manifest
      UNION SELECT r.id FROM needed JOIN manifests m ON m.id = manifest
        JOIN manifests r ON r.repository_id = m.repository_id AND r.subject = m.digest)
    SELECT 'manifest ' || digest AS what FROM manifests WHERE id NOT IN (SELECT manifest FROM needed)
    UNION ALL SELECT 'blob ' || digest FROM blobs WHERE id NOT IN
      (SELECT blob_id FROM manifest_blobs WHERE manifest_id IN (SELECT manifest FROM needed))
    UNION ALL SELECT 'object ' || object_key FROM garbage_objects`);
  const named = new Set(
    (await stores.db.all<{ key: string }>("SELECT object_key AS key FROM blobs")).map(({ key }) => key),
  );
  const unnamed = (await listObjects()).filter(({ key }) => !named.has(key)).map(({ key }) => `object ${key}`);
  return [...rows.map(({ what }) => what), ...unnamed];
}

async function collectUntilQuiet(): Promise<void> {
  // An index, its children and their referrers go one after the other, each after its own grace.
  for (let round = 0; round < 6; round += 1) {
    await collectGarbage(stores, budget());
    pass(8 * DAY);
  }
  await collectGarbage(stores, budget());
}

describe("a registry that is used at random", () => {
  const SEED = Number(env.GARBAGE_SEED || Date.now() % 1_000_000);
  /** The fast suite plays a few; `npm run test:garbage` hundreds. */
  const RUNS = Number(env.GARBAGE_RUNS || 4);
  const STEPS = 30;

  it(
    `always pulls whole, and in the end holds nothing else (${RUNS} runs from seed ${SEED})`,
    { timeout: 60_000 + RUNS * 15_000 },
    async ({ expect }) => {
      for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
        const model = new Model(seed);
        const steps: string[] = [];
        await model.prepare();
        for (let step = 0; step < STEPS; step += 1) {
          const referrers = await attachedReferrers();
          const kept = await model.keptManifests();
          steps.push(await model.step());
          const story = `seed ${seed}:\n${steps.join("\n")}`;
          expect(await brokenTags(), story).toEqual([]);
          expect(await lostReferrers(referrers, model.deleted), story).toEqual([]);
          const stillKept = new Set(await model.keptManifests());
          const lost = kept.filter((text) => {
            const [repository, digest] = text.split(" ");
            return !stillKept.has(text) && digest !== model.deleted && model.keeping.has(repository as RepositoryName);
          });
          expect(lost, story).toEqual([]);
          expect(await model.storedTags(), story).toEqual([...model.tags.keys()].sort());
        }
        for (const repository of model.keeping) await model.keep(repository, false);
        await collectUntilQuiet();
        expect(await brokenTags(), `seed ${seed}`).toEqual([]);
        expect(await leftovers(), `seed ${seed}:\n${steps.join("\n")}`).toEqual([]);
        await stores.db.run("DELETE FROM tags");
        await collectUntilQuiet();
        expect(await leftovers(), `seed ${seed}`).toEqual([]);
      }
    },
  );
});

describe("a collection that dies", () => {
  const repository = "dying/image" as RepositoryName;

  /** An image that stays, and one, with an index and a referrer, that is garbage. */
  async function prepare(round: number): Promise<void> {
    await createRepository(stores, actor, repository);
    const image = async (name: string) => ({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        ...(await putBlob(repository, `${name} config`)),
      },
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar", ...(await putBlob(repository, `${name} layer`)) },
      ],
    });
    await putManifest(repository, "kept", await image("kept"));
    const child = await putManifest(repository, "", await image(`garbage ${round}`));
    const index = await putManifest(repository, "gone", {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [child],
    });
    await putManifest(repository, "", { ...(await image(`signature ${round}`)), subject: index });
    await deleteManifest(pushing(stores, actor.user), accessTo("delete", repository), "gone" as Tag);
    await env.BUCKET.put(`blobs/orphan-${round}`, "nobody's");
  }

  it("anywhere leaves the rest to the next one", async ({ expect }) => {
    // A process that dies can still say so.
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    let deaths = 0;
    // The fast suite tries a third of the places, others each time; `npm run test:garbage` all.
    const stride = env.GARBAGE_RUNS ? 1 : 3;
    for (let after = 1 + (Date.now() % stride), isOver = false; !isOver; after += stride) {
      await prepare(after);
      // Each of the seven runs dies at its n-th call; the search for orphans reads R2's own clock.
      for (let round = 0; round < 7; round += 1) {
        const dying = dyingStores(after);
        const died = await collectGarbage(dying.stores, budget()).then(
          () => false,
          (error: unknown) => messagesOf(error).some((message) => message.startsWith("the process")),
        );
        isOver = !died && dying.calls() < after;
        if (died) deaths += 1;
        expect(await brokenTags()).toEqual([]);
        pass(8 * DAY);
      }
      await collectUntilQuiet();
      expect(await leftovers()).toEqual([]);
      expect(await brokenTags()).toEqual([]);
      expect(await stores.db.all("SELECT name FROM tags WHERE name = 'kept'")).toHaveLength(1);
    }
    log.mockRestore();
    expect(deaths).toBeGreaterThan(10);
  });
});

describe("what is noted for collection", () => {
  const image = async (repository: RepositoryName, name: string, extra: Record<string, unknown> = {}) => ({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...(await putBlob(repository, `${name} config`)) },
    layers: [],
    ...extra,
  });
  const index = (...manifests: unknown[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  let count = 0;
  /** A new repository in a registry that has nothing to collect. */
  async function prepare() {
    await collectUntilQuiet();
    count += 1;
    const repository = `noted${count}/image` as RepositoryName;
    await createRepository(stores, actor, repository);
    return repository;
  }
  /** Since when nothing needs a manifest; undefined when there is none. */
  async function since(repository: RepositoryName, { digest }: { digest: Digest }): Promise<number | null | undefined> {
    const [row] = await stores.db.all<{ since: number | null }>(
      `SELECT unreferenced_since AS since FROM manifests m JOIN repositories r ON r.id = m.repository_id
       WHERE m.digest = '${digest}' AND r.name = '${repository}'`,
    );
    return row?.since;
  }
  /** Whether a blob is noted as one that no manifest names; undefined when there is none. */
  async function isNoted({ digest }: { digest: Digest }): Promise<boolean | undefined> {
    const [row] = await stores.db.all<{ noted: number }>(
      `SELECT is_unreferenced AS noted FROM blobs WHERE digest = '${digest}'`,
    );
    return row && row.noted === 1;
  }
  const remove = async (repository: RepositoryName, reference: string) => {
    await deleteManifest(pushing(stores, actor.user), accessTo("delete", repository), reference as Tag);
    await cleanUp(stores, budget());
  };
  const collect = () => collectGarbage(stores, budget());

  it("is a manifest that comes, until it has a tag or an index", async ({ expect }) => {
    const repository = await prepare();
    const plain = await putManifest(repository, "", await image(repository, "plain"));
    expect(await since(repository, plain)).toBe(0);
    const tagged = await putManifest(repository, "a", await image(repository, "tagged"));
    expect(await since(repository, tagged)).toBeNull();
    await putManifest(repository, "a", await image(repository, "plain"));
    expect([await since(repository, plain), await since(repository, tagged)]).toEqual([null, 0]);
    await putManifest(repository, "b", index(tagged));
    expect(await since(repository, tagged)).toBeNull();
  });

  it("is a manifest whose last tag, index or subject went", async ({ expect }) => {
    const repository = await prepare();
    const child = await putManifest(repository, "", await image(repository, "child"));
    const parent = await putManifest(repository, "a", index(child));
    const referrer = await putManifest(repository, "", await image(repository, "referrer", { subject: parent }));
    await collect();
    expect([await since(repository, child), await since(repository, referrer)]).toEqual([null, null]);
    await remove(repository, "a");
    expect(await since(repository, parent)).toBe(0);
    expect([await since(repository, child), await since(repository, referrer)]).toEqual([null, null]);
    await remove(repository, parent.digest);
    expect([await since(repository, child), await since(repository, referrer)]).toEqual([0, 0]);
  });

  it("is not a referrer of another subject, or of the same one in another repository", async ({ expect }) => {
    const [one, other] = [await prepare(), await prepare()];
    const subject = await putManifest(one, "a", await image(one, "subject"));
    await putManifest(other, "a", await image(other, "subject"));
    const elsewhere = await putManifest(other, "", await image(other, "elsewhere", { subject }));
    const second = await putManifest(one, "b", await image(one, "second"));
    const referrer = await putManifest(one, "", await image(one, "referrer", { subject: second }));
    await collect();
    await remove(one, subject.digest);
    expect([await since(other, elsewhere), await since(one, referrer), await since(one, second)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("stays noted from the first look on, and is needed no less for being noted", async ({ expect }) => {
    const repository = await prepare();
    const noted = await putManifest(repository, "", await image(repository, "noted"));
    await collect();
    const first = clock.now;
    expect(await since(repository, noted)).toBe(first);
    pass(DAY);
    await collect();
    expect(await since(repository, noted)).toBe(first);
    // A client that pushes it again may be about to name it in an index.
    await putManifest(repository, "", await image(repository, "noted"));
    expect(await since(repository, noted)).toBe(0);
    // As if a trigger had been wrong about them.
    const tagged = await putManifest(repository, "a", await image(repository, "tagged"));
    const child = await putManifest(repository, "", await image(repository, "child"));
    await putManifest(repository, "b", index(child));
    const referrer = await putManifest(repository, "", await image(repository, "referrer", { subject: tagged }));
    for (const [wrong, right] of [
      [1, null],
      [0, null],
    ] as const) {
      await stores.db.run(`UPDATE manifests SET unreferenced_since = ${wrong} WHERE digest <> '${noted.digest}'`);
      await collect();
      for (const needed of [tagged, child, referrer]) expect(await since(repository, needed)).toBe(right);
    }
    expect(await countDue(stores.db, clock.now)).toMatchObject({ manifests: 1 });
  });

  it("goes when the grace is over to the millisecond, a referrer after its subject", async ({ expect }) => {
    const repository = await prepare();
    const subject = await putManifest(repository, "", await image(repository, "subject"));
    const referrer = await putManifest(repository, "", await image(repository, "referrer", { subject }));
    await collect();
    pass(7 * DAY - 1);
    expect((await collect()).manifests).toBe(0);
    expect(await since(repository, subject)).toBeGreaterThan(0);
    pass(1);
    expect((await collect()).manifests).toBe(1);
    expect(await since(repository, subject)).toBeUndefined();
    expect(await since(repository, referrer)).toBe(clock.now);
    pass(7 * DAY - 1);
    expect((await collect()).manifests).toBe(0);
    pass(1);
    expect((await collect()).manifests).toBe(1);
  });

  it("is a referrer in the subject's own repository only", async ({ expect }) => {
    const [one, other] = [await prepare(), await prepare()];
    const subject = await putManifest(one, "a", await image(one, "subject"));
    const referrer = await putManifest(other, "", await image(other, "referrer", { subject }));
    await collect();
    expect(await since(other, referrer)).toBe(clock.now);
    pass(7 * DAY);
    await collect();
    expect(await since(other, referrer)).toBeUndefined();
    expect(await since(one, subject)).toBeNull();
  });

  it("is a blob that comes, or whose last manifest went", async ({ expect }) => {
    const repository = await prepare();
    const config = await putBlob(repository, "shared config");
    expect(await isNoted(config)).toBe(true);
    const one = await image(repository, "shared");
    const first = await putManifest(repository, "a", one);
    expect(await isNoted(config)).toBe(false);
    await putManifest(repository, "b", { ...one, annotations: { other: "manifest" } });
    await remove(repository, first.digest);
    expect(await isNoted(config)).toBe(false);
    const second = await putManifest(repository, "c", { ...one, annotations: { another: "manifest" } });
    await remove(repository, "b");
    pass(7 * DAY);
    await collect();
    await remove(repository, second.digest);
    // The one of tag b is in its grace period.
    expect(await isNoted(config)).toBe(false);
    pass(7 * DAY);
    await collect();
    expect(await isNoted(config)).toBeUndefined();
  });

  it("is a blob that is used no less for being noted, and goes to the millisecond", async ({ expect }) => {
    const repository = await prepare();
    const named = await putBlob(repository, "named config");
    await putManifest(repository, "a", await image(repository, "named"));
    await stores.db.run(`UPDATE blobs SET is_unreferenced = 1 WHERE digest = '${named.digest}'`);
    pass(100 * DAY);
    const alone = await putBlob(repository, "alone");
    const key = async ({ digest }: { digest: Digest }) =>
      (await stores.db.all<{ key: string }>(`SELECT object_key AS key FROM blobs WHERE digest = '${digest}'`))[0]?.key;
    const object = (await key(alone)) ?? "";
    await collect();
    expect([await key(named), await key(alone)]).not.toContain(undefined);
    pass(7 * DAY - 1);
    expect(await collect()).toMatchObject({ blobs: 0 });
    expect(await env.BUCKET.head(object)).not.toBeNull();
    pass(1);
    expect(await collect()).toMatchObject({ blobs: 1, objects: 1, bytes: 5 });
    expect(await key(named)).toBeDefined();
    expect(await env.BUCKET.head(object)).toBeNull();
  });

  it("is left for another grace period when somebody asks for it", async ({ expect }) => {
    const repository = await prepare();
    const found = await putManifest(repository, "", await image(repository, "found"));
    await collect();
    const first = clock.now;
    const stat = () => statManifest(...pullOf(repository, found.digest));
    const pull = () => withDocuments((memory) => pullManifest(...pullOf(repository, found.digest), memory));
    for (const ask of [stat, pull]) {
      await stores.db.run(`UPDATE manifests SET unreferenced_since = ${first} WHERE digest = '${found.digest}'`);
      clock.now = first;
      pass(HOUR);
      await ask();
      expect(await since(repository, found)).toBe(first);
      pass(1);
      await ask();
      expect(await since(repository, found)).toBe(clock.now);
    }
    pass(7 * DAY - 1);
    expect(await collect()).toMatchObject({ manifests: 0 });
    pass(1);
    expect(await collect()).toMatchObject({ manifests: 1 });
    await expect(statManifest(...pullOf(repository, found.digest))).rejects.toThrow("is not in");
  });

  it("goes as well when there are more than a statement takes, in one run or in several", async ({ expect }) => {
    const repository = await prepare();
    const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
    const fill = async () => {
      const numbers = "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1300)";
      await stores.db.run(
        `${numbers} INSERT INTO manifests (repository_id, digest, media_type, size, created_at)
         SELECT ${row?.id}, 'sha256:' || value, '', 1, 0 FROM n`,
      );
      await stores.db.run(
        `${numbers} INSERT INTO blobs (digest, object_key, size, created_at, last_used_at)
         SELECT 'sha256:' || value, 'blobs/' || value, 1, 0, ${clock.now} FROM n`,
      );
    };
    await fill();
    expect(await collect()).toMatchObject({ manifests: 0, blobs: 0, isComplete: true });
    pass(7 * DAY);
    expect(await collect()).toMatchObject({
      manifests: 1300,
      blobs: 1300,
      objects: 1300,
      bytes: 1300,
      isComplete: true,
    });

    await fill();
    let runs = 0;
    const total = { manifests: 0, blobs: 0, objects: 0, bytes: 0 };
    for (let isComplete = false; !isComplete;) {
      const run = await collectGarbage(stores, new Budget(stores.db, 20, HOUR));
      isComplete = run.isComplete && run.manifests === 0 && total.manifests === 1300 && total.objects === 1300;
      for (const name of ["manifests", "blobs", "objects", "bytes"] as const) total[name] += run[name];
      runs += 1;
      pass(run.isComplete ? 7 * DAY : 1);
      expect(runs).toBeLessThan(50);
    }
    expect(total).toEqual({ manifests: 1300, blobs: 1300, objects: 1300, bytes: 1300 });
    expect(runs).toBeGreaterThan(5);
  });

  it("is no blob that was used since its manifest was", async ({ expect }) => {
    const repository = await prepare();
    await putManifest(repository, "", await image(repository, "used"));
    await collect();
    pass(6 * DAY);
    const { size } = await putBlob(repository, "used config");
    pass(DAY);
    expect(await countDue(stores.db, clock.now - 7 * DAY)).toMatchObject({ manifests: 1, blobs: 0, bytes: 0 });
    expect(await countReclaimable(stores.db)).toMatchObject({ manifests: 1, blobs: 1, bytes: size });
    expect(await collect()).toMatchObject({ manifests: 1, blobs: 0 });
    pass(6 * DAY);
    expect(await collect()).toMatchObject({ manifests: 0, blobs: 1 });
  });

  it("goes no later when somebody says again that it is not kept", async ({ expect }) => {
    const repository = await prepare();
    const noted = await putManifest(repository, "", await image(repository, "noted"));
    const tagged = await putManifest(repository, "a", await image(repository, "tagged"));
    await collect();
    const first = clock.now;
    pass(DAY);
    const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
    await setKeepsUntagged(stores.db, actor, { id: row?.id ?? 0, name: repository }, false);
    expect([await since(repository, noted), await since(repository, tagged)]).toEqual([first, null]);
  });

  it("is never what is needed, however much was noted wrongly", async ({ expect }) => {
    const repository = await prepare();
    const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
    await setKeepsUntagged(stores.db, actor, { id: row?.id ?? 0, name: repository }, true);
    await stores.db.run(
      `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1300)
       INSERT INTO manifests (repository_id, digest, media_type, size, created_at, unreferenced_since)
       SELECT ${row?.id}, 'sha256:kept' || value, '', 1, 0, 1 FROM n`,
    );
    expect(await countDue(stores.db, clock.now)).toMatchObject({ manifests: 0 });
    expect(await countReclaimable(stores.db)).toMatchObject({ manifests: 0 });
    expect(await collect()).toMatchObject({ manifests: 0, isComplete: true });
    expect(await stores.db.all("SELECT 1 FROM manifests WHERE digest LIKE 'sha256:kept%'")).toHaveLength(1300);
    await stores.db.run("DELETE FROM manifests WHERE digest LIKE 'sha256:kept%'");
  });

  it("is found by indexes alone, and what is due at an operator's request as well", async ({ expect }) => {
    const repository = await prepare();
    await putManifest(repository, "", await image(repository, "explained"));
    const [row] = await stores.db.all<{ id: number }>(`SELECT id FROM repositories WHERE name = '${repository}'`);
    const prepared = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
    let statements: string[];
    try {
      await collect();
      pass(7 * DAY);
      await collect();
      await countDue(stores.db, clock.now);
      await countReclaimable(stores.db);
      await measureOrganization(stores.db, 1);
      await setKeepsUntagged(stores.db, actor, { id: row?.id ?? 0, name: repository }, true);
      statements = [...new Set(prepared.mock.calls.map(([text]) => text))];
    } finally {
      prepared.mockRestore();
    }
    expect(statements.length).toBeGreaterThan(10);
    const large =
      /^SCAN (manifests|blobs|repositories|tags|manifest_blobs|manifest_children|repository_blobs|others)\b/;
    const candidates = /USING (COVERING )?INDEX (manifests|blobs)_unreferenced/;
    for (const text of statements) {
      const values = Array<number>(text.split("?").length - 1).fill(0);
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
        .bind(...values)
        .all<{ detail: string }>();
      const scans = results
        .map(({ detail }) => detail)
        .filter((detail) => large.test(detail) && !candidates.test(detail));
      expect(scans, text).toEqual([]);
    }
  });

  it("goes once when two runs meet", async ({ expect }) => {
    const repository = await prepare();
    await putManifest(repository, "kept", await image(repository, "kept"));
    for (let at = 0; at < 20; at += 1) await putManifest(repository, "", await image(repository, `garbage ${at}`));
    await collect();
    pass(7 * DAY);
    const runs = await Promise.all([collect(), collect(), collect()]);
    expect(runs.reduce((sum, { manifests }) => sum + manifests, 0)).toBe(20);
    expect(runs.reduce((sum, { blobs }) => sum + blobs, 0)).toBe(20);
    expect(await brokenTags()).toEqual([]);
  });
});

describe("the search for objects that no row names", () => {
  it("takes an object that is to go for known", async ({ expect }) => {
    await stores.db.run("INSERT INTO garbage_objects VALUES ('blobs/noted', 1)");
    expect(await findUnknownObjects(stores.db, ["blobs/noted", "blobs/orphan"])).toEqual(new Set(["blobs/orphan"]));
    await stores.db.run("DELETE FROM garbage_objects");
  });

  it("leaves those of two days, and those that a row names", async ({ expect }) => {
    // R2 has a clock of its own.
    vi.useRealTimers();
    const start = Date.now();
    const at = (time: number) => vi.useFakeTimers({ toFake: ["Date"], now: time });
    await env.BUCKET.put("blobs/orphan", "nobody's");
    await env.BUCKET.put("other/object", "not a blob");
    await createRepository(stores, actor, "orphans/image" as RepositoryName);
    const named = await putBlob("orphans/image" as RepositoryName, "named by a row");
    at(start + 2 * DAY - 60_000);
    await collectGarbage(stores, budget());
    expect(await env.BUCKET.head("blobs/orphan")).not.toBeNull();
    at(start + 2 * DAY + 60_000);
    await collectGarbage(stores, budget());
    expect(await env.BUCKET.head("blobs/orphan")).toBeNull();
    expect(await env.BUCKET.head("other/object")).not.toBeNull();
    const [row] = await stores.db.all<{ key: string }>(
      `SELECT object_key AS key FROM blobs WHERE digest = '${named.digest}'`,
    );
    expect(await env.BUCKET.head(row?.key ?? "")).not.toBeNull();
    await env.BUCKET.delete("other/object");
  });
});
