/**
 * The commands of the pages below `/docs` that are prose, getting started and the guides, and of docs/local.md: typed into a shell as a
 * reader copies them, one after the other. What cannot run here is listed with the reason. docs/management.md has a test of its own
 * (test/sdk/documentation.test.ts), and so have the examples of operations (test/sdk/docs-examples.test.ts).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { INTRODUCTIONS } from "../../src/http/docs/introductions.ts";
import { EXAMPLE_HOST, GUIDES } from "../../src/kernel/guides.ts";
import { PROGRAM, type RunningProxy, startBerthProxy } from "../cli/running-proxy.ts";
import { execute, findProgram, type Result } from "../support/commands.ts";
import { readPages } from "../support/docs-pages.ts";
import { type Cluster, startCluster } from "../support/fake-cluster.ts";
import { dockerArchiveOf } from "../support/image-layouts.ts";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { freePort } from "../support/ports.ts";
import { pushImage } from "../support/server-images.ts";
import { operatorOf, type Person } from "../support/server-people.ts";
import { PASSWORD, ROOT, USER } from "../support/server.ts";
import { startDockerRegistry, type Target } from "../sync/targets.ts";
import { useClient } from "./client-setup.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";

/** Clients that have to be told that a registry has no TLS. */
const PLAIN = ["podman", "buildah", "skopeo"];
/** What a block has that goes on in the background; the reader's shell ends it. */
const BACKGROUND = / & \w+=\$!/;

/** Commands that are not run here, by how they begin, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "crane auth login": "test/clients/crane.test.ts",
  "regctl registry login": "test/clients/regctl.test.ts",
  "oras login": "takes --plain-http here: test/clients/oras.test.ts",
  "helm registry login": "not everywhere: test/clients/helm.test.ts",
  "cosign login": "not everywhere: test/clients/cosign.test.ts",
  "ko login": "not everywhere: test/clients/ko.test.ts",
  "notation login": "needs a credential helper: test/clients/notation.test.ts",
  "helm push": "not everywhere: test/clients/helm.test.ts",
  "helm show chart": "not everywhere: test/clients/helm.test.ts",
  "cosign sign": "not everywhere: test/clients/cosign.test.ts",
  "cosign verify": "not everywhere: test/clients/cosign.test.ts",
  "cosign attest": "not everywhere: test/clients/cosign.test.ts",
  "notation sign": "needs a key: test/clients/notation.test.ts",
  "KO_DOCKER_REPO=": "not everywhere: test/clients/ko.test.ts",
  "buildctl build": "not everywhere: test/clients/buildkit.test.ts",
  "docker buildx build": "needs BuildKit: test/clients/buildkit.test.ts",
  "berth proxy registry.example.com":
    "serves until it is ended, where other processes may listen: test/cli/proxy.test.ts",
  "ALLOWED_TARGETS=": "starts another registry; this one has the setting",
  "LISTEN=0.0.0.0": "opens a registry to the network: test/runtime/tls.test.ts, test/runtime/listen.test.ts",
  "node scripts/bootstrap.mjs bin/pack.ts": "test/cli/installation.test.ts",
  "npm install --global": "test/cli/installation.test.ts",
  "sudo install": "changes the machine: test/clients/own-tls.test.ts",
  "install -D -m 644 .berth/tls/ca.crt": "changes the machine: test/clients/own-tls.test.ts",
  "curl --cacert": "names a machine of the reader: test/clients/own-tls.test.ts",
  "NODE_EXTRA_CA_CERTS=": "names a machine of the reader: test/clients/own-tls.test.ts",
  "docker compose": "builds an image from Docker Hub's: test/runtime/container.test.ts",
  "docker login localhost:8787": "the registry of docker compose",
  "TLS=self-signed": "builds an image from Docker Hub's: test/runtime/container.test.ts",
  "berth copy docker.io/": "Docker Hub is not here: test/cli/transfer.test.ts",
};

/** A page, or a document that is none. */
interface Chapter {
  name: string;
  blocks: readonly string[];
}

