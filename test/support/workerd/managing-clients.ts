/** Clients of the management APIs for tests: users who send JSON with their own credentials. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { randomBytes } from "node:crypto";
import { app } from "../../../src/app.ts";
import type { Role } from "../../../src/model/rights/access.ts";
import { addUser, basic, digestOf, fetchAnonymously, OCI_MANIFEST, someBytes } from "./registry-requests.ts";

/** Every user's that {@link newUser} makes. */
export const PASSWORD = "correct horse battery";

export interface Client {
  name: string;
  password: string;
  /** Sends a request; a body goes as JSON, a string as it is. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string): Promise<Response>;
  post(path: string, body?: unknown): Promise<Response>;
  patch(path: string, body?: unknown): Promise<Response>;
  delete(path: string, body?: unknown): Promise<Response>;
}

/** A client of a user who is there already; `fetch` may be one {@link withSettings}. */
export function asUser(name: string, password = PASSWORD, fetch = fetchAnonymously): Client {
  const send: Client["send"] = (method, path, body, headers = {}) =>
    fetch(path, {
      method,
      headers: { Authorization: basic(name, password), "Content-Type": "application/json", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    name,
    password,
    send,
    get: (path) => send("GET", path),
    post: (path, body) => send("POST", path, body),
    patch: (path, body) => send("PATCH", path, body),
    delete: (path, body) => send("DELETE", path, body),
  };
}

/** Sends requests to a Worker whose variables differ. */
export function withSettings(settings: Record<string, unknown>): typeof fetchAnonymously {
  const changed = { ...env, ...settings };
  return async (path, init) =>
    app.fetch(new Request(new URL(path, "http://registry.test"), init), changed, createExecutionContext());
}

let counter = 0;
/** A name that no other test uses, and that an organization, an account or a user may have. */
export function newName(prefix: string): string {
  counter += 1;
  return `${prefix}-${randomBytes(4).toString("hex")}-${counter}`;
}

/** Makes a user of an account (made as well, if need be) and answers their client. */
export async function newUser(
  account: string,
  { role = "member", name = newName("user") }: { role?: Role; name?: string } = {},
): Promise<Client> {
  await addUser(name, PASSWORD, { role, account });
  return asUser(name);
}

/** An account of its own with an administrator and a member who has no rights yet. */
export async function newAccount() {
  const account = newName("account");
  const administrator = await newUser(account, { role: "administrator" });
  return { account, administrator, member: await newUser(account) };
}

/** Creates an organization as this user and answers its name. */
export async function newOrganization(client: Client, name = newName("org")): Promise<string> {
  const response = await client.post("/v2/manage/namespaces", { namespace: name });
  if (response.status !== 201) throw new Error(`creating ${name}: ${response.status} ${await response.text()}`);
  return name;
}

/** Grants rights by SWR's API, on an organization or on one image of it (`image` with `$` for `/`). */
export async function grant(client: Client, organization: string, user: string, auth: 1 | 3 | 7, image?: string) {
  const path = accessPath(organization, image);
  const response = await client.post(path, [{ user_id: await userIdOf(user), user_name: user, auth }]);
  if (!response.ok) throw new Error(`granting at ${path}: ${response.status} ${await response.text()}`);
}

/** Where SWR's API has the permissions on an organization or on one image of it. */
export function accessPath(organization: string, image?: string): string {
  const base = `/v2/manage/namespaces/${organization}`;
  return image === undefined ? `${base}/access` : `${base}/repos/${image}/access`;
}

/** A user's id as SWR's API writes it. */
export async function userIdOf(name: string): Promise<string> {
  const id = await env.DB.prepare("SELECT id FROM users WHERE name = ?").bind(name).first<number>("id");
  return String(id);
}

/** Status and code of SWR's answer, for one comparison: `409 SVCSTG.SWR.4090060`. */
export async function swrProblem(response: Response): Promise<string> {
  const body = await response.json<{ error_code?: string }>();
  return `${response.status} ${body.error_code}`;
}

export interface AuditRow {
  action: string;
  organization: string | null;
  user_name: string;
  resource: string;
  result: string;
  detail: string | null;
}

/** What the audit holds of a resource, oldest first. */
export async function auditOf(resource: string): Promise<AuditRow[]> {
  const { results } = await env.DB.prepare(
    "SELECT action, organization, user_name, resource, result, detail FROM audit_events WHERE resource = ? ORDER BY id",
  )
    .bind(resource)
    .all<AuditRow>();
  return results;
}

/** Pushes an image of one blob as this user, and answers its digest. */
export async function pushAs(client: Client, repository: string, tag = "latest"): Promise<string> {
  const config = someBytes();
  const descriptor = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: digestOf(config),
    size: config.byteLength,
  };
  const upload = await fetchAnonymously(`/v2/${repository}/blobs/uploads/?digest=${descriptor.digest}`, {
    method: "POST",
    headers: { Authorization: basic(client.name, client.password), "Content-Length": String(config.byteLength) },
    body: config,
  });
  if (upload.status !== 201) throw new Error(`pushing a blob: ${upload.status} ${await upload.text()}`);
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers: [] });
  const path = `/v2/${repository}/manifests/${tag}`;
  const response = await client.send("PUT", path, manifest, { "Content-Type": OCI_MANIFEST });
  if (response.status !== 201) throw new Error(`pushing a manifest: ${response.status} ${await response.text()}`);
  return digestOf(manifest);
}

/** A token for one scope, as docker asks for it. */
export async function tokenFor(client: Client, scope: string): Promise<string> {
  const response = await client.get(`/token?service=registry.test&scope=${encodeURIComponent(scope)}`);
  const { token } = await response.json<{ token: string }>();
  return token;
}

/** Sends a request with a token. */
export function sendWithToken(token: string, method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetchAnonymously(path, { ...init, method, headers: { Authorization: `Bearer ${token}` } });
}

/** The statuses of answers to requests that were sent at once, in ascending order. */
export function statusesOf(answers: readonly Response[]): number[] {
  return answers.map(({ status }) => status).sort((one, other) => one - other);
}
