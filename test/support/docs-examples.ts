/**
 * What the examples of `/docs` name: there before each of them, in a registry inside workerd or in one that really runs. Ids, which the
 * registry chooses, are put into the examples.
 */

/** A registry whose examples are tried, as its operator sees it. */
export interface ExampleRegistry {
  /** Sends a request with JSON. */
  send: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** Sends a request with JSON and without credentials. */
  sendAnonymously: (method: string, path: string, body: unknown) => Promise<Response>;
  /** Pushes an image, and answers the digest of its configuration. */
  push: (repository: string, tag: string) => Promise<string>;
  /** The operator's name and password. */
  credentials: { name: string; password: string };
  /** Addresses of stand-ins for what is elsewhere. */
  elsewhere: {
    cluster: { server: string; token: string; authority?: string };
    remotes: { tokyo: string; "docker-hub": string };
    receiver: string;
    issuer: string;
  };
}

/** An operation of `/openapi.json`. */
export interface ExampleOperation {
  /** Its `operationId`. */
  id: string;
  method: string;
  path: string;
}

const IMAGE = "/api/organizations/acme/images/shop$web";
const ACME = "/api/organizations/acme";
const SWR_IMAGE = "/v2/manage/namespaces/acme/repos/shop$web";
const ALICE = { name: "alice", password: "long enough to be one" };
const SYNC = { remote: "tokyo", remoteOrganization: "given" };

/** What a preparation may be answered besides success: what it makes is there already, what it takes away is not. */
const HARMLESS: ReadonlySet<number> = new Set([404, 409]);

/** Brings a registry into the state that examples need, and follows what they do to it. */
export class ExampleState {
  readonly #registry: ExampleRegistry;
  /** Of the image that examples name. */
  #config = "";
  /** Whether something that examples name may be gone. */
  #isDisturbed = true;

  constructor(registry: ExampleRegistry) {
    this.#registry = registry;
  }

