import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { addAccount, addUser, operatorOf, type Person } from "../support/server-people.ts";
import { pushIndex, pushImage } from "../support/server-images.ts";
import { type Home, QuickHome, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry({ ALLOWED_TARGETS: "127.0.0.0/8" });
let administrator: Person;
let home: Home;

beforeAll(async () => {
  administrator = await addAccount(registry.server, "north");
  await addUser(registry.server, administrator, "nora");
  await addAccount(registry.server, "south");
  const { name, password } = administrator;
  home = new QuickHome({ BERTH_REGISTRY: registry.server.address, BERTH_USERNAME: name, BERTH_PASSWORD: password });
  await home.run(["org", "create", "acme"]);
});

/** What `berth … --json` answers is what the API answers. */
async function expectSameAnswer(args: readonly string[], path: string): Promise<void> {
  expect(await home.json(args)).toEqual(await administrator.ask("GET", path));
}

test("an organization is made, shown, listed and deleted", async () => {
  expect(await home.run(["org", "create", "spare"])).toContain("Created organization spare");
  expect(await home.run(["org", "list"])).toMatch(/^spare +manage +0/m);
  expect(await home.run(["org", "show", "spare"])).toMatch(/Images +0/);
  await expectSameAnswer(["org", "list"], "/api/organizations");
  expect(await home.run(["org", "delete", "spare", "--yes"])).toContain("Deleted");
  expect(await home.run(["org", "list"])).not.toContain("spare");
});

test("logins are listed and ended, one's own and those of a user", async () => {
  const { url } = registry.server;
  const login = async (name: string, password: string) => {
    const headers = { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` };
    const response = await fetch(`${url}/token?offline_token=true&client_id=docker`, { headers });
    return ((await response.json()) as { refresh_token: string }).refresh_token;
  };
  const refresh = async (token: string) => {
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    return (await fetch(`${url}/token`, { method: "POST", body })).status;
  };
  const { name, password } = administrator;
  const [one, two] = [await login(name, password), await login(name, password)];
  const listed = await home.run(["logins", "list"]);
  expect(listed).toMatch(/^[0-9a-f]{24} +container tool +docker/m);
  await expectSameAnswer(["logins", "list"], "/api/logins");
  const { logins } = await home.json<{ logins: { id: string }[] }>(["logins", "list"]);
  expect(logins).toHaveLength(2);
  expect(await home.run(["logins", "end", logins[0]?.id ?? ""])).toBe("1 login has ended.\n");
  expect(new Set([await refresh(one), await refresh(two)])).toEqual(new Set([200, 401]));
  expect(await home.run(["logins", "end", "--all"])).toBe("1 login has ended.\n");
  expect(await home.run(["logins", "list"])).toBe("Nothing is logged in.\n");
  expect(await home.berth(["logins", "end", "0".repeat(24)])).toMatchObject({ exitCode: 4 });
  expect(await home.berth(["logins", "end"])).toMatchObject({ exitCode: 2 });
  expect(await home.berth(["logins", "end", "x", "--all"])).toMatchObject({ exitCode: 2 });
  expect(await home.run(["logins", "list", "--user", "nora"])).toContain("Nothing");
  expect(await home.run(["logins", "end", "--all", "--user", "nora"])).toBe("0 logins have ended.\n");
});

test("rights are granted, changed, listed and taken away", async () => {
  await pushImage(administrator, "acme/rights", "1");
  for (const [command, target] of [
    ["org", "acme"],
    ["image", "acme/rights"],
  ] as const) {
    await home.run([command, "grant", target, "nora", "read"]);
    expect(await home.run([command, "rights", target])).toMatch(/^nora +read/m);
    await home.run([command, "grant", target, "nora", "manage"]);
    expect(await home.run([command, "rights", target])).toMatch(/^nora +manage/m);
    await home.run([command, "revoke", target, "nora"]);
    expect(await home.run([command, "rights", target])).not.toContain("nora");
  }
  expect(await home.berth(["org", "grant", "acme", "nobody", "read"])).toMatchObject({ exitCode: 4 });
  expect(await home.berth(["org", "grant", "acme", "nora", "rule"])).toMatchObject({ exitCode: 2 });
});

test("an image is made, changed, listed, searched and deleted", async () => {
  await home.run(["image", "create", "acme/team/web", "--category", "linux", "--description", "the shop"]);
  const path = "/api/organizations/acme/images/team%2Fweb";
  await expectSameAnswer(["image", "show", "acme/team/web"], path);
  expect(await administrator.ask("GET", path)).toMatchObject({
    public: false,
    category: "linux",
    description: "the shop",
  });

  await home.run(["image", "set", "acme/team/web", "--public"]);
  await home.run(["image", "set", "acme/team/web", "--description", "eine 商店\u001b[31m"]);
  expect(await administrator.ask("GET", path)).toMatchObject({ public: true, category: "linux" });
  const shown = await home.run(["image", "show", "acme/team/web"]);
  expect(shown).toContain("商店");
  expect(shown).not.toContain("\u001b");
  await home.run(["image", "set", "acme/team/web", "--no-public"]);
  expect(await administrator.ask("GET", path)).toMatchObject({ public: false });

  expect(await home.run(["image", "list", "acme", "--search", "team"])).toMatch(/^acme\/team\/web +0/m);
  expect(await home.run(["image", "list", "acme", "--search", "absent"])).toContain("There are no images.");
  await home.run(["image", "keep-untagged", "acme/team/web", "on"]);
  expect(await administrator.ask("GET", `${path}/garbage-collection`)).toMatchObject({ keepsUntagged: true });
  await home.run(["image", "delete", "acme/team/web", "--yes"]);
  expect(await home.berth(["image", "show", "acme/team/web"])).toMatchObject({ exitCode: 4 });
});

test("tags are listed page by page, shown, added, deleted, restored, and have a history", async () => {
  const { digest } = await pushIndex(administrator, "acme/tags", "1.0");
  for (let number = 0; number < 3; number += 1) await home.run(["tag", "add", "acme/tags:1.0", `t${number}`]);

  const listed = await home.json<{ tags: { name: string }[]; next: null }>([
    "tag",
    "list",
    "acme/tags",
    "--sort",
    "name",
  ]);
  expect(listed.tags.map(({ name }) => name)).toEqual(["1.0", "1.0-amd64", "1.0-arm64", "t0", "t1", "t2"]);
  expect(await home.json(["tag", "list", "acme/tags", "--limit", "2"])).toMatchObject({
    tags: { length: 2 },
    next: expect.any(String),
  });
  expect(await home.run(["tag", "list", "acme/tags", "-q", "t1"])).toMatch(/^t1 +sha256:[0-9a-f]{12} /m);
  expect(await home.run(["tag", "show", "acme/tags:1.0"])).toContain(digest);

  expect(await home.berth(["tag", "add", "acme/tags:1.0-amd64", "t0"])).toMatchObject({ exitCode: 1 });
  await home.run(["tag", "add", "acme/tags:1.0-amd64", "t0", "--override"]);
  await home.run(["tag", "delete", "acme/tags:t0", "--yes"]);
  expect(await home.run(["tag", "deleted", "acme/tags"])).toMatch(/^t0 /m);
  await home.run(["tag", "restore", "acme/tags:t0"]);
  const history = await home.run(["tag", "history", "acme/tags:t0"]);
  expect(history.split("\n").filter((line) => line.includes("north"))).toHaveLength(4);
  expect(await home.run(["image", "history", "acme/tags", "--limit", "1"])).toMatch(/t0/);
});

test("a tag's companions are shown, and go and come back with it", async () => {
  const { digest } = await pushImage(administrator, "acme/signed", "1");
  const signature = `${digest.replace(":", "-")}.sig`;
  await pushImage(administrator, "acme/signed", signature);
  expect(await home.run(["tag", "list", "acme/signed"])).toMatch(/^1 .* signature$/m);
  expect(await home.run(["tag", "list", "acme/signed"])).not.toContain(signature);
  expect(await home.run(["tag", "show", "acme/signed:1"])).toMatch(
    new RegExp(`^Companions +signature ${signature}$`, "m"),
  );
  expect(await home.run(["image", "show", "acme/signed"])).toMatch(/^Tags +1\nCompanions +1$/m);
  expect(await home.run(["tag", "delete", "--help"])).toContain("companions");

  await home.run(["tag", "delete", "acme/signed:1", "--yes"]);
  const deleted = await home.run(["tag", "deleted", "acme/signed"]);
  expect(deleted).toMatch(new RegExp(`^${signature} .* ${digest.slice(0, 19)} `, "m"));
  await home.run(["tag", "restore", "acme/signed:1"]);
  expect(await home.run(["tag", "list", "acme/signed"])).toMatch(/^1 .* signature$/m);
});

test("protected tags are neither overwritten nor deleted, until they are not protected any more", async () => {
  await pushImage(administrator, "acme/kept", "v1");
  const rule = await home.json<{ id: number }>(["tag", "protect", "acme/kept", "v[0-9]*"]);
  expect(await home.run(["tag", "protections", "acme/kept"])).toContain("v[0-9]*");
  expect(await home.berth(["tag", "delete", "acme/kept:v1", "--yes"])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("immutable"),
  });
  await home.run(["tag", "unprotect", "acme/kept", String(rule.id)]);
  await home.run(["tag", "delete", "acme/kept:v1", "--yes"]);
});

test("an image is shared with another account, until a day, and not any more", async () => {
  await pushImage(administrator, "acme/shared", "1");
  await home.run(["share", "add", "acme/shared", "south", "--until", "2099-12-31", "--description", "beta"]);
  expect(await home.run(["share", "list"])).toMatch(/^acme\/shared +south +2099-12-31/m);
  await home.run(["share", "change", "acme/shared", "south", "--until", "forever"]);
  expect(await home.run(["share", "list"])).toMatch(/forever/);
  expect(await home.run(["share", "list", "--received"])).toContain("Nothing is shared with your account.");
  await home.run(["share", "remove", "acme/shared", "south"]);
  expect(await home.run(["share", "list"])).toContain("Your account shares nothing.");
});

test("old tags go by a rule, as its preview has said", async () => {
  for (const tag of ["1", "2", "3", "stable"]) await pushImage(administrator, "acme/aging", tag);
  const rule = ["--keep", "1", "--exempt", "stable"];
  const preview = await home.run(["rule", "preview", "acme/aging", ...rule]);
  expect(preview).toMatch(/^1 +yes +too-many/m);
  expect(preview).toMatch(/^3 +no +newest/m);
  expect(preview).toMatch(/^stable +no +label/m);

  await home.run(["rule", "set", "acme/aging", ...rule]);
  expect(await home.run(["rule", "show", "acme/aging"])).toContain("all but the newest tag");
  const left = await home.json<{ tags: { name: string }[] }>(["tag", "list", "acme/aging", "--sort", "name"]);
  expect(left.tags.map(({ name }) => name)).toEqual(["3", "stable"]);
  expect(await home.run(["rule", "log", "acme/aging"])).toMatch(/ 1 +sha256/);
  await home.run(["rule", "delete", "acme/aging"]);
  expect(await home.berth(["rule", "show", "acme/aging"])).toMatchObject({ exitCode: 4 });
});

test("a trigger is added, tried out, switched off and deleted", async () => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => received.push(text));
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  try {
    await pushImage(administrator, "acme/triggered", "1");
    await home.run([
      "trigger",
      "add",
      "acme/triggered",
      "hook",
      "--webhook",
      url,
      "--pattern",
      "v*",
      "--format",
      "keel",
    ]);
    expect(await home.run(["trigger", "list", "acme/triggered"])).toMatch(/^hook +yes +v\* +http/m);
    const { id } = await home.json<{ id: number }>(["trigger", "test", "acme/triggered", "hook"]);
    await expect.poll(() => received.length, { timeout: 60_000 }).toBeGreaterThan(0);
    await expect
      .poll(() => home.run(["trigger", "delivery", "acme/triggered", "hook", String(id)]), { timeout: 60_000 })
      .toMatch(/Status +success/);
    await home.run(["trigger", "resend", "acme/triggered", "hook", String(id)]);
    await expect
      .poll(() => home.run(["trigger", "deliveries", "acme/triggered", "hook"]), { timeout: 60_000 })
      .toMatch(/success[\s\S]*success/);

    await home.run(["trigger", "disable", "acme/triggered", "hook"]);
    expect(await home.run(["trigger", "show", "acme/triggered", "hook"])).toMatch(/^Tags +v\* \(glob\)$/m);
    expect(await home.run(["trigger", "show", "acme/triggered", "hook"])).toMatch(/On +no/);
    const other = JSON.stringify({
      name: "other",
      condition: { kind: "all" },
      target: { kind: "webhook", url, format: "text" },
    });
    await home.run(["trigger", "add", "acme/triggered", "--file", "-"], { input: other });
    await home.run(["trigger", "delete", "acme/triggered", "hook", "--yes"]);
    expect(await home.json(["trigger", "list", "acme/triggered"])).toMatchObject({ triggers: [{ name: "other" }] });
  } finally {
    receiver.close();
  }
  const both = ["trigger", "add", "acme/triggered", "x", "--webhook", url, "--cluster", "production"];
  expect(await home.berth(both)).toMatchObject({ exitCode: 2 });
});

test("the audit is listed, filtered and exported", async () => {
  expect(await home.run(["audit", "--organization", "acme", "--limit", "500"])).toMatch(/organization\.create +acme/);
  const { events } = await home.json<{ events: { action: string }[] }>([
    "audit",
    "--action",
    "organization.create",
    "--limit",
    "1",
  ]);
  expect(events).toMatchObject([{ action: "organization.create" }]);
  expect(await home.berth(["audit", "--action", "no.such"])).toMatchObject({ exitCode: 1 });
  const lines = (await home.run(["audit", "--export", "--organization", "acme"])).trim().split("\n");
  expect(lines.length).toBeGreaterThan(events.length);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("action");
});

test("garbage is counted and collected by operators, and by nobody else", async () => {
  expect(await home.berth(["gc", "status"])).toMatchObject({ exitCode: 3 });
  const operator = registry.home;
  expect(await operator.run(["gc", "status"])).toContain("Grace period");
  expect(await operator.run(["gc", "run", "--dry-run"])).toMatch(/^Would go: /);
  expect(await operator.json(["gc", "run"])).toMatchObject({ dryRun: false, complete: true });
});

test("any other operation of the API can be asked for", async () => {
  expect(await home.json(["api", "get", "/api/users?search=nora"])).toMatchObject({ users: [{ name: "nora" }] });
  const body = JSON.stringify({ name: "otto", password: "long enough to be one" });
  await home.run(["api", "post", "/api/users", "--data", body]);
  await home.run(["api", "patch", "/api/users/otto", "--data", "@-"], { input: '{"role": "administrator"}' });
  expect(await home.json(["api", "get", "/api/users?search=otto"])).toMatchObject({
    users: [{ role: "administrator" }],
  });
  expect(await home.run(["api", "delete", "/api/users/otto"])).toBe("");
  expect(await home.berth(["api", "get", "/api/absent"])).toMatchObject({ exitCode: 4 });
});

test("an organization stands for another registry, and for itself again", async () => {
  const remote = JSON.stringify({ name: "hub", url: "docker.io", test: false });
  await home.run(["api", "post", "/api/remotes", "--data", remote]);
  await home.run(["org", "create", "cache"]);
  expect(await home.berth(["upstream", "show", "cache"])).toMatchObject({ exitCode: 4 });
  expect(
    await home.run(["upstream", "set", "cache", "hub", "--public", "--retention", "30", "--lifetime", "60"]),
  ).toMatch(
    /^Registry +hub \(https:\/\/registry-1\.docker\.io\)\nTags are believed for +60 seconds\nWho may pull +everybody$/m,
  );
  await expectSameAnswer(["upstream", "show", "cache"], "/api/organizations/cache/upstream");
  expect(await home.berth(["upstream", "set", "cache", "absent"])).toMatchObject({ exitCode: 4 });
  expect(await home.run(["upstream", "remove", "cache", "--yes"])).toBe("Organization cache stands for itself.\n");
  expect(await home.berth(["upstream", "show", "cache"])).toMatchObject({ exitCode: 4 });
});

test("quotas are shown to those who may see them, and set by operators", async () => {
  const operator = operatorOf(registry.server);
  const operators = new QuickHome({
    BERTH_REGISTRY: registry.server.address,
    BERTH_USERNAME: operator.name,
    BERTH_PASSWORD: operator.password,
  });
  expect(await home.run(["quota", "show", "acme"])).toMatch(/^stored bytes +\S+ \S?i?B +512 GiB +\d+ % +default$/m);
  expect(await home.run(["quota", "show"])).toMatch(/^images +\d+ +5,000 +\d+ % +default$/m);
  await expectSameAnswer(["quota", "show", "acme"], "/api/organizations/acme/quota");
  await expectSameAnswer(["quota", "show", "--account", "north"], "/api/accounts/north/quota");
  expect(await home.berth(["quota", "set", "acme", "--tags", "5"])).toMatchObject({ exitCode: 3 });

  const set = ["quota", "set", "acme", "--stored", "1.5GiB", "--images", "unlimited", "--tags", "1000"];
  expect(await operators.run(set)).toMatch(
    /^stored bytes .* 1\.5 GiB .* operator\n.*\nimages .* unlimited .* operator\ntags .* 1,000 /m,
  );
  expect(await operators.run(["quota", "set", "acme", "--stored", "default"])).toMatch(
    /^stored bytes .* 512 GiB .* default$/m,
  );
  expect(await operators.run(["quota", "set", "--account", "north", "--uploads", "40"])).toMatch(
    /^uploads under way +0 +40 /m,
  );
  expect(await operators.run(["quota", "show", "--defaults"])).toMatch(/^tags +100,000 +200,000$/m);
  expect(await operators.run(["quota", "set", "--defaults", "account", "--manifests", "1GiB"])).toMatch(
    /^bytes of manifests +256 MiB +1 GiB$/m,
  );

  for (const wrong of [
    ["acme"],
    ["--tags", "5"],
    ["acme", "--tags", "many"],
    ["acme", "--tags", "-1"],
    ["acme", "--stored", "5 apples"],
    ["acme", "--account", "north", "--tags", "5"],
    ["--defaults", "account", "--tags", "default"],
  ]) {
    expect({ wrong, ...(await operators.berth(["quota", "set", ...wrong])) }).toMatchObject({ exitCode: 2 });
  }
  expect(await operators.berth(["quota", "show", "no-such-organization"])).toMatchObject({ exitCode: 4 });
});

test("a remote registry is registered once it works, changed, tried out and forgotten", async () => {
  let password = "secret elsewhere";
  const elsewhere = createServer(({ headers }, response) => {
    const isKnown = headers.authorization === `Basic ${btoa(`robot:${password}`)}`;
    response.writeHead(isKnown ? 200 : 401, { "WWW-Authenticate": 'Basic realm="elsewhere"' }).end();
  });
  const port = await new Promise<number>((done) => {
    elsewhere.listen(0, "127.0.0.1", () => done((elsewhere.address() as AddressInfo).port));
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    const add = ["remote", "add", "tokyo", url, "--username", "robot", "--password-stdin"];
    expect(await home.berth(add, { input: "wrong\n" })).toMatchObject({ exitCode: 1 });
    expect((await home.berth(add, { input: "secret elsewhere\n" })).exitCode).toBe(0);
    expect(await home.run(["remote", "list"])).toMatch(new RegExp(`^tokyo +${url} +robot$`, "m"));
    await expectSameAnswer(["remote", "show", "tokyo"], "/api/remotes/tokyo");
    expect(await home.run(["remote", "test", "tokyo"])).toBe("It works.\n");
    password = "changed there";
    expect(await home.berth(["remote", "test", "tokyo"])).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("does not take the user name and password") as string,
    });
    expect(await home.berth(["remote", "test", "tokyo", "--json"])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('"works": false') as string,
    });
    expect(await home.berth(["remote", "set", "tokyo"])).toMatchObject({ exitCode: 2 });
    expect(await home.berth(["remote", "set", "tokyo", "--address", "https://osaka.example.com"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("takes the password anew") as string,
    });
    const anonymous = ["remote", "set", "tokyo", "--anonymous", "--no-test"];
    expect(await home.run(anonymous)).toContain(`Changed tokyo, which is at ${url}.`);
    expect(await home.run(["remote", "show", "tokyo"])).toContain("(nobody logs in)");
    expect(await home.berth(["remote", "add", "osaka", "osaka.example.com", "--password-stdin"])).toMatchObject({
      exitCode: 2,
    });
    expect(await home.run(["remote", "delete", "tokyo", "--yes"])).toContain("Forgot");
    expect(await home.berth(["remote", "show", "tokyo"])).toMatchObject({ exitCode: 4 });
  } finally {
    elsewhere.close();
  }
});
