/** Two accounts: to each, what the other has is not there. */
import { beforeAll, describe, expect, test } from "vitest";
import { addUser, type Person } from "../support/server-people.ts";
import { MANIFEST_TYPE, pushImage } from "../support/server-images.ts";
import { type Operation, OPERATIONS, type SdkUser, useRegistry } from "./sdk-registry.ts";

const setting = useRegistry();
let owner: { person: Person; sdk: SdkUser };
let stranger: { person: Person; sdk: SdkUser };
let colleague: { person: Person; sdk: SdkUser };
let digest: string;
let layer: string;

beforeAll(async () => {
  owner = await setting.account("first");
  stranger = await setting.account("second");
  const person = await addUser(setting.server, owner.person, "colleague");
  colleague = { person, sdk: await setting.sdkOf(person) };
  ({ digest } = await pushImage(owner.person, "hidden/web", "1"));
  const response = await owner.person.send("GET", "/v2/hidden/web/manifests/1", undefined, { Accept: MANIFEST_TYPE });
  const { layers } = (await response.json()) as { layers: { digest: string }[] };
  layer = layers[0]?.digest ?? "";
  await pushImage(stranger.person, "second/own", "1");
});

/** Operations that name no organization: lists and the account's own things. */
const UNRELATED: readonly Operation[] = [
  "createNamespace",
  "createSecret",
  "listApiVersions",
  "listNamespaces",
  "listQuotas",
  "listReposDetails",
  "listSharedReposDetails",
  "showApiVersion",
  "showDomainOverview",
  "showDomainResourceReports",
  "showShareFeatureGates",
];

const RETENTION = { algorithm: "or", rules: [{ template: "tag_rule", params: { num: "5" }, tag_selectors: [] }] };
const TRIGGER = {
  name: "deploy",
  action: "update",
  app_type: "deployments",
  application: "web",
  cluster_ns: "default",
  cluster_name: "production",
  condition: ".*",
  enable: "true",
  trigger_type: "all",
};

const SYNC = { remoteRegionId: "tokyo", remoteNamespace: "team" };

/** What an operation would take that is allowed. */
function fieldsOf(operation: Operation): Record<string, unknown> {
  const auths = [{ user_id: stranger.person.id, user_name: "second", auth: 7 }];
  const bodies: Partial<Record<Operation, unknown>> = {
    createNamespaceAuth: auths,
    updateNamespaceAuth: auths,
    deleteNamespaceAuth: [stranger.person.id],
    createUserRepositoryAuth: auths,
    updateUserRepositoryAuth: auths,
    deleteUserRepositoryAuth: [stranger.person.id],
    createRepo: { repository: "more", is_public: false },
    updateRepo: { is_public: true },
    createRepoTag: { source_tag: "1", destination_tag: "2" },
    createRepoDomains: { access_domain: "second", permit: "read", deadline: "forever" },
    updateRepoDomains: { permit: "read", deadline: "forever" },
    createRetention: RETENTION,
    updateRetention: RETENTION,
    createTrigger: TRIGGER,
    updateTrigger: { enable: "false" },
    createImageSyncRepo: SYNC,
    deleteImageSyncRepo: SYNC,
    createManualImageSyncRepo: { ...SYNC, imageTag: ["1"] },
  };
  const parameters = {
    tag: "1",
    access_domain: "second",
    retention_id: 1,
    trigger: "deploy",
    filter: "limit::1|offset::0",
  };
  return { ...parameters, ...(operation in bodies && { body: bodies[operation] }) };
}

describe.each(OPERATIONS.filter((operation) => !UNRELATED.includes(operation)))("%s", (operation) => {
  test.each(["of another account", "of the same account without a right"])(
    "is refused to a user %s as if there were nothing",
    async (who) => {
      const { sdk } = who.includes("another") ? stranger : colleague;
      const refuse = (namespace: string, repository: string) => {
        const fields = { ...fieldsOf(operation), namespace, repository };
        return sdk.refusalOf(operation, fields);
      };

      const existing = await refuse("hidden", "web");
      const absent = await refuse("absent", "web");
      expect(existing.status).toBe(404);
      expect({ ...existing, requestId: "" }).toEqual({
        ...absent,
        message: absent.message.replaceAll("absent", "hidden"),
        requestId: "",
      });
    },
  );
});

