import { beforeAll, expect, test } from "vitest";
import { Home, useRegistry } from "./registry-with-home.ts";
import { freePort } from "../support/ports.ts";

const registry = useRegistry();

beforeAll(async () => {
  await registry.home.run(["org", "create", "taken"]);
});

test.for([
  [["org", "create", "Acme"], 1],
  [["org", "create", "taken"], 1],
  [[], 2],
  [["no-such-command"], 2],
  [["org"], 2],
  [["org", "create"], 2],
  [["org", "list", "--no-such-option"], 2],
  [["tag", "list", "no-image"], 2],
  [["tag", "show", "acme/web"], 2],
  [["rule", "set", "acme/web"], 2],
  [["push", "archive.tar", "Acme/Web:1"], 2],
  [["push", "/nowhere/archive.tar", "acme/web:1"], 4],
  [["image", "show", "acme/absent"], 4],
  [["pull", "acme/absent:1", "-"], 4],
  [["copy", "acme/absent:1", "acme/other:1"], 4],
] as const)("berth %o ends with %i, and says why on standard error only", async ([args, exitCode]) => {
  expect(await registry.home.berth(args)).toMatchObject({
    exitCode,
    stdout: "",
    stderr: expect.stringMatching(/^berth: \S/),
  });
});

test("what succeeds ends with 0", async () => {
  expect(await registry.home.berth(["org", "list"])).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a user who is not signed in, or gives a wrong password, gets 3 and is told what to do", async () => {
  const stranger = new Home({ BERTH_REGISTRY: registry.server.address });
  const anonymous = await stranger.berth(["org", "list"]);
  expect(anonymous).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("berth login") });

  const environment = { BERTH_USERNAME: "admin", BERTH_PASSWORD: "wrong" };
  const wrong = await stranger.berth(["org", "list"], { environment });
  expect(wrong).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("user name or the password is wrong") });
  stranger.remove();
});

test("a registry that does not answer is 5, and the reason is named", async () => {
  const home = new Home({ BERTH_USERNAME: "a", BERTH_PASSWORD: "b" });
  const closed = `127.0.0.1:${await freePort()}`;
  for (const args of [
    ["org", "list", "--registry", closed],
    ["pull", `${closed}/acme/web:1`, "-"],
    ["copy", `${closed}/acme/web:1`, "acme/web:1"],
  ]) {
    expect(await home.berth(args, { environment: { BERTH_REGISTRY: closed } })).toMatchObject({
      exitCode: 5,
      stdout: "",
    });
  }
  const refused = await home.berth(["org", "list", "--registry", closed]);
  expect(refused.stderr).toContain("ECONNREFUSED");
  expect(refused.stderr).toContain("Nothing listens there");

  const nowhere = await home.berth(["org", "list", "--registry", "registry.invalid"]);
  expect(nowhere).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("registry.invalid") });

  const encrypted = await home.berth(["org", "list", "--registry", `https://${registry.server.address}`]);
  expect(encrypted).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("http://") });
  home.remove();
});

test("without a registry at all a command says how to name one", async () => {
  const home = new Home();
  const { exitCode, stderr } = await home.berth(["org", "list"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("berth login");
  home.remove();
});

test("completion names commands, subcommands and options", async () => {
  const script = await registry.home.run(["completion"]);
  expect(script).toContain("berth");
  const complete = async (...words: string[]) =>
    (await registry.home.run(["--get-yargs-completions", "berth", ...words])).split("\n");

  expect(await complete("")).toEqual(expect.arrayContaining([expect.stringMatching(/^proxy\b/)]));
  expect(await complete("tag", "")).toEqual(expect.arrayContaining([expect.stringMatching(/^restore\b/)]));
  expect(await complete("tag", "list", "--s")).toEqual(expect.arrayContaining([expect.stringMatching(/^--sort/)]));
});
