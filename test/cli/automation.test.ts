/** `berth sync`, `upstream`, `trust`, `robot`: synchronization, caches, and logins of jobs and robots. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { pushImage } from "../support/server-images.ts";
import { addAccount, addUser, type Person } from "../support/server-people.ts";
import { manifestAt, startBerthTarget, type Target } from "../sync/targets.ts";
import { freePort } from "../support/ports.ts";
import { type Home, QuickHome, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry({ ALLOWED_TARGETS: "127.0.0.0/8" });
let administrator: Person;
/** Of the administrator, and of a member who has no rights. */
let home: Home;
let members: Home;
/** A second registry, which images go to and come from. */
let elsewhere: Target;
let issuer: LoopbackIssuer;

beforeAll(async () => {
  const { server } = registry;
  administrator = await addAccount(server, "north");
  const member = await addUser(server, administrator, "nora");
  const homeOf = ({ name, password }: Person) =>
    new QuickHome({ BERTH_REGISTRY: server.address, BERTH_USERNAME: name, BERTH_PASSWORD: password });
  home = homeOf(administrator);
  members = homeOf(member);
  [elsewhere, issuer] = await Promise.all([startBerthTarget(), startIssuer()]);
  await home.run(["org", "create", "acme"]);
  const add = ["remote", "add", "tokyo", elsewhere.url, "--username", elsewhere.username ?? "", "--password-stdin"];
  await home.run(add, { input: elsewhere.password ?? "" });
});
afterAll(async () => {
  for (const each of [home, members]) each?.remove();
  await Promise.all([elsewhere?.stop(), issuer?.stop()]);
});

/** What `berth … --json` answers is what the API answers. */
async function expectSameAnswer(args: readonly string[], path: string): Promise<void> {
  expect(await home.json(args)).toEqual(await administrator.ask("GET", path));
}

/** Expects each command to end with its exit code and to print its reason to standard error only. */
async function expectRefusals(refusals: readonly (readonly [readonly string[], number, Home?])[]): Promise<void> {
  for (const [args, exitCode, by = home] of refusals) {
    expect({ args, ...(await by.berth(args)) }).toMatchObject({
      args,
      exitCode,
      stdout: "",
      stderr: expect.stringMatching(/^berth: \S/) as string,
    });
  }
}

test.each([
  ["sync", ["rules", "add", "change", "delete", "run", "now", "jobs", "job", "cancel", "resend"]],
  ["remote", ["list", "show", "add", "set", "test", "delete"]],
  ["upstream", ["show", "set", "remove"]],
  ["trust", ["list", "show", "add", "set", "delete"]],
  ["robot", ["list", "create", "keys", "add-key", "delete-key", "delete"]],
])("berth %s --help explains each of its commands", async (group, commands) => {
  const help = await registry.home.run([group, "--help"]);
  const explained = help
    .split("\n")
    .flatMap((line) => new RegExp(`^  berth ${group} (\\S+).* {2}\\S`).exec(line)?.[1] ?? []);
  expect(explained.toSorted()).toEqual(commands.toSorted());
  const [, summary = ""] =
    new RegExp(`^  berth ${group} {2,}(.+(?:\n {20,}.+)*)`, "m").exec(await registry.home.run(["--help"])) ?? [];
  for (const each of commands) expect(summary).toContain(each);
  expect(await registry.home.berth([group])).toMatchObject({ exitCode: 2, stdout: "" });
});

