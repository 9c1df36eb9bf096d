/**
 * Every route, asked by everybody: who gets what, that a refusal does not tell what there is, and what the audit says of it. A file
 * tests a part of them: after some 9,300 requests that query D1, the runner of tests lets every further one hang ("Cannot perform
 * I/O on behalf of a different request"). `npm start` answers 14,000 and more.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, type ExpectStatic, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { isAtLeast, type Level } from "../../../src/model/rights/access.ts";
import type { AuditAction } from "../../../src/model/audit/audit.ts";
import {
  authorize,
  CALLERS,
  type CallerName,
  credentialsOf,
  HOME,
  imageRightOf,
  isAdministrator,
  isLogin,
  isOf,
  type Kind,
  KINDS,
  mayPull,
  organizationRightOf,
  OTHER,
} from "./access-callers.ts";
import { at as atTime, openSession, sendWithCookie } from "./signed-requests.ts";
import { eventually } from "./waiting.ts";
import { newName, PASSWORD } from "./managing-clients.ts";
import { setCommonLimits } from "./quota-counts.ts";
import { digestOf, fetchAnonymously, OCI_MANIFEST } from "./registry-requests.ts";
import {
  clusterIdOf,
  deleteTags,
  MANIFEST,
  newAccessKey,
  newAccounts,
  newClusters,
  newDelivery,
  newImages,
  newLogin,
  newMembers,
  newOrganizations,
  newOrganizationSyncRule,
  newRetentionRule,
  newSyncJob,
  newSyncRule,
  type Target,
  withoutImage,
  withoutOrganization,
  withoutPerson,
} from "./access-targets.ts";
import { answerAsIssuer, ISSUER, newTrustRule } from "./stored-trust-rules.ts";

// --- What is expected ---

type Status = (caller: CallerName, kind: Kind) => number;

/** What a row is about, and who gets which status. */
interface Expectation {
  of: "image" | "organization" | "member" | "account" | "nothing";
  status: Status;
  /** Whether the caller may know that the thing exists; to others the answer does not tell. */
  knows: (caller: CallerName, kind: Kind) => boolean;
  /** What container tools ask a token for. */
  scope?: (target: Target) => string;
  /** Who finds out whether the organization exists, but not whether the image does. */
  knowsOrganization?: (caller: CallerName) => boolean;
}

/** The statuses of some callers who get another one than the rest. */
type Others = Partial<Record<CallerName, number>>;

/** The management APIs, to which login commands do not reach. */
function managed(status: Status): Status {
  return (caller, kind) => (caller === "anonymous" ? 401 : isLogin(caller) ? 403 : status(caller, kind));
}

/** For all who may pull the image, by whatever right. */
function pullable(ok: number): Expectation {
  return { of: "image", status: managed((caller, kind) => (mayPull(caller, kind) ? ok : 404)), knows: mayPull };
}

/** The same where also anonymous callers look. */
function visible(ok: number): Expectation {
  const status: Status = (caller, kind) => (isLogin(caller) ? 403 : mayPull(caller, kind) ? ok : 404);
  return { of: "image", status, knows: mayPull };
}

/** For who has this right to the image by account or permission. */
function ownImage(level: Level, ok: number, forPublic = ok): Expectation {
  const status: Status = (caller, kind) => {
    if (!isAtLeast(imageRightOf(caller), level)) return mayPull(caller, kind) ? 403 : 404;
    return kind === "public" ? forPublic : ok;
  };
  return { of: "image", status: managed(status), knows: mayPull };
}

/** The answer says of each image what came of it, and looks to others as if it did not exist. */
function eachImage(): Expectation {
  return { of: "image", status: managed(() => 200), knows: mayPull };
}

/** For who has a right to the organization as well: what the image's pushes then do concerns more than the image. */
function ownImageOfOrganization(level: Level, ok: number): Expectation {
  const onImage = ownImage(level, ok);
  const status: Status = (caller, kind) => {
    const answer = onImage.status(caller, kind);
    return answer === ok && !isAtLeast(organizationRightOf(caller), level) ? 403 : answer;
  };
  return { ...onImage, status };
}

/** For who has this right to the organization; a right to some of its images is none. */
function ownOrganization(level: Level, ok: number): Expectation {
  const knows = (caller: CallerName) => organizationRightOf(caller) !== undefined;
  const status: Status = (caller) => (isAtLeast(organizationRightOf(caller), level) ? ok : knows(caller) ? 403 : 404);
  return { of: "organization", status: managed(status), knows };
}

/** What is named by an id alone: users who may not edit its organization do not learn that it exists. */
function editorsOnly(ok: number): Expectation {
  const knows = (caller: CallerName) => isAtLeast(organizationRightOf(caller), "edit");
  return { of: "organization", status: managed((caller) => (knows(caller) ? ok : 404)), knows };
}

/** The registry API: an anonymous caller is asked to log in, and the others are denied what they may not. */
function registry(actions: string, level: Level, ok: number): Expectation {
  const status: Status = (caller, kind) => {
    if (level === "read" ? mayPull(caller, kind) : isAtLeast(imageRightOf(caller), level)) return ok;
    return caller === "anonymous" ? 401 : 403;
  };
  // A push creates the organization; and operators may know (ADR 6).
  const knowsOrganization = (caller: CallerName) =>
    caller === "operator" || (level === "edit" && caller !== "anonymous");
  const scope = ({ name }: Target) => `repository:${name}:${actions}`;
  return { of: "image", status, knows: mayPull, scope, knowsOrganization };
}
const pull = (ok: number) => registry("pull", "read", ok);
const push = (ok: number) => registry("pull,push", "edit", ok);
const remove = (ok: number) => registry("delete", "manage", ok);

/** Mounting a blob of the image into one of the caller's own: what may not be pulled is uploaded instead. */
function mount(): Expectation {
  const status: Status = (caller, kind) => (caller === "anonymous" ? 401 : mayPull(caller, kind) ? 201 : 202);
  const scope = ({ own, name }: Target) => `repository:${own}:pull,push repository:${name}:pull`;
  return { of: "image", status, knows: mayPull, scope };
}

/** The catalog, which has what the caller has a right to. */
function catalog(): Expectation {
  const knows = (caller: CallerName) => imageRightOf(caller) !== undefined;
  const scope = () => "registry:catalog:*";
  return { of: "image", status: (caller) => (caller === "anonymous" ? 401 : 200), knows, scope };
}

const nobody = () => false;
const everyone = () => true;

/** For every user. */
function account(ok: number, others: Others = {}): Expectation {
  return { of: "nothing", status: managed((caller) => others[caller] ?? ok), knows: nobody };
}

/** The API of replications, for users with a password or a login command, but not with a token. */
function copiers(ok: number): Expectation {
  return { of: "nothing", status: (caller) => (isCopier(caller) ? ok : 401), knows: nobody };
}
const isCopier = (caller: CallerName) => caller !== "anonymous" && caller !== "loginToken";

/** For everybody, also without credentials. */
function everybody(ok: number, others: Others = {}): Expectation {
  return { of: "nothing", status: (caller) => others[caller] ?? ok, knows: nobody };
}

/** For the administrators of any account, within their own. */
function administrators(ok: number): Expectation {
  return { of: "nothing", status: managed((caller) => (isAdministrator(caller) ? ok : 403)), knows: nobody };
}

/** For operators, who know all accounts. */
function operators(ok: number, of: Expectation["of"] = "nothing"): Expectation {
  return {
    of,
    status: managed((caller) => (caller === "operator" ? ok : 403)),
    knows: (caller) => caller === "operator",
  };
}

/** For administrators of the member's account; other accounts' know of no such user. */
function administratorsOfMember(ok: number): Expectation {
  const knows = (caller: CallerName) => caller === "administrator";
  const status: Status = (caller) => (knows(caller) ? ok : isAdministrator(caller) ? 404 : 403);
  return { of: "member", status: managed(status), knows };
}

/** For all users of the member's account. */
function colleagues(ok: number): Expectation {
  const knows = (caller: CallerName) => isOf(HOME, caller);
  return { of: "member", status: managed((caller) => (knows(caller) ? ok : 404)), knows };
}

/** For users of the account and operators. */
function accountUsers(ok: number): Expectation {
  const knows = (caller: CallerName) => caller === "operator" || isOf(HOME, caller);
  return { of: "account", status: managed((caller) => (knows(caller) ? ok : 404)), knows };
}

/** What an organization has and may have: operators set it, and see it everywhere. */
function measuredOrganization(ok: number): Expectation {
  const own = ownOrganization("read", ok);
  return {
    ...own,
    status: (caller, kind) => (caller === "operator" ? ok : own.status(caller, kind)),
    knows: (caller, kind) => caller === "operator" || own.knows(caller, kind),
  };
}

/** The same of an account, for its administrators and for operators. */
function measuredAccount(ok: number): Expectation {
  const users = accountUsers(ok);
  return {
    ...users,
    status: (caller, kind) => {
      const status = users.status(caller, kind);
      return status === ok && !isAdministrator(caller) ? 403 : status;
    },
  };
}

/** The audit of an organization, for who manages it: other administrators' find nothing, operators everything. */
function audited(ok: number): Expectation {
  const own = ownOrganization("manage", ok);
  return {
    ...own,
    status: (caller, kind) => (isAdministrator(caller) ? ok : own.status(caller, kind)),
    knows: (caller) => caller === "operator" || organizationRightOf(caller) !== undefined,
  };
}

