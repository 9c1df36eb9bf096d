import { type Context, Hono } from "hono";
import type { RegistryCaller } from "../../model/rights/access.ts";
import { parseContentRange } from "../../kernel/byte-range.ts";
import { algorithmOf, type Digest, type DigestAlgorithm, isDigestAlgorithm, parseDigest } from "../../kernel/digest.ts";
import { digestOf } from "../../model/hash.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { UPLOAD_PART_BYTES } from "../../kernel/limits.ts";
import { parseRepositoryName, type RepositoryName } from "../../kernel/reference.ts";
import { type Access, requireAccess, requireMountAccess } from "../../registry/rights/access.ts";
import type { Call } from "../../registry/call.ts";
import { mountBlob } from "../../registry/content/mount-blob.ts";
import {
  abandonUpload,
  appendChunk,
  type ChunkBounds,
  completeUpload,
  getUploadOffset,
  stableId,
  startUpload,
  type Upload,
  uploadBlob,
  type UploadState,
} from "../../registry/content/uploads.ts";
import { registryCall } from "../call.ts";
import { type AppEnv, repositoryParam } from "../context.ts";
import { setContentHeaders } from "./caching.ts";
import { uploadRange } from "./upload-range.ts";

/** OCI distribution-spec, "Pushing blobs": in one request, in one chunk or in many, or mounted from elsewhere. */
export const uploads = new Hono<AppEnv>()
  .post("/:name{.+}/blobs/uploads", async (c) => {
    const repository = repositoryParam(c);
    const call = registryCall(c);
    const mount = c.req.query("mount");
    const from = mountSource(c, c.req.query("from"));
    const access =
      mount !== undefined && from !== undefined && from !== "unusable"
        ? await requireMountAccess(call, repository, from)
        : await requireAccess(call, "push", repository);
    if (mount !== undefined) {
      const digest = parseDigest(mount);
      if (from !== "unusable" && (await mountBlob(call, access, { digest, from }))) {
        return created(c, access, digest);
      }
    }
    const digestParameter = c.req.query("digest");
    if (digestParameter !== undefined) {
      const digest = parseDigest(digestParameter);
      const bounds = chunkBounds(c);
      // Without bytes it is either the empty blob or a client that will send them in a PUT.
      if (bounds.length !== 0 || digest === digestOf(new Uint8Array(0), algorithmOf(digest))) {
        await uploadBlob(call, access, { digest, bounds, body: c.req.raw.body });
        return created(c, access, digest);
      }
    }
    const id = startUpload(call, access, requestedAlgorithm(c));
    c.header("OCI-Chunk-Min-Length", String(UPLOAD_PART_BYTES));
    return accepted(c, access, { id, offset: 0 }, 202);
  })
  .get("/:name{.+}/blobs/uploads/:session", async (c) => {
    const call = registryCall(c);
    const upload = await requireUpload(c, call);
    return accepted(c, upload.access, await getUploadOffset(call, upload), 204);
  })
  .patch("/:name{.+}/blobs/uploads/:session", async (c) => {
    const call = registryCall(c);
    const upload = await requireUpload(c, call);
    const state = await appendChunk(call, upload, { bounds: chunkBounds(c), body: c.req.raw.body });
    return accepted(c, upload.access, state, 202);
  })
  .put("/:name{.+}/blobs/uploads/:session", async (c) => {
    const call = registryCall(c);
    const upload = await requireUpload(c, call);
    const digest = parseDigest(c.req.query("digest") ?? "");
    await completeUpload(call, upload, { digest, bounds: chunkBounds(c), body: c.req.raw.body });
    return created(c, upload.access, digest);
  })
  .delete("/:name{.+}/blobs/uploads/:session", async (c) => {
    const call = registryCall(c);
    await abandonUpload(call, await requireUpload(c, call));
    return c.body(null, 204);
  });

async function requireUpload(c: Context<AppEnv>, call: Call<RegistryCaller>): Promise<Upload> {
  const access = await requireAccess(call, "push", repositoryParam(c));
  return { access, id: c.req.param("session") ?? "" };
}

/** A source that cannot exist is no error: the blob is uploaded instead, as from any source that lacks it. */
function mountSource(c: Context<AppEnv>, from: string | undefined): RepositoryName | "unusable" | undefined {
  if (from === undefined) return undefined;
  try {
    return parseRepositoryName(from, c.var.stores.settings.defaultOrganization);
  } catch (error) {
    if (error instanceof RegistryError) return "unusable";
    throw error;
  }
}

function requestedAlgorithm(c: Context): DigestAlgorithm {
  const algorithm = c.req.query("digest-algorithm") ?? "sha256";
  if (isDigestAlgorithm(algorithm)) return algorithm;
  throw new RegistryError(
    "DIGEST_INVALID",
    `digest algorithm ${algorithm.slice(0, 50)} is not known: use sha256 or sha512`,
  );
}

/**
 * What a request says of its body. A length from `Content-Length` is certain; one that follows from `Content-Range` alone
 * is checked while the bytes come in.
 */
function chunkBounds(c: Context): ChunkBounds {
  const lengthHeader = c.req.header("Content-Length");
  const length = lengthHeader === undefined ? undefined : Number(lengthHeader);
  const rangeHeader = c.req.header("Content-Range");
  if (rangeHeader === undefined) return length === undefined ? {} : { length, isLengthCertain: true };
  const range = parseContentRange(rangeHeader);
  if (!range) {
    throw new RegistryError("UPLOAD_INVALID", `Content-Range "${rangeHeader.slice(0, 50)}" is not <first>-<last>`);
  }
  if (length !== undefined && length !== range.length) {
    throw new RegistryError("SIZE_INVALID", `Content-Range names ${range.length} bytes, but Content-Length ${length}`);
  }
  return { start: range.offset, length: range.length, isLengthCertain: length !== undefined };
}

function accepted(
  c: Context,
  { repository }: Access<"push">,
  { id, offset }: UploadState,
  status: 202 | 204,
): Response {
  c.header("Location", `/v2/${repository}/blobs/uploads/${id}`);
  c.header("Range", uploadRange(offset));
  c.header("Docker-Upload-UUID", stableId(id));
  return c.body(null, status);
}

function created(c: Context, { repository }: Access<"push">, digest: Digest): Response {
  setContentHeaders(c, digest, true);
  c.header("Location", `/v2/${repository}/blobs/${digest}`);
  return c.body(null, 201);
}