  /**
   * Makes what an example needs.
   *
   * @returns what stands in it for something that only the registry knows, with what it is here.
   */
  async prepareFor(operation: ExampleOperation): Promise<Record<string, string>> {
    const { id, method, path } = operation;
    if (this.#isDisturbed) await this.#prepare();
    await this.#besides[id]?.();
    await this.#without[id]?.();
    this.#isDisturbed = method === "delete" || path.endsWith("/delete") || this.#without[id] !== undefined;
    return this.#idsFor(operation);
  }

  /** Takes away what an example has made, where that would hinder another. */
  async tidyAfter({ id }: ExampleOperation): Promise<void> {
    await this.#after[id]?.();
  }

  /** What the examples' variables are. */
  async variables(): Promise<Record<string, string>> {
    const { name, password } = this.#registry.credentials;
    return {
      NAME: name,
      PASSWORD: password,
      NEW_PASSWORD: password,
      ACCOUNT: "admin",
      TOKEN: await this.#token(),
      CLUSTER_TOKEN: "token",
      REMOTE_PASSWORD: "secret",
    };
  }

  async #token(): Promise<string> {
    const user = { ...this.#registry.credentials, domain: { name: "admin" } };
    const response = await this.#registry.send("POST", "/v3/auth/tokens", {
      auth: {
        identity: { methods: ["password"], password: { user } },
        scope: { project: { name: "berth" } },
      },
    });
    const token = response.headers.get("X-Subject-Token");
    if (token === null) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return token;
  }

  /** Logs in as the console does. */
  async #logIn({ name, password }: { name: string; password: string }): Promise<void> {
    const response = await this.#registry.sendAnonymously("POST", "/api/session", { name, password });
    if (!response.ok) throw new Error(`${name} is not let in: ${response.status} ${await response.text()}`);
  }

  /** Answers what came, or undefined. What is there already is refused: that is as well. */
  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#registry.send(method, path, body);
    const text = await response.text();
    if (!response.ok && !HARMLESS.has(response.status)) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** The values of a field in an answer, wherever it is. */
  async #findAll(path: string, field: string): Promise<string[]> {
    const text = JSON.stringify(await this.#ask("GET", path));
    return [...text.matchAll(new RegExp(`"${field}":"?([^",}]+)`, "g"))].map(([, value = ""]) => value);
  }

  async #find(path: string, field: string): Promise<string> {
    const [found] = await this.#findAll(path, field);
    if (found === undefined) throw new Error(`${path} has no ${field}`);
    return found;
  }

  /** What the examples name. */
  async #prepare(): Promise<void> {
    const { cluster, remotes, receiver, issuer } = this.#registry.elsewhere;
    await this.#ask("POST", "/api/organizations", { name: "acme" });
    // Not again when they are there: hashing a password that is refused then takes as long.
    const there = new Set([
      ...(await this.#findAll("/api/accounts", "name")),
      ...(await this.#findAll("/api/users", "name")),
    ]);
    if (!there.has("south")) await this.#ask("POST", "/api/accounts", { name: "south" });
    if (!there.has(ALICE.name)) await this.#ask("POST", "/api/users", ALICE);
    await this.#ask("POST", "/api/users", { name: "deployer", kind: "robot" });
    for (const [name, url] of Object.entries(remotes)) {
      await this.#ask("POST", "/api/remotes", { name, url, test: false });
    }
    await this.#ask("POST", "/api/organizations", { name: "hub" });
    await this.#ask("PUT", "/api/organizations/hub/upstream", { remote: "docker-hub" });
    this.#config = await this.#registry.push("acme/shop/web", "1.0");
    await this.#ask("POST", `${ACME}/clusters`, { name: "production", ...cluster, test: false });
    await this.#ask("POST", `${IMAGE}/triggers`, {
      name: "deploy",
      condition: { kind: "all" },
      target: { kind: "webhook", url: receiver, format: "text" },
    });
    for (const of of [ACME, IMAGE]) {
      await this.#ask("POST", `${of}/sync-rules`, SYNC);
      await this.#ask("POST", `${of}/permissions`, { permissions: [{ user: ALICE.name, level: "edit" }] });
    }
    await this.#ask("PUT", `${IMAGE}/aging/rule`, { kind: "tag_rule", amount: 100 });
    await this.#ask("POST", `${IMAGE}/shares`, { account: "south", deadline: "forever" });
    await this.#ask("POST", `${IMAGE}/immutable-tag-rules`, { pattern: "never" });
    await this.#ask("POST", "/api/trust-rules", {
      name: "release",
      issuer,
      conditions: [{ claim: "sub", value: "job" }],
      grants: [{ organization: "acme", level: "read" }],
    });
  }

  readonly #noPermissions = async () => {
    for (const of of [ACME, IMAGE]) await this.#ask("DELETE", `${of}/permissions/${ALICE.name}`);
  };
  readonly #noShare = () => this.#ask("DELETE", `${IMAGE}/shares/south`);
  readonly #newJob = () => this.#ask("POST", `${IMAGE}/sync`, SYNC);
  readonly #team = () => this.#ask("POST", "/api/organizations", { name: "team" });
  readonly #noTeam = () => this.#ask("DELETE", "/api/organizations/team");
  readonly #noStable = () => this.#ask("DELETE", `${IMAGE}/tags/stable`);
  readonly #noOtherImage = () => this.#ask("DELETE", `${ACME}/images/shop$api`);
  readonly #delivery = () => this.#ask("POST", `${IMAGE}/triggers/deploy/test`);
  readonly #noKeys = async () => {
    for (const access of await this.#findAll("/api/access-keys", "access")) {
      await this.#ask("DELETE", `/api/access-keys/${access}`);
    }
  };
  readonly #noSyncRules = async () => {
    for (const id of await this.#findAll(`${IMAGE}/sync-rules`, "id")) {
      await this.#ask("DELETE", `${IMAGE}/sync-rules/${id}`);
    }
  };

  /** What an example needs besides, by its operation. */
  readonly #besides: Readonly<Record<string, () => Promise<unknown>>> = {
    createNamespace: this.#noTeam,
    deleteNamespaces: this.#team,
    createOrganization: this.#noTeam,
    deleteOrganization: this.#team,
    createCopiedNamespace: this.#noTeam,
    createRepo: this.#noOtherImage,
    createImage: this.#noOtherImage,
    createRepoTag: this.#noStable,
    createTag: this.#noStable,
    showImageSyncJob: this.#newJob,
    cancelImageSyncJob: this.#newJob,
    resendImageSyncJob: async () => {
      await this.#newJob();
      await this.#ask("POST", `${IMAGE}/sync-jobs/${await this.#find(`${IMAGE}/sync-jobs`, "id")}/cancel`);
    },
    showDelivery: this.#delivery,
    resendDelivery: this.#delivery,
    deleteRemote: () =>
      this.#ask("POST", "/api/remotes", { name: "kyoto", url: "https://kyoto.example.com", test: false }),
    createRemote: () => this.#ask("DELETE", "/api/remotes/kyoto"),
    createAccessKey: this.#noKeys,
    deleteAccessKey: async () => {
      await this.#noKeys();
      await this.#ask("POST", "/api/access-keys");
    },
    deleteAccessKeyOfUser: () => this.#ask("POST", "/api/users/deployer/access-keys"),
    endLogin: () => this.#logIn(this.#registry.credentials),
    endLoginOfUser: () => this.#logIn(ALICE),
  };

  /** What is taken away for an example that makes or restores it itself, by its operation. */
  readonly #without: Readonly<Record<string, () => Promise<unknown>>> = {
    createNamespaceAuth: this.#noPermissions,
    createUserRepositoryAuth: this.#noPermissions,
    grantOrganizationPermissions: this.#noPermissions,
    grantImagePermissions: this.#noPermissions,
    createRepoDomains: this.#noShare,
    shareImage: this.#noShare,
    createRetention: () => this.#ask("DELETE", `${IMAGE}/aging/rule`),
    restoreTag: () => this.#ask("DELETE", `${IMAGE}/tags/1.0`),
    createImageSyncRepo: this.#noSyncRules,
    createSyncRule: this.#noSyncRules,
    deleteImageSyncRepo: async () => {
      await this.#noSyncRules();
      await this.#ask("POST", `${SWR_IMAGE}/sync_repo`, { remoteRegionId: "tokyo", remoteNamespace: "team" });
    },
    createUser: () => this.#ask("DELETE", "/api/users/deployer"),
  };

  /** What an example has made, and another makes as well or does without, by its operation. */
  readonly #after: Readonly<Record<string, () => Promise<unknown>>> = {
    createTrigger: () => this.#ask("DELETE", `${IMAGE}/triggers/nginx`),
    createTrustRule: () => this.#ask("DELETE", "/api/trust-rules/nightly"),
    createAccount: () => this.#ask("DELETE", "/api/accounts/west"),
    changeUser: () => this.#ask("PATCH", `/api/users/${ALICE.name}`, { role: "member" }),
    setVisibility: () => this.#ask("PATCH", IMAGE, { public: false }),
  };

  /** The ids that the registry has given. Each key is the text of the example that its id replaces. */
  async #idsFor({ id, path }: ExampleOperation): Promise<Record<string, string>> {
    const userId = () => this.#find(`/api/users?search=${ALICE.name}`, "id");
    if (path.includes("{user_id}")) return { "users/7": `users/${await userId()}` };
    if (id.endsWith("Auth") && !id.startsWith("show")) return { '"17"': `"${await userId()}"` };
    if (path.includes("{retention_id}")) {
      return { "retentions/7": `retentions/${await this.#find(`${SWR_IMAGE}/retentions`, "id")}` };
    }
    if (path.includes("{cluster_id}")) {
      return { "clusters/7": `clusters/${await this.#find(`${ACME}/clusters`, "id")}` };
    }
    if (path.includes("{digest}")) return { [`sha256:${"0".repeat(64)}`]: this.#config };
    if (path.includes("{rule}")) {
      const rules = path.includes("/images/") ? `${IMAGE}/sync-rules` : `${ACME}/sync-rules`;
      return { "sync-rules/7": `sync-rules/${await this.#find(rules, "id")}` };
    }
    if (path.includes("sync-jobs/{id}")) {
      return { "sync-jobs/7": `sync-jobs/${await this.#find(`${IMAGE}/sync-jobs`, "id")}` };
    }
    if (path.includes("deliveries/{id}")) {
      return { "deliveries/7": `deliveries/${await this.#find(`${IMAGE}/triggers/deploy/deliveries`, "id")}` };
    }
    if (path.includes("immutable-tag-rules/{id}")) {
      return { "rules/7": `rules/${await this.#find(`${IMAGE}/immutable-tag-rules`, "id")}` };
    }
    if (path.includes("{access}")) {
      const keys = path.includes("{name}") ? "/api/users/deployer/access-keys" : "/api/access-keys";
      return { ABCDEFGHIJ0123456789: await this.#find(keys, "access") };
    }
    if (path.includes("logins/{id}")) {
      const logins = path.includes("{name}") ? `/api/users/${ALICE.name}/logins` : "/api/logins";
      return { "5f3d0c8a91be47d2a6f01c9e": await this.#find(logins, "id") };
    }
    return {};
  }
}
