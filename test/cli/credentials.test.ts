import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { delimiter } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ended } from "../support/commands.ts";
import { addAccount, addUser } from "../support/server-people.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { PROGRAM } from "./running-proxy.ts";
import { Home, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const whoami = ["whoami", "--json"];
let home: Home;

beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const login = (...args: string[]) =>
  home.berth(["login", registry.server.address, "-u", USER, "--password-stdin", ...args], { input: `${PASSWORD}\n` });

async function expectSignedIn(environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const answer = await home.json<{ user: { name: string } }>(["whoami"], { environment });
  expect(answer.user.name).toBe(USER);
}

/** A credential helper that keeps what it gets in a file, and notes how it is called. */
function installHelper(name: string): NodeJS.ProcessEnv {
  const program = home.write(
    `bin/docker-credential-${name}`,
    `#!/bin/sh
echo "$1" >> '${home.path("calls")}'
case "$1" in
  store) cat > '${home.path("kept")}' ;;
  get) read -r url; grep -q "\\"ServerURL\\":\\"$url\\"" '${home.path("kept")}' 2>/dev/null && cat '${home.path("kept")}' || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) rm -f '${home.path("kept")}' ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return { PATH: `${home.path("bin")}${delimiter}${process.env.PATH}` };
}

test("a login keeps a token in docker's file, which docker and others read as well, and is remembered", async () => {
  const result = await login();
  expect(result).toMatchObject({ exitCode: 0 });
  expect(result.output).not.toContain(PASSWORD);

  const config = home.readDockerConfig() as { auths: Record<string, { auth: string; identitytoken: string }> };
  const kept = config.auths[registry.server.address];
  expect(kept?.identitytoken).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(kept?.auth ?? "", "base64").toString()).toBe(`${USER}:`);
  expect(JSON.stringify(config)).not.toContain(PASSWORD);
  expect(statSync(home.path("docker", "config.json")).mode & 0o777).toBe(0o600);

  await expectSignedIn();
});

test("a login changes nothing else in docker's file, nor its permissions", async () => {
  const others = {
    auths: { "registry.example.com": { auth: "YTpi" } },
    psFormat: "table {{.Names}}",
    proxies: { default: {} },
  };
  home.write("docker/config.json", JSON.stringify(others), 0o640);
  await login();

  expect(home.readDockerConfig()).toMatchObject({ ...others, auths: expect.objectContaining(others.auths) });
  expect(statSync(home.path("docker", "config.json")).mode & 0o777).toBe(0o640);
});

test("a login closes docker's file to everybody who has no business in it", async () => {
  home.write("docker/config.json", "{}", 0o644);
  await login();

  expect(statSync(home.path("docker", "config.json")).mode & 0o777).toBe(0o640);
});

test("a logout forgets, and then nobody is signed in", async () => {
  await login();
  expect(await home.berth(["logout"])).toMatchObject({ exitCode: 0 });

  expect(home.readDockerConfig()).toMatchObject({ auths: {} });
  expect(await home.berth([...whoami, "--registry", registry.server.address])).toMatchObject({ exitCode: 3 });
  expect(await home.berth(whoami)).toMatchObject({ exitCode: 2 });
});

test("a wrong password is refused with 3, and nothing is kept", async () => {
  const args = ["login", registry.server.address, "-u", USER, "--password-stdin"];
  expect(await home.berth(args, { input: "wrong" })).toMatchObject({ exitCode: 3 });
  expect(existsSync(home.path("docker", "config.json"))).toBe(false);
});

test("an address that is no registry's is refused", async () => {
  const args = ["login", "http://127.0.0.1:1", "-u", USER, "--password-stdin"];
  expect(await home.berth(args, { input: PASSWORD })).toMatchObject({ exitCode: 5 });
});

test("credentials go to and come from the credential helper of all registries", async () => {
  const environment = installHelper("fake");
  home.write("docker/config.json", JSON.stringify({ credsStore: "fake" }));
  const options = { environment, input: PASSWORD };
  await home.run(["login", registry.server.address, "-u", USER, "--password-stdin"], options);

  expect(JSON.parse(readFileSync(home.path("kept"), "utf8"))).toMatchObject({
    ServerURL: registry.server.address,
    Username: "<token>",
    Secret: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(home.readDockerConfig()).toEqual({ credsStore: "fake", auths: { [registry.server.address]: {} } });
  await expectSignedIn(environment);

  await home.run(["logout"], { environment });
  expect(existsSync(home.path("kept"))).toBe(false);
  expect(readFileSync(home.path("calls"), "utf8").split("\n")).toEqual(
    expect.arrayContaining(["store", "get", "erase"]),
  );
});

test("a helper of one registry is asked for that one, and knows names and passwords", async () => {
  const environment = { ...installHelper("single"), BERTH_REGISTRY: registry.server.address };
  home.write("kept", JSON.stringify({ ServerURL: registry.server.address, Username: USER, Secret: PASSWORD }));
  home.write(
    "docker/config.json",
    JSON.stringify({ credHelpers: { [registry.server.address]: "single" }, credsStore: "absent" }),
  );
  await expectSignedIn(environment);
});

test("a helper that knows nothing leaves it to the file", async () => {
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  const environment = { ...installHelper("fake"), BERTH_REGISTRY: registry.server.address };
  home.write(
    "docker/config.json",
    JSON.stringify({ credsStore: "fake", auths: { [`http://${registry.server.address}/v1/`]: { auth } } }),
  );
  await expectSignedIn(environment);
});