const CHAPTERS: readonly Chapter[] = [
  ...INTRODUCTIONS.map(({ id, parts }) => ({ name: id, blocks: parts.flatMap(({ example = [] }) => example) })),
  ...GUIDES.filter((guide) => guide !== "management").map((guide) => ({
    name: `guides/${guide}`,
    blocks: shellBlocks(`${guide}.md`),
  })),
  { name: "local.md", blocks: shellBlocks("local.md") },
].filter(({ blocks }) => blocks.length > 0);

function shellBlocks(document: string): string[] {
  const text = readFileSync(join(ROOT, "docs", document), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** The commands of a block. What goes on in the background belongs to what follows. */
function commandsOf(block: string): string[] {
  if (BACKGROUND.test(block)) return [block.trim()];
  const commands: string[] = [];
  let open = "";
  for (const line of block.trim().split("\n")) {
    open += open === "" ? line : `\n${line}`;
    // A quotation, a continuation or a pipeline goes on.
    const code = open.replaceAll(/\s# .*$/gm, "");
    if (code.split("'").length % 2 === 0 || /(?:\\|\|)$/.test(code)) continue;
    commands.push(open);
    open = "";
  }
  if (open !== "") throw new Error(`a command does not end: ${open}`);
  return commands;
}

const whyNotRun = (command: string) => Object.entries(NOT_RUN).find(([begin]) => command.startsWith(begin))?.[1];

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: [...DAEMON_PROGRAMS, ...PLAIN, "bash", "curl", "jq", "script", "docker-registry"],
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: async () => {
    await daemon.start();
    elsewhere = await startDockerRegistry();
    cluster = await startCluster();
    issuer = await startIssuer();
  },
  cleanUp: async () => {
    await proxy?.stop();
    await issuer?.stop();
    await cluster?.vanish();
    await elsewhere?.stop();
    await daemon.stop();
  },
});
let elsewhere: Target | undefined;
let cluster: Cluster | undefined;
let issuer: LoopbackIssuer | undefined;
let proxy: RunningProxy | undefined;
let operator: Person;
/** Of the reader. */
let environment: NodeJS.ProcessEnv;
let home: string;

beforeAll(async () => {
  // Without its programs all tests are skipped.
  if (elsewhere === undefined) return;
  const { url, address } = docker.server;
  operator = operatorOf(docker.server);
  home = docker.path("reader");
  writeHome();
  environment = {
    HOME: home,
    CURL_HOME: join(home, "curl"),
    PATH: `${join(home, "bin")}:${process.env.PATH}`,
    DOCKER_HOST: daemon.host,
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    XDG_RUNTIME_DIR: join(home, "run"),
    NAME: USER,
    PASSWORD,
    REGISTRY: url,
    ADMIN: `${USER}:${PASSWORD}`,
    BERTH_REGISTRY: address,
    BERTH_USERNAME: USER,
    BERTH_PASSWORD: PASSWORD,
  };
  for (const name of ["acme", "shop", "hub"]) await operator.ask("POST", "/api/organizations", { name });
  await operator.ask("POST", "/api/users", { name: "alice", password: PASSWORD });
  const permissions = [{ user: "alice", level: "edit" }];
  await operator.ask("POST", "/api/organizations/acme/permissions", { permissions });
  for (const name of ["south", "acme-corp"]) await operator.ask("POST", "/api/accounts", { name });
  for (const name of ["tokyo", "docker-hub"]) {
    await operator.ask("POST", "/api/remotes", { name, url: elsewhere.url, test: false });
  }
  for (const tag of ["0.9", "1.0", "v1", "v2"]) await pushImage(operator, "acme/web", tag);
});

/** Fills the reader's home with programs, their settings, and the files that the commands read. */
function writeHome(): void {
  for (const folder of ["bin", "run", ".docker"]) mkdirSync(join(home, folder), { recursive: true });
  const writeProgram = (name: string, text: string) => {
    writeFileSync(join(home, "bin", name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  };
  writeProgram("berth", asking(PROGRAM.join(" ")));
  writeProgram("docker", asking(findProgram("docker") ?? ""));
  for (const name of PLAIN) writeProgram(name, asking(findProgram(name) ?? "", "--tls-verify=false"));
  mkdirSync(join(home, "curl"));
  // A refusal is to end a command as a failure.
  writeFileSync(join(home, "curl", ".curlrc"), "fail\nsilent\nshow-error\n");
  writeFileSync(join(home, "ca.crt"), cluster?.authority ?? "");
  writeFileSync(join(home, "token.txt"), "secret\n");
}

/**
 * A program with a reader who types name and password when it asks for them, which it does at a terminal only.
 *
 * @param option what its login takes besides, for a registry without TLS.
 */
function asking(program: string, option = ""): string {
  return `[[ $1 == login ]] || exec ${program} "$@"
shift
[[ " $* " != *" --password-stdin "* ]] || exec ${program} login ${option} "$@"
[[ " $* " == *" -u "* ]] || name="$NAME"$'\\n'
printf '%s%s\\n' "$name" "$PASSWORD" | script -qefc "${program} login ${option} $*" /dev/null`;
}

/** Loads a small image into docker under a name. */
async function load(name: string): Promise<void> {
  const { layout } = await docker.image(name.replaceAll(/\W/g, "-"), [1000]);
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  await docker.run(["tag", /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "", name]);
}

/** Sends a request that may be refused because it was sent before. */
async function send(method: string, path: string, body?: unknown): Promise<void> {
  await (await operator.send(method, path, body)).text();
}

/** The first id in an answer. */
async function idAt(path: string, field = "id"): Promise<string> {
  const text = JSON.stringify(await operator.ask("GET", path));
  const found = new RegExp(`"${field}":"?([^",}]+)`).exec(text)?.[1];
  if (found === undefined) throw new Error(`${path} has no ${field}: ${text}`);
  return found;
}

const WEB = "/api/organizations/acme/images/web";
const NGINX = "/api/organizations/shop/images/nginx";
type Values = Record<string, string>;

/**
 * What a chapter's commands name, made before each of them that begins so; with what is put into the command in place of ids and
 * addresses, and the values of the reader's variables.
 */
const BEFORE: Readonly<Record<string, Readonly<Record<string, () => Promise<Values | void>>>>> = {
  "getting-started": { "docker tag hello-world": () => load("hello-world") },
  "guides/clients": {
    "podman login": logDockerOut,
  },
  "guides/ci": {
    "berth trust add": async () => {
      await send("POST", "/api/organizations", { name: "base" });
      await pushImage(operator, "base/go", "1");
      await send("DELETE", "/api/trust-rules/release");
      return { "--issuer github": `--issuer ${issuer?.url}` };
    },
    "curl -sSf": async () => {
      await logDockerOut();
      const token = (await issuer?.token({ aud: docker.server.address })) ?? "";
      // The account is not called as its organization here.
      return { "oidc/acme": `oidc/${USER}`, $TOKEN: token };
    },
    "berth robot create": () => send("DELETE", "/api/users/deployer"),
  },
  "guides/triggers": {
    "TRIGGERS=": async () => {
      await pushImage(operator, "shop/nginx", "v1");
      await addCluster();
    },
    'curl -u "$ADMIN" -X POST "$TRIGGERS/deploy/deliveries': async () => ({
      "deliveries/7": `deliveries/${await idAt(`${NGINX}/triggers/deploy/deliveries`)}`,
    }),
  },
  "guides/kubernetes": {
    "jq -n": async () => {
      await send("DELETE", `${NGINX}/triggers/deploy`);
      await send("DELETE", "/api/organizations/shop/clusters/production");
      return { "https://cluster.example.com:6443": cluster?.server ?? "", $TOKEN: cluster?.api.token ?? "" };
    },
  },
  "guides/synchronization": {
    "berth sync run": async () => ({ "acme 2": `acme ${await idAt("/api/organizations/acme/sync-rules")}` }),
    "berth sync job acme/web": async () => ({ " 7": ` ${await idAt(`${WEB}/sync-jobs`)}` }),
    "RULES=": async () => send("DELETE", `${WEB}/sync-rules/${await idAt(`${WEB}/sync-rules`)}`),
    'curl -u "$ADMIN" "$RULES/1/run"': async () => ({ "RULES/1": `RULES/${await idAt(`${WEB}/sync-rules`)}` }),
  },
  "guides/pull-through": {
    "docker pull": async () => {
      for (const name of ["library/nginx:1.29", "nginx:1.29"]) {
        const reference = `${elsewhere?.address}/${name}`;
        await load(reference);
        await docker.run(["push", reference]);
      }
      await operator.ask("PUT", "/api/organizations/hub/upstream", { remote: "docker-hub", public: true });
    },
  },
  "guides/aging": {
    'curl -u "$ADMIN" -X POST "$IMAGE/tags/1.0/restore"': () => operator.ask("DELETE", `${WEB}/tags/1.0`),
  },
  "guides/large-layers": {
    "docker login localhost:5000": async () => {
      proxy = await startBerthProxy(docker.server.url);
      return throughProxy();
    },
    "docker tag web": async () => {
      await load("web");
      return throughProxy();
    },
    "docker push localhost:5000": async () => throughProxy(),
    "docker pull": async () => logDockerIn(docker.server.address),
    'berth proxy "$REGISTRY"': async () => {
      const port = String(await freePort());
      await load(`localhost:${port}/acme/web:1.0`);
      logDockerIn(`localhost:${port}`);
      return { "5000": port, $REGISTRY: docker.server.address };
    },
  },
  "guides/cli": {
    "berth push image.tar": async () => {
      const reference = `${docker.server.address}/acme/web:1.0`;
      await load(reference);
      await docker.run(["save", "--output", join(home, "image.tar"), reference]);
    },
    "berth push layout/": async () => {
      const { layout } = await docker.image("layout", [1000]);
      await execute(["cp", "-r", layout, join(home, "layout")]);
    },
    "docker save nginx:1": () => load("nginx:1"),
    "berth push images.tar": async () => {
      await load("one:1");
      await load("two:1");
      await docker.run(["save", "--output", join(home, "images.tar"), "one:1", "two:1"]);
    },
    "berth pull acme/web:1.0 -": async () => {
      const { layout } = await docker.multiPlatformImage("platforms");
      const tar = join(home, "platforms.tar");
      await execute(["tar", "-C", layout, "-cf", tar, "."]);
      const { exitCode, output } = await execute([...PROGRAM, "push", tar, "acme/web:1.0"], { environment });
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    },
    "berth copy": async () => ({ "backup.example.com": elsewhere?.address ?? "" }),
    "berth org create": async () => ({ "create acme": "create another" }),
    "berth org grant": () => send("DELETE", "/api/organizations/acme/permissions/alice"),
    "berth tag delete": async () => void (await pushImage(operator, "acme/web", "0.9")),
    "berth share add": async () => {
      await pushImage(operator, "acme/api", "1.0");
      return { "2030-12-31": inAYear() };
    },
    "berth remote add": async () => {
      await forgetRules();
      await operator.ask("DELETE", "/api/remotes/tokyo");
      return { "https://registry.example.com": elsewhere?.url ?? "" };
    },
    "berth trust add": async () => {
      await send("DELETE", "/api/trust-rules/release");
      return { "--issuer github": `--issuer ${issuer?.url}` };
    },
    "berth robot create": () => send("DELETE", "/api/users/deployer"),
    "berth robot add-key": async () => ({ "2027-06-30": inAYear() }),
    "berth logins end 5f3d": async () => ({ "5f3d0c8a91be47d2a6f01c9e": await idAt("/api/logins") }),
    "berth upstream set": async () => {
      await send("DELETE", "/api/organizations/hub");
      await send("POST", "/api/organizations", { name: "hub" });
    },
  },
};

/** The place of `berth proxy` is a free one. */
function throughProxy(): Values {
  return { "localhost:5000": `localhost:${new URL(proxy?.url ?? "").port}` };
}

async function logDockerOut(): Promise<void> {
  const { exitCode, output } = await inShell(`docker logout ${docker.server.address}`);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
}

/** Types into the reader's shell. A script that goes on in the background looks itself at what curl says. */
function inShell(typed: string): Promise<Result> {
  const isScript = BACKGROUND.test(typed);
  const script = isScript ? `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${typed}` : typed;
  return execute(["bash", "-euo", "pipefail", "-c", script], {
    environment: { ...environment, ...(isScript && { CURL_HOME: home }) },
    cwd: home,
    timeout: 60_000,
  });
}

/** What `docker login` keeps, for a registry that does not run yet. */
function logDockerIn(address: string): void {
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ auths: { [address]: { auth } } }));
}

