/** Whatever is pulled into an archive can be pushed again, byte for byte. */
import { describe, it } from "vitest";
import { readArchive } from "./archive/read-archive.ts";
import { algorithmOf } from "../kernel/digest.ts";
import { digestOf } from "./hash.ts";
import { pullArchive } from "./pull-archive.ts";
import { pushArchive } from "./push-archive.ts";
import { RegistryClient } from "./registry-client.ts";
import { type Blob256, contentsOf, descriptorOf, indexOf, packed, zstdOf } from "./testing/images.ts";
import { digestsOfStored, manifestKinds, type Stored } from "./testing/manifests.ts";
import { FakeRegistry, IMPATIENT } from "./testing/registry.ts";

const NAME = "registry.example.com/acme/web:1";

const clientOf = ({ fetch }: FakeRegistry) =>
  new RegistryClient({ url: "https://registry.example.com", fetch, retry: IMPATIENT });

/** Pulls something, pushes the archive to another registry, and compares what is there with what was. */
async function comeBack(stored: Stored, names: readonly string[] = [NAME]) {
  const [source, target] = [new FakeRegistry(), new FakeRegistry()];
  for (const { digest, bytes } of stored.blobs) source.addBlob("acme/web", bytes, digest);
  for (const { digest, mediaType, bytes } of stored.manifests) source.addManifest("acme/web", digest, mediaType, bytes);
  const from = { client: clientOf(source), repository: "acme/web" };
  const { stream, missingLayers } = await pullArchive(from, stored.root.digest, { names });
  const bytes = await contentsOf(stream);
  for (const archive of [bytes, await packed(bytes), zstdOf(bytes)]) {
    const read = await readArchive(new Blob([archive]));
    if (read.images.length !== 1) throw new Error(`the archive has ${read.images.length} images`);
    const targets = read.images.map((image) => ({ image, repository: "copy/web", tags: ["1"] }));
    await pushArchive(clientOf(target), read, targets);
    const root = target.manifests.get("copy/web")?.get("1");
    if (root?.mediaType !== stored.root.mediaType) throw new Error(`it is a ${root?.mediaType ?? "nothing"} now`);
    for (const digest of digestsOfStored(stored)) {
      const found = target.manifests.get("copy/web")?.get(digest)?.bytes ?? target.blobs.get("copy/web")?.get(digest);
      if (!found) throw new Error(`${digest} has not come back`);
      const actual = digestOf(found, undefined, algorithmOf(digest));
      if (actual !== digest) throw new Error(`${digest} has come back as ${actual}`);
    }
    if (digestOf(root.bytes) !== stored.root.digest) throw new Error("the tag names something else");
    target.manifests.clear();
    target.blobs.clear();
  }
  return { missingLayers };
}

describe("what was pulled comes back byte for byte:", async () => {
  const kinds = await manifestKinds(0);

  it.for([...kinds])("%s", async ([what, stored], { expect }) => {
    const { missingLayers } = await comeBack(stored);
    expect(missingLayers.length > 0).toBe(/elsewhere|foreign/.test(what));
    await comeBack(stored, []);
    await comeBack(stored, [NAME, "registry.example.com/acme/web:2"]);
  });

  it("any of them together in an index, of any shape", async ({ expect }) => {
    for (let seed = 1; seed <= 8; seed += 1)
      await expect(comeBack(await randomTree(seed)), `seed ${seed}`).resolves.toBeDefined();
  });
});

/** Several things in an index, some of them in indexes below it. */
async function randomTree(seed: number): Promise<Stored> {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const all = [...(await manifestKinds(seed)).values()];
  const pick = (depth: number): Stored => {
    const some = all[random(all.length)];
    if (!some) throw new Error("there are no kinds");
    if (depth === 0 || random(3) > 0) return isShallow(some) ? some : pick(depth);
    return join(Array.from({ length: 1 + random(3) }, () => pick(depth - 1)));
  };
  const join = (children: readonly Stored[]): Stored => {
    const root: Blob256 = indexOf(
      children.map(({ root: child }, at) =>
        random(2) === 0
          ? descriptorOf(child)
          : descriptorOf(child, { platform: { os: "linux", architecture: ["amd64", "arm64", "s390x"][at % 3] } }),
      ),
    );
    return {
      root,
      manifests: [...children.flatMap(({ manifests }) => manifests), root],
      blobs: children.flatMap(({ blobs }) => blobs),
    };
  };
  return join(Array.from({ length: 1 + random(4) }, () => pick(1)));
}

/** Indexes may be nested four deep. */
function isShallow({ manifests, root }: Stored): boolean {
  return !manifests.some((manifest) => manifest !== root && manifest.mediaType.includes("index"));
}
