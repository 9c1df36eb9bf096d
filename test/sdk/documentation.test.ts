/** Every command of docs/management.md, as it stands there, one after the other. */
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { addAccount, operatorOf, type Person } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { requirePrograms } from "../support/requirements.ts";
import { ROOT } from "../support/server.ts";
import { preparePython } from "./drivers/driver.ts";
import { useRegistry } from "./sdk-registry.ts";

const setting = useRegistry();
const python = await preparePython();
let administrator: Person;
let home: string;

const blocks = [
  ...readFileSync(join(ROOT, "docs", "management.md"), "utf8").matchAll(/^```(sh|js|python)\n([\s\S]*?)^```$/gm),
].map(([, language = "", code = ""]) => ({ language, code, name: code.split("\n")[0] ?? "" }));

beforeAll(async () => {
  administrator = await addAccount(setting.server, "keeper");
  home = join(setting.directory, "reader");
  mkdirSync(home);
  // A refusal is to end a command as a failure.
  writeFileSync(join(home, ".curlrc"), "fail-with-body\nsilent\nshow-error\n");
});

/** What the document says is in the environment, with a new access key. */
async function environment(): Promise<Record<string, string>> {
  const { accessKeys } = await administrator.ask<{ accessKeys: { access: string }[] }>("GET", "/api/access-keys");
  for (const { access } of accessKeys) await administrator.ask("DELETE", `/api/access-keys/${access}`);
  const { access, secret } = await administrator.addAccessKey();
  const operator = operatorOf(setting.server);
  return {
    REGISTRY: setting.server.url,
    OPERATOR: `${operator.name}:${operator.password}`,
    ADMIN: `${administrator.name}:${administrator.password}`,
    ACCOUNT: administrator.account,
    AK: access,
    SK: secret,
    HOME: home,
  };
}

function commandOf({ language, code }: (typeof blocks)[number]): readonly [string, ...string[]] {
  if (language === "js") return [process.execPath, "--input-type=module", "-e", code];
  return language === "python" ? ["python3", "-c", code] : ["bash", "-euo", "pipefail", "-c", code];
}

/** Runs an example, which has to succeed without a word on stderr, and answers what it printed. */
async function expectSuccess(block: (typeof blocks)[number], variables: NodeJS.ProcessEnv): Promise<string> {
  // Modules are found from here; files are written elsewhere.
  const cwd = block.language === "js" ? ROOT : home;
  const withPython = { ...variables, ...("reason" in python ? {} : python.environment) };
  const { exitCode, stdout, stderr, output } = await execute(commandOf(block), { environment: withPython, cwd });
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  expect(stderr).toBe("");
  return stdout;
}

requirePrograms("the examples of docs/management.md", ["bash", "curl", "openssl"]);

/** What each block was given and printed. */
const runs: { code: string; output: string; AK: string; SK: string }[] = [];
const runOf = (words: string) => runs.find(({ code }) => code.includes(words));

test.for(blocks)("$language: $name", async (block, { skip }) => {
  if (block.language === "python" && "reason" in python) skip(python.reason);
  const { AK = "", SK = "", ...rest } = await environment();
  runs.push({ code: block.code, output: await expectSuccess(block, { AK, SK, ...rest }), AK, SK });
  // The image that the next sections are about, once it is created.
  const isCreated = block.code.includes('/images" --json') && block.code.includes('"image": "team/web"');
  if (isCreated) await pushImage(administrator, "acme/team/web", "v1");
});

test("the login commands are what they are called", async () => {
  const { address, url } = setting.server;
  const temporary = /^docker login -u (berth@\w+) -p ([0-9a-f]{64}) (\S+)/.exec(runOf("utils/secret")?.output ?? "");
  const [, name, password, host] = temporary ?? [];
  expect(host).toBe(address);
  const credentials = Buffer.from(`${name}:${password}`).toString("base64");
  expect((await fetch(`${url}/v2/`, { headers: { Authorization: `Basic ${credentials}` } })).status).toBe(200);

  const { output, AK = "", SK = "" } = runOf("openssl dgst -binary") ?? {};
  const permanentPassword = createHmac("sha256", SK).update(AK).digest("hex");
  expect(output).toBe(`docker login -u berth@${AK} -p ${permanentPassword} ${address}\n`);
});

test("the export of the audit holds what was done", () => {
  const lines = readFileSync(join(home, "audit.jsonl"), "utf8").trim().split("\n");
  const actions = lines.map((line) => (JSON.parse(line) as { action: string }).action);
  expect(actions).toEqual(expect.arrayContaining(["organization.create", "share.create", "access-key.delete"]));
});

test("what the text names beside is there", async () => {
  for (const path of [
    "/api/organizations/acme/images/team$web",
    "/api/images?q=web",
    "/api/image-centre",
    "/api/organizations/acme/images/team$web/manifests/v1",
    "/api/organizations/acme/images/team$web/manifests/v1/referrers",
    "/api/organizations?level=edit",
    "/api/images?scope=sent",
    "/api/images?scope=shared",
    "/api/session",
    "/api/visitor",
    "/api/settings",
    "/api/shares?direction=received",
    "/openapi.json",
    "/docs",
  ]) {
    const { status } = await administrator.send("GET", path);
    expect(`${path} ${status}`).toBe(`${path} 200`);
  }
});
