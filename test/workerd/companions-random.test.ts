/**
 * Images that are signed, tagged, deleted, restored, aged and collected at random. A model says which tags must be there
 * after each step: a kept image keeps its companions, a deleted one loses them and gets them back, and nothing else goes.
 */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { Actor } from "../../src/model/rights/access.ts";
import type { Digest } from "../../src/kernel/digest.ts";
import { digestOf } from "../../src/model/hash.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import { runDueRules } from "../../src/registry/aging/aging.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { cleanUp } from "../../src/registry/deletion/cleanups.ts";
import { settleAll } from "../../src/registry/content/companions.ts";
import { deleteManifest } from "../../src/registry/content/delete-manifest.ts";
import { restoreDeletedTag } from "../../src/registry/deletion/deleted-tags.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { deleteImageTags, retag } from "../../src/registry/images/image-tags.ts";
import { pushManifest } from "../../src/registry/content/push-manifest.ts";
import { saveBlob } from "../../src/storage/content/blobs.ts";
import { setKeepsUntagged } from "../../src/storage/garbage/garbage.ts";
import { newObjectKey } from "../../src/storage/content/objects.ts";
import { saveRule } from "../../src/storage/aging/aging-rules.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { createRepository } from "../support/workerd/repositories.ts";
import { DAY, useClock } from "../support/workerd/clock.ts";
import { miscounted } from "../support/workerd/quota-counts.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import { accessTo, managing, pushing } from "../support/workerd/calls.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";

const GRACE = 7 * DAY;
const actor: Actor = {
  user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
  address: undefined,
};
const stores = lastingStores();
const plenty = () => new Budget(stores.db, 5000, DAY);

const clock = useClock();
const { pass } = clock;

interface Companion {
  of: Digest;
  digest: Digest;
  isResting: boolean;
  /** Since when it waits for its image; undefined when that is, or was, there. */
  waitsSince: number | undefined;
}

