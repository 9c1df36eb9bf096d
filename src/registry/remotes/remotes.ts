/**
 * Registries elsewhere that an account has registered by a name, for images to be synchronized to and to come from. Their
 * passwords are never shown again.
 */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { describeReason, reasonOf, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, type ReasonCode, reason } from "../../kernel/reasons.ts";
import { MAX_REMOTES } from "../../kernel/limits.ts";
import { isSignedOut, NetworkLost, RegistryRefusal } from "../../client/errors.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import {
  parseRemoteCredentials,
  parseRemoteName,
  parseRemoteUrl,
  type RemoteCredentials,
} from "../../model/remotes/remotes.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  deleteRemote,
  findRemote,
  insertRemote,
  listRemotes,
  type RemoteRecord,
  updateRemote,
} from "../../storage/remotes/remotes.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOutbound } from "../outbound/paces.ts";
import { requireAdministrator } from "../rights/management.ts";
import { clientOf, credentialsOf } from "./remote-client.ts";
import { decryptRemotePassword, encryptRemotePassword } from "./remote-secrets.ts";

/** What is told of a remote registry: all but its password. */
export type Remote = Omit<RemoteRecord, "encryptedPassword">;

/** How a remote registry is reached; null for nobody in particular. */
export interface WantedRemote {
  url: string;
  username: string | null;
  password: string | null;
}

/** What is absent stays as it is. */
export type RemoteChanges = { [K in keyof WantedRemote]?: WantedRemote[K] | undefined };

/** Whether a registry is tried out before it is saved. */
interface Tested {
  isTested: boolean;
}

/** For the whole of a trial: two answers, and that of a token service. */
const TEST_LIMIT_MS = 10_000;

/** The remote registries of the caller's account, by name: users who make rules must be able to name them. */
export async function listOwnRemotes({ stores, caller }: Call<Manager>): Promise<Remote[]> {
  return (await listRemotes(stores.db, caller.user.accountId)).map(withoutPassword);
}

export async function getRemote(call: Call<Manager>, name: string): Promise<Remote> {
  return withoutPassword(await requireRemote(call, name));
}

/**
 * A remote registry of the caller's account.
 *
 * @throws RegistryError REMOTE_UNKNOWN, also for those of other accounts.
 */
export async function requireRemote({ stores, caller }: Call<Manager>, name: string): Promise<RemoteRecord> {
  const remote = await findRemote(stores.db, caller.user.accountId, name);
  if (remote) return remote;
  throw unknownRemote(name);
}

/** Registers a remote registry. @throws RegistryError REMOTE_INVALID, also when it was tried and does not work. */
export async function addRemote(
  call: Call<Manager>,
  name: string,
  { isTested, ...wanted }: WantedRemote & Tested,
): Promise<Remote> {
  const { accountId } = requireAdministrator(call, call.caller.user.accountId);
  parseRemoteName(name);
  const url = readUrl(call, wanted.url);
  const credentials = parseRemoteCredentials(wanted.username, wanted.password);
  if (isTested) await requireWorking(call, url, credentials);
  const settings = { url, ...(await storedCredentials(call, name, credentials)) };
  const { outcome } = await insertRemote(call.stores.db, actorOf(call), accountId, name, settings);
  if (outcome === "name-taken") {
    throw refusal("REMOTE_EXISTS", reason("REMOTE_EXISTS", { name }), { field: "name", detail: { name } });
  }
  if (outcome === "too-many") {
    throw new RegistryError("REMOTE_LIMIT", `an account has at most ${MAX_REMOTES} remote registries`);
  }
  return getRemote(call, name);
}

/** Changes how a remote registry is reached. A password stays with the address that it was given for: another one takes it anew. */
export async function changeRemote(
  call: Call<Manager>,
  name: string,
  { isTested, versions, ...changes }: RemoteChanges & Tested & { versions?: Versions | undefined },
): Promise<Remote> {
  const { accountId } = requireAdministrator(call, call.caller.user.accountId);
  const remote = await requireRemote(call, name);
  const url = readUrl(call, changes.url ?? remote.url);
  const username = changes.username === undefined ? remote.username : changes.username;
  const isKept = changes.password === undefined && username !== null && remote.encryptedPassword !== null;
  if (isKept && (url !== remote.url || username !== remote.username)) {
    const field = "password";
    throw refusal("REMOTE_INVALID", reason("REMOTE_TAKES_PASSWORD_ANEW"), { field, detail: { field } });
  }
  const kept = isKept ? await decryptRemotePassword(call.stores, remote) : undefined;
  const credentials = parseRemoteCredentials(username, changes.password ?? kept ?? null);
  if (isTested) await requireWorking(call, url, credentials);
  const written = {
    // Together, so that no password comes to an address that somebody else has set meanwhile.
    ...(!isKept && { url, ...(await storedCredentials(call, name, credentials)) }),
  };
  const updating = updateRemote(call.stores.db, actorOf(call), accountId, name, written, versions);
  if (!(await unlessChanged(`remote registry ${name}`, updating))) throw unknownRemote(name);
  return getRemote(call, name);
}

