/** A registry with something on every page of the console, and texts that have to stay texts. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { addAccount, addUser, type Person } from "../support/server-people.ts";
import { INDEX_TYPE, MANIFEST_TYPE, type PushedImage, pushImage, pushIndex } from "../support/server-images.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import type { BrowsedRegistry } from "./browsed-registry.ts";

/** The console's CSP would stop it anyway; it must not even become an element. */
export const SCRIPT = "<script>document.title = 'taken over'</script>";
/** Turns the direction of what follows it (U+202E). */
const RIGHT_TO_LEFT = "\u202Egnihton";
const LONG_REMOTE = `${"long-name-".repeat(6)}end`;
const ROBOT = "builder";
const LONG_ROBOT = `${"long-name-".repeat(6)}end`;
/** A key that ends so soon has ended when somebody looks. */
const SOON_MS = 2000;
/** The longest description (guide 4.5). */
const MAX_DESCRIPTION = 30_000;
const DELIVERY_MS = 20_000;

/** How a Markdown text may try to do more than to be read. */
export const DESCRIPTION = `# The web shop

Of **Acme**: ${SCRIPT} ${RIGHT_TO_LEFT}

- [a trap](javascript:alert(1)) and [a place](https://shop.example.com)
- <img src="x" onerror="document.title = 'taken over'"> <a href="javascript:alert(1)">raw</a>

| Tag | For |
|---|---|
| \`1.x\` | production |

\`\`\`sh
docker run --publish 8080:8080 acme/web
\`\`\`
`;

export interface Seed {
  /** Has rights on the organization acme and on one of its images. */
  alice: Person;
  /** Administers another account, which has a public image, and shares one with the operator's. */
  rival: Person;
  /** Of the trigger on `acme/web`. */
  trigger: string;
  close: () => Promise<void>;
}

/** Fills a registry whose ALLOWED_TARGETS has 127.0.0.1. */
export async function seed({ server, operator }: BrowsedRegistry): Promise<Seed> {
  const { user } = await operator.ask<{ user: { account: string } }>("GET", "/api/session");
  const alice = await addUser(server, operator, "alice");
  const rival = await addAccount(server, "rival");
  for (const namespace of ["acme", "empty"]) await createOrganization(operator, namespace);
  await createOrganization(rival, "rival-company");

  await createImage(operator, "acme", "web", { category: "app_server", description: DESCRIPTION });
  await createImage(operator, "acme", "nothing", {});
  await createImage(operator, "acme", "team/api", { description: `${SCRIPT}${RIGHT_TO_LEFT}`, is_public: true });
  await createImage(operator, "acme", `${"long-name-".repeat(10)}end`, {
    description: "words without end ".repeat(MAX_DESCRIPTION).slice(0, MAX_DESCRIPTION),
    is_public: true,
  });
  await createImage(rival, "rival-company", "gateway", { description: `From the rival ${SCRIPT}` });
  await createImage(rival, "rival-company", "proxy", { is_public: true, category: "linux" });

  for (const tag of ["1.0", "1.1", "1.2"]) await pushImage(operator, "acme/web", tag);
  const latest = await pushIndex(operator, "acme/web", "latest");
  await pushSignature(operator, "acme/web", latest);
  await pushIndex(operator, "acme/team/api", "a".repeat(120));
  await pushImage(rival, "rival-company/gateway", "1.0");
  await pushIndex(rival, "rival-company/proxy", "1.0");

  await operator.ask("POST", "/v2/manage/namespaces/acme/access", [permission(alice, 3)]);
  await operator.ask("POST", "/v2/manage/namespaces/acme/repos/web/access", [permission(alice, 7)]);
  await share(operator, "acme", "web", "rival", `For the shop ${SCRIPT}`);
  await share(rival, "rival-company", "gateway", user.account, RIGHT_TO_LEFT);
  await robots(operator);
  const web = "/api/organizations/acme/images/web";
  await operator.ask("POST", `${web}/immutable-tag-rules`, { pattern: "1.2" });
  await operator.ask("POST", "/api/organizations/acme/clusters", {
    name: "production",
    server: "https://127.0.0.1:6443",
    token: "a-token",
    test: false,
  });

  await operator.ask("POST", "/api/remotes", { name: "tokyo", url: "https://tokyo.example.com", test: false });
  await operator.ask("POST", "/api/remotes", {
    name: LONG_REMOTE,
    url: `https://${"long-host-".repeat(6)}end.example.com:65535`,
    username: "robot",
    password: "secret",
    test: false,
  });

  const elsewhere = await synchronize(operator, latest);
  const issuers = await trustIssuers(operator);
  const upstream = await standForOthers(operator);

  const receiver = new Receiver({ "/hook": answer(200, {}, `Thank you ${SCRIPT}`) });
  const url = `http://127.0.0.1:${await receiver.listen()}/hook`;
  const trigger = "notify";
  await operator.ask("POST", `${web}/triggers`, {
    name: trigger,
    condition: { kind: "all" },
    target: { kind: "webhook", url, format: "cloudevents" },
  });
  await pushImage(operator, "acme/web", "1.3");
  await vi.waitUntil(() => receiver.at("/hook").length === 1, { timeout: DELIVERY_MS });

  // It deletes some tags at once, which the log and the history tell.
  await operator.ask("PUT", `${web}/aging/rule`, { kind: "tag_rule", amount: 5, labels: ["1.1"], patterns: ["v.*"] });
  const close = async () => {
    for (const other of [elsewhere, upstream]) {
      other.closeAllConnections();
      other.close();
    }
    await Promise.all([receiver.close(), ...issuers.map((issuer) => issuer.stop())]);
  };
  return { alice, rival, trigger, close };
}