test("rules copy tags to another registry, when they are pushed and on request", async () => {
  await pushImage(administrator, "acme/web", "v1");
  await pushImage(administrator, "acme/web", "latest");
  const path = "/api/organizations/acme/images/web";
  expect(await home.run(["sync", "rules", "acme/web"])).toBe("There are no rules.\n");

  const added = await home.run(["sync", "add", "acme/web", "tokyo/team", "--tags", "v*", "--referrers"]);
  const rule = /^Added rule (\d+) to tokyo\/team\./.exec(added)?.[1] ?? "";
  expect(added).toContain(`berth sync run acme/web ${rule}`);
  const whole = ["sync", "add", "acme", "tokyo/mirror", "--images", "w*", "--no-automatic"];
  const { id: second } = await home.json<{ id: number }>(whole);
  expect(await home.run(["sync", "rules", "acme/web"])).toMatch(
    new RegExp(`^ *${rule} +tokyo/team +\\(this one\\) +v\\* +yes +no +yes +no$`, "m"),
  );
  expect(await home.run(["sync", "list", "acme"])).toMatch(
    new RegExp(`^ *${second} +tokyo/mirror +w\\* +\\*\\* +no +no +no +no$`, "m"),
  );
  await expectSameAnswer(["sync", "rules", "acme/web"], `${path}/sync-rules`);
  await expectSameAnswer(["sync", "ls", "acme"], "/api/organizations/acme/sync-rules");

  expect(await home.run(["sync", "run", "acme", String(second)])).toMatch(
    /^2 jobs are made\. .*berth sync jobs acme\n/,
  );
  expect(await home.json(["sync", "run", "acme/web", rule])).toEqual({ jobs: 1 });
  await expectEnded("acme", 3);
  const first = await manifestAt(elsewhere, "mirror/web", "v1");
  expect(first).toBeDefined();
  expect(await manifestAt(elsewhere, "mirror/web", "latest")).toBeDefined();
  expect(await manifestAt(elsewhere, "team/web", "latest")).toBeUndefined();

  // A rule that moves tags does so with the next push; what was not named has stayed.
  expect(await home.run(["sync", "change", "acme/web", rule, "--override"])).toBe(`Rule ${rule} is changed.\n`);
  expect(await home.run(["sync", "change", "acme", String(second), "--images", "x*"])).toContain("is changed");
  expect(await administrator.ask("GET", `${path}/sync-rules/${rule}`)).toMatchObject({
    override: true,
    tags: "v*",
    referrers: true,
  });
  const { digest } = await pushImage(administrator, "acme/web", "v1");
  await expectEnded("acme/web", 4);
  expect((await manifestAt(elsewhere, "team/web", "v1"))?.digest).toBe(digest);
  expect(await manifestAt(elsewhere, "mirror/web", "v1")).toEqual(first);

  const jobs = await home.run(["sync", "jobs", "acme/web", "--limit", "1"]);
  expect(jobs.split("\n")).toHaveLength(3);
  expect(jobs).toMatch(/^ *\d+ +success +acme\/web:v1 +tokyo\/team +[\d.]+ \w+ of [\d.]+ \w+ /m);
  await expectSameAnswer(["sync", "jobs", "acme/web"], `${path}/sync-jobs?limit=20`);
  await expectSameAnswer(["sync", "jobs", "acme"], "/api/organizations/acme/sync-jobs?limit=20");

  await expectRefusals([
    [["sync", "add", "acme/web", "tokyo/team"], 1],
    [["sync", "add", "acme/web", "tokyo/other", "--images", "w*"], 2],
    [["sync", "add", "acme/web", "/team"], 2],
    [["sync", "add", "acme/web:v1", "tokyo/team"], 2],
    [["sync", "add", "acme/web", "nowhere/team"], 4],
    [["sync", "add", "acme/absent", "tokyo/team"], 4],
    [["sync", "add", "acme/web", "tokyo/other"], 4, members],
    [["sync", "add", "acme/web", "tokyo/Not A Name"], 1],
    [["sync", "change", "acme/web", rule], 2],
    [["sync", "change", "acme/web", "first", "--override"], 2],
    [["sync", "change", "acme/web", rule, "--images", "w*"], 2],
    [["sync", "change", "acme/web", "999999", "--override"], 4],
    [["sync", "run", "acme/web", "999999"], 4],
    [["sync", "rules", "acme/absent"], 4],
    [["sync", "jobs", "acme/absent"], 4],
    [["remote", "delete", "tokyo", "--yes"], 1],
  ]);
  expect(await home.run(["sync", "delete", "acme/web", rule, "--yes"])).toBe(`Deleted rule ${rule} of acme/web.\n`);
  expect(await home.run(["sync", "delete", "acme", String(second), "--yes"])).toContain("Deleted");
  await expectRefusals([[["sync", "delete", "acme/web", rule, "--yes"], 4]]);
  expect(await home.run(["sync", "rules", "acme"])).toBe("There are no rules.\n");
});