/** @throws RegistryError REMOTE_IN_USE while a rule or an organization names it. */
export async function removeRemote(call: Call<Manager>, name: string): Promise<void> {
  const { accountId } = requireAdministrator(call, call.caller.user.accountId);
  const { outcome } = await deleteRemote(call.stores.db, actorOf(call), accountId, name);
  if (outcome === "unknown") throw unknownRemote(name);
  if (outcome === "in-use") {
    const message = `a rule or an organization still uses remote registry ${name}: delete that first`;
    throw new RegistryError("REMOTE_IN_USE", { message, detail: { name } });
  }
}

/**
 * Tests a remote registry: it answers, and takes the credentials.
 *
 * @returns what does not work; undefined if everything does.
 */
export async function tryRemote(call: Call<Manager>, name: string): Promise<Reason | undefined> {
  requireAdministrator(call, call.caller.user.accountId);
  const remote = await requireRemote(call, name);
  const password = await decryptRemotePassword(call.stores, remote);
  const { username, url } = remote;
  return whyNotWorking(call, url, username === null || password === undefined ? undefined : { username, password });
}

function readUrl({ stores, registry }: Call<Manager>, text: string): string {
  const url = parseRemoteUrl(text);
  checkTarget(new URL(url), stores.settings, { registry }, "REMOTE_INVALID");
  return url;
}

async function storedCredentials(
  { stores, caller }: Call<Manager>,
  name: string,
  credentials: RemoteCredentials | undefined,
): Promise<{ username: string | null; encryptedPassword: string | null }> {
  if (!credentials) return { username: null, encryptedPassword: null };
  const { username, password } = credentials;
  return { username, encryptedPassword: await encryptRemotePassword(stores, caller.user.accountId, name, password) };
}

async function requireWorking(
  call: Call<Manager>,
  url: string,
  credentials: RemoteCredentials | undefined,
): Promise<void> {
  const why = await whyNotWorking(call, url, credentials);
  if (why === undefined) return;
  const detail = { why: describeReason(why) };
  throw refusal("REMOTE_INVALID", why, { field: FIELDS_AT_FAULT[why.code] ?? "url", detail });
}

/** What of a remote registry does not work, by the reason; otherwise it is the address. */
const FIELDS_AT_FAULT: Partial<Record<ReasonCode, string>> = {
  REMOTE_REFUSES_LOGIN: "password",
  REMOTE_WANTS_LOGIN: "username",
};

/** Asks for `GET /v2/`, which every registry answers (OCI distribution-spec, "Determining Support"). */
async function whyNotWorking(
  { stores, registry, caller }: Call<Manager>,
  url: string,
  credentials: RemoteCredentials | undefined,
): Promise<Reason | undefined> {
  const { host } = new URL(url);
  await requireOutbound(stores, caller.user.accountId, url);
  const given = credentialsOf(credentials?.username ?? null, credentials?.password);
  const client = clientOf(stores, { url, credentials: given }, { registry }, { attempts: 1 });
  try {
    await client.check({ signal: AbortSignal.timeout(TEST_LIMIT_MS), attempts: 1 });
    return undefined;
  } catch (error) {
    if (error instanceof RegistryError) return reasonOf(error);
    if (isSignedOut(error)) {
      return reason(credentials ? "REMOTE_REFUSES_LOGIN" : "REMOTE_WANTS_LOGIN", { host });
    }
    if (error instanceof RegistryRefusal) {
      return reason("REFUSED", { host, status: error.status, message: shorten(error.message) });
    }
    if (error instanceof DOMException) return reason("REMOTE_SILENT", { host, seconds: TEST_LIMIT_MS / 1000 });
    if (error instanceof NetworkLost) return reason("NOT_REACHED_SOMEHOW", { host });
    if (error instanceof Error && error.name === "ProtocolViolation") {
      return reason("REMOTE_NO_REGISTRY", { host, message: error.message });
    }
    throw error;
  }
}

function withoutPassword({ id, accountId, name, url, username, createdAt, updatedAt }: RemoteRecord): Remote {
  return { id, accountId, name, url, username, createdAt, updatedAt };
}

export function unknownRemote(name: string): RegistryError {
  return new RegistryError("REMOTE_UNKNOWN", {
    message: `remote registry ${shorten(name)} does not exist`,
    detail: { name: shorten(name) },
  });
}
