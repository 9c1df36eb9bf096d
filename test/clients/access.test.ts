/** Who a real docker is let in for: login commands, rights, shares, public images, quotas. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAccount, addUser, type Person } from "../support/server-people.ts";
import { loadSmallImage, type Machine, passwordByOpenssl, useMachines } from "./machine.ts";

const DAY_MS = 24 * 3600 * 1000;
const DENIED = "denied: you do not have the permission";
const UNAUTHORIZED = "unauthorized: authentication required";

const { docker, isReady, machine, reference, restart } = useMachines({
  needs: ["openssl"],
  environment: { ORGANIZATION_QUOTA: "1" },
});

/** Two accounts; the first has an organization with an image, and a member without rights. */
let owner: Person;
let member: Person;
let rival: Person;
let ownersMachine: Machine;
let image: string;
let otherImage: string;

beforeAll(async () => {
  if (!isReady()) return;
  const { server } = docker;
  owner = await addAccount(server, "owner");
  member = await addUser(server, owner, "member");
  rival = await addAccount(server, "rival");
  image = await loadSmallImage(docker, "one");
  otherImage = await loadSmallImage(docker, "another");
  ownersMachine = machine("owner");
  await ownersMachine.loginAs(owner);
  expectSuccess(await ownersMachine.push(image, reference("acme/web:1")));
});

function expectSuccess({ exitCode, output }: { exitCode: number | string; output: string }): void {
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
}

function expectRefusal({ exitCode, output }: { exitCode: number | string; output: string }, words: string): void {
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: expect.stringContaining(words) });
}

/** Asks the registry itself, because docker cannot delete there. */
async function deletion(person: Person, repository: string, tag: string): Promise<number> {
  return (await person.send("DELETE", `/v2/${repository}/manifests/${tag}`)).status;
}

describe("login commands", () => {
  interface LoginCommand {
    command: string;
    user: string;
    password: string;
  }
  const temporaryLogin = async (person: Person): Promise<string> => {
    const response = await person.send("POST", "/v2/manage/utils/secret");
    return response.headers.get("X-Swr-Dockerlogin") ?? "";
  };

  test("a temporary one works as it is printed, on as many machines as one likes", async () => {
    const command = await temporaryLogin(owner);
    for (const name of ["first", "second"]) {
      const typed = machine(`temporary-${name}`);
      const login = await typed.type(command);
      expectSuccess(login);
      expect(login.output).toContain("Login Succeeded");
      expectSuccess(await typed.push(image, reference(`acme/temporary:${name}`)));
      expectSuccess(await typed.pull(reference("acme/web:1")));
    }
  });

  // That it ends after 24 hours cannot be waited for here; test/workerd has a test of it with a clock of its own.

  test("a permanent one takes what the guide's openssl line prints, until its key is deleted", async () => {
    const { access, secret } = await owner.addAccessKey();
    const permanent = machine("permanent");
    const password = await passwordByOpenssl(permanent, access, secret);
    expect(password).toMatch(/^[0-9a-f]{64}$/);

    // Both at once: neither ends the other.
    const temporary = machine("temporary-beside");
    expectSuccess(await temporary.type(await temporaryLogin(owner)));
    for (const project of ["berth", "eu-west-101"]) {
      expectSuccess(await permanent.login(`${project}@${access}`, password));
      expectSuccess(await permanent.push(image, reference(`acme/permanent:${project}`)));
    }
    const elsewhere = machine("permanent-elsewhere");
    expectSuccess(await elsewhere.login(`berth@${access}`, password));
    for (const each of [permanent, temporary, elsewhere]) expectSuccess(await each.pull(reference("acme/web:1")));

    await owner.ask("DELETE", `/api/access-keys/${access}`);
    expectRefusal(await permanent.login(`berth@${access}`, password), UNAUTHORIZED);
    // What docker has kept is of no use either.
    expectRefusal(await elsewhere.pull(reference("acme/web:1")), UNAUTHORIZED);
    expectRefusal(await elsewhere.push(image, reference("acme/permanent:late")), UNAUTHORIZED);
    expectSuccess(await temporary.pull(reference("acme/web:1")));
  });

  test("with any part wrong, nobody is let in, and a changed password ends temporary ones", async () => {
    const user = await addUser(docker.server, owner, "changing");
    const { user: name, password } = await user.ask<LoginCommand>("POST", "/api/login-command");
    const wrong = machine("wrong");
    const [project = "", key = ""] = name.split("@");
    const otherKey = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
    const attempts = [
      [`other@${key}`, password],
      [`${project}@${otherKey}`, password],
      [name, `${password.slice(0, -1)}${password.endsWith("0") ? "1" : "0"}`],
      [user.name, password],
      ["nobody", "nothing at all"],
    ] as const;
    for (const [attempted, tried] of attempts) expectRefusal(await wrong.login(attempted, tried), UNAUTHORIZED);

    expectSuccess(await wrong.login(name, password));
    const replacement = "another long password";
    await user.ask("PUT", "/api/session/password", { current: user.password, new: replacement });
    expectRefusal(await wrong.login(name, password), UNAUTHORIZED);
    expectSuccess(await wrong.login(user.name, replacement));
  });
});

