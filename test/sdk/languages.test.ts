/**
 * Huawei's Python and Go SDKs, unmodified: every operation of the basic edition, and whether what Berth answers is what the
 * SDK's model says.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { type AccessKey, addUser, type Person } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { skipAll } from "../support/requirements.ts";
import { type Answer, Driver, prepareGo, preparePython } from "./drivers/driver.ts";
import { type Document, differencesOf, type Model } from "./models.ts";
import { useRegistry } from "./sdk-registry.ts";

const setting = useRegistry({ ORGANIZATION_QUOTA: "20" });

/** What Berth answers beyond the SDKs' models, which pass over it. */
const BEYOND: Readonly<Record<string, string>> = {
  access_user_count: "the console of SWR shows it, and Terraform reads it",
  repo_count: "the same",
  condition_syntax: "how a trigger's condition is read",
  next_marker: "of tags by marker: the list of references calls it so",
};

/** What an SDK's model has and Berth does not answer, or answers as null, and why that is so. */
const ABSENT: Readonly<Record<string, string>> = {
  "listTriggersDetails[].trigger_history is null": "as SWR: only a trigger that is shown by itself has it",
  "listRepositoryTags[].deleted is null": "as SWR: no tag that is listed was deleted",
};

/** What SWR leaves out of the last page of a list. */
const LAST_PAGE = /^list(?:RepoDetails|SharedRepoDetails|RepositoryTag|References)\.next_?[mM]arker is missing$/;

/** Everything but what {@link BEYOND}, {@link ABSENT} and {@link LAST_PAGE} explain. */
function unexplained(differences: readonly string[] = []): string[] {
  return differences.filter((difference) => {
    const field = /\.(\w+) is not in the model$/.exec(difference)?.[1];
    return !(field !== undefined && field in BEYOND) && !(difference in ABSENT) && !LAST_PAGE.test(difference);
  });
}

const LANGUAGES = [
  { language: "python", prepared: await preparePython() },
  { language: "go", prepared: await prepareGo() },
] as const;