class Model {
  readonly random: Random;
  readonly repository: RepositoryName;
  id = 0;
  keepsUntagged = false;
  readonly tags = new Map<string, Digest>();
  readonly companions = new Map<string, Companion>();
  readonly #parts = new Map<Digest, Digest[]>();
  /** All that may be signed, pushed or yet to be. */
  readonly #images: { digest: Digest; text: string; mediaType: string; isPushed: boolean }[] = [];
  #existing = new Set<Digest>();
  #count = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.repository = `signed${seed}/image` as RepositoryName;
  }

  async prepare(): Promise<void> {
    this.id = await createRepository(stores, actor, this.repository);
  }

  /** Does something, and notes what must have come of it. */
  async step(): Promise<string> {
    pass(1000);
    const { below, pick } = this.random;
    const { repository } = this;
    const tag = `v${below(4)}`;
    const pushed = this.#images.filter(({ isPushed }) => isPushed);
    switch (below(pushed.length === 0 ? 2 : 17)) {
      case 0:
      case 1: {
        const image = await this.#prepareImage();
        await this.#push(image, tag);
        return `pushed ${tag}`;
      }
      case 2:
      case 3:
      case 4:
      case 5: {
        const { digest } = pick([...this.#images, ...pushed]);
        return this.#sign(digest, pick(["sig", "att", "sbom"]));
      }
      case 6: {
        const companions = [...this.companions.values()].filter(({ isResting }) => !isResting);
        if (companions.length === 0) return "nothing";
        return this.#sign(pick(companions).digest, "sig");
      }
      case 7: {
        const parts = [pick(pushed), pick(pushed)].filter(({ digest }) => this.#existing.has(digest));
        if (parts.length === 0) return "nothing";
        await this.#pushIndex(parts, tag);
        return `pushed an index to ${tag}`;
      }
      case 8: {
        await this.#prepareImage();
        return "prepared an image that is signed before it is pushed";
      }
      case 9: {
        const coming = this.#images.find(({ isPushed }) => !isPushed);
        if (coming) await this.#push(coming, below(3) === 0 ? "" : tag);
        return "pushed a prepared image";
      }
      case 10: {
        const names = [tag, ...this.companions.keys()].filter((_name, at) => at === 0 || below(8) === 0) as Tag[];
        const before = new Map(this.companions);
        const results = await deleteImageTags(managing(stores, actor.user), repository, names);
        this.#drop(tag);
        await this.#refresh();
        // What the image takes along has not been deleted by itself.
        for (const name of names.slice(1)) {
          const companion = before.get(name);
          if (
            companion &&
            !companion.isResting &&
            results.get(name) === "deleted" &&
            !this.companions.get(name)?.isResting
          ) {
            this.companions.delete(name);
            this.#settle(companion.digest, true);
          }
        }
        return `deleted ${names.join(", ")}`;
      }
      case 11: {
        const digest = pick([...pushed, ...this.companions.values()]).digest;
        const isDeleted = await deleteManifest(
          pushing(stores, actor.user),
          accessTo("delete", repository),
          digest,
        ).then(() => true, refusal);
        if (!isDeleted) return `could not delete ${digest}`;
        await this.#refresh();
        for (const [name, target] of this.tags) if (target === digest) this.tags.delete(name);
        for (const [name, companion] of this.companions) {
          if (companion.digest === digest) this.companions.delete(name);
        }
        this.#settle(digest, true);
        for (const part of this.#parts.get(digest) ?? []) this.#settle(part, true);
        return `deleted ${digest}`;
      }
      case 12: {
        const source = pick(["v0", "v1", "v2", "v3"]);
        const destination = tag as Tag;
        const retagging = { source: source as Tag, destination, overrides: true };
        const isMoved = await retag(managing(stores, actor.user), repository, retagging).then(() => true, refusal);
        const digest = this.tags.get(source);
        if (isMoved && digest) this.#point(tag, digest);
        return `retagged ${source} as ${tag}`;
      }
      case 13: {
        const digest = await restoreDeletedTag(managing(stores, actor.user), repository, tag as Tag).catch(refusal);
        if (digest) this.#point(tag, digest);
        return `restored ${tag}`;
      }
      case 14: {
        const rule = { kind: "tag_rule", amount: 1 + below(2), labels: [], patterns: [] } as const;
        await saveRule(stores.db, actor, { id: this.id, name: repository }, rule);
        await runDueRules(stores, plenty());
        const left = await this.#storedVersions();
        for (const name of this.tags.keys()) if (!left.has(name)) this.#drop(name);
        if (this.tags.size > rule.amount) throw new Error(`${this.tags.size} versions are left of ${rule.amount}`);
        await stores.db.run("DELETE FROM retention_rules");
        return `kept the newest ${rule.amount}`;
      }
      case 15: {
        this.keepsUntagged = !this.keepsUntagged;
        await setKeepsUntagged(stores.db, actor, { id: this.id, name: repository }, this.keepsUntagged);
        return `keeps untagged: ${this.keepsUntagged}`;
      }
      default: {
        pass(below(5) * DAY);
        await this.collect();
        return "let time pass and collected";
      }
    }
  }

  async collect(): Promise<void> {
    await collectGarbage(stores, plenty());
    const before = this.#existing;
    await this.#refresh();
    for (const [name, companion] of this.companions) {
      const isLost =
        companion.waitsSince !== undefined && companion.waitsSince <= clock.now - GRACE && !this.keepsUntagged;
      if (isLost) {
        this.companions.delete(name);
        this.#settle(companion.digest, true);
      } else if (companion.waitsSince !== undefined && companion.waitsSince <= clock.now - GRACE)
        companion.waitsSince = clock.now;
    }
    for (const digest of before) {
      if (this.#existing.has(digest)) continue;
      this.#settle(digest, true);
      for (const part of this.#parts.get(digest) ?? []) this.#settle(part, true);
    }
    for (const [name, { digest, isResting }] of this.companions) {
      if (isResting && !this.#existing.has(digest)) this.companions.delete(name);
    }
  }

  expected(): string[] {
    const companions = [...this.companions].filter(([, { isResting }]) => !isResting).map(([name]) => name);
    return [...this.tags.keys(), ...companions].sort();
  }

  async stored(): Promise<string[]> {
    const rows = await stores.db.all<{ name: string }>(`SELECT name FROM tags WHERE repository_id = ${this.id}`);
    return rows.map(({ name }) => name).sort();
  }

  /** Companions of images that are there, deleted or not, whose own manifests are not. */
  lostCompanions(): string[] {
    return [...this.companions]
      .filter(([, { of, digest }]) => this.#existing.has(of) && !this.#existing.has(digest))
      .map(([name]) => name);
  }

  async #storedVersions(): Promise<Set<string>> {
    const rows = await stores.db.all<{ name: string }>(
      `SELECT name FROM tags WHERE repository_id = ${this.id} AND companion_of IS NULL`,
    );
    return new Set(rows.map(({ name }) => name));
  }

  async #refresh(): Promise<void> {
    const rows = await stores.db.all<{ digest: Digest }>(
      `SELECT digest FROM manifests WHERE repository_id = ${this.id}`,
    );
    this.#existing = new Set(rows.map(({ digest }) => digest));
  }

  #isLedTo(digest: Digest): boolean {
    if ([...this.tags.values()].includes(digest)) return true;
    if ([...this.companions.values()].some((companion) => !companion.isResting && companion.digest === digest))
      return true;
    for (const [whole, parts] of this.#parts) {
      if (parts.includes(digest) && this.#existing.has(whole) && this.#isLedTo(whole)) return true;
    }
    return false;
  }

  #settle(digest: Digest, isReleased: boolean): void {
    const isThere = this.#existing.has(digest);
    const isHeld = isThere && (this.keepsUntagged || this.#isLedTo(digest));
    for (const companion of [...this.companions.values()].filter(({ of }) => of === digest)) {
      if (isReleased && !isHeld && !companion.isResting && companion.waitsSince === undefined) {
        companion.isResting = true;
        this.#settle(companion.digest, true);
      } else if ((isHeld || (isThere && !isReleased)) && companion.isResting && this.#existing.has(companion.digest)) {
        companion.isResting = false;
        this.#settle(companion.digest, false);
      }
    }
    if (isThere) for (const part of this.#parts.get(digest) ?? []) this.#settle(part, isReleased);
  }

  #drop(tag: string): void {
    const digest = this.tags.get(tag);
    this.tags.delete(tag);
    if (digest) this.#settle(digest, true);
  }

  #point(tag: string, digest: Digest): void {
    const previous = this.tags.get(tag);
    this.tags.set(tag, digest);
    if (previous && previous !== digest) this.#settle(previous, true);
    this.#settle(digest, false);
  }

  async #prepareImage() {
    this.#count += 1;
    const config = await this.#putBlob(`${this.repository} ${this.#count}`);
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: [],
    });
    const image = { digest: digestOf(encode(text)), text, mediaType: OCI_MANIFEST, isPushed: false };
    this.#images.push(image);
    return image;
  }

  async #push(
    image: { digest: Digest; text: string; mediaType: string; isPushed: boolean },
    tag: string,
  ): Promise<void> {
    const isPushed = await put(this.repository, tag === "" ? image.digest : tag, image).then(() => true, refusal);
    // Its configuration may have been collected meanwhile.
    if (!isPushed) return;
    image.isPushed = true;
    await this.#refresh();
    for (const companion of this.companions.values())
      if (companion.of === image.digest) companion.waitsSince = undefined;
    if (tag === "") this.#settle(image.digest, false);
    else this.#point(tag, image.digest);
  }

  async #pushIndex(parts: { digest: Digest; text: string; mediaType: string }[], tag: string): Promise<void> {
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: parts.map(({ digest, mediaType, text: part }) => ({
        mediaType,
        digest,
        size: part.length,
        platform: { os: "linux", architecture: "amd64" },
      })),
    });
    const index = { digest: digestOf(encode(text)), text, mediaType: OCI_INDEX, isPushed: false };
    this.#parts.set(index.digest, [...new Set(parts.map(({ digest }) => digest))]);
    if (!this.#images.some(({ digest }) => digest === index.digest)) this.#images.push(index);
    await this.#push(index, tag);
  }

  async #sign(digest: Digest, end: string): Promise<string> {
    const name = `${digest.replace(":", "-")}.${end}`;
    this.#count += 1;
    const config = await this.#putBlob(`${this.repository} ${this.#count}`);
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: [],
    });
    await put(this.repository, name, { text, mediaType: OCI_MANIFEST });
    await this.#refresh();
    const previous = this.companions.get(name);
    const waitsSince = this.#existing.has(digest) ? undefined : clock.now;
    this.companions.set(name, { of: digest, digest: digestOf(encode(text)), isResting: false, waitsSince });
    if (previous && !previous.isResting) this.#settle(previous.digest, true);
    return `signed: ${name}`;
  }

  async #putBlob(text: string): Promise<{ digest: Digest; size: number }> {
    const bytes = encode(text);
    const [digest, objectKey] = [digestOf(bytes), newObjectKey()];
    await env.BUCKET.put(objectKey, bytes);
    await saveBlob(
      stores.db,
      { digest, objectKey, size: bytes.byteLength },
      { repository: this.repository, userId: actor.user.id },
    );
    return { digest, size: bytes.byteLength };
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function put(
  repository: RepositoryName,
  reference: string,
  { text, mediaType }: { text: string; mediaType: string },
) {
  await pushManifest(pushing(stores, actor.user), accessTo("push", repository), {
    reference: reference as Tag,
    tags: [],
    contentType: mediaType,
    bytes: encode(text),
  });
}

