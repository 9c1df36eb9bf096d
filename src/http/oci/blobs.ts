import { Hono } from "hono";
import { type ByteRange, parseByteRange } from "../../model/byte-range.ts";
import { parseDigest } from "../../model/digest.ts";
import { RegistryError } from "../../model/errors.ts";
import { actorOf, requireAccess } from "../../registry/access.ts";
import { deleteBlob, getBlob, statBlob } from "../../registry/blobs.ts";
import { countPull } from "../../registry/pulls.ts";
import { type AppEnv, continueAfterAnswer, repositoryParam } from "../context.ts";
import { etagOf, isNotModified, setContentHeaders } from "./caching.ts";

/** OCI distribution-spec, "Pulling blobs" and "Deleting Blobs". */
export const blobs = new Hono<AppEnv>()
  .get("/:name{.+}/blobs/:digest", async (c) => {
    const repository = repositoryParam(c);
    await requireAccess(c.var.stores, c.var.caller, "pull", repository);
    const digest = parseDigest(c.req.param("digest"));
    const isHead = c.req.method === "HEAD";
    const blob = isHead
      ? { ...(await statBlob(c.var.stores, repository, digest)), open: undefined }
      : await getBlob(c.var.stores, repository, digest);

    if (isNotModified(c, digest)) {
      setContentHeaders(c, digest, true);
      return c.body(null, 304);
    }
    const ifRange = c.req.header("If-Range");
    const isRangeWanted = !isHead && (ifRange === undefined || ifRange === etagOf(digest));
    const wanted = isRangeWanted ? c.req.header("Range") : undefined;
    const range = parseByteRange(wanted, blob.size);
    if (range === "unsatisfiable") {
      throw new RegistryError("BLOB_RANGE_INVALID", {
        message: `the range ${wanted} is outside of the blob, which has ${blob.size} bytes`,
        detail: { size: blob.size },
      });
    }
    const bytes = range?.length ?? blob.size;
    // Before any header is set: an object that is lost is answered without them.
    const body = await blob.open?.(range);
    setContentHeaders(c, digest, true);
    // Also keeps proxies and the local runtime from compressing it.
    c.header("Content-Type", "application/octet-stream");
    c.header("Accept-Ranges", "bytes");
    c.header("Content-Length", String(bytes));
    if (!blob.open || !body) return c.body(null);
    if (range) c.header("Content-Range", contentRange(range, blob.size));
    const pull = { repository: blob.repository, isCounted: false, bytes, manifestIds: [] };
    continueAfterAnswer(c, countPull(c.var.stores, pull));
    return c.body(body, range ? 206 : 200);
  })
  .delete("/:name{.+}/blobs/:digest", async (c) => {
    const repository = repositoryParam(c);
    await requireAccess(c.var.stores, c.var.caller, "delete", repository);
    await deleteBlob(c.var.stores, actorOf(c.var.caller), repository, parseDigest(c.req.param("digest")));
    return c.body(null, 202);
  });

function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
