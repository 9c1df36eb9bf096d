/** Batches that are written once in an isolate: what differs from one push to the next must not be part of their text. */
import { afterEach, describe, it, vi } from "vitest";
import { parseManifest } from "../../src/kernel/manifest.ts";
import { parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";
import { digestOf } from "../../src/model/hash.ts";
import type { User } from "../../src/model/rights/access.ts";
import { saveBlob } from "../../src/storage/content/blobs.ts";
import { openUploadRow } from "../../src/storage/content/open-uploads.ts";
import { saveManifest } from "../../src/storage/content/save-manifest.ts";
import type { Database } from "../../src/storage/database.ts";
import { OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import { statementsOf } from "../support/workerd/query-plans.ts";

/** Who pushes what at a time; nothing of one is the same as of another. */
function pushNumber(number: number) {
  const organization = `acme${number}`;
  const digest = (text: string) => digestOf(new TextEncoder().encode(`${text} ${number}`));
  const user: User = {
    id: 70_000 + number,
    name: `olga${number}`,
    accountId: 80_000 + number,
    accountName: organization,
    role: "member",
  };
  return {
    at: Date.UTC(2031, number, 1),
    repository: parseRepositoryName(`${organization}/web${number}`),
    actor: { user, address: `192.0.2.${number}`, passwordChanges: 90_000 + number },
    digest,
    id: `upload-${number}`,
    registry: `https://registry${number}.example.com`,
  };
}
type Push = ReturnType<typeof pushNumber>;

function manifestOf({ digest }: Push, more: object = {}) {
  const described = (text: string) => ({ mediaType: "application/octet-stream", digest: digest(text), size: 1 });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: described("config"),
    layers: [described("layer")],
    ...more,
  });
}

function save(db: Database, push: Push, { tags, subject }: { tags: number; subject?: boolean }) {
  const { repository, actor, registry, digest } = push;
  const of = { mediaType: OCI_MANIFEST, digest: digest("subject"), size: 1 };
  const text = manifestOf(push, subject ? { subject: of, annotations: { name: digest("annotation") } } : {});
  return saveManifest(db, {
    repository,
    digest: digest(text),
    text,
    size: 71_000 + text.length,
    manifest: parseManifest(text, undefined),
    tags: Array.from({ length: tags }, (_, index) => parseTag(`${digest("tag").slice(-9)}-${index}`)),
    actor,
    registry,
  });
}

afterEach(() => void vi.useRealTimers());

describe("a batch that is written once", () => {
  it.for([
    ["a manifest with a tag", (db: Database, push: Push) => save(db, push, { tags: 1 })],
    ["a manifest with tags", (db: Database, push: Push) => save(db, push, { tags: 3 })],
    ["a manifest by digest", (db: Database, push: Push) => save(db, push, { tags: 0 })],
    ["a signature", (db: Database, push: Push) => save(db, push, { tags: 0, subject: true })],
    [
      "a place for an upload",
      (db: Database, { actor, repository, id }: Push) => openUploadRow(db, actor, repository, id),
    ],
    [
      "a blob",
      (db: Database, { actor, repository, digest, id }: Push) => {
        const blob = {
          digest: digest("blob"),
          objectKey: `blobs/${id}`,
          size: 1,
          upload: `${id}-place`,
          wholeUpload: id,
        };
        return saveBlob(db, blob, { repository, userId: actor.user.id, passwordChanges: actor.passwordChanges });
      },
    ],
  ] as const)("takes of %s what differs, and the time", async ([, act], { expect }) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const sentBy = async (push: Push) => {
      vi.setSystemTime(push.at);
      return statementsOf((db) => act(db, push));
    };
    const first = pushNumber(1);
    const second = pushNumber(2);
    const before = await sentBy(first);
    const after = await sentBy(second);
    expect(after.map(({ sql }) => sql)).toEqual(before.map(({ sql }) => sql));
    const own = /\b(?:70001|80001|90001)\b|acme1|web1|olga1|upload-1|registry1|192\.0\.2\.1/;
    const text = JSON.stringify(after.map(({ values }) => values));
    expect(text).not.toMatch(own);
    expect(text).not.toContain(String(first.at));
    expect(text).not.toContain("2031-02");
    for (const part of ["config", "layer", "blob", "subject", "tag", "annotation"]) {
      expect(text).not.toContain(first.digest(part).slice(-9));
    }
    // The first one has all of these itself, so that the test looks for what could be there.
    expect(JSON.stringify(before.map(({ values }) => values))).toMatch(own);
    expect(text).toContain(String(second.at));
  });
});