function refusal(error: unknown): undefined {
  if (error instanceof Error && error.name === "RegistryError") return undefined;
  throw error;
}

/** Tags whose manifests or their blobs are not there. */
async function brokenTags(): Promise<string[]> {
  const rows = await stores.db.all<{ name: string }>(
    `SELECT t.name FROM tags t LEFT JOIN manifests m ON m.id = t.manifest_id
     LEFT JOIN manifest_blobs b ON b.manifest_id = m.id LEFT JOIN repository_blobs l ON l.blob_id = b.blob_id AND l.repository_id = m.repository_id
     WHERE m.id IS NULL OR (b.blob_id IS NOT NULL AND l.blob_id IS NULL)`,
  );
  return rows.map(({ name }) => name);
}

describe("signed images that are used at random", () => {
  const SEED = Number(env.GARBAGE_SEED || Date.now() % 1_000_000);
  /** The fast suite plays a few; `npm run test:garbage` fifty. */
  const RUNS = env.GARBAGE_RUNS ? Math.ceil(Number(env.GARBAGE_RUNS) / 4) : 2;
  const STEPS = 40;

  it(
    `keep what belongs to them, and lose it when they are deleted (${RUNS} runs from seed ${SEED})`,
    { timeout: 60_000 + RUNS * 15_000 },
    async ({ expect }) => {
      for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
        const model = new Model(seed);
        const steps: string[] = [];
        await model.prepare();
        for (let step = 0; step < STEPS; step += 1) {
          steps.push(await model.step());
          // A request takes apart what it has time for; the minute's job does the rest.
          await cleanUp(stores, plenty());
          await settleAll(stores, 0, plenty());
          const story = `seed ${seed}:\n${steps.join("\n")}`;
          expect(await model.stored(), story).toEqual(model.expected());
          expect(model.lostCompanions(), story).toEqual([]);
          expect(await brokenTags(), story).toEqual([]);
        }
        expect(await miscounted(), `seed ${seed}`).toEqual([]);
        await setKeepsUntagged(stores.db, actor, { id: model.id, name: model.repository }, false);
        model.keepsUntagged = false;
        // An index, its parts, what belongs to these: each goes a grace period after the other.
        for (let round = 0; round < 10; round += 1) {
          await model.collect();
          expect(await model.stored(), `seed ${seed}:\n${steps.join("\n")}`).toEqual(model.expected());
          pass(8 * DAY);
        }
        await model.collect();
        const left = await stores.db.all<{ what: string }>(`
          SELECT 'resting ' || name AS what FROM resting_companions UNION ALL SELECT 'unsettled ' || digest FROM unsettled_manifests
          UNION ALL SELECT 'without image ' || name FROM tags WHERE companion_of IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM manifests WHERE manifests.repository_id = tags.repository_id AND manifests.digest = companion_of)
          UNION ALL SELECT 'untagged ' || digest FROM manifests
            WHERE NOT EXISTS (SELECT 1 FROM tags WHERE manifest_id = manifests.id)
              AND NOT EXISTS (SELECT 1 FROM manifest_children WHERE child_id = manifests.id)`);
        expect(left, `seed ${seed}:\n${steps.join("\n")}`).toEqual([]);
      }
    },
  );
});