// --- How to ask ---

interface Details {
  /** Tells rows of one route apart. */
  note?: string;
  /** Method and path, where the route is a pattern for anything. */
  at?: string;
  /** `{name}` stands for a value of the target. */
  query?: string;
  body?: (target: Target, caller: CallerName) => unknown;
  headers?: Record<string, string>;
  /** Makes more that the request needs. */
  prepare?: (caller: CallerName, target: Target) => Promise<Target>;
  /** Default: all that images may be. */
  kinds?: readonly Kind[];
  /** Default: whatever is no GET gets a target of its own for each caller. */
  changes?: boolean;
  /** Who finds the target's name in the answer. */
  shows?: (caller: CallerName, kind: Kind) => boolean;
}

interface Row extends Expectation, Details {
  /** As the app has it. */
  route: string;
}

function line(route: string, expectation: Expectation, details: Details = {}): Row {
  return { route, ...expectation, ...details };
}

/** Puts values of the target in: of `:name` in a path and of `{name}` in a query. */
function urlFor(path: string, query: string, target: Target): string {
  const valueOf = (_: string, name: string) => target[name] ?? `no-${name}`;
  return path.replace(/:(\w+)(?:\{\.\+\})?/g, valueOf) + query.replace(/\{(\w+)\}/g, valueOf);
}

type Way = "basic" | "token";