describe.each(["organization", "image"] as const)("rights on one %s", (kind) => {
  const repository = `acme/${kind}-rights`;
  const path =
    kind === "organization"
      ? "/v2/manage/namespaces/acme/access"
      : `/v2/manage/namespaces/acme/repos/${kind}-rights/access`;
  let membersMachine: Machine;

  beforeAll(async () => {
    if (!isReady()) return;
    membersMachine = machine(`member-${kind}`);
    await membersMachine.loginAs(member);
    expectSuccess(await ownersMachine.push(image, reference(`${repository}:1`)));
  });
  const grant = (method: "POST" | "PATCH", auth: number) =>
    owner.ask(method, path, [{ user_id: member.id, user_name: member.name, auth }]);
  const pull = () => membersMachine.pull(reference(`${repository}:1`));
  const push = (tag: string) => membersMachine.push(otherImage, reference(`${repository}:${tag}`));

  test("none: nothing", async () => {
    expectRefusal(await pull(), "denied");
    expectRefusal(await push("none"), `${DENIED}: member may not push to ${repository}`);
    expect(await deletion(member, repository, "1")).toBe(403);
  });

  test("read: pull", async () => {
    await grant("POST", 1);
    expectSuccess(await pull());
    expectRefusal(await push("read"), DENIED);
    expect(await deletion(member, repository, "1")).toBe(403);
  });

  test("edit: pull and push", async () => {
    await grant("PATCH", 3);
    expectSuccess(await pull());
    expectSuccess(await push("edit"));
    expect(await deletion(member, repository, "edit")).toBe(403);
  });

  test("manage: pull, push and delete", async () => {
    await grant("PATCH", 7);
    expectSuccess(await pull());
    expectSuccess(await push("manage"));
    expect(await deletion(member, repository, "manage")).toBe(202);
    expectRefusal(await membersMachine.pull(reference(`${repository}:manage`)), "not found");
  });

  test("taken away: nothing again", async () => {
    await owner.ask("DELETE", path, [member.id]);
    expectRefusal(await pull(), "denied");
    expectRefusal(await push("late"), DENIED);
  });
});

describe("an image that is shared with another account", () => {
  const path = "/v2/manage/namespaces/acme/repositories/shared/access-domains";
  let rivalsMachine: Machine;

  beforeAll(async () => {
    if (!isReady()) return;
    rivalsMachine = machine("rival-shared");
    await rivalsMachine.loginAs(rival);
    expectSuccess(await ownersMachine.push(image, reference("acme/shared:1")));
  });

  test("is pulled until the end of its last day, and never pushed", async () => {
    const pull = () => rivalsMachine.pull(reference("acme/shared:1"));
    expectRefusal(await pull(), "denied");

    const deadline = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
    await owner.ask("POST", path, { access_domain: "rival", permit: "read", deadline });
    expectSuccess(await pull());
    expectRefusal(await rivalsMachine.push(image, reference("acme/shared:2")), DENIED);
    expectRefusal(await rivalsMachine.pull(reference("acme/web:1")), "denied");
    expect(await deletion(rival, "acme/shared", "1")).toBe(403);

    // A day takes its time. So the share is made one that has ended, while the registry does not run.
    await restart({}, () => changeDatabase(`UPDATE shares SET ends_at = ends_at - ${2 * DAY_MS}`));
    expectRefusal(await pull(), "denied");
    const { status } = await owner.ask<{ status: boolean }>("GET", `${path}/rival`);
    expect(status).toBe(false);

    await owner.ask("PATCH", `${path}/rival`, { permit: "read", deadline: "forever" });
    expectSuccess(await pull());
    await owner.ask("DELETE", `${path}/rival`);
    expectRefusal(await pull(), "denied");
  });
});