/** Two robots, one with a key that never ends and one that ends one day; and a key of one's own that has ended. */
async function robots(operator: Person): Promise<void> {
  for (const name of [ROBOT, LONG_ROBOT]) await operator.ask("POST", "/api/users", { name, kind: "robot" });
  await operator.ask("POST", `/api/users/${ROBOT}/access-keys`, {});
  await operator.ask("POST", `/api/users/${ROBOT}/access-keys`, { ends: "2099-12-31T00:00:00Z" });
  const ends = new Date(Date.now() + SOON_MS);
  await operator.ask("POST", "/api/access-keys", { ends: ends.toISOString() });
}

/** A short rule, and one that says as much as a rule may. */
async function trustIssuers(operator: Person): Promise<LoopbackIssuer[]> {
  const issuers = await Promise.all([startIssuer(), startIssuer(`/${"long-path-".repeat(10)}end`)]);
  await operator.ask("POST", "/api/trust-rules", {
    name: "release",
    issuer: issuers[0].url,
    conditions: [{ claim: "repository", value: "acme/web" }],
    grants: [{ image: "acme/web", level: "edit" }],
  });
  await operator.ask("POST", "/api/trust-rules", {
    name: LONG_ROBOT,
    issuer: issuers[1].url,
    audience: `${"long-audience-".repeat(8)}end`,
    conditions: [
      { claim: "sub", glob: `repo:${"long-name-".repeat(10)}end/*:ref:refs/heads/release-**` },
      { claim: "repository_owner", value: SCRIPT },
      { claim: "environment", value: "production" },
    ],
    grants: [
      { organization: "acme", level: "read" },
      { image: `acme/${"long-name-".repeat(10)}end`, level: "manage" },
      { image: "acme/team/api", level: "edit" },
    ],
    lifetime: 7200,
  });
  return issuers;
}

/** An organization with an image of its registry, which then refused; and one with long names, whose registry was never asked. */
async function standForOthers(operator: Person): Promise<Server> {
  const upstream = createServer(({ url = "" }, response) => {
    const isClosed = url.startsWith("/v2/closed/");
    const errors = [{ code: "DENIED", message: `upstream does not give this ${SCRIPT}` }];
    const body = isClosed ? { errors } : { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] };
    response
      .writeHead(isClosed ? 403 : 200, {
        "Content-Type": isClosed ? "application/json" : INDEX_TYPE,
        "ratelimit-limit": "100;w=21600",
        "ratelimit-remaining": "76;w=21600",
      })
      .end(JSON.stringify(body));
  });
  await once(upstream.listen(0, "127.0.0.1"), "listening");
  const { port } = upstream.address() as AddressInfo;
  await operator.ask("POST", "/api/remotes", { name: "hub", url: `http://127.0.0.1:${port}`, test: false });
  const settings = {
    hub: { remote: "hub", retentionDays: 30, public: true },
    "long-hub": { remote: LONG_REMOTE, path: `${"long-path/".repeat(9)}end` },
  };
  for (const [organization, setting] of Object.entries(settings)) {
    await createOrganization(operator, organization);
    await operator.ask("PUT", `/api/organizations/${organization}/upstream`, setting);
  }
  for (const [image, isGiven] of Object.entries({ "hub/library/nginx": true, "hub/closed/nginx": false })) {
    const response = await operator.send("GET", `/v2/${image}/manifests/1`, undefined, { Accept: INDEX_TYPE });
    await response.body?.cancel();
    if (response.ok !== isGiven) throw new Error(`${image} of an upstream: ${response.status}`);
  }
  return upstream;
}