const SYNC = { remoteRegionId: "cn-north-1", remoteNamespace: "acme" };
describe.each(LANGUAGES)("the $language SDK", ({ language, prepared }) => {
  if ("reason" in prepared) skipAll(`Huawei's ${language} SDK`, prepared.reason);
  const organization = `sdk-${language}`;
  const image = { namespace: organization, repository: "shop$web" };
  const TRIGGER = {
    name: "deploy",
    action: "update",
    app_type: "deployments",
    application: "web",
    cluster_ns: "default",
    cluster_name: "production",
    condition: "^v[0-9]+$",
    enable: "true",
    trigger_type: "regular",
  };
  const RETENTION = {
    algorithm: "or",
    rules: [
      {
        template: "tag_rule",
        params: { num: "1" },
        tag_selectors: [
          { kind: "regexp", pattern: "rc-.*" },
          { kind: "label", pattern: "latest" },
        ],
      },
    ],
  };
  const called = new Set<string>();
  let owner: Person;
  let member: Person;
  let other: { person: Person };
  let key: AccessKey;
  let driver: Driver;

  beforeAll(async () => {
    if ("reason" in prepared) return;
    ({ person: owner } = await setting.account(organization));
    member = await addUser(setting.server, owner, `member-${language}`);
    other = await setting.account(`other-${language}`);
    key = await owner.addAccessKey();
    driver = new Driver(prepared, setting.server.url, key);
  });
  afterAll(async () => {
    if (!("reason" in prepared)) await driver.stop();
  });

  async function call(operation: string, fields: Record<string, unknown> = {}): Promise<Answer> {
    called.add(operation);
    const answer = await driver.call(operation, fields);
    expect({ operation, unexplained: unexplained(answer.differences) }).toEqual({ operation, unexplained: [] });
    return answer;
  }
  /** Status and, of a refusal, code. */
  async function outcome(operation: string, fields: Record<string, unknown> = {}): Promise<string> {
    const { status, code } = await call(operation, fields);
    return code === undefined ? String(status) : `${status} ${code}`;
  }

  test("manages organizations and the rights on them", async () => {
    expect(await outcome("createNamespace", { body: { namespace: organization } })).toBe("201");
    expect(await outcome("createNamespace", { body: {} })).toMatch(/^400 SVCSTG\.SWR\.400(1014|1028)$/);
    expect(await outcome("createNamespace", { body: { namespace: organization } })).toBe("409 SVCSTG.SWR.4090060");
    expect(await call("listNamespaces", { filter: `namespace::${organization}` })).toMatchObject({
      status: 200,
      body: { namespaces: [{ name: organization, auth: 7 }] },
    });
    expect(await outcome("showNamespace", { namespace: organization })).toBe("200");
    const granted = [{ user_id: member.id, user_name: member.name, auth: 1 }];
    const changed = [{ user_id: member.id, user_name: member.name, auth: 3 }];
    expect(await outcome("createNamespaceAuth", { namespace: organization, body: granted })).toBe("200");
    expect(await outcome("updateNamespaceAuth", { namespace: organization, body: changed })).toBe("201");
    expect(await call("showNamespaceAuth", { namespace: organization })).toMatchObject({
      body: { others_auths: changed },
    });
    expect(await outcome("deleteNamespaceAuth", { namespace: organization, body: [member.id] })).toBe("204");
    expect(await outcome("deleteNamespaceAuth", { namespace: organization, body: [] })).toBe("204");
  });

  test("manages images, their tags and the rights on them", async () => {
    const created = { repository: "shop/web", is_public: false, category: "linux", description: "the shop" };
    expect(await outcome("createRepo", { namespace: organization, body: created })).toBe("200");
    await pushImage(owner, `${organization}/shop/web`, "v1");
    expect(await call("showRepository", image)).toMatchObject({ body: { name: "shop/web", category: "linux" } });
    expect(await outcome("updateRepo", { ...image, body: { is_public: false, description: "" } })).toBe("201");
    expect(await call("listReposDetails", { namespace: organization, limit: "10", offset: "0" })).toMatchObject({
      body: [{ name: "shop/web", num_images: 1, tags: ["v1"], total_range: 1 }],
    });
    expect(await call("listReposDetails", { filter: `namespace::${organization}|limit::10|offset::0` })).toMatchObject({
      body: [{ name: "shop/web" }],
    });
    const tag = { source_tag: "v1", destination_tag: "v2", override: true };
    expect(await outcome("createRepoTag", { ...image, body: tag })).toBe("201");
    expect(await call("listRepositoryTags", { ...image, limit: "10", offset: "0" })).toMatchObject({
      body: [{ Tag: "v2" }, { Tag: "v1" }],
    });
    expect(await call("showRepoTag", { ...image, tag: "v2" })).toMatchObject({ body: { tag: "v2", tag_type: 0 } });
    expect(await call("listRepositoryTag", { ...image, with_manifest: true })).toMatchObject({
      body: { tags: [{ tag: "v2" }, { tag: "v1" }], has_more: false },
    });
    const first = await call("listRepositoryTag", { ...image, limit: 1 });
    const { nextMarker: marker } = first.body as { nextMarker: string };
    expect(await call("listRepositoryTag", { ...image, limit: 1, marker })).toMatchObject({
      body: { tags: [{ tag: "v1", manifest: "" }], has_more: false },
    });
    const granted = [{ user_id: member.id, user_name: member.name, auth: 1 }];
    const changed = [{ user_id: member.id, user_name: member.name, auth: 7 }];
    expect(await outcome("createUserRepositoryAuth", { ...image, body: granted })).toBe("201");
    expect(await outcome("updateUserRepositoryAuth", { ...image, body: changed })).toBe("201");
    expect(await call("showUserRepositoryAuth", image)).toMatchObject({ body: { others_auths: changed } });
    expect(await outcome("deleteUserRepositoryAuth", { ...image, body: [member.id] })).toBe("204");
  });

  // The Go SDK writes a slash into the path as it is: its callers write "$".
  test.runIf(language === "python")("finds an image by a name with a slash, as it sends and signs it", async () => {
    const named = { namespace: organization, repository: "shop/web" };
    expect(await call("showRepository", named)).toMatchObject({ status: 200, body: { name: "shop/web" } });
    expect(await outcome("updateRepo", { ...named, body: { is_public: false } })).toBe("201");
    expect(await outcome("listRepositoryTags", { ...named, limit: "1", offset: "0" })).toBe("200");
  });

  test("shares images with other accounts", async () => {
    const account = other.person.account;
    const one = { ...image, access_domain: account };
    const share = { access_domain: account, permit: "read", deadline: "forever", description: "beta" };
    expect(await outcome("createRepoDomains", { ...image, body: share })).toBe("201");
    const changed = { permit: "read", deadline: "2099-12-31T00:00:00Z", description: "" };
    expect(await outcome("updateRepoDomains", { ...one, body: changed })).toBe("201");
    expect(await call("showAccessDomain", one)).toMatchObject({ body: { access_domain: account, exist: true } });
    expect(await call("listRepoDomains", image)).toMatchObject({ body: [{ access_domain: account, status: true }] });
    const shared = await call("listSharedReposDetails", { center: "self", limit: "10", offset: "0" });
    expect(shared).toMatchObject({ status: 200, body: [{ name: "shop/web" }] });
    expect(await call("listSharedRepoDetails", { shared_by: "self", limit: 10 })).toMatchObject({
      body: { repos: [{ name: "shop/web", namespace_name: organization, status: true }] },
    });
    expect(await outcome("deleteRepoDomains", one)).toBe("204");
  });

  test("goes through images by marker", async () => {
    for (const repository of ["other", "third"]) {
      const body = { repository, is_public: true, category: "linux", description: "" };
      expect(await outcome("createRepo", { namespace: organization, body })).toBe("200");
    }
    const names: string[] = [];
    for (let marker: number | undefined = 0; marker !== undefined;) {
      const page = await call("listRepoDetails", { namespace: organization, limit: 1, marker });
      const body = page.body as { repos: { name: string }[]; nextMarker?: number };
      names.push(...body.repos.map(({ name }) => name));
      marker = body.nextMarker;
    }
    expect(names).toEqual(["shop/web", "other", "third"]);
    expect(await call("listRepoDetails", { category: "linux", is_public: true, limit: 1000 })).toMatchObject({
      body: { repos: [{ name: "other" }, { name: "third" }] },
    });
    for (const repository of ["other", "third"]) {
      expect(await outcome("deleteRepo", { namespace: organization, repository })).toBe("204");
    }
  });

  test("finds what is attached to an image, and what that belongs to", async () => {
    const { digest } = await pushImage(owner, `${organization}/shop/web`, "signed");
    const signature = `${digest.replace(":", "-")}.sig`;
    await pushImage(owner, `${organization}/shop/web`, signature);
    expect(await call("listRepoAccessories", { ...image, tag: "signed", limit: 10, offset: 0 })).toMatchObject({
      body: { total: 1, accessories: [{ sig_tag: signature, target_digest: digest, type: "signature.cosign" }] },
    });
    expect(await call("listRepoAccessories", { ...image, tag: "signed", limit: 10, offset: 1 })).toMatchObject({
      body: { total: 1, accessories: [] },
    });
    expect(await call("listReferences", { ...image, tag: signature, limit: 10 })).toMatchObject({
      body: { tags: ["signed"], has_more: false },
    });
    expect(await outcome("listReferences", { ...image, tag: "absent" })).toBe("404 SVCSTG.SWR.4040115");
    expect(await outcome("deleteRepoTag", { ...image, tag: "signed" })).toBe("204");
  });

  test("sets what pushes set off", async () => {
    expect(await outcome("createAgency")).toBe("204");
    expect(await call("checkAgency")).toMatchObject({ status: 200, body: { is_agency: true } });
    const cluster = { name: "production", server: "https://cluster.example.com", token: "token", test: false };
    await owner.ask("POST", `/api/organizations/${organization}/clusters`, cluster);
    expect(await outcome("createTrigger", { ...image, body: TRIGGER })).toBe("201");
    expect(await call("listTriggersDetails", image)).toMatchObject({ body: [{ name: "deploy" }] });
    expect(await call("showTrigger", { ...image, trigger: "deploy" })).toMatchObject({
      body: { ...TRIGGER, condition_syntax: "re2" },
    });
    const off = { ...image, trigger: "deploy", body: { enable: "false" } };
    expect(await outcome("updateTrigger", off)).toBe("201");
    expect(await outcome("deleteTrigger", { ...image, trigger: "deploy" })).toBe("204");
  });

  test("sets how tags age", async () => {
    const made = await call("createRetention", { ...image, body: RETENTION });
    expect(made).toMatchObject({ status: 201, body: { id: expect.any(Number) } });
    const one = { ...image, retention_id: (made.body as { id: number }).id };
    expect(await call("listRetentions", image)).toMatchObject({ body: [RETENTION] });
    expect(await call("showRetention", one)).toMatchObject({ body: RETENTION });
    const histories = await call("listRetentionHistories", image);
    expect(histories).toMatchObject({ body: { retention_log: [{ tag: "v1" }], total: 1 } });
    expect(await outcome("updateRetention", { ...one, body: RETENTION })).toBe("201");
    expect(await outcome("deleteRetention", one)).toBe("200");
  });

  test("copies images to other registries", async () => {
    const remote = { name: SYNC.remoteRegionId, url: "https://elsewhere.example.com", username: null, password: null };
    await owner.ask("POST", "/api/remotes", { ...remote, test: false });
    expect(await call("listSyncRegions")).toMatchObject({ status: 200, body: [{ regionID: SYNC.remoteRegionId }] });
    expect(await outcome("createImageSyncRepo", { ...image, body: { ...SYNC, syncAuto: true } })).toBe("200");
    expect(await outcome("createImageSyncRepo", { ...image, body: SYNC })).toBe("400 SVCSTG.SWR.4000014");
    expect(await call("listImageAutoSyncReposDetails", image)).toMatchObject({
      status: 200,
      body: [{ repoName: "shop/web", syncAuto: true, override: false }],
    });
    const manual = { ...SYNC, imageTag: ["v2", "absent"] };
    expect(await call("createManualImageSyncRepo", { ...image, body: manual })).toMatchObject({
      status: 200,
      body: ["absent"],
    });
    expect(await call("showSyncJob", { ...image, filter: "limit::1|offset::0" })).toMatchObject({
      status: 200,
      body: [{ tag: "v2" }],
    });
    expect(await outcome("deleteImageSyncRepo", { ...image, body: SYNC })).toBe("200");
    expect(await outcome("deleteImageSyncRepo", { ...image, body: SYNC })).toBe("400 SVCSTG.SWR.4001158");
  });

  test("asks about the account", async () => {
    expect(await outcome("createSecret", { projectname: "berth" })).toBe("200");
    expect(await outcome("createAuthorizationToken")).toBe("200");
    const quota = expect.objectContaining({ quota_key: "namespace", used: 1 });
    expect(await call("listQuotas")).toMatchObject({ body: { quotas: expect.arrayContaining([quota]) } });
    expect(await call("showDomainOverview")).toMatchObject({ body: { namspace_num: 1, repo_num: 1 } });
    expect(await outcome("showDomainResourceReports", { resource_type: "store", frequency: "daily" })).toBe("200");
    expect(await outcome("showShareFeatureGates")).toBe("200");
    expect(await outcome("listApiVersions")).toBe("200");
    expect(await outcome("showApiVersion", { api_version: "v2" })).toBe("200");
  });

  test("deletes all of it", async () => {
    expect(await outcome("deleteRepoTag", { ...image, tag: "v2" })).toBe("204");
    expect(await outcome("deleteRepo", image)).toBe("204");
    expect(await outcome("deleteNamespaces", { namespace: organization })).toBe("204");
    expect(await outcome("showNamespace", { namespace: organization })).toBe("404 SVCSTG.SWR.4040058");
  });

  test("no operation of the basic edition was left out", async () => {
    const { operations } = (await driver.hello) as { operations: string[] };
    // The Go SDK does not tell the editions apart: of its operations are those that the Python SDK has as well.
    const basic = language === "python" ? operations : operations.filter((operation) => called.has(operation));
    expect([...called].sort()).toEqual([...basic].sort());
  });

  test.runIf(language === "python")(
    "is led here by environment variables, whatever region a program names",
    async () => {
      const program = [
        "from huaweicloudsdkswr.v2 import ListNamespacesRequest, SwrClient",
        "from huaweicloudsdkswr.v2.region.swr_region import SwrRegion",
        'client = SwrClient.new_builder().with_region(SwrRegion.value_of("my-berth")).build()',
        "print(client.list_namespaces(ListNamespacesRequest()).status_code)",
      ].join("\n");
      const [python] = "reason" in prepared ? [""] : prepared.command;
      const environment = {
        ...("reason" in prepared ? {} : prepared.environment),
        HUAWEICLOUD_SDK_REGION_SWR_MY_BERTH: setting.server.url,
        HUAWEICLOUD_SDK_IAM_ENDPOINT: setting.server.url,
        HUAWEICLOUD_SDK_AK: key.access,
        HUAWEICLOUD_SDK_SK: key.secret,
      };
      const { output } = await execute([python, "-c", program], { environment });
      expect(output).toBe("200\n");
    },
  );

  // Also of what no test provokes, such as what a trigger has done.
  test.runIf(language === "python")("all answers are described as the SDK's models have them", async () => {
    const { models } = (await driver.hello) as { models: Record<string, Model> };
    const document = (await (await fetch(`${setting.server.url}/openapi.json`)).json()) as Document;
    const differences = Object.entries(models).flatMap(([operation, model]) =>
      differencesOf(document, operation, model),
    );
    expect(unexplained(differences)).toEqual([]);
    // What is explained is still so.
    const absent = Object.keys(ABSENT).filter((difference) => !differences.includes(difference));
    const beyond = Object.keys(BEYOND).filter(
      (field) => !differences.some((each) => each.includes(`.${field} is not`)),
    );
    expect({ absent, beyond }).toEqual({ absent: [], beyond: [] });
  });
});