test("nothing of the other account is in any list", async () => {
  for (const { sdk, name } of [
    { sdk: stranger.sdk, name: "second" },
    { sdk: colleague.sdk, name: "first" },
  ]) {
    for (const filter of [undefined, "mode::visible", "namespace::hidden|mode::visible"]) {
      const { namespaces } = await sdk.call<{ namespaces: { name: string }[] }>(
        "listNamespaces",
        filter ? { filter } : {},
      );
      expect(namespaces.map((found) => found.name)).not.toContain("hidden");
    }
    for (const fields of [{}, { namespace: "hidden" }, { name: "web" }, { filter: "is_public::false" }]) {
      const found = await sdk.call<{ namespace: string; total_range: number }[]>("listReposDetails", fields);
      expect(Array.from(found, ({ namespace }) => namespace)).not.toContain("hidden");
    }
    for (const center of ["self", "thirdparty"]) {
      expect(await sdk.call<unknown[]>("listSharedReposDetails", { center })).toHaveLength(0);
    }
    const overview = await sdk.call("showDomainOverview");
    const own = name === "second" ? 1 : 0;
    expect(overview).toMatchObject({ domain_name: name, namspace_num: own, repo_num: own, image_num: own });
  }
});

/** The body of an answer without the id of its request. */
async function textWithoutId(response: Response): Promise<string> {
  return (await response.text()).replaceAll(/"requestId":"[^"]*"/g, '"requestId":""');
}

test("nothing of the other account is pushed, pulled, listed or mounted over the registry API", async () => {
  for (const { person } of [stranger, colleague]) {
    for (const path of ["manifests/1", `manifests/${digest}`, `blobs/${layer}`, "tags/list", `referrers/${digest}`]) {
      const existing = await person.send("GET", `/v2/hidden/web/${path}`);
      expect(existing.status).toBe(403);
      // Someone who may create organizations is told that a name is taken; here nothing can be created.
      const body = await textWithoutId(existing);
      const absent = await person.send("GET", `/v2/hidden/absent/${path}`);
      expect(absent.status).toBe(403);
      expect(body).toBe((await textWithoutId(absent)).replaceAll("hidden/absent", "hidden/web"));
    }
    const push = await person.send("POST", "/v2/hidden/web/blobs/uploads/");
    expect(push.status).toBe(403);
    const removal = await person.send("DELETE", `/v2/hidden/web/manifests/${digest}`);
    expect(removal.status).toBe(403);
  }
  const catalog = await stranger.person.ask<{ repositories: string[] }>("GET", "/v2/_catalog");
  expect(catalog.repositories).toEqual(["second/own"]);
  // What cannot be mounted is uploaded.
  const mount = await stranger.person.send("POST", `/v2/second/own/blobs/uploads/?mount=${layer}&from=hidden/web`);
  expect(mount.status).toBe(202);
  const without = await stranger.person.send("POST", `/v2/second/own/blobs/uploads/?mount=${layer}`);
  expect(without.status).toBe(202);
  expect((await stranger.person.send("GET", `/v2/second/own/blobs/${layer}`)).status).toBe(404);
});

test("Berth's own API tells nothing of the other account either", async () => {
  const { users } = await stranger.person.ask<{ users: { name: string }[] }>("GET", "/api/users");
  expect(users.map(({ name }) => name)).toEqual(["second"]);
  const { events } = await stranger.person.ask<{ events: { account: string | null }[] }>("GET", "/api/audit");
  expect(new Set(events.map(({ account }) => account))).toEqual(new Set(["second"]));
  for (const path of ["/api/accounts/first", "/api/users/colleague/access-keys"]) {
    const existing = await stranger.person.send("GET", path);
    const absent = await stranger.person.send("GET", path.replace(/first|colleague/, "nobody"));
    expect(existing.status).toBe(404);
    expect(await textWithoutId(existing)).toBe(
      (await textWithoutId(absent)).replaceAll("nobody", path.includes("first") ? "first" : "colleague"),
    );
  }
  expect((await stranger.person.send("GET", "/api/audit?account=first")).status).toBe(403);
  expect((await stranger.person.send("GET", "/api/accounts")).status).toBe(403);
});
