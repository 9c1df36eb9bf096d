import { describe, it } from "vitest";
import { bytesOf, pushConfigured, pushManifestOf } from "../support/workerd/configured-images.ts";
import { makePublic } from "../support/workerd/stored-rights.ts";
import { newAccount } from "../support/workerd/managing-clients.ts";
import {
  digestOf,
  errorsOf,
  fetchAnonymously,
  newRepository,
  OCI_MANIFEST,
  pushBlob,
  send,
} from "../support/workerd/registry-requests.ts";

interface Page {
  referrers: { digest: string; artifactType: string | null; annotations: Record<string, string> | null }[];
  next: string | null;
}

const SIGNATURE = "application/vnd.example.signature";
const SBOM = "application/spdx+json";

function pathOf(repository: string, reference: string, query = ""): string {
  const [organization, image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image}/manifests/${reference}/referrers${query}`;
}

async function read(path: string): Promise<Page> {
  const response = await send("GET", path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<Page>();
}

/** An image `1.0` with a signature and some SBOMs. */
async function aSignedImage(sboms = 1) {
  const repository = newRepository();
  const { mediaType, digest, size } = await pushConfigured(repository, "1.0", { os: "linux", architecture: "amd64" });
  const refer = async (artifactType: string, annotations?: Record<string, string>) => {
    const config = await pushBlob(repository, bytesOf("{}"), "application/vnd.oci.empty.v1+json");
    const layers = [await pushBlob(repository)];
    const subject = { mediaType, digest, size };
    const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config, layers, subject };
    return pushManifestOf(repository, "", { ...manifest, ...(annotations && { annotations }) });
  };
  const signature = await refer(SIGNATURE, { by: "ci" });
  for (let count = 0; count < sboms; count += 1) await refer(SBOM);
  return { repository, digest, signature };
}

describe("what refers to a manifest", () => {
  it("is listed with its type, by tag as by digest", async ({ expect }) => {
    const { repository, digest, signature } = await aSignedImage();
    const { referrers, next } = await read(pathOf(repository, "1.0"));
    expect(next).toBe(null);
    expect(referrers.map(({ artifactType }) => artifactType ?? "").toSorted()).toEqual([SBOM, SIGNATURE]);
    expect(referrers.find((referrer) => referrer.digest === signature.digest)).toEqual({
      ...signature,
      artifactType: SIGNATURE,
      annotations: { by: "ci" },
    });
    expect((await read(pathOf(repository, digest))).referrers).toEqual(referrers);
  });

  it("is told by the list of tags, with what says that a bundle is a signature", async ({ expect }) => {
    const repository = newRepository();
    const { mediaType, digest, size } = await pushConfigured(repository, "1.0", { os: "linux", architecture: "amd64" });
    const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    const predicate = "dev.sigstore.bundle.predicateType";
    const annotations = { [predicate]: "https://sigstore.dev/cosign/sign/v1", other: "x" };
    const refer = async (artifactType: string, more: object) => {
      const config = await pushBlob(repository, bytesOf("{}"), "application/vnd.oci.empty.v1+json");
      const layers = [await pushBlob(repository)];
      const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config, layers };
      return pushManifestOf(repository, "", { ...manifest, subject: { mediaType, digest, size }, ...more });
    };
    const signature = await refer(bundle, { annotations });
    for (let count = 0; count < 12; count += 1) await refer(SBOM, { annotations: { long: "x".repeat(10_000) } });
    const [organization, image] = repository.split("/");
    const response = await send("GET", `/api/organizations/${organization}/images/${image}/tags?limit=100`);
    const { tags } = await response.json<{ tags: { name: string; referrers: Page["referrers"] }[] }>();
    expect(tags.map(({ name }) => name)).toEqual(["1.0"]);
    const [{ referrers } = { referrers: [] }] = tags;
    expect(referrers).toHaveLength(10);
    for (const referrer of referrers) {
      const isSignature = referrer.digest === signature.digest;
      expect(referrer.artifactType).toBe(isSignature ? bundle : SBOM);
      expect(referrer.annotations).toEqual(isSignature ? { [predicate]: annotations[predicate] } : {});
    }
  });

  it("is found by type, and a page at a time", async ({ expect }) => {
    const { repository, signature } = await aSignedImage(4);
    const filtered = await read(pathOf(repository, "1.0", `?artifactType=${encodeURIComponent(SIGNATURE)}`));
    expect(filtered.referrers.map((referrer) => referrer.digest)).toEqual([signature.digest]);
    const digests: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Page = await read(pathOf(repository, "1.0", `?limit=2${cursor && `&cursor=${cursor}`}`));
      expect(page.referrers.length).toBeLessThanOrEqual(2);
      digests.push(...page.referrers.map((referrer) => referrer.digest));
      cursor = page.next;
    }
    expect(new Set(digests).size).toBe(5);
    expect(digests).toEqual(digests.toSorted());
  });

  it("is nothing for a manifest that nothing refers to, and unknown for a tag that is not there", async ({
    expect,
  }) => {
    const { repository, signature } = await aSignedImage();
    expect(await read(pathOf(repository, signature.digest))).toEqual({ referrers: [], next: null });
    expect((await read(pathOf(repository, digestOf("absent")))).referrers).toEqual([]);
    const absent = await send("GET", pathOf(repository, "2.0"));
    expect(absent.status).toBe(404);
    expect((await errorsOf(absent))[0]?.code).toBe("MANIFEST_UNKNOWN");
    expect((await send("GET", pathOf(repository, "1.0", "?cursor=WyJ4Il0"))).status).toBe(400);
  });

  it("is for everybody who may pull", async ({ expect }) => {
    const { repository } = await aSignedImage();
    const { administrator } = await newAccount();
    expect((await administrator.get(pathOf(repository, "1.0"))).status).toBe(404);
    expect((await fetchAnonymously(pathOf(repository, "1.0"))).status).toBe(404);
    await makePublic(repository);
    expect((await fetchAnonymously(pathOf(repository, "1.0"))).status).toBe(200);
  });
});