test("tags are copied now, and a job is shown, cancelled and done once more", async () => {
  const { digest } = await pushImage(administrator, "acme/now", "v1");
  await pushImage(administrator, "acme/now", "v2");
  const path = "/api/organizations/acme/images/now/sync-jobs";
  const copied = await home.run(["sync", "now", "acme/now", "tokyo/now", "v1"]);
  expect(copied).toBe("1 job is made. What becomes of them: berth sync jobs acme/now\n");
  await expectEnded("acme/now", 1);
  expect((await manifestAt(elsewhere, "now/now", "v1"))?.digest).toBe(digest);
  const all = await home.json<{ jobs: { id: number; tag: string }[] }>(["sync", "now", "acme/now", "tokyo/now"]);
  expect(all.jobs.map(({ tag }) => tag).toSorted()).toEqual(["v1", "v2"]);
  await expectEnded("acme/now", 3);

  // What is not there is told, and the exit code says so; the others are copied all the same.
  expect(await home.berth(["sync", "now", "acme/now", "tokyo/again", "v1", "absent", "gone"])).toMatchObject({
    exitCode: 4,
    stdout: expect.stringMatching(/^1 job is made/) as string,
    stderr: "berth: acme/now has no tag absent, gone\n",
  });
  await expectEnded("acme/now", 4);
  expect((await manifestAt(elsewhere, "again/now", "v1"))?.digest).toBe(digest);

  const id = String(all.jobs[0]?.id);
  const shown = await home.run(["sync", "job", "acme/now", id]);
  expect(shown).toMatch(new RegExp(`^Job +${id}\nStatus +success\nDoes +copy\nImage +acme/now:v[12]\nDigest +sha256:`));
  expect(shown).toContain("No try has failed.");
  await expectSameAnswer(["sync", "job", "acme/now", id], `${path}/${id}`);

  await home.run(["remote", "add", "osaka", `http://127.0.0.1:${await freePort()}`, "--no-test"]);
  const waiting = await home.json<{ jobs: { id: number }[] }>(["sync", "now", "acme/now", "osaka", "v1"]);
  const waits = String(waiting.jobs[0]?.id);
  const job = () => home.run(["sync", "job", "acme/now", waits]);
  await expect.poll(job, { timeout: 60_000 }).toMatch(/^Next try +\d[^]*^ *1 +\d{4}-/m);
  expect(await home.run(["sync", "cancel", "acme/now", waits])).toBe(`Job ${waits} is cancelled.\n`);
  expect(await job()).toMatch(/^Status +cancel$/m);
  const again = await home.json<{ id: number }>(["sync", "resend", "acme/now", waits]);
  expect(again.id).not.toBe(Number(waits));
  expect(await home.run(["sync", "cancel", "acme/now", String(again.id)])).toContain("is cancelled");
  const resent = await home.run(["sync", "resend", "acme/now", id]);
  expect(resent).toMatch(/^Job (\d+) does it\. What becomes of it: berth sync job acme\/now \1\n/);

  await expectRefusals([
    [["sync", "cancel", "acme/now", waits], 1],
    [["sync", "cancel", "acme/now", "999999"], 4],
    [["sync", "resend", "acme/now", "999999"], 4],
    [["sync", "job", "acme/now", "999999"], 4],
    [["sync", "job", "acme/now", "last"], 2],
    [["sync", "job", "acme", id], 2],
    [["sync", "now", "acme/now", "nowhere/x"], 4],
    [["sync", "now", "acme/absent", "tokyo/x"], 4],
    [["sync", "now", "acme/now", "tokyo/x"], 4, members],
  ]);
});