/**
 * Rules, and jobs of all kinds: one whose tag is there, one whose tag differs there, one that is refused, one that finds nobody and
 * waits, and one that was cancelled.
 *
 * @returns what stands for the other registry, to be closed.
 */
async function synchronize(operator: Person, latest: PushedImage): Promise<Server> {
  const web = "/api/organizations/acme/images/web";
  const elsewhere = createServer(({ url, method }, response) => {
    const isClosed = url?.startsWith("/v2/closed/") ?? false;
    const isRead = method === "GET" || method === "HEAD";
    const status = isClosed ? (isRead ? 404 : 403) : 200;
    const errors = [{ code: "DENIED", message: `the organization closed is read-only ${SCRIPT}` }];
    response
      .writeHead(status, { "Content-Type": INDEX_TYPE, "Docker-Content-Digest": latest.digest })
      .end(isClosed ? JSON.stringify({ errors }) : undefined);
  });
  await once(elsewhere.listen(0, "127.0.0.1"), "listening");
  const { port } = elsewhere.address() as AddressInfo;
  await operator.ask("POST", "/api/remotes", { name: "osaka", url: `http://127.0.0.1:${port}`, test: false });

  const tokyo = { remote: "tokyo", remoteOrganization: "team" };
  const long = { remote: LONG_REMOTE, remoteOrganization: `${"long-path/".repeat(12)}end` };
  await operator.ask("POST", `${web}/sync-rules`, { ...tokyo, tags: "v*", override: true, deletions: true });
  await operator.ask("POST", `${web}/sync-rules`, { ...long, automatic: false, referrers: true });
  const images = "{team/*,web}";
  await operator.ask("POST", "/api/organizations/acme/sync-rules", { ...tokyo, images, automatic: false });

  const ask = async (remote: string, remoteOrganization: string, tag: string): Promise<number> => {
    const body = { remote, remoteOrganization, tags: [tag] };
    const { jobs } = await operator.ask<{ jobs: [{ id: number }] }>("POST", `${web}/sync`, body);
    return jobs[0].id;
  };
  const ends = new Map([
    [await ask("osaka", "closed", "1.0"), "failed"],
    [await ask("osaka", "team", "latest"), "success"],
    [await ask("osaka", "team", "1.1"), "existed"],
  ]);
  const cancelled = await ask("tokyo", "team", "1.1");
  await operator.ask("POST", `${web}/sync-jobs/${cancelled}/cancel`);
  await ask(long.remote, long.remoteOrganization, "1.2");
  for (const [id, status] of ends) {
    const isThere = async () => {
      return (await operator.ask<{ status: string }>("GET", `${web}/sync-jobs/${id}`)).status === status;
    };
    await vi.waitUntil(isThere, { timeout: DELIVERY_MS, interval: 200 });
  }
  return elsewhere;
}

/** As SWR's API has rights: 1 read, 3 edit, 7 manage. */
export function permission({ id, name }: Person, auth: 1 | 3 | 7) {
  return { user_id: id, user_name: name, auth };
}

export async function createOrganization(person: Person, namespace: string): Promise<void> {
  await person.ask("POST", "/v2/manage/namespaces", { namespace });
}

/** Makes an image without tags: private unless `properties` say otherwise. */
export async function createImage(
  person: Person,
  organization: string,
  repository: string,
  properties: { is_public?: boolean; category?: string; description?: string } = {},
): Promise<void> {
  const path = `/v2/manage/namespaces/${organization}/repos`;
  await person.ask("POST", path, { repository, is_public: false, category: "other", description: "", ...properties });
}

async function share(person: Person, organization: string, image: string, account: string, description: string) {
  const path = `/v2/manage/namespaces/${organization}/repositories/${image}/access-domains`;
  await person.ask("POST", path, { access_domain: account, permit: "read", deadline: "forever", description });
}

/** Pushes what cosign would: a manifest that refers to another one. */
async function pushSignature(person: Person, repository: string, { digest, size }: PushedImage): Promise<void> {
  const signature = await pushImage(person, repository, "signature");
  const manifests = `/v2/${repository}/manifests`;
  const response = await person.send("GET", `${manifests}/${signature.digest}`, undefined, { Accept: MANIFEST_TYPE });
  const manifest = {
    ...((await response.json()) as object),
    artifactType: "application/vnd.example.signature",
    subject: { mediaType: INDEX_TYPE, digest, size },
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const pushed = await person.send("PUT", `${manifests}/signature`, bytes, { "Content-Type": MANIFEST_TYPE });
  if (pushed.status !== 201) throw new Error(`pushing a signature: ${pushed.status} ${await pushed.text()}`);
}