test.for([
  ["is not there", "absent", "docker-credential-absent is not on the PATH"],
  ["leads out of the PATH", "../../bin/sh", "is no name of a credential helper"],
] as const)("a helper that %s is told", async ([, helper, message]) => {
  home.write("docker/config.json", JSON.stringify({ credsStore: helper }));
  const result = await home.berth([...whoami, "--registry", registry.server.address]);
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
});

test("a helper that fails is told in its own words", async () => {
  const program = home.write("bin/docker-credential-broken", "#!/bin/sh\necho 'the keychain is locked'\nexit 1\n");
  chmodSync(program, 0o755);
  home.write("docker/config.json", JSON.stringify({ credsStore: "broken" }));
  const environment = { PATH: `${home.path("bin")}${delimiter}${process.env.PATH}` };
  const result = await home.berth([...whoami, "--registry", registry.server.address], { environment });
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("the keychain is locked") });
});

test("a file that is not docker's is told, and is not overwritten", async () => {
  home.write("docker/config.json", "not JSON");
  const result = await login();
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("config.json") });
  expect(readFileSync(home.path("docker", "config.json"), "utf8")).toBe("not JSON");
});

test("name and password of the environment go to the registry that is meant, and to no other", async () => {
  const environment = { BERTH_USERNAME: USER, BERTH_PASSWORD: PASSWORD };
  await expectSignedIn({ ...environment, BERTH_REGISTRY: registry.server.address });

  const elsewhere = { ...environment, BERTH_REGISTRY: "registry.example.com" };
  const args = [...whoami, "--registry", registry.server.address];
  expect(await home.berth(args, { environment: elsewhere })).toMatchObject({ exitCode: 3 });
  expect(await home.berth(args, { environment: { BERTH_USERNAME: USER } })).toMatchObject({ exitCode: 2 });
});

test("a copy gives the environment's password to neither of two registries, unless one is named as meant", async () => {
  const environment = { BERTH_USERNAME: USER, BERTH_PASSWORD: PASSWORD };
  // The same one by another name counts as another.
  const other = registry.server.address.replace("127.0.0.1", "localhost");
  const args = ["copy", `${registry.server.address}/acme/none:1`, `${other}/acme/none:1`];
  expect(await home.berth(args, { environment })).toMatchObject({ exitCode: 3 });
});

test("the credentials of a login command push and pull, and manage nothing", async () => {
  const administrator = await addAccount(registry.server, "south");
  await addUser(registry.server, administrator, "sam");
  const command = await administrator.ask<{ user: string; password: string }>("POST", "/api/login-command");
  const args = ["login", registry.server.address, "-u", command.user, "--password-stdin"];
  await home.run(args, { input: command.password });

  const config = home.readDockerConfig() as { auths: Record<string, { auth: string }> };
  const kept = config.auths[registry.server.address]?.auth ?? "";
  expect(Buffer.from(kept, "base64").toString()).toBe(`${command.user}:${command.password}`);
  const result = await home.berth(["org", "list"]);
  expect(result).toMatchObject({ exitCode: 3 });
});

test("a password is asked for at a terminal, and does not show", async () => {
  const line = `"${PROGRAM[0]}" "${PROGRAM[1]}" login ${registry.server.address}`;
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    env: { ...process.env, ...home.environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const end = ended(child);
  const answers: [question: string, answer: string][] = [
    ["Username:", USER],
    ["Password:", PASSWORD],
  ];
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    const [next] = answers;
    if (next === undefined || !shown.includes(next[0])) return;
    answers.shift();
    // The terminal stops to echo a moment after the question.
    setTimeout(() => child.stdin.write(`${next[1]}\r`), 500);
  });

  expect(await end).toBe(0);
  expect(shown).toContain("Signed in");
  expect(shown).toContain(USER);
  expect(shown).not.toContain(PASSWORD);
});