test("an organization serves what another registry has, and says what that said", async () => {
  const { name, password } = administrator;
  await pushImage(administrator, "acme/cached", "v1");
  await home.run(["sync", "now", "acme/cached", "tokyo/team", "v1"]);
  await expectEnded("acme/cached", 1);
  await home.run(["org", "create", "cache"]);
  const set = ["upstream", "set", "cache", "tokyo", "--path", "team", "--lifetime", "60"];
  expect(await home.run(set)).toMatch(
    /^Path +team\nTags are believed for +60 seconds\nWho may pull +users who may read/m,
  );
  expect(await home.run(["upstream", "show", "cache"])).toMatch(/^Last answer +none yet$/m);

  const own = { url: registry.server.url, username: name, password };
  expect(await manifestAt(own, "cache/cached", "v1")).toEqual(await manifestAt(own, "acme/cached", "v1"));
  expect(await manifestAt(own, "cache/absent", "v1")).toBeUndefined();
  expect(await home.run(["upstream", "show", "cache"])).toMatch(/^Last answer +\d{4}-/m);
  await expectSameAnswer(["upstream", "show", "cache"], "/api/organizations/cache/upstream");
  await home.run(["upstream", "set", "cache", "tokyo", "--path", "team"]);
  expect(await home.run(["upstream", "show", "cache"])).toMatch(/^Tags are believed for +600 seconds$/m);

  await home.run(["org", "create", "other"]);
  await expectRefusals([
    [["upstream", "set", "acme", "tokyo"], 1],
    [["upstream", "set", "other", "nowhere"], 4],
    [["upstream", "set", "absent", "tokyo"], 4],
    [["upstream", "set", "cache", "tokyo", "--lifetime", "soon"], 2],
    [["upstream", "set", "cache", "tokyo", "--lifetime", "1"], 1],
    [["upstream", "set", "cache", "tokyo", "--retention", "never"], 2],
    [["upstream", "set", "cache"], 2],
    [["upstream", "set", "cache", "tokyo"], 4, members],
    [["upstream", "show", "acme"], 4],
    [["upstream", "remove", "cache", "--yes"], 1],
    [["upstream", "remove", "cache", "--yes"], 4, members],
  ]);
  await home.run(["image", "delete", "cache/cached", "--yes"]);
  expect(await home.json(["upstream", "remove", "cache", "--yes"])).toEqual({});
  await expectRefusals([[["upstream", "show", "cache"], 4]]);
});

test("jobs log in by a rule, as long as there is one, and may do what it says", async () => {
  const { address, url } = registry.server;
  await pushImage(administrator, "acme/built", "v1");
  expect(await home.run(["trust", "list"])).toBe("The account trusts no issuer.\n");
  const terms = ["--issuer", issuer.url, "--glob", "sub=repo:acme/*:ref:refs/heads/main"];
  const add = ["trust", "add", "release", ...terms, "--claim", "repository=acme/web", "--lifetime", "600"];
  const added = await home.run([...add, "--grant", "acme:edit"]);
  expect(added).toMatch(
    new RegExp(
      [
        "^Rule +release",
        `Issuer +${issuer.url}`,
        `Audience +${address}`,
        "Conditions +repository = acme/web, sub ~ repo:acme/\\*:ref:refs/heads/main",
        "May do +acme:edit",
        "Logins last +600 s",
        "Acts as +oidc:north:release",
        "Created by +north",
      ].join("\n"),
    ),
  );
  expect(await home.run(["trust", "list"])).toMatch(/^release +http.* +acme:edit$/m);
  await expectSameAnswer(["trust", "list"], "/api/trust-rules");
  await expectSameAnswer(["trust", "show", "release"], "/api/trust-rules/release");

  const granted = async (claims = {}) => {
    const token = await issuer.token({ aud: address, ...claims });
    const headers = { Authorization: `Basic ${Buffer.from(`oidc:${token}`).toString("base64")}` };
    const answer = await fetch(`${url}/token?scope=repository:acme/built:pull,push`, { headers });
    return answer.ok ? ((await answer.json()) as { scope: string }).scope : answer.status;
  };
  expect(await granted()).toBe("repository:acme/built:pull,push");
  expect(await granted({ repository: "acme/other" })).toBe(401);
  const set = ["trust", "set", "release", ...terms, "--grant", "acme:read", "--grant", "acme/built:read"];
  expect(await home.run(set)).toMatch(/^May do +acme:read, acme\/built:read\nLogins last +3600 s$/m);
  expect(await granted({ repository: "acme/other" })).toBe("repository:acme/built:pull");

  await expectRefusals([
    [["trust", "add", "release", ...terms, "--grant", "acme:read"], 1],
    [["trust", "add", "other", "--issuer", "github", "--glob", "repository=*", "--grant", "acme:edit"], 1],
    [["trust", "add", "other", "--issuer", issuer.url, "--grant", "acme:edit"], 2],
    [["trust", "add", "other", ...terms, "--claim", "repository", "--grant", "acme:edit"], 2],
    [["trust", "add", "other", ...terms, "--grant", "acme:rule"], 2],
    [["trust", "add", "other", ...terms], 2],
    [["trust", "add", "other", ...terms, "--grant", "acme:edit", "--lifetime", "long"], 2],
    [["trust", "add", "other", ...terms, "--grant", "acme:edit", "--lifetime", "1"], 1],
    [["trust", "add", "other", ...terms, "--grant", "absent:edit"], 1],
    [["trust", "add", "other", ...terms, "--grant", "acme:edit"], 3, members],
    [["trust", "list"], 3, members],
    [["trust", "set", "absent", ...terms, "--grant", "acme:edit"], 4],
    [["trust", "show", "absent"], 4],
    [["trust", "delete", "absent", "--yes"], 4],
  ]);
  expect(await home.run(["trust", "delete", "release", "--yes"])).toBe("Deleted trust rule release.\n");
  expect(await granted()).toBe(401);
});

