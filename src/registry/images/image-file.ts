/** One file of an image or artifact, such as an SBOM, for those who look at it without a client: beyond SWR. */
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Visitor } from "../../model/rights/access.ts";
import type { Call } from "../call.ts";
import { findBlob, lostBlob, openObject, unknownBlob } from "../content/blobs.ts";
import { countPull } from "../content/pulls.ts";
import { requireVisible } from "./image-detail.ts";

export interface ImageFile {
  /** Bytes. */
  size: number;
  /**
   * Counts its bytes, but no pull of the image, and opens it: it goes from R2 to the client without passing through JavaScript.
   *
   * @throws RegistryError BLOB_UNKNOWN when its bytes are lost.
   */
  open: () => Promise<ReadableStream>;
}

/**
 * Finds a blob of an image, for everybody who may pull that.
 *
 * @throws RegistryError BLOB_UNKNOWN when the image does not have it: one of a registry elsewhere has it once a client pulled it.
 */
export async function findImageFile(call: Call<Visitor>, name: RepositoryName, digest: Digest): Promise<ImageFile> {
  const { stores } = call;
  await requireVisible(call, name);
  const blob = await findBlob(stores.db, name, digest);
  if (!blob) throw unknownBlob(name, digest);
  const open = async () => {
    const object = await openObject(stores, blob.objectKey);
    if (!object) throw lostBlob(digest);
    countPull(call, { repository: blob.repository, isCounted: false, bytes: blob.size, manifestIds: [] });
    return object.body;
  };
  return { size: blob.size, open };
}
