/** Sharing private images with other accounts: guide 4.6. */
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { MAX_SHARES, MAX_SHARES_WITH_ACCOUNT } from "../../model/rights/shares.ts";
import { findAccount } from "../../storage/accounts/accounts.ts";
import {
  countShares,
  deleteShare,
  findShare,
  insertShare,
  listReceivedShares,
  listSentShares,
  listShares,
  type ListedShare as ShareRow,
  type ReceivedPage,
  type SentPage,
  type Share as ShareRecord,
  type ShareTerms,
  updateShare,
} from "../../storage/rights/shares.ts";
import { actorOf, type Call } from "../call.ts";
import { unlessChanged } from "../versions.ts";
import { requireOwnRepository, type RepositoryAccess } from "./management.ts";

/** Whether it holds at the moment. */
type Valid = { isValid: boolean };
export type Share = ShareRecord & Valid;
export type ListedShare = ShareRow & Valid;

function isRunning({ endsAt }: { endsAt: Date | null }): boolean {
  return endsAt === null || endsAt.getTime() > Date.now();
}

/** An image's shares, also ended ones. Needs any right to the image, as a user of its own account. */
export async function listImageShares(call: Call<Manager>, name: RepositoryName): Promise<Share[]> {
  const { id } = await requireOwnRepository(call, name, "read");
  const shares = await listShares(call.stores.db, id);
  return shares.map((share) => ({ ...share, isValid: isRunning(share) }));
}

/** An image's share with an account; undefined when there is none. */
export async function getImageShare(
  call: Call<Manager>,
  name: RepositoryName,
  account: string,
): Promise<Share | undefined> {
  const { id } = await requireOwnRepository(call, name, "read");
  const share = await findShare(call.stores.db, id, account);
  return share && { ...share, isValid: isRunning(share) };
}

/** Lets all users of another account pull a private image. */
export async function shareImage(
  call: Call<Manager>,
  name: RepositoryName,
  account: string,
  terms: ShareTerms,
): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  requirePrivate(repository);
  const found = await findAccount(call.stores.db, account);
  if (!found) throw unknownPartner(account);
  if (found.id === repository.organization.accountId) {
    throw refusal("PARAMETER_INVALID", reason("SHARE_WITH_OWNER", { image: name, account }), { field: "account" });
  }
  if (await insertShare(call.stores.db, actorOf(call), repository, account, terms)) return;
  throw await reasonNotToShare(call, name, account);
}

/** What stood in the way is looked for afterwards: the statement that shares checks it all itself. */
async function reasonNotToShare(call: Call<Manager>, name: RepositoryName, account: string): Promise<RegistryError> {
  const repository = await requireOwnRepository(call, name, "manage");
  requirePrivate(repository);
  if (await findShare(call.stores.db, repository.id, account)) {
    return refusal("SHARE_EXISTS", reason("SHARE_EXISTS", { image: name, account }), { field: "account" });
  }
  if ((await countShares(call.stores.db, repository.id)) >= MAX_SHARES) {
    return refusal("SHARE_LIMIT", reason("SHARE_LIMIT", { max: MAX_SHARES }));
  }
  if (!(await findAccount(call.stores.db, account))) return unknownPartner(account);
  return refusal("SHARE_LIMIT", reason("SHARE_LIMIT_OF_ACCOUNT", { account, max: MAX_SHARES_WITH_ACCOUNT }));
}

function unknownPartner(account: string): RegistryError {
  return refusal("ACCOUNT_UNKNOWN", reason("SHARE_ACCOUNT_UNKNOWN", { account }), { field: "account" });
}

function requirePrivate({ isPublic, name }: RepositoryAccess): void {
  if (!isPublic) return;
  throw refusal("PARAMETER_INVALID", reason("SHARE_OF_PUBLIC", { image: name }));
}

/** Changes until when a share holds, and its note if one is given. */
export async function changeShare(
  call: Call<Manager>,
  name: RepositoryName,
  account: string,
  terms: Parameters<typeof updateShare>[4],
): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  requirePrivate(repository);
  const updating = updateShare(call.stores.db, actorOf(call), repository, account, terms);
  if (!(await unlessChanged(`the share of ${name} with ${account}`, updating))) throw unknownShare(name, account);
}

export async function endShare(call: Call<Manager>, name: RepositoryName, account: string): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  if (!(await deleteShare(call.stores.db, actorOf(call), repository, account))) throw unknownShare(name, account);
}

function unknownShare(name: RepositoryName, account: string): RegistryError {
  return new RegistryError("SHARE_UNKNOWN", `image ${name} is not shared with account ${account}`);
}

/** Shares of all images that the caller has a right to, by image, after one of them. */
export async function listSent(call: Call<Manager>, page: SentPage) {
  const { rows, end } = await listSentShares(call.stores.nearby, call.caller.user, page);
  // A public image is for everybody, so that its shares mean nothing as long as it is.
  return { rows: rows.map((row): ListedShare => ({ ...row, isValid: !row.isPublic && isRunning(row) })), end };
}

/** Shares of other accounts' images with the caller's account that hold, after one of them. */
export async function listReceived(call: Call<Manager>, page: ReceivedPage) {
  const { rows, end } = await listReceivedShares(call.stores.nearby, call.caller.user, page);
  return { rows: rows.map((row): ListedShare => ({ ...row, isValid: true })), end };
}