async function addCluster(): Promise<void> {
  const { server = "", authority = "", api } = cluster ?? {};
  await send("POST", "/api/organizations/shop/clusters", { name: "production", server, authority, token: api?.token });
}

async function forgetRules(): Promise<void> {
  for (const of of [WEB, "/api/organizations/acme"]) {
    const { rules } = await operator.ask<{ rules: { id: string }[] }>("GET", `${of}/sync-rules`);
    for (const { id } of rules) await operator.ask("DELETE", `${of}/sync-rules/${id}`);
  }
}

function inAYear(): string {
  return new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);
}

/** As the pages fill the registry's own address in. */
function fill(block: string): string {
  const { url, address } = docker.server;
  return block.replaceAll(`https://${EXAMPLE_HOST}`, url).replaceAll(EXAMPLE_HOST, address);
}

/** Comments are in the language of their page. */
const withoutComments = (block: string) => block.replaceAll(/\s+# .*$/gm, "").trim();

test.for(["en", "zh"] as const)(
  "the pages in %s have these commands, with the registry's own address",
  async (language) => {
    const pages = await readPages(docker.server.url, language);
    for (const { name, blocks } of CHAPTERS.filter((chapter) => chapter.name !== "local.md")) {
      const shown = pages.find(({ path }) => path === name)?.blocks ?? [];
      const expected = blocks.map((block) => withoutComments(fill(block)));
      expect(shown.map(withoutComments)).toEqual(expect.arrayContaining(expected));
    }
  },
);

test("what is not run is there", () => {
  const commands = CHAPTERS.flatMap(({ blocks }) => blocks.flatMap(commandsOf));
  const gone = Object.keys(NOT_RUN).filter((begin) => !commands.some((command) => command.startsWith(begin)));
  expect(gone).toEqual([]);
});

test.for(CHAPTERS)("the commands of $name", async ({ name, blocks }) => {
  const unused = new Set(Object.keys(BEFORE[name] ?? {}));
  const failures: string[] = [];
  for (const block of blocks) {
    let variables = "";
    for (const command of commandsOf(block)) {
      if (whyNotRun(command) !== undefined) continue;
      const values: Values = {};
      for (const [begin, prepare] of Object.entries(BEFORE[name] ?? {})) {
        if (!command.startsWith(begin)) continue;
        unused.delete(begin);
        Object.assign(values, await prepare());
      }
      let typed = command;
      for (const [placeholder, value] of Object.entries(values)) {
        expect(typed).toContain(placeholder);
        if (placeholder.startsWith("$")) variables += `${placeholder.slice(1)}='${value}'\n`;
        else typed = typed.replaceAll(placeholder, () => value);
      }
      typed = fill(typed);
      if (/^[A-Z]+=\S+$/.test(typed)) {
        variables += `${typed}\n`;
        continue;
      }
      const { exitCode, output } = await inShell(variables + typed);
      if (exitCode !== 0) failures.push(`${typed}\nended with ${exitCode}:\n${output}`);
    }
  }
  expect(failures).toEqual([]);
  expect([...unused]).toEqual([]);
});

test("podman, buildah and skopeo use docker's login, and do not log in over it", async () => {
  const { address } = docker.server;
  expect(await inShell(`docker login ${address}`)).toMatchObject({ exitCode: 0 });
  await inShell(`podman logout ${address}`);
  await pushImage(operator, "acme/private", "1");
  expect(await inShell(`skopeo inspect --tls-verify=false docker://${address}/acme/private:1`)).toMatchObject({
    exitCode: 0,
  });
  for (const login of [
    `podman login ${address} -u admin`,
    `buildah login -u admin ${address}`,
    `skopeo login ${address} -u admin`,
  ]) {
    const { exitCode, output } = await inShell(login);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("currently logged in, auth file contains an Identity token");
  }
  await logDockerOut();
  expect(await inShell(`skopeo inspect --tls-verify=false docker://${address}/acme/private:1`)).toMatchObject({
    exitCode: 1,
  });
});
