import type { RegistryCaller } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { mountBlob as linkFrom } from "../../storage/content/blobs.ts";
import { actorOf, type Call } from "../call.ts";
import { refusedCreation, writeTo } from "../images/repositories.ts";
import { type Access, mayAccess, pullLimitOf } from "../rights/access.ts";
import { isReadable } from "./blobs.ts";

/**
 * Makes a blob of another repository a blob of this one, without moving bytes (OCI distribution-spec, "Mounting a blob
 * from another repository"). Without `from`, any repository will do that the caller may pull from. What is mounted stays,
 * so the user's right to the source is looked up, whatever a token of some minutes ago says.
 *
 * @returns whether it could be mounted; if not, the caller uploads it.
 */
export async function mountBlob(
  call: Call<RegistryCaller>,
  access: Access<"push">,
  { digest, from }: { digest: Digest; from: RepositoryName | undefined },
): Promise<boolean> {
  const { stores, caller } = call;
  const { repository } = access;
  if (from && !(await mayAccess(call, "pull", from))) return false;
  const actor = actorOf(call);
  const among = from ? [from] : pullLimitOf(caller);
  const mounting = await writeTo(call, access, (creation) =>
    linkFrom(stores.db, actor, repository, digest, among, creation),
  );
  if (mounting.outcome === "quota-exceeded" || mounting.outcome === "account-gone") throw refusedCreation(mounting);
  // One that is lost stays linked, and counts as absent until it is uploaded.
  return mounting.outcome === "mounted" && isReadable(stores, mounting.object);
}
