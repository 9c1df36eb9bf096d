/**
 * The example of an operation: a command for a POSIX shell that can be run as it stands, where there is what it names.
 * `test/workerd/docs-examples.test.ts` sends every one of them, and `test/sdk/docs-examples.test.ts` types them into a shell.
 */
import type { DescribedOperation, OpenApiDocument } from "../openapi-document.ts";
import { bodySchemaOf, type Parameter, parametersOf } from "./operation-parts.ts";
import { exampleOf } from "./schema.ts";

interface ExampleValues {
  /** By the names of parameters. */
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  /** `$NAME` and the like in its texts are the shell's. */
  body?: unknown;
  /** In place of name and password. */
  header?: string;
}

/** Parameters that have no example of their own, because it would be one of every operation. */
const PARAMETERS: Readonly<Record<string, string>> = {
  access: "ABCDEFGHIJ0123456789",
  access_domain: "south",
  id: "5f3d0c8a91be47d2a6f01c9e",
  project_id: "berth",
};

const UPSTREAM = { organization: "hub" };
const SOUTH = { name: "south" };
const ROBOT = { name: "deployer" };
const SHARE = { permit: "read", deadline: "forever" };
const TRUST = {
  issuer: "https://token.actions.githubusercontent.com",
  conditions: [{ claim: "sub", glob: "repo:acme/web:*" }],
  grants: [{ organization: "acme", level: "edit" }],
};

/** What an example has where the schema's own examples, taken together, would not do. */
const VALUES: Readonly<Record<string, ExampleValues>> = {
  showApiVersion: { header: "X-Auth-Token: $TOKEN" },
  createNamespace: { body: { namespace: "team" } },
  deleteNamespaces: { path: { namespace: "team" } },
  createRepo: { body: { repository: "shop/api", is_public: false } },
  createRepoTag: { body: { source_tag: "1.0", destination_tag: "stable" } },
  createRepoDomains: { body: { access_domain: "south", ...SHARE } },
  updateRepoDomains: { body: SHARE },
  createTrigger: {
    body: {
      name: "nginx",
      action: "update",
      app_type: "deployments",
      application: "nginx",
      cluster_ns: "default",
      cluster_name: "production",
      trigger_type: "all",
      condition: ".*",
      enable: "true",
    },
  },
  createManualImageSyncRepo: { body: { remoteRegionId: "tokyo", remoteNamespace: "team", imageTag: ["1.0"] } },
  showSyncJob: { query: { filter: "limit::10|offset::0" } },
  listSharedReposDetails: { query: { center: "self" } },
  keystoneCreateUserTokenByPassword: {
    body: {
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name: "$NAME", password: "$PASSWORD", domain: { name: "$ACCOUNT" } } },
        },
        scope: { project: { name: "berth" } },
      },
    },
  },
  createCopiedNamespace: { body: { namespace: "team" } },
  listCopiedRepositories: { query: { center: "self" } },
  changeImage: { body: { category: "app_server", description: "The shop" } },
  createImage: { body: { image: "shop/api" } },
  shareImage: { body: { account: "south", deadline: "forever", note: "beta" } },
  changeImageShare: { body: { deadline: "forever" } },
  findKnownLayers: { body: { image: "shop/web", diffIds: [`sha256:${"0".repeat(64)}`] } },
  addTrigger: {
    body: {
      name: "notify",
      condition: { kind: "regular", text: "v*" },
      target: { kind: "webhook", url: "https://hooks.example.com/berth", format: "cloudevents" },
    },
  },
  tryCondition: { body: { kind: "regular", text: "v*" } },
  changeTrigger: { body: { enabled: false } },
  createCluster: {
    body: { name: "staging", server: "https://cluster.example.com:6443", token: "$CLUSTER_TOKEN", test: false },
  },
  updateCluster: { body: { namespaces: ["shop"] } },
  createRemote: { body: { name: "kyoto", url: "https://registry.example.net", test: false } },
  updateRemote: { body: { username: "robot", password: "$REMOTE_PASSWORD", test: false } },
  deleteRemote: { path: { remote: "kyoto" } },
  createOrganizationSyncRule: { body: { remote: "tokyo", remoteOrganization: "team", images: "shop/**", tags: "v*" } },
  updateOrganizationSyncRule: { body: { tags: "v*" } },
  createOrganization: { body: { name: "team" } },
  deleteOrganization: { path: { organization: "team" } },
  showUpstream: { path: UPSTREAM },
  setUpstream: { path: UPSTREAM, body: { remote: "docker-hub", tagLifetime: 600 } },
  removeUpstream: { path: UPSTREAM },
  updateOrganizationQuota: { body: { images: 3000 } },
  showAccountQuota: { path: SOUTH },
  updateAccountQuota: { path: SOUTH, body: { images: 6000 } },
  updateDefaultQuotas: { body: { organization: { images: 2000 } } },
  logIn: { body: { name: "$NAME", password: "$PASSWORD" } },
  changePassword: { body: { current: "$PASSWORD", new: "$NEW_PASSWORD" } },
  createAccount: { body: { name: "west" } },
  showAccount: { path: SOUTH },
  deleteAccount: { path: SOUTH },
  createUser: { body: { name: "deployer", kind: "robot" } },
  changeUser: { body: { role: "administrator" } },
  createAccessKey: { body: {} },
  createAccessKeyForUser: { path: ROBOT, body: {} },
  listAccessKeysOfUser: { path: ROBOT },
  deleteAccessKeyOfUser: { path: ROBOT },
  createTrustRule: { body: { name: "nightly", ...TRUST } },
  replaceTrustRule: { body: TRUST },
};

/** A command with the registry's own address. The reader's credentials are in `$NAME` and `$PASSWORD`. */
export function commandOf(document: OpenApiDocument, described: DescribedOperation, origin: string): string {
  const { path, method, operation } = described;
  const given = VALUES[operation.operationId ?? ""] ?? {};
  const parameters = parametersOf(operation);
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, each) => text.replace(`{${each.name}}`, () => given.path?.[each.name] ?? valueOf(each)), path);
  const required = parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  const query = { ...Object.fromEntries(required.map((each) => [each.name, valueOf(each)])), ...given.query };
  const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const body = bodySchemaOf(operation);
  const verb = method === "get" ? "" : `-X ${method.toUpperCase()} `;
  const address = `${origin}${filled}${parts.length > 0 ? `?${parts.join("&")}` : ""}`;
  const needsCredentials = (operation.security ?? []).length > 0 && given.header === undefined;
  const lines = [
    `curl ${verb}${quote(address)}`,
    ...(needsCredentials ? [`-u "$NAME:$PASSWORD"`] : []),
    ...(given.header === undefined ? [] : [`-H "${given.header}"`]),
    ...(body ? ["-H 'Content-Type: application/json'", `-d ${bodyOf(given.body ?? exampleOf(document, body))}`] : []),
  ];
  return lines.join(" \\\n  ");
}

function valueOf({ name, schema, example }: Parameter): string {
  const own: unknown = example ?? (schema && "example" in schema ? schema.example : undefined);
  const first: unknown = schema && "enum" in schema ? schema.enum?.[0] : undefined;
  const given = own ?? first;
  return typeof given === "string" || typeof given === "number" ? String(given) : (PARAMETERS[name] ?? `{${name}}`);
}

/** A body for the shell, which puts the values of its variables in. */
function bodyOf(body: unknown): string {
  return quote(JSON.stringify(body)).replaceAll(/"\$([A-Z_]+)"/g, (_, name: string) => `"'"$${name}"'"`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