/** Asks for a target as this caller. */
async function ask(row: Row, caller: CallerName, target: Target, way: Way): Promise<Response> {
  const [method = "", path = ""] = (row.at ?? row.route).split(" ");
  const body = row.body?.(target, caller);
  const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof URLSearchParams;
  return fetchAnonymously(urlFor(path, row.query ?? "", target), {
    method,
    headers: {
      ...(body !== undefined && !isRaw && { "Content-Type": "application/json" }),
      ...(await authorize(caller, way, row.scope?.(target))),
      ...row.headers,
    },
    ...(body !== undefined && { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
  });
}

// --- The table ---

const MANAGE = "/v2/manage";
const NAMESPACE = `${MANAGE}/namespaces/:namespace`;
const REPOSITORY = `${NAMESPACE}/repos/:repository`;
const DOMAINS = `${NAMESPACE}/repositories/:repository/access-domains`;
const IMAGE = "/api/organizations/:organization/images/:image";
const CLUSTERS = "/api/organizations/:organization/clusters";
const ORGANIZATION = "/api/organizations/:organization";
const UPSTREAM = "/api/organizations/:organization/upstream";
const PERMISSIONS = "/api/organizations/:organization/permissions";
const OCI = "/v2/:name{.+}";

const newcomers = ({ newcomerId, newcomer }: Target) => [{ user_id: newcomerId, user_name: newcomer, auth: 1 }];
const colleague = ({ colleagueId, colleague: name }: Target) => [{ user_id: colleagueId, user_name: name, auth: 3 }];
const newcomerToRead = ({ newcomer: user = "" }: Target) => ({ permissions: [{ user, level: "read" }] });
const colleagueIds = ({ colleagueId }: Target) => [colleagueId];

let tagLimit = 200_000;
const terms = { permit: "read", deadline: "forever" };
const bytes = new TextEncoder().encode("bytes");
const upload = {
  headers: { "Content-Length": String(bytes.byteLength) },
  body: () => bytes,
  prepare: openUpload,
  changes: false,
};

const ownsImage = (caller: CallerName) => imageRightOf(caller) !== undefined && !isLogin(caller);
const ownsOrganization = (caller: CallerName) => organizationRightOf(caller) !== undefined && !isLogin(caller);
const copies = (caller: CallerName) => imageRightOf(caller) !== undefined && isCopier(caller);
const copiesAll = (caller: CallerName) => organizationRightOf(caller) !== undefined && isCopier(caller);
const seesAudit = (caller: CallerName) => {
  return caller === "operator" || (isAtLeast(organizationRightOf(caller), "manage") && !isLogin(caller));
};
const pulls = (caller: CallerName, kind: Kind) => mayPull(caller, kind) && caller !== "anonymous" && !isLogin(caller);

/** An upload of the caller's own, or, where the caller may not push, of the administrator's. */
async function openUpload(caller: CallerName, target: Target): Promise<Target> {
  const owner = isAtLeast(imageRightOf(caller), "edit") ? caller : "administrator";
  const response = await fetchAnonymously(`/v2/${target["name"]}/blobs/uploads/`, {
    method: "POST",
    headers: await authorize(owner, "basic", `repository:${target["name"]}:pull,push`),
  });
  return { session: response.headers.get("Docker-Upload-UUID") ?? "" };
}

const RETENTION = { algorithm: "or", rules: [{ template: "tag_rule", params: { num: "1000" }, tag_selectors: [] }] };
const AGING_RULE = { kind: "tag_rule", amount: 1000 };
const ruleOf = async (_: CallerName, target: Target) => ({
  retention_id: await newRetentionRule(target["name"] ?? ""),
});
const CLUSTER = { server: "https://cluster.example.com", token: "token", test: false };
const TRIGGER = {
  name: "hook",
  condition: { kind: "all" },
  target: { kind: "webhook", url: "https://hooks.example.com/", format: "text" },
};
const SWR_TRIGGER = {
  name: "All_tags",
  action: "update",
  app_type: "deployments",
  application: "web",
  cluster_ns: "default",
  cluster_name: "production",
  condition: ".*",
  enable: "true",
  trigger_type: "all",
};
const clusterOf = async (_: CallerName, { organization = "" }: Target) => {
  await newClusters([organization]);
  return {};
};
const deliveryOf = async (_: CallerName, target: Target) => ({ id: await newDelivery(target["name"] ?? "") });
const deletedTag = async (_: CallerName, target: Target) => {
  await deleteTags(target["name"] ?? "");
  return {};
};
const ownKey = async (caller: CallerName) => ({ access: await newAccessKey(credentialsOf(caller).name) });
const ownRule = async (caller: CallerName) => newTrustRule(credentialsOf(caller).name);
const TRUST = { issuer: ISSUER, conditions: [{ claim: "sub", value: "job" }] };
const trusting = ({ organization = "" }: Target) => ({ ...TRUST, grants: [{ organization, level: "edit" }] });
const robotOfMember = async (_: CallerName, { name = "" }: Target) => {
  await env.DB.prepare("UPDATE users SET kind = 'robot' WHERE name = ?").bind(name).run();
  await env.DB.prepare("DELETE FROM access_keys WHERE user_id = (SELECT id FROM users WHERE name = ?)")
    .bind(name)
    .run();
  return {};
};
const ownLogin = async (caller: CallerName) => ({ id: await newLogin(credentialsOf(caller).name) });
const loginOfMember = async (_: CallerName, { name = "" }: Target) => ({ id: await newLogin(name) });
/** A remote registry of the caller's own account; none for callers who have no account. */
const newRemote = async (caller: CallerName) => {
  const remote = newName("remote");
  await env.DB.prepare(
    `INSERT INTO remotes (account_id, name, url, created_at, updated_at)
     SELECT account_id, ?, 'https://registry.example.com', 0, 0 FROM users WHERE name = ?`,
  )
    .bind(remote, credentialsOf(caller).name)
    .run();
  return { remote };
};
/** A remote registry of the account that an organization belongs to. */
const REMOTE_OF_HOME = "elsewhere";
const remoteOf = async (_: CallerName, { organization = "" }: Target) => {
  await env.DB.prepare(
    `INSERT INTO remotes (account_id, name, url, created_at, updated_at)
     SELECT account_id, ?, 'https://registry.example.com', 0, 0 FROM organizations WHERE name = ? ON CONFLICT DO NOTHING`,
  )
    .bind(REMOTE_OF_HOME, organization)
    .run();
  return {};
};
/** Where rules and jobs lead, in the words of either API. */
const SYNC_TARGET = { remoteRegionId: REMOTE_OF_HOME, remoteNamespace: "team" };
const API_SYNC_TARGET = { remote: REMOTE_OF_HOME, remoteOrganization: "team" };
const syncRuleOf = async (caller: CallerName, target: Target) => {
  await remoteOf(caller, target);
  return { rule: await newSyncRule(target["name"] ?? "", REMOTE_OF_HOME) };
};
const organizationSyncRuleOf = async (caller: CallerName, target: Target) => {
  await remoteOf(caller, target);
  return { rule: await newOrganizationSyncRule(target["organization"] ?? "", REMOTE_OF_HOME) };
};
const syncJobOf = async (caller: CallerName, target: Target) => {
  await remoteOf(caller, target);
  return { id: await newSyncJob(target["name"] ?? "", REMOTE_OF_HOME) };
};
/** An organization that stands for it. */
const upstreamOf = async (caller: CallerName, target: Target) => {
  await remoteOf(caller, target);
  await env.DB.prepare(
    `INSERT INTO upstreams (organization_id, remote_id, path, tag_lifetime, is_public, created_at, updated_at)
     SELECT organizations.id, remotes.id, '', 600, 0, 0, 0 FROM organizations
     JOIN remotes ON remotes.account_id = organizations.account_id AND remotes.name = ?
     WHERE organizations.name = ? ON CONFLICT DO NOTHING`,
  )
    .bind(REMOTE_OF_HOME, target["organization"] ?? "")
    .run();
  return {};
};
const member = () => ({ name: newName("user"), password: PASSWORD });

/** What a list is about is in the query, so that a list of what is not there is to look the same as one of nothing. */
const listOf = (of: Expectation["of"], knows: Expectation["knows"], expectation = account(200)) => {
  return { ...expectation, of, knows };
};

const TABLE: readonly Row[] = [
  line("ALL /*", everybody(404), { at: "GET /nothing" }),
  line("GET /", everybody(200)),
  line("GET /openapi.json", everybody(200)),
  line("GET /docs", everybody(302)),
  line("GET /docs/:language", everybody(200), { at: "GET /docs/en" }),
  line("GET /docs/:language/search.json", everybody(200), { at: "GET /docs/en/search.json" }),
  line("GET /docs/:language/:page", everybody(200), { at: "GET /docs/en/images" }),
  line("GET /docs/:language/guides/:guide", everybody(200), { at: "GET /docs/en/guides/ci" }),
  line("GET /healthz", everybody(200)),
  line("GET /healthz/live", everybody(200)),
  // Without METRICS_TOKEN it is not there; with it, nobody's own credentials open it (metrics.test.ts).
  line("GET /metrics", everybody(404)),
  line("GET /v1/_ping", everybody(200)),
  line("GET /v1/search", everybody(200), { query: "?q=nothing" }),

  // Lists, before the images that changes are tried on are so many that pages end.
  line("GET /v2/_catalog", catalog(), {
    query: "?n=1&last={before}",
    shows: (caller) => imageRightOf(caller) !== undefined,
  }),
  line(`GET ${MANAGE}/namespaces`, listOf("organization", ownsOrganization), {
    query: "?namespace={organization}",
    shows: ownsOrganization,
  }),
  line(`GET ${MANAGE}/namespaces`, listOf("image", ownsImage), { query: "?mode=visible&namespace={organization}" }),
  line(`GET ${MANAGE}/repos`, listOf("image", ownsImage), { query: "?name={image}", shows: ownsImage }),
  line(`GET ${MANAGE}/shared-repositories`, listOf("image", ownsImage), {
    query: "?center=self&name={image}",
    shows: ownsImage,
  }),
  line(`GET ${MANAGE}/shared-repositories`, listOf("image", pulls), {
    query: "?center=thirdparty&name={image}",
    shows: (caller, kind) => kind === "shared" && isOf(OTHER, caller),
  }),
  line("GET /dockyard/v2/namespaces", listOf("organization", copiesAll, copiers(200)), { shows: copiesAll }),
  line("GET /dockyard/v2/visible/namespaces", listOf("organization", copiesAll, copiers(200)), { shows: copiesAll }),
  line("GET /dockyard/v2/visible/namespaces", listOf("image", copies, copiers(200))),
  line("GET /dockyard/v2/repositories", listOf("image", copies, copiers(200)), {
    query: "?filter=center::self",
    shows: copies,
  }),
  line("GET /v3/manage/repos", listOf("image", ownsImage), { query: "?name={image}", shows: ownsImage }),
  line("GET /v3/manage/shared-repositories", listOf("image", ownsImage), {
    query: "?shared_by=self&name={image}",
    shows: ownsImage,
  }),
  line("GET /v3/manage/shared-repositories", listOf("image", pulls), {
    query: "?shared_by=thirdparty&name={image}",
    shows: (caller, kind) => kind === "shared" && isOf(OTHER, caller),
  }),
  line("GET /api/images", listOf("image", ownsImage), { query: "?q={image}", shows: ownsImage }),
  line("GET /api/images", listOf("image", pulls), { query: "?scope=all&q={image}", shows: pulls }),
  line("GET /api/image-centre", listOf("image", mayPull, everybody(200, { loginCommand: 403, loginToken: 403 })), {
    query: "?q={image}",
    shows: (caller, kind) => kind === "public" && !isLogin(caller),
  }),
  line("GET /api/images", listOf("image", ownsImage), { query: "?scope=sent&q={image}", shows: ownsImage }),
  line("GET /api/organizations", listOf("organization", ownsOrganization), {
    query: "?search={organization}",
    shows: ownsOrganization,
  }),
  line("GET /api/organizations", listOf("image", ownsImage), { query: "?search={organization}" }),
  line("GET /api/activity", listOf("image", ownsImage), { query: "?limit=50", shows: ownsImage }),
  line("GET /api/shares", listOf("image", everyone), { query: "?direction=sent", shows: ownsImage }),
  line("GET /api/shares", listOf("image", everyone), {
    query: "?direction=received",
    shows: (caller, kind) => kind === "shared" && isOf(OTHER, caller),
  }),
  line(
    "GET /api/users",
    listOf("member", (caller) => isOf(HOME, caller)),
    {
      query: "?search={name}",
      shows: (caller) => isOf(HOME, caller),
    },
  ),
  line("GET /api/accounts", operators(200, "account"), {
    query: "?search={name}",
    shows: (caller) => caller === "operator",
  }),
  line("GET /api/audit", audited(200), { query: "?organization={organization}", shows: seesAudit }),
  line("GET /api/audit/export", audited(200), { query: "?organization={organization}", shows: seesAudit }),

  // SWR's API: organizations
  line(`ALL ${MANAGE}/*`, account(404), { at: `GET ${MANAGE}/nothing` }),
  line(`POST ${MANAGE}/namespaces`, account(201), { body: () => ({ namespace: newName("org") }) }),
  line(`GET ${NAMESPACE}`, ownOrganization("read", 200)),
  line(`DELETE ${NAMESPACE}`, ownOrganization("manage", 204)),
  line(`GET ${NAMESPACE}/access`, ownOrganization("read", 200)),
  line(`POST ${NAMESPACE}/access`, ownOrganization("manage", 200), { body: newcomers }),
  line(`PATCH ${NAMESPACE}/access`, ownOrganization("manage", 201), { body: colleague }),
  line(`DELETE ${NAMESPACE}/access`, ownOrganization("manage", 204), { body: colleagueIds }),

  // SWR's API: images
  line(`POST ${NAMESPACE}/repos`, ownOrganization("edit", 200), {
    body: () => ({ repository: "web", is_public: false }),
  }),
  line(`GET ${REPOSITORY}`, pullable(200)),
  line(`PATCH ${REPOSITORY}`, ownImage("edit", 201), { body: () => ({ is_public: true }) }),
  line(`DELETE ${REPOSITORY}`, ownImage("manage", 204)),
  line(`GET ${REPOSITORY}/access`, ownImage("read", 200)),
  line(`POST ${REPOSITORY}/access`, ownImage("manage", 201), { body: newcomers }),
  line(`PATCH ${REPOSITORY}/access`, ownImage("manage", 201), { body: colleague }),
  line(`DELETE ${REPOSITORY}/access`, ownImage("manage", 204), { body: colleagueIds }),
  line(`GET ${REPOSITORY}/tags`, pullable(200)),
  line(`GET ${REPOSITORY}/tags/:tag`, pullable(200)),
  line(`POST ${REPOSITORY}/tags`, ownImage("edit", 201), {
    body: () => ({ source_tag: "latest", destination_tag: "copy" }),
  }),
  line(`DELETE ${REPOSITORY}/tags/:tag`, ownImage("manage", 204)),
  line(`GET ${DOMAINS}`, ownImage("read", 200)),
  line(`POST ${DOMAINS}`, ownImage("manage", 201, 400), { body: ({ guest }) => ({ access_domain: guest, ...terms }) }),
  line(`GET ${DOMAINS}/:access_domain`, ownImage("read", 200)),
  line(`PATCH ${DOMAINS}/:access_domain`, ownImage("manage", 201, 400), { body: () => terms }),
  line(`DELETE ${DOMAINS}/:access_domain`, ownImage("manage", 204)),

  // SWR's API: the account
  line(`GET ${MANAGE}/projects/:project_id/quotas`, account(200)),
  line(`GET ${MANAGE}/projects/:project_id/feature-gates`, account(200)),
  line(`GET ${MANAGE}/overview`, account(200)),
  line(`GET ${MANAGE}/reports/:resource_type/:frequency`, account(200), { at: `GET ${MANAGE}/reports/downflow/daily` }),
  line(`GET ${MANAGE}/reports/:resource_type/:frequency`, administrators(200), {
    at: `GET ${MANAGE}/reports/store/daily`,
  }),
  line(`POST ${MANAGE}/utils/secret`, account(200)),
  line(`POST ${MANAGE}/utils/authorizationtoken`, account(200)),

  // SWR's API: aging
  line(`POST ${REPOSITORY}/retentions`, ownImage("manage", 201), { body: () => RETENTION }),
  line(`GET ${REPOSITORY}/retentions`, ownImage("read", 200)),
  line(`GET ${REPOSITORY}/retentions/histories`, ownImage("read", 200)),
  line(`GET ${REPOSITORY}/retentions/:retention_id`, ownImage("read", 200), { prepare: ruleOf, changes: true }),
  line(`PATCH ${REPOSITORY}/retentions/:retention_id`, ownImage("manage", 201), {
    prepare: ruleOf,
    body: () => RETENTION,
  }),
  line(`DELETE ${REPOSITORY}/retentions/:retention_id`, ownImage("manage", 200), { prepare: ruleOf }),

  // SWR's API: triggers
  line(`POST ${REPOSITORY}/triggers`, ownImageOfOrganization("edit", 201), {
    prepare: clusterOf,
    body: () => SWR_TRIGGER,
  }),
  line(`GET ${REPOSITORY}/triggers`, ownImage("edit", 200)),
  line(`GET ${REPOSITORY}/triggers/:trigger`, ownImage("edit", 200)),
  line(`PATCH ${REPOSITORY}/triggers/:trigger`, ownImage("edit", 201), { body: () => ({ enable: "false" }) }),
  line(`DELETE ${REPOSITORY}/triggers/:trigger`, ownImage("edit", 204)),

  // SWR's API: synchronization
  line(`POST ${REPOSITORY}/sync_repo`, ownImage("edit", 200), {
    prepare: remoteOf,
    body: () => ({ ...SYNC_TARGET, remoteNamespace: newName("team") }),
  }),
  line(`GET ${REPOSITORY}/sync_repo`, ownImage("edit", 200)),
  line(`DELETE ${REPOSITORY}/sync_repo`, ownImage("edit", 200), { prepare: syncRuleOf, body: () => SYNC_TARGET }),
  line(`POST ${REPOSITORY}/sync_images`, ownImage("edit", 200), {
    prepare: remoteOf,
    body: () => ({ ...SYNC_TARGET, imageTag: ["latest"] }),
  }),
  line(`GET ${REPOSITORY}/sync_job`, ownImage("edit", 200), {
    at: `GET ${REPOSITORY}/sync_job?filter=limit%3A%3A10%7Coffset%3A%3A0`,
  }),
  line(`GET ${MANAGE}/regions`, account(200)),

  // SWR's API: accessories, agency, v3
  line(`GET ${REPOSITORY}/:tag/accessories`, pullable(200), { shows: () => false }),
  line(`GET ${REPOSITORY}/:tag/references`, pullable(200), { shows: () => false }),
  line(`GET ${MANAGE}/agency`, account(200)),
  line(`POST ${MANAGE}/agency`, account(204)),
  line("ALL /v3/manage/*", account(404), { at: "GET /v3/manage/nothing" }),
  line("GET /v3/manage/namespaces/:namespace/repos/:repository/tags", pullable(200)),

  // SWR's API of replications
  line("ALL /dockyard/v2/*", copiers(404), { at: "GET /dockyard/v2/nothing" }),
  line("POST /dockyard/v2/namespaces", copiers(201), { body: () => ({ namespace: newName("org") }) }),
  line("GET /dockyard/v2/namespaces/:namespace", listOf("organization", copiesAll, copiers(200)), {
    shows: copiesAll,
  }),
  line("GET /dockyard/v2/namespaces/:namespace", listOf("image", copies, copiers(200)), { note: "of an image" }),
  line("ALL /swr/auth/v2/registry/auth", everybody(405), { at: "PUT /swr/auth/v2/registry/auth" }),
  line("ALL /swr/auth/v2/registry/auth/*", everybody(404), { at: "GET /swr/auth/v2/registry/auth/nothing" }),
  line("GET /swr/auth/v2/registry/auth", everybody(200, { loginToken: 401 })),
  line("POST /swr/auth/v2/registry/auth", everybody(200, { anonymous: 401 }), {
    body: (_, caller) => {
      const { name, password } = credentialsOf(caller);
      return new URLSearchParams({ grant_type: "password", username: name, password });
    },
  }),

  // IAM's API
  line("ALL /v3/*", everybody(404), { at: "GET /v3/nothing" }),
  line("POST /v3/auth/tokens", everybody(201, { anonymous: 401, loginCommand: 401, loginToken: 401 }), {
    body: (_, caller) => ({ auth: { identity: { methods: ["password"], password: { user: credentialsOf(caller) } } } }),
  }),
  line("GET /v3/projects", account(200)),
  line("GET /v3/auth/projects", account(200)),
  line("GET /v3/auth/domains", account(200)),
  line("GET /v3/users/:user_id", colleagues(200)),
  line("ALL /v3.0/*", everybody(404), { at: "GET /v3.0/nothing" }),
  line("GET /v3.0/OS-USER/users/:user_id", colleagues(200)),

  // CCE's API
  line("ALL /api/v3/*", everybody(404), { at: "GET /api/v3/nothing" }),
  line("GET /api/v3/projects/:project_id/clusters/:cluster_id", editorsOnly(200), {
    prepare: async (_, { organization = "" }) => ({ cluster_id: await clusterIdOf(organization) }),
    // Its answer has the cluster's name and not the organization's.
    shows: () => false,
  }),

  // The registry API
  line("ALL /v2/*", everybody(404), { at: "GET /v2/nothing" }),
  line("GET /v2", everybody(200, { anonymous: 401 })),
  line("GET /v2", everybody(200), { note: "as an SDK", headers: { "X-Auth-Token": "anything" } }),
  line(`GET ${OCI}/tags/list`, pull(200)),
  line(`GET ${OCI}/manifests/:reference`, pull(200)),
  line(`PUT ${OCI}/manifests/:reference`, push(201), {
    headers: { "Content-Type": OCI_MANIFEST },
    body: () => MANIFEST,
  }),
  line(`DELETE ${OCI}/manifests/:reference`, remove(202)),
  line(`POST ${OCI}/blobs/uploads`, push(202), { changes: false }),
  line(`POST ${OCI}/blobs/uploads`, mount(), {
    at: "POST /v2/:own/blobs/uploads/",
    query: "?mount={digest}&from={name}",
    prepare: async () => ({ own: `${newName("own")}/image` }),
  }),
  line(`GET ${OCI}/blobs/uploads/:session`, push(204), { prepare: openUpload, changes: false }),
  line(`PATCH ${OCI}/blobs/uploads/:session`, push(202), upload),
  line(`PUT ${OCI}/blobs/uploads/:session`, push(201), { ...upload, query: `?digest=${digestOf(bytes)}` }),
  line(`DELETE ${OCI}/blobs/uploads/:session`, push(204), { prepare: openUpload, changes: false }),
  line(`GET ${OCI}/blobs/:digest`, pull(200)),
  line(`DELETE ${OCI}/blobs/:digest`, remove(202)),
  line(`GET ${OCI}/referrers/:digest`, pull(200)),

  // The token service
  line("ALL /token", everybody(405), { at: "PUT /token" }),
  line("ALL /token/*", everybody(404), { at: "GET /token/nothing" }),
  line("GET /token", everybody(200, { loginToken: 401 })),
  line("POST /token", everybody(200, { anonymous: 401 }), {
    body: (_, caller) => {
      const { name, password } = credentialsOf(caller);
      return new URLSearchParams({ grant_type: "password", username: name, password });
    },
  }),

  // Berth's own API: images
  line("ALL /api/*", everybody(404), { at: "GET /api/nothing" }),
  line(`GET ${IMAGE}`, visible(200)),
  line(`GET ${IMAGE}/usage/daily`, visible(200)),
  line(`GET ${IMAGE}/tags`, visible(200)),
  line(`GET ${IMAGE}/manifests/:reference`, visible(200)),
  line(`GET ${IMAGE}/manifests/:reference/text`, visible(200)),
  line(`GET ${IMAGE}/manifests/:reference/archive`, visible(200)),
  line(`GET ${IMAGE}/manifests/:reference/referrers`, visible(200)),
  line(`GET ${IMAGE}/blobs/:digest`, visible(200)),
  line("POST /api/organizations/:organization/images", ownOrganization("edit", 201), {
    body: () => ({ image: "web" }),
  }),
  line(`PATCH ${IMAGE}`, ownImage("edit", 200), { body: () => ({ public: true }) }),
  line(`DELETE ${IMAGE}`, ownImage("manage", 204)),
  line("POST /api/images/delete", eachImage(), {
    body: ({ organization, image }) => ({ images: [{ organization, image }] }),
  }),
  line("POST /api/images/visibility", eachImage(), {
    body: ({ organization, image }) => ({ images: [{ organization, image }], public: true }),
  }),
  line(`POST ${IMAGE}/tags`, ownImage("edit", 201), { body: () => ({ name: "copy", source: "latest" }) }),
  line(`DELETE ${IMAGE}/tags/:tag`, ownImage("manage", 204)),
  line(`POST ${IMAGE}/tags/delete`, ownImage("manage", 200), { body: () => ({ tags: ["latest"] }) }),
  line(`GET ${IMAGE}/history`, ownImage("read", 200)),
  line(`GET ${IMAGE}/tags/:tag/history`, ownImage("read", 200)),
  line(`GET ${IMAGE}/immutable-tag-rules`, ownImage("read", 200)),
  line(`POST ${IMAGE}/immutable-tag-rules`, ownImage("manage", 201), { body: () => ({ pattern: "v*" }) }),
  line(`DELETE ${IMAGE}/immutable-tag-rules/:id`, ownImage("manage", 204)),

  // Berth's own API: organizations and rights
  line("POST /api/organizations", account(201), { body: () => ({ name: newName("org") }) }),
  line("GET /api/organizations/:organization", ownOrganization("read", 200)),
  line("DELETE /api/organizations/:organization", ownOrganization("manage", 204)),
  line(`GET ${PERMISSIONS}`, ownOrganization("read", 200)),
  line(`POST ${PERMISSIONS}`, ownOrganization("manage", 201), { body: newcomerToRead }),
  line(`PATCH ${PERMISSIONS}/:user`, ownOrganization("manage", 200), { body: () => ({ level: "edit" }) }),
  line(`DELETE ${PERMISSIONS}/:user`, ownOrganization("manage", 204)),
  line(`GET ${IMAGE}/permissions`, ownImage("read", 200)),
  line(`POST ${IMAGE}/permissions`, ownImage("manage", 201), { body: newcomerToRead }),
  line(`PATCH ${IMAGE}/permissions/:user`, ownImage("manage", 200), { body: () => ({ level: "edit" }) }),
  line(`DELETE ${IMAGE}/permissions/:user`, ownImage("manage", 204)),
  line(`GET ${IMAGE}/shares`, ownImage("read", 200)),
  line(`POST ${IMAGE}/shares`, ownImage("manage", 201, 400), {
    body: ({ guest }) => ({ account: guest, deadline: "forever" }),
  }),
  line(`GET ${IMAGE}/shares/:account`, ownImage("read", 200)),
  line(`PATCH ${IMAGE}/shares/:account`, ownImage("manage", 200, 400), { body: () => ({ deadline: "forever" }) }),
  line(`DELETE ${IMAGE}/shares/:account`, ownImage("manage", 204)),

  // Berth's own API: triggers
  line(`GET ${IMAGE}/triggers`, ownImage("edit", 200)),
  line(`POST ${IMAGE}/triggers`, ownImage("edit", 201), { body: () => TRIGGER }),
  line(`POST ${IMAGE}/triggers/try-condition`, ownImage("edit", 200), {
    body: () => ({ kind: "regular", text: "v*" }),
    changes: false,
  }),
  line(`GET ${IMAGE}/workloads`, ownImage("edit", 200), {
    prepare: clusterOf,
    query: "?cluster=production",
    // No workload runs it.
    shows: () => false,
    changes: false,
  }),
  line(`GET ${IMAGE}/triggers/:trigger`, ownImage("edit", 200)),
  line(`PATCH ${IMAGE}/triggers/:trigger`, ownImage("edit", 200), { body: () => ({ enabled: false }) }),
  line(`DELETE ${IMAGE}/triggers/:trigger`, ownImage("edit", 204)),
  line(`POST ${IMAGE}/triggers/:trigger/test`, ownImage("edit", 201)),
  line(`GET ${IMAGE}/triggers/:trigger/deliveries`, ownImage("edit", 200)),
  line(`GET ${IMAGE}/triggers/:trigger/deliveries/:id`, ownImage("edit", 200), { prepare: deliveryOf, changes: true }),
  line(`POST ${IMAGE}/triggers/:trigger/deliveries/:id/resend`, ownImage("edit", 201), { prepare: deliveryOf }),
  line("POST /api/organizations/:organization/known-layers", ownOrganization("edit", 200), {
    body: () => ({ image: "web", diffIds: [`sha256:${"0".repeat(64)}`] }),
    changes: false,
  }),
  line(`GET ${CLUSTERS}`, ownOrganization("edit", 200)),
  line(`POST ${CLUSTERS}`, ownOrganization("manage", 201), { body: () => ({ ...CLUSTER, name: "staging" }) }),
  line(`GET ${CLUSTERS}/:cluster`, ownOrganization("edit", 200)),
  line(`PATCH ${CLUSTERS}/:cluster`, ownOrganization("manage", 200), { body: () => ({ token: "new", test: false }) }),
  line(`DELETE ${CLUSTERS}/:cluster`, ownOrganization("manage", 204)),
  line(`POST ${CLUSTERS}/:cluster/test`, ownOrganization("edit", 200), { body: () => ({}) }),
  line(`GET ${UPSTREAM}`, ownOrganization("manage", 200), { prepare: upstreamOf, changes: true }),
  line(`PUT ${UPSTREAM}`, ownOrganization("manage", 200), {
    prepare: remoteOf,
    body: () => ({ remote: REMOTE_OF_HOME }),
  }),
  line(`DELETE ${UPSTREAM}`, ownOrganization("manage", 204), { prepare: upstreamOf }),

  // Berth's own API: aging and garbage
  line(`GET ${IMAGE}/aging`, ownImage("read", 200)),
  line(`GET ${IMAGE}/aging/rule`, ownImage("read", 200), { prepare: ruleOf, changes: true }),
  line(`PUT ${IMAGE}/aging/rule`, ownImage("manage", 200), { prepare: ruleOf, body: () => AGING_RULE }),
  line(`DELETE ${IMAGE}/aging/rule`, ownImage("manage", 204), { prepare: ruleOf }),
  line(`POST ${IMAGE}/aging/preview`, ownImage("read", 200), { body: () => AGING_RULE, changes: false }),
  line(`GET ${IMAGE}/aging/log`, ownImage("read", 200)),
  line(`GET ${IMAGE}/restorable-tags`, ownImage("read", 200)),
  line(`POST ${IMAGE}/tags/:tag/restore`, ownImage("edit", 200), { prepare: deletedTag }),
  line(`GET ${IMAGE}/garbage-collection`, ownImage("read", 200)),
  line(`PUT ${IMAGE}/garbage-collection`, ownImage("manage", 200), { body: () => ({ keepsUntagged: true }) }),
  line("GET /api/organizations/:organization/usage", ownOrganization("read", 200)),
  line("GET /api/organizations/:organization/usage/daily", ownOrganization("read", 200)),
  line("GET /api/organizations/:organization/quota", measuredOrganization(200)),
  line("PATCH /api/organizations/:organization/quota", operators(200, "organization"), {
    body: () => ({ tags: 1000 }),
  }),
  line("GET /api/accounts/:name/quota", measuredAccount(200), { prepare: async () => ({ name: HOME }) }),
  line("PATCH /api/accounts/:name/quota", operators(200, "account"), { body: () => ({ tags: null }) }),
  line("GET /api/quotas", operators(200)),
  line("PATCH /api/quotas", operators(200), {
    // What stays as it is is not recorded.
    body: () => ({ account: { tags: (tagLimit += 1) } }),
  }),
  line("GET /api/quotas/own", account(200)),
  line("GET /api/overview", account(200)),
  line("GET /api/changes", account(200)),
  line("GET /api/reports/pulled-bytes", account(200)),
  line("GET /api/reports/stored-bytes", administrators(200)),
  line("GET /api/garbage-collection", operators(200)),
  line("POST /api/garbage-collection", operators(200), { body: () => ({ dryRun: true }) }),

  // Berth's own API: people
  line("POST /api/session", everybody(200, { anonymous: 401, loginCommand: 401, loginToken: 401 }), {
    body: (_, caller) => credentialsOf(caller),
  }),
  line("GET /api/session", account(200)),
  line("GET /api/visitor", everybody(200, { loginCommand: 403, loginToken: 403 })),
  line("GET /api/settings", everybody(200)),
  line("DELETE /api/session", everybody(204)),
  line("POST /api/login-command", account(200)),
  line("POST /api/access-keys", account(201)),
  line("GET /api/access-keys", account(200)),
  line("DELETE /api/access-keys/:access", account(204), { prepare: ownKey }),
  line("DELETE /api/access-keys/:access", { ...account(404), of: "member" }, { note: "of somebody else" }),
  line("POST /api/users/:name/access-keys", administratorsOfMember(201), { prepare: robotOfMember }),
  line("GET /api/trust-rules", administrators(200)),
  line("POST /api/trust-rules", administrators(201), {
    prepare: ownRule,
    body: (target) => ({ ...trusting(target), name: newName("rule") }),
  }),
  line("GET /api/trust-rules/:name", administrators(200), { prepare: ownRule, changes: true }),
  line("PUT /api/trust-rules/:name", administrators(200), { prepare: ownRule, body: trusting }),
  line("DELETE /api/trust-rules/:name", administrators(204), { prepare: ownRule }),
  line("GET /api/users/:name/access-keys", administratorsOfMember(200)),
  line("DELETE /api/users/:name/access-keys/:access", administratorsOfMember(204)),
  line("GET /api/logins", account(200)),
  line("DELETE /api/logins/:id", account(204), { prepare: ownLogin }),
  line(
    "DELETE /api/logins/:id",
    { ...account(404), of: "member" },
    { note: "of somebody else", prepare: loginOfMember },
  ),
  line("DELETE /api/logins", account(200), { prepare: ownLogin }),
  line("GET /api/users/:name/logins", administratorsOfMember(200)),
  line("DELETE /api/users/:name/logins/:id", administratorsOfMember(204), { prepare: loginOfMember }),
  line("DELETE /api/users/:name/logins", administratorsOfMember(200), { prepare: loginOfMember }),
  line("GET /api/secret-rotation", operators(200)),
  line("POST /api/secret-rotation", operators(200)),

  // Berth's own API: synchronization
  ...(
    [
      [`${IMAGE}/sync-rules`, (status: number) => ownImage("edit", status), syncRuleOf],
      [`${ORGANIZATION}/sync-rules`, (status: number) => ownOrganization("manage", status), organizationSyncRuleOf],
    ] as const
  ).flatMap(([path, access, prepare]) => [
    line(`GET ${path}`, access(200)),
    line(`POST ${path}`, access(201), {
      prepare: remoteOf,
      body: () => ({ ...API_SYNC_TARGET, remoteOrganization: newName("team") }),
    }),
    line(`GET ${path}/:rule`, access(200), { prepare, changes: true }),
    line(`PATCH ${path}/:rule`, access(200), { prepare, body: () => ({ override: true }) }),
    line(`DELETE ${path}/:rule`, access(204), { prepare }),
    line(`POST ${path}/:rule/run`, access(202), { prepare, body: () => ({}) }),
  ]),
  line(`POST ${IMAGE}/sync`, ownImage("edit", 202), { prepare: remoteOf, body: () => API_SYNC_TARGET }),
  line(`GET ${IMAGE}/sync-jobs`, ownImage("edit", 200)),
  line(`GET ${ORGANIZATION}/sync-jobs`, ownOrganization("manage", 200)),
  line(`GET ${IMAGE}/sync-jobs/:id`, ownImage("edit", 200), { prepare: syncJobOf, changes: true }),
  line(`POST ${IMAGE}/sync-jobs/:id/cancel`, ownImage("edit", 200), { prepare: syncJobOf }),
  line(`POST ${IMAGE}/sync-jobs/:id/resend`, ownImage("edit", 202), { prepare: syncJobOf }),

  line("GET /api/remotes", account(200)),
  line("POST /api/remotes", administrators(201), {
    body: () => ({ name: newName("remote"), url: "https://registry.example.com", test: false }),
  }),
  line("GET /api/remotes/:remote", account(200), { prepare: newRemote }),
  line("PATCH /api/remotes/:remote", administrators(200), {
    prepare: newRemote,
    body: () => ({ url: "https://other.example.com", test: false }),
  }),
  line("DELETE /api/remotes/:remote", administrators(204), { prepare: newRemote }),
  line("POST /api/remotes/:remote/test", administrators(200), { prepare: newRemote }),
  line("POST /api/users", administrators(201), { body: () => member() }),
  line("POST /api/users", operators(201), { note: "an operator", body: () => ({ ...member(), role: "operator" }) }),
  line("POST /api/users", operators(201, "account"), {
    note: "of another account",
    body: ({ name }) => ({ ...member(), account: name }),
  }),
  line("PATCH /api/users/:name", administratorsOfMember(200), { body: () => ({ role: "administrator" }) }),
  line("PATCH /api/users/:name", administratorsOfMember(403), {
    note: "to operator",
    body: () => ({ role: "operator" }),
  }),
  line("DELETE /api/users/:name", administratorsOfMember(204)),
  line("POST /api/accounts", operators(201), { body: () => ({ name: newName("account") }) }),
  line("GET /api/accounts/:name", accountUsers(200), { prepare: async () => ({ name: HOME }) }),
  line("DELETE /api/accounts/:name", operators(204, "account")),
  // Last, because passwords that were set by the API take long to check.
  line("PUT /api/session/password", account(204), { body: () => ({ current: PASSWORD, new: PASSWORD }) }),
];

// --- What the audit says of it ---

/** What a request that succeeds leaves in the audit; of one that leaves nothing, why. */
type Trace = AuditAction | { unrecorded: string; besides?: readonly AuditAction[] };

const READS: Trace = { unrecorded: "it only reads" };
const TRIES: Trace = { unrecorded: "it tries out and keeps nothing" };
const PARTS: Trace = { unrecorded: "bytes are nothing until a manifest names them, and the push of that is recorded" };
const OPENS: Trace = { ...PARTS, besides: ["organization.create"] };
const MISSING: Trace = { unrecorded: "there is no such thing" };
/** Pulls are counted, and not recorded one by one. */
const PULLS: Trace = { unrecorded: "pulls are counted" };

/** Each route that does more than to read. A new one fails by its name until it is here or in {@link READING}. */
const TRACES: Readonly<Record<string, Trace>> = {
  [`GET ${OCI}/manifests/:reference`]: PULLS,
  [`GET ${OCI}/blobs/:digest`]: PULLS,
  [`GET ${IMAGE}/manifests/:reference/archive`]: "image.download",
  [`GET ${IMAGE}/blobs/:digest`]: PULLS,
  "GET /api/audit/export": "audit.export",
  "GET /token": "token.create",
  "POST /token": "token.create",
  "GET /swr/auth/v2/registry/auth": "token.create",
  "POST /swr/auth/v2/registry/auth": "token.create",
  "POST /dockyard/v2/namespaces": "organization.create",

  ...Object.fromEntries(
    [
      "/dockyard/v2/*",
      "/swr/auth/v2/registry/auth",
      "/swr/auth/v2/registry/auth/*",
      "/*",
      "/v2/*",
      `${MANAGE}/*`,
      "/v3/manage/*",
      "/v3/*",
      "/v3.0/*",
      "/token",
      "/token/*",
      "/api/*",
      "/api/v3/*",
    ].map((path) => [`ALL ${path}`, MISSING]),
  ),
  [`POST ${REPOSITORY}/sync_repo`]: "sync-rule.create",
  [`DELETE ${REPOSITORY}/sync_repo`]: "sync-rule.delete",
  [`POST ${REPOSITORY}/sync_images`]: "sync-job.create",
  [`POST ${IMAGE}/sync`]: "sync-job.create",
  [`POST ${IMAGE}/sync-jobs/:id/cancel`]: "sync-job.cancel",
  [`POST ${IMAGE}/sync-jobs/:id/resend`]: "sync-job.resend",
  ...Object.fromEntries(
    [`${IMAGE}/sync-rules`, `${ORGANIZATION}/sync-rules`].flatMap((path) => [
      [`POST ${path}`, "sync-rule.create"],
      [`PATCH ${path}/:rule`, "sync-rule.update"],
      [`DELETE ${path}/:rule`, "sync-rule.delete"],
      [`POST ${path}/:rule/run`, "sync-job.create"],
    ]),
  ),
  [`POST ${ORGANIZATION}/sync-rules/:rule/run`]: { unrecorded: "the organization has no image" },
  [`POST ${MANAGE}/agency`]: { unrecorded: "triggers may call clusters without it" },

  [`POST ${MANAGE}/namespaces`]: "organization.create",
  [`DELETE ${NAMESPACE}`]: "organization.delete",
  [`POST ${NAMESPACE}/access`]: "organization.permission.set",
  [`PATCH ${NAMESPACE}/access`]: "organization.permission.set",
  [`DELETE ${NAMESPACE}/access`]: "organization.permission.delete",
  [`POST ${NAMESPACE}/repos`]: "image.create",
  [`PATCH ${REPOSITORY}`]: "image.update",
  [`DELETE ${REPOSITORY}`]: "image.delete",
  [`POST ${REPOSITORY}/access`]: "image.permission.set",
  [`PATCH ${REPOSITORY}/access`]: "image.permission.set",
  [`DELETE ${REPOSITORY}/access`]: "image.permission.delete",
  [`POST ${REPOSITORY}/tags`]: "tag.create",
  [`DELETE ${REPOSITORY}/tags/:tag`]: "tag.delete",
  [`POST ${DOMAINS}`]: "share.create",
  [`PATCH ${DOMAINS}/:access_domain`]: "share.update",
  [`DELETE ${DOMAINS}/:access_domain`]: "share.delete",
  [`POST ${MANAGE}/utils/secret`]: "login-command.create",
  [`POST ${MANAGE}/utils/authorizationtoken`]: "login-command.create",
  [`POST ${REPOSITORY}/retentions`]: "retention-rule.create",
  [`PATCH ${REPOSITORY}/retentions/:retention_id`]: "retention-rule.update",
  [`DELETE ${REPOSITORY}/retentions/:retention_id`]: "retention-rule.delete",
  [`POST ${REPOSITORY}/triggers`]: "trigger.create",
  [`PATCH ${REPOSITORY}/triggers/:trigger`]: "trigger.update",
  [`DELETE ${REPOSITORY}/triggers/:trigger`]: "trigger.delete",

  "POST /v3/auth/tokens": "session.login",

  [`PUT ${OCI}/manifests/:reference`]: "manifest.push",
  [`DELETE ${OCI}/manifests/:reference`]: "tag.delete",
  [`DELETE ${OCI}/blobs/:digest`]: "blob.delete",
  [`POST ${OCI}/blobs/uploads`]: OPENS,
  [`PATCH ${OCI}/blobs/uploads/:session`]: PARTS,
  [`PUT ${OCI}/blobs/uploads/:session`]: PARTS,
  [`DELETE ${OCI}/blobs/uploads/:session`]: PARTS,

  "POST /api/organizations": "organization.create",
  "DELETE /api/organizations/:organization": "organization.delete",
  [`POST ${PERMISSIONS}`]: "organization.permission.set",
  [`PATCH ${PERMISSIONS}/:user`]: "organization.permission.set",
  [`DELETE ${PERMISSIONS}/:user`]: "organization.permission.delete",
  "POST /api/organizations/:organization/images": "image.create",
  [`PATCH ${IMAGE}`]: "image.update",
  [`DELETE ${IMAGE}`]: "image.delete",
  "POST /api/images/delete": "image.delete",
  "POST /api/images/visibility": "image.update",
  [`POST ${IMAGE}/permissions`]: "image.permission.set",
  [`PATCH ${IMAGE}/permissions/:user`]: "image.permission.set",
  [`DELETE ${IMAGE}/permissions/:user`]: "image.permission.delete",
  [`POST ${IMAGE}/shares`]: "share.create",
  [`PATCH ${IMAGE}/shares/:account`]: "share.update",
  [`DELETE ${IMAGE}/shares/:account`]: "share.delete",
  [`POST ${IMAGE}/tags`]: "tag.create",
  [`DELETE ${IMAGE}/tags/:tag`]: "tag.delete",
  [`POST ${IMAGE}/tags/delete`]: "tag.delete",
  [`POST ${IMAGE}/immutable-tag-rules`]: "immutable-rule.create",
  [`DELETE ${IMAGE}/immutable-tag-rules/:id`]: "immutable-rule.delete",
  [`POST ${IMAGE}/triggers`]: "trigger.create",
  [`POST ${IMAGE}/triggers/try-condition`]: TRIES,
  [`PATCH ${IMAGE}/triggers/:trigger`]: "trigger.update",
  [`DELETE ${IMAGE}/triggers/:trigger`]: "trigger.delete",
  [`POST ${IMAGE}/triggers/:trigger/test`]: "trigger.test",
  [`POST ${IMAGE}/triggers/:trigger/deliveries/:id/resend`]: "delivery.resend",
  "POST /api/organizations/:organization/known-layers": { unrecorded: "it only asks" },
  [`POST ${CLUSTERS}`]: "cluster.create",
  [`PATCH ${CLUSTERS}/:cluster`]: "cluster.update",
  [`DELETE ${CLUSTERS}/:cluster`]: "cluster.delete",
  [`POST ${CLUSTERS}/:cluster/test`]: TRIES,
  [`PUT ${UPSTREAM}`]: "upstream.create",
  [`DELETE ${UPSTREAM}`]: "upstream.delete",
  "POST /api/remotes": "remote.create",
  "PATCH /api/remotes/:remote": "remote.update",
  "DELETE /api/remotes/:remote": "remote.delete",
  "POST /api/remotes/:remote/test": TRIES,
  [`PUT ${IMAGE}/aging/rule`]: "retention-rule.update",
  [`DELETE ${IMAGE}/aging/rule`]: "retention-rule.delete",
  [`POST ${IMAGE}/aging/preview`]: TRIES,
  [`POST ${IMAGE}/tags/:tag/restore`]: "tag.restore",
  [`PUT ${IMAGE}/garbage-collection`]: "image.update",
  "POST /api/garbage-collection": "garbage.collect",

  "POST /api/session": "session.login",
  "DELETE /api/session": "session.logout",
  "PUT /api/session/password": "user.password",
  "POST /api/login-command": "login-command.create",
  "DELETE /api/logins": "session.end",
  "DELETE /api/logins/:id": "session.end",
  "DELETE /api/users/:name/logins": "session.end",
  "DELETE /api/users/:name/logins/:id": "session.end",
  "POST /api/secret-rotation": "secrets.reencrypt",
  "POST /api/access-keys": "access-key.create",
  "POST /api/users/:name/access-keys": "access-key.create",
  "POST /api/trust-rules": "trust-rule.create",
  "PUT /api/trust-rules/:name": "trust-rule.update",
  "DELETE /api/trust-rules/:name": "trust-rule.delete",
  "DELETE /api/access-keys/:access": "access-key.delete",
  "DELETE /api/users/:name/access-keys/:access": "access-key.delete",
  "POST /api/users": "user.create",
  "PATCH /api/users/:name": "user.update",
  "DELETE /api/users/:name": "user.delete",
  "PATCH /api/organizations/:organization/quota": "quota.update",
  "PATCH /api/accounts/:name/quota": "quota.update",
  "PATCH /api/quotas": "quota.update",
  "POST /api/accounts": "account.create",
  "DELETE /api/accounts/:name": "account.delete",
};

/** The routes that only read. */
const READING: ReadonlySet<string> = new Set([
  "GET /",
  "GET /openapi.json",
  "GET /docs",
  "GET /docs/:language",
  "GET /docs/:language/search.json",
  "GET /docs/:language/:page",
  "GET /docs/:language/guides/:guide",
  "GET /healthz",
  "GET /healthz/live",
  "GET /metrics",
  "GET /v1/_ping",
  "GET /v1/search",
  "GET /v2/_catalog",
  `GET ${MANAGE}/namespaces`,
  `GET ${MANAGE}/repos`,
  `GET ${MANAGE}/shared-repositories`,
  "GET /api/images",
  "GET /api/image-centre",
  "GET /api/organizations",
  "GET /api/activity",
  "GET /api/shares",
  "GET /api/users",
  "GET /api/accounts",
  "GET /api/audit",
  `GET ${NAMESPACE}`,
  `GET ${NAMESPACE}/access`,
  `GET ${REPOSITORY}`,
  `GET ${REPOSITORY}/access`,
  `GET ${REPOSITORY}/tags`,
  `GET ${REPOSITORY}/tags/:tag`,
  `GET ${DOMAINS}`,
  `GET ${DOMAINS}/:access_domain`,
  `GET ${MANAGE}/projects/:project_id/quotas`,
  `GET ${MANAGE}/projects/:project_id/feature-gates`,
  `GET ${MANAGE}/overview`,
  `GET ${MANAGE}/reports/:resource_type/:frequency`,
  `GET ${REPOSITORY}/retentions`,
  `GET ${REPOSITORY}/retentions/histories`,
  `GET ${REPOSITORY}/retentions/:retention_id`,
  `GET ${REPOSITORY}/triggers`,
  `GET ${REPOSITORY}/triggers/:trigger`,
  `GET ${MANAGE}/regions`,
  `GET ${MANAGE}/agency`,
  "GET /v3/manage/namespaces/:namespace/repos/:repository/tags",
  "GET /dockyard/v2/namespaces",
  "GET /dockyard/v2/visible/namespaces",
  "GET /dockyard/v2/namespaces/:namespace",
  "GET /dockyard/v2/repositories",
  "GET /v3/manage/repos",
  "GET /v3/manage/shared-repositories",
  "GET /v3/projects",
  "GET /v3/auth/projects",
  "GET /v3/auth/domains",
  "GET /v3/users/:user_id",
  "GET /v3.0/OS-USER/users/:user_id",
  "GET /api/v3/projects/:project_id/clusters/:cluster_id",
  "GET /v2",
  `GET ${OCI}/tags/list`,
  `GET ${OCI}/blobs/uploads/:session`,
  `GET ${OCI}/referrers/:digest`,
  `GET ${IMAGE}`,
  `GET ${IMAGE}/usage/daily`,
  `GET ${IMAGE}/tags`,
  `GET ${IMAGE}/manifests/:reference`,
  `GET ${IMAGE}/manifests/:reference/text`,
  `GET ${IMAGE}/manifests/:reference/referrers`,
  `GET ${IMAGE}/history`,
  `GET ${IMAGE}/tags/:tag/history`,
  `GET ${IMAGE}/immutable-tag-rules`,
  `GET ${IMAGE}/triggers`,
  `GET ${IMAGE}/workloads`,
  `GET ${IMAGE}/triggers/:trigger`,
  `GET ${IMAGE}/triggers/:trigger/deliveries`,
  `GET ${IMAGE}/triggers/:trigger/deliveries/:id`,
  `GET ${CLUSTERS}`,
  `GET ${CLUSTERS}/:cluster`,
  `GET ${IMAGE}/aging`,
  `GET ${IMAGE}/aging/rule`,
  `GET ${IMAGE}/aging/log`,
  `GET ${IMAGE}/restorable-tags`,
  `GET ${IMAGE}/garbage-collection`,
  "GET /api/organizations/:organization/usage",
  "GET /api/organizations/:organization/usage/daily",
  "GET /api/organizations/:organization/quota",
  "GET /api/accounts/:name/quota",
  "GET /api/quotas",
  "GET /api/quotas/own",
  "GET /api/overview",
  "GET /api/changes",
  "GET /api/reports/pulled-bytes",
  "GET /api/reports/stored-bytes",
  "GET /api/organizations/:organization",
  `GET ${PERMISSIONS}`,
  `GET ${IMAGE}/permissions`,
  `GET ${IMAGE}/shares`,
  `GET ${IMAGE}/shares/:account`,
  "GET /api/garbage-collection",
  "GET /api/session",
  "GET /api/visitor",
  "GET /api/settings",
  `GET ${UPSTREAM}`,
  "GET /api/remotes",
  "GET /api/remotes/:remote",
  "GET /api/access-keys",
  "GET /api/users/:name/access-keys",
  "GET /api/trust-rules",
  "GET /api/trust-rules/:name",
  "GET /api/logins",
  "GET /api/users/:name/logins",
  "GET /api/secret-rotation",
  "GET /api/accounts/:name",
  `GET ${REPOSITORY}/sync_repo`,
  `GET ${REPOSITORY}/sync_job`,
  `GET ${IMAGE}/sync-rules`,
  `GET ${IMAGE}/sync-rules/:rule`,
  `GET ${ORGANIZATION}/sync-rules`,
  `GET ${ORGANIZATION}/sync-rules/:rule`,
  `GET ${IMAGE}/sync-jobs`,
  `GET ${IMAGE}/sync-jobs/:id`,
  `GET ${ORGANIZATION}/sync-jobs`,
  `GET ${REPOSITORY}/:tag/accessories`,
  `GET ${REPOSITORY}/:tag/references`,
]);

/** Requests that are made in another way than by their row, so that they do something. */
const ASKED: Readonly<Record<string, (row: Row, caller: CallerName, target: Target) => Promise<Response>>> = {
  // Only a browser can log out.
  "DELETE /api/session": async (_, caller) => {
    const { name, password } = credentialsOf(caller);
    return sendWithCookie(await openSession(name, password), "DELETE", "/api/session");
  },
  // There may be two.
  "POST /api/access-keys": async (row, caller, target) => {
    const owned = "user_id = (SELECT id FROM users WHERE name = ?)";
    await env.DB.prepare(`DELETE FROM access_keys WHERE ${owned}`).bind(credentialsOf(caller).name).run();
    return ask(row, caller, target, "basic");
  },
  "POST /api/garbage-collection": (row, caller, target) =>
    ask({ ...row, body: () => ({ dryRun: false }) }, caller, target, "basic"),
};

// --- The tests ---

/** Tests that the table and the app have the same routes, and that each has a word on what the audit says of it. */
export function testCompleteness(): void {
  it("has a row for each route, and a route for each row", ({ expect }) => {
    const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
    const rows = new Set(TABLE.map(({ route }) => route));
    expect([...routes].filter((route) => !rows.has(route))).toEqual([]);
    expect([...rows].filter((route) => !routes.has(route))).toEqual([]);
  });

  it("has a line for each route, and a route for each line", ({ expect }) => {
    const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
    const silent = [...routes].filter((route) => !READING.has(route) && !(route in TRACES));
    expect(silent, "routes without a word on what the audit says of them").toEqual([]);
    const lines = [...READING, ...Object.keys(TRACES)];
    expect(lines.filter((route) => !routes.has(route))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
    expect([...READING].filter((route) => !route.startsWith("GET "))).toEqual([]);
  });
}

/** Routes of Berth's own API. */
export function isOwnApi(route: string): boolean {
  return / \/api\//.test(route);
}

/**
 * Tests the routes of a part.
 *
 * @param isMeant which they are.
 * @param least so many of them manage something.
 */
export function testRoutes(isMeant: (route: string) => boolean, least: number): void {
  const table = TABLE.filter(({ route }) => isMeant(route));
  // Its callers open uploads by the hundred, and end none.
  beforeAll(async () => {
    await setCommonLimits({
      organization: { openUploads: null, images: null },
      account: { openUploads: null, images: null },
    });
  });

  beforeEach(async () => {
    // An account has room for 200, and each row makes some.
    await env.DB.exec(
      "DELETE FROM clusters WHERE id NOT IN (SELECT cluster_id FROM triggers WHERE cluster_id IS NOT NULL)",
    );
    await env.DB.exec("DELETE FROM upstreams");
    await env.DB.exec("DELETE FROM sync_rules");
    await env.DB.exec("DELETE FROM remotes");
    // Clusters, receivers of webhooks, and an issuer of tokens.
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async (input) => answerAsIssuer(input) ?? new Response("{}", { status: 201 }),
    );
  });

  for (const row of table) {
    for (const kind of row.of === "image" ? (row.kinds ?? KINDS) : (["private"] as const)) {
      for (const way of row.scope ? (["basic", "token"] as const) : (["basic"] as const)) {
        it(`${titleOf(row)}${row.of === "image" ? `, ${kind}, by ${way}` : ""}`, { timeout: 120_000 }, ({ expect }) =>
          expectRow(row, kind, way, expect),
        );
      }
    }
  }

  it("manages nothing for an administrator's token that was made for an image", async ({ expect }) => {
    const managing = table.filter((row) => !row.scope && row.status("loginToken", "private") === 403);
    expect(managing.length).toBeGreaterThan(least);
    const statuses = managing.map(async (row) => {
      const targets = await makeTargets({ ...row, changes: false }, "private");
      const scope = () => "repository:some/image:pull";
      const response = await ask({ ...row, scope }, "administrator", targets.get("administrator") ?? {}, "token");
      return [titleOf(row), response.status];
    });
    expect(await Promise.all(statuses)).toEqual(managing.map((row) => [titleOf(row), 403]));
  });

  describe("the audit", () => {
    let hours = 0;

    for (const row of table) {
      const trace = TRACES[row.route] ?? READS;
      const caller =
        CALLERS.find((name) => isAtLeast(imageRightOf(name), "manage") && row.status(name, "private") < 300) ??
        CALLERS.find((name) => name !== "anonymous" && row.status(name, "private") < 300);
      if (caller === undefined) continue;
      it(`says of ${titleOf(row)}: ${typeof trace === "string" ? trace : `nothing, for ${trace.unrecorded}`}`, async ({
        expect,
      }) => {
        const target = (await makeTargets(row, "private")).get(caller) ?? {};
        const asked = ASKED[row.route] ?? ((...asking: [Row, CallerName, Target]) => ask(...asking, "basic"));
        const last = (await env.DB.prepare("SELECT max(id) AS id FROM audit_events").first<number>("id")) ?? 0;
        const newActions = async () => {
          const { results } = await env.DB.prepare(
            "SELECT action FROM audit_events WHERE id > ? AND result = 'success'",
          )
            .bind(last)
            .all<{ action: AuditAction }>();
          return new Set(results.map(({ action }) => action));
        };
        // What is recorded once an hour is due again hours later.
        const isRare = / (\/token|\/swr\/auth\/v2\/registry\/auth)$/.test(row.route);
        if (isRare) hours += 2;
        const response = await atTime(Date.now() + (isRare ? hours * 3600_000 : 0), () => asked(row, caller, target));
        expect(response.status).toBeLessThan(300);
        await response.arrayBuffer();
        if (typeof trace === "string") {
          const actions = await eventually(newActions, (found) => found.has(trace));
          expect([...actions]).toContain(trace);
        } else {
          await new Promise((resolve) => setTimeout(resolve, 20));
          expect([...(await newActions())].filter((action) => !trace.besides?.includes(action))).toEqual([]);
        }
      });
    }
  });
}

function titleOf({ at, route, query = "", note }: Row): string {
  return `${at ?? route}${query}${note === undefined ? "" : ` (${note})`}`;
}

async function expectRow(row: Row, kind: Kind, way: Way, expect: ExpectStatic): Promise<void> {
  const targets = await makeTargets(row, kind);
  const answers = await Promise.all(
    CALLERS.map(async (caller) => {
      const target = targets.get(caller) ?? {};
      return { caller, target, ...(await describeAnswer(ask(row, caller, target, way), target)) };
    }),
  );
  const expected = CALLERS.map((caller) => [caller, row.status(caller, kind)]);
  expect(Object.fromEntries(answers.map(({ caller, status }) => [caller, status]))).toEqual(
    Object.fromEntries(expected),
  );
  const { shows, scope } = row;
  if (shows) {
    const mark = row.of === "organization" ? /<organization>/ : /<(?:name|image)>/;
    const shown = answers.filter(({ status, text }) => status === 200 && mark.test(text));
    expect(shown.map(({ caller }) => caller)).toEqual(CALLERS.filter((caller) => shows(caller, kind)));
  }
  for (const { caller, target, status, text, challenge } of answers) {
    if (scope && status === 401) expect(challenge).toContain(`,scope="${scope(target)}"`);
    if (scope && status === 403) expect(text).toContain('"code":"DENIED"');
    if (!row.knows(caller, kind))
      for (const nothing of await answersOfNothing(row, caller, target, way)) expect(text, caller).toBe(nothing);
  }
}

async function makeTargets(row: Row, kind: Kind): Promise<Map<CallerName, Target>> {
  const count = (row.changes ?? !row.route.startsWith("GET ")) ? CALLERS.length : 1;
  const made = await makers[row.of](count, kind);
  const targets = CALLERS.map(async (caller, at) => {
    const target = made[at] ?? made[0] ?? {};
    return [caller, { ...target, ...(await row.prepare?.(caller, target)) }] as const;
  });
  return new Map(await Promise.all(targets));
}

const makers: Record<Row["of"], (count: number, kind: Kind) => Promise<Target[]>> = {
  image: (count, kind) => newImages(Array.from({ length: count }, () => kind)),
  organization: newOrganizations,
  member: newMembers,
  account: newAccounts,
  nothing: async () => [],
};

/** What is not there, but is to look the same as this. */
function absentFrom({ of, knowsOrganization }: Row, caller: CallerName, target: Target): Target[] {
  if (of === "nothing") return [];
  if (of === "organization") return [withoutOrganization(target)];
  if (of !== "image") return [withoutPerson(target)];
  return knowsOrganization?.(caller) ? [withoutImage(target)] : [withoutImage(target), withoutOrganization(target)];
}

/** The answers for what is not there, without names, by row, caller and way. */
const answersOfNothings = new Map<string, string[]>();

async function answersOfNothing(row: Row, caller: CallerName, target: Target, way: Way): Promise<string[]> {
  const key = `${TABLE.indexOf(row)} ${caller} ${way}`;
  const known = answersOfNothings.get(key);
  if (known) return known;
  const texts = new Set<string>();
  for (const absent of absentFrom(row, caller, target)) {
    texts.add((await describeAnswer(ask(row, caller, absent, way), absent)).text);
  }
  answersOfNothings.set(key, [...texts]);
  return [...texts];
}

/** Differs from answer to answer. */
const VARYING = new Set(["x-request-id", "docker-upload-uuid", "location"]);

/** An answer, also as one text in which the names of what was asked for are replaced. */
async function describeAnswer(asked: Promise<Response>, target: Target) {
  const response = await asked;
  const headers = [...response.headers].filter(([name]) => !VARYING.has(name)).map((header) => header.join(": "));
  const id = response.headers.get("x-request-id") ?? "none";
  const body = new TextDecoder().decode(await response.arrayBuffer()).replaceAll(id, "id");
  const text = ["name", "organization", "image", "own", "access", "user_id"].reduce(
    (anonymous, key) => withoutName(anonymous, key, target[key]),
    [String(response.status), ...headers, body].join("\n"),
  );
  return { status: response.status, text, challenge: response.headers.get("WWW-Authenticate") };
}

function withoutName(text: string, key: string, value: string | undefined): string {
  if (value === undefined) return text;
  return key === "user_id" ? text.replace(`user ${value} `, "user <id> ") : text.replaceAll(value, `<${key}>`);
}
