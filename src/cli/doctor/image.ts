/** Whether images go in, come out, and go away: with one of a few megabytes. */
import { createHash, randomBytes } from "node:crypto";
import type { Bytes } from "../../client/bytes.ts";
import { uploadBlob } from "../../client/chunked-upload.ts";
import { RegistryRefusal } from "../../client/errors.ts";
import { digestOf } from "../../client/hash.ts";
import { pullScope, pushScope, RegistryClient } from "../../client/registry-client.ts";
import { BlobUpload } from "../../client/blob-upload.ts";
import { OCI_MANIFEST } from "../../kernel/media-types.ts";
import { unwrap } from "../../client/api/client.ts";
import { openApi } from "../api.ts";
import { reasonOf } from "../explain.ts";
import { parseImageName } from "../image-name.ts";
import { readPages } from "../manage.ts";
import { type Check, type Examination, failed, ok, skipped, warning } from "./examination.ts";

const NAME = "berth-doctor";
const TAG = "doctor";
/** The smallest part that R2 accepts. Smaller chunks Berth keeps in the upload's own storage first. */
const CHUNK_BYTES = 5 * 1024 * 1024;

function clientFor({ registry, credentials, fetch }: Examination): RegistryClient {
  return new RegistryClient({ url: registry.url, credentials, fetch, createHash, retry: { attempts: 3 } });
}

export const push: Check = {
  name: "Push, in chunks",
  run: async (examination) => {
    if (examination.isSignedIn !== true) return skipped("needs a sign-in");
    const repository = examination.repository ?? (await findRepository(examination));
    if (repository === undefined) {
      return skipped(
        "no organization is known that one may push to",
        "Name a place by --repository organization/image.",
      );
    }
    const client = clientFor(examination);
    try {
      const layer = await pushLayer(client, repository);
      const description = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } };
      const source = new Blob([JSON.stringify(description)]);
      const config = await uploadBlob({ client, repository }, { source });
      const manifest = {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config.digest, size: source.size },
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer }],
      };
      const bytes = new TextEncoder().encode(JSON.stringify(manifest));
      const { digest } = await client.putManifest(repository, TAG, { mediaType: OCI_MANIFEST, bytes });
      examination.pushed = { repository, digest };
      return ok(`${repository}:${TAG}, with a layer in two chunks`);
    } catch (error) {
      return failed(`pushing to ${repository} fails: ${reasonOf(error)}`, mendFor(error));
    }
  },
};

function mendFor(error: unknown): string {
  if (error instanceof RegistryRefusal) {
    if (error.status === 413)
      return "Something before the registry refuses bodies of 5 MiB: nothing can be pushed through it.";
    if (error.status === 403 || error.status === 401)
      return "Name a place that one may push to by --repository, or ask for the right.";
    if (error.status >= 500) return "Look at the registry's log (npx wrangler tail), and whether R2 is switched on.";
  }
  return "docs/troubleshooting.md, 7.3.2, has the causes by what the registry says.";
}

/** Sends a layer of random bytes in two chunks, asking in between how much has come. */
async function pushLayer(client: RegistryClient, repository: string): Promise<{ digest: string; size: number }> {
  const bytes = new Uint8Array(randomBytes(CHUNK_BYTES + 1000));
  const session = await BlobUpload.open({ client, repository });
  if (session === "mounted") throw new Error("a mount that nobody asked for");
  await session.write(bytes.subarray(0, CHUNK_BYTES));
  await expectOffset(client, repository, session, CHUNK_BYTES);
  await session.write(bytes.subarray(CHUNK_BYTES));
  const digest = digestOf(bytes, createHash);
  await session.finish(digest);
  return { digest, size: bytes.byteLength };
}

async function expectOffset(
  client: RegistryClient,
  repository: string,
  session: BlobUpload,
  offset: number,
): Promise<void> {
  const request = { method: "GET", url: session.location, scopes: [pushScope(repository)] };
  const range = await client.send(request, ({ headers }) => headers.get("Range"));
  if (range !== `0-${offset - 1}`) throw new Error(`after ${offset} bytes the upload's Range is ${range ?? "missing"}`);
}

export const pull: Check = {
  name: "Pull",
  run: async (examination) => {
    const { pushed } = examination;
    if (!pushed) return skipped("needs an image that was pushed");
    const client = clientFor(examination);
    try {
      const manifest = await client.findManifest(pushed.repository, TAG);
      if (manifest?.digest !== pushed.digest) {
        return failed(
          `the tag is ${manifest?.digest ?? "missing"} right after the push`,
          "Does a cache stand before /v2/? Switch it off there.",
        );
      }
      const { layers } = JSON.parse(new TextDecoder().decode(manifest.bytes)) as {
        layers: { digest: string; size: number }[];
      };
      for (const layer of layers) await pullLayer(client, pushed.repository, layer);
      return ok("the same digests come back, and parts of a layer too");
    } catch (error) {
      return failed(
        `pulling from ${pushed.repository} fails: ${reasonOf(error)}`,
        "docs/troubleshooting.md, 7.3.4, has the causes.",
      );
    }
  },
};

async function pullLayer(
  client: RegistryClient,
  repository: string,
  layer: { digest: string; size: number },
): Promise<void> {
  const url = `/v2/${repository}/blobs/${layer.digest}`;
  const request = { method: "GET", url, scopes: [pullScope(repository)] };
  const bytes = await client.send(
    request,
    async (response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer()),
  );
  if (digestOf(bytes, createHash) !== layer.digest)
    throw new Error(`the layer has another digest than ${layer.digest}`);
  const part = { ...request, headers: { Range: "bytes=1000-1999" } };
  const status = await client.send(part, async (response) => {
    await response.body?.cancel();
    return response.status;
  });
  if (status !== 206)
    throw new Error(`a part of a layer is answered with ${status} in place of 206: broken pulls begin anew`);
}

export const remove: Check = {
  name: "Delete",
  run: async (examination) => {
    const { pushed } = examination;
    if (!pushed) return skipped("needs an image that was pushed");
    const { repository, digest } = pushed;
    try {
      const url = `/v2/${repository}/manifests/${digest}`;
      const scopes = [`repository:${repository}:pull,push,delete`];
      await clientFor(examination).send({ method: "DELETE", url, scopes }, (response) => response.body?.cancel());
    } catch (error) {
      return warning(
        `${repository}:${TAG} stays: ${reasonOf(error)}`,
        "Deleting takes the right to manage. Delete it by hand.",
      );
    }
    // Only an image of its own name: one that the user has named may hold more.
    if (examination.repository !== undefined) return ok("the image is gone");
    try {
      const path = parseImageName(repository);
      const api = await openApi(examination.registry, examination.credentials);
      unwrap(await api.DELETE("/api/organizations/{organization}/images/{image}", { params: { path } }));
      return ok("nothing is left of it");
    } catch (error) {
      return warning(`the image ${repository} stays, without tags: ${reasonOf(error)}`, "Delete it by hand.");
    }
  },
};

/** An image of our own in an organization that one may push to. */
async function findRepository({ registry, credentials }: Examination): Promise<string | undefined> {
  try {
    const api = await openApi(registry, credentials);
    // Best is one where the image can be deleted afterwards.
    for (const level of ["manage", "edit"] as const) {
      const { organizations } = await readPages("organizations", 1, async (page) =>
        unwrap(await api.GET("/api/organizations", { params: { query: { ...page, level } } })),
      );
      const [own] = organizations;
      if (own) return `${own.name}/${NAME}`;
    }
    return undefined;
  } catch {
    return undefined;
  }
}