test("robots get keys that work until they are deleted, and people are no robots", async () => {
  expect(await home.run(["robot", "list"])).toBe("There are no robots.\n");
  expect(await home.run(["robot", "create", "deployer"])).toMatch(/^Created robot deployer\. .*berth robot add-key/);
  expect(await home.run(["robot", "list"])).toMatch(/^deployer +\S+ +\d{4}-/m);
  expect(await home.json(["robot", "list"])).toMatchObject({
    users: [{ name: "deployer", kind: "robot" }],
    next: null,
  });
  expect(await home.run(["robot", "keys", "deployer"])).toBe("It has no access keys.\n");

  const added = await home.run(["robot", "add-key", "deployer", "--ends", "2099-06-30"]);
  const [, access = "", secret = ""] = /^Access key +(\S+)\nSecret key +(\S+)\nEnds +2099-06-30/.exec(added) ?? [];
  const endless = await home.json<{ access: string; ends: null }>(["robot", "add-key", "deployer"]);
  expect(endless.ends).toBeNull();
  const listed = await home.run(["robot", "keys", "deployer"]);
  expect(listed).toMatch(new RegExp(`^${access} .* 2099-06-30`, "m"));
  expect(listed).toMatch(new RegExp(`^${endless.access} .* never$`, "m"));
  await expectSameAnswer(["robot", "keys", "deployer"], "/api/users/deployer/access-keys");

  const login = async () => {
    const password = createHmac("sha256", secret).update(access).digest("hex");
    const credentials = Buffer.from(`cn-north-4@${access}:${password}`).toString("base64");
    return (await fetch(`${registry.server.url}/v2/`, { headers: { Authorization: `Basic ${credentials}` } })).status;
  };
  expect(await login()).toBe(200);
  expect(await home.run(["robot", "delete-key", "deployer", access, "--yes"])).toBe(`Deleted access key ${access}.\n`);
  expect(await login()).toBe(401);

  await expectRefusals([
    [["robot", "create", "deployer"], 1],
    [["robot", "create", "Not A Name"], 1],
    [["robot", "create", "other"], 3, members],
    [["robot", "add-key", "deployer"], 3, members],
    [["robot", "add-key", "absent"], 4],
    [["robot", "add-key", "nora"], 3],
    [["robot", "add-key", "deployer", "--ends", "soon"], 2],
    [["robot", "add-key", "deployer", "--ends", "2020-01-01"], 1],
    [["robot", "delete-key", "deployer", access, "--yes"], 4],
    [["robot", "keys", "absent"], 4],
    [["robot", "keys", "nora"], 4],
    [["robot", "delete", "nora", "--yes"], 4],
    [["robot", "delete", "absent", "--yes"], 4],
  ]);
  expect(await administrator.ask("GET", "/api/users?search=nora")).toMatchObject({ users: [{ kind: "person" }] });
  expect(await home.run(["robot", "delete", "deployer", "--yes"])).toBe("Deleted robot deployer.\n");
  expect(await home.run(["robot", "list"])).toBe("There are no robots.\n");
});

/** Waits until a place has so many jobs, as `berth sync jobs` lists them, and all have ended. */
async function expectEnded(place: string, count: number): Promise<void> {
  const ended = async () => {
    const { jobs } = await home.json<{ jobs: { status: string; finished: string | null }[] }>(["sync", "jobs", place]);
    return jobs.filter(({ finished }) => finished !== null).map(({ status }) => status);
  };
  await expect.poll(ended, { timeout: 60_000, interval: 300 }).toEqual(Array<string>(count).fill("success"));
}