describe("a public image", () => {
  const path = "/v2/manage/namespaces/acme/repos/public";

  test("is pulled by anybody, without a login, unless the operator forbids it", async () => {
    const stranger = machine("stranger");
    const pull = () => stranger.pull(reference("acme/public:1"));
    expectSuccess(await ownersMachine.push(image, reference("acme/public:1")));
    expectRefusal(await pull(), "may require 'docker login'");

    await owner.ask("PATCH", path, { is_public: true });
    expectSuccess(await pull());
    expect((await stranger.push(image, reference("acme/public:2"))).exitCode).toBe(1);

    await restart({ ANONYMOUS_PULL: "false" });
    expectRefusal(await pull(), "may require 'docker login'");
    await stranger.loginAs(rival);
    expectSuccess(await pull());
    expectRefusal(await stranger.push(image, reference("acme/public:2")), DENIED);
    await restart();

    await owner.ask("PATCH", path, { is_public: false });
    expectRefusal(await pull(), "denied");
  });
});

describe("a push to an organization that does not exist", () => {
  let rivalsMachine: Machine;
  beforeEach(async () => {
    rivalsMachine = machine("rival-quota");
    await rivalsMachine.loginAs(rival);
  });

  test("is told that the name is taken", async () => {
    const why = `${DENIED}: rival may not push to acme/mine: the name of organization acme is taken by another account`;
    expectRefusal(await rivalsMachine.push(image, reference("acme/mine:1")), why);
  });

  test("creates it, unless the pusher has as many as the quota allows", async () => {
    expectSuccess(await rivalsMachine.push(image, reference("rival-one/web:1")));
    const why = "the organization does not exist, and rival has created 1 of at most 1";
    const refusal = `${DENIED}: rival may not push to rival-two/web: ${why}`;
    expectRefusal(await rivalsMachine.push(image, reference("rival-two/web:1")), refusal);
    expect((await rival.send("GET", "/v2/manage/namespaces/rival-two")).status).toBe(404);
  });

  test("is refused where the operator wants organizations to be created beforehand", async () => {
    await restart({ CREATE_ORGANIZATION_ON_PUSH: "false", ORGANIZATION_QUOTA: "5" });
    const why = "the organization does not exist, and a push creates none here";
    expectRefusal(
      await rivalsMachine.push(image, reference("rival-two/web:1")),
      `${DENIED}: rival may not push to rival-two/web: ${why}`,
    );
    await rival.ask("POST", "/v2/manage/namespaces", { namespace: "rival-two" });
    expectSuccess(await rivalsMachine.push(image, reference("rival-two/web:1")));
    await restart();
  });
});

test("two accounts never see each other", async () => {
  const rivalsMachine = machine("rival");
  await rivalsMachine.loginAs(rival);
  const existing = await rivalsMachine.pull(reference("acme/web:1"));
  const absent = await rivalsMachine.pull(reference("acme/absent:1"));
  expectRefusal(existing, "denied");
  expect(existing.output).toBe(absent.output.replaceAll("acme/absent", "acme/web"));

  const catalog = await rival.ask<{ repositories: string[] }>("GET", "/v2/_catalog");
  expect(catalog.repositories.filter((name) => !name.startsWith("rival"))).toEqual([]);
  expect((await rival.send("GET", "/v2/acme/web/tags/list")).status).toBe(403);

  // docker offers to mount what was pushed to other repositories from this daemon.
  const push = await rivalsMachine.push(image, reference("rival-one/mounted:1"));
  expectSuccess(push);
  expect(push.output).not.toContain("Mounted from acme");
  const manifest = await owner.send("GET", "/v2/rival-one/mounted/manifests/1");
  expect(manifest.status).toBe(403);
});

/** Changes rows of the database of a registry that does not run. */
function changeDatabase(statement: string): void {
  const files = readdirSync(docker.server.stateDir, { recursive: true, encoding: "utf8" });
  let changed = 0n;
  for (const file of files.filter((name) => name.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(docker.server.stateDir, file));
    try {
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'shares'").all();
      if (tables.length > 0) changed += BigInt(database.prepare(statement).run().changes);
    } finally {
      database.close();
    }
  }
  expect(changed).toBe(1n);
}
