/** Reverse proxies with TLS before `npm start`, as docs/reverse-proxies.md configures them. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { untilAnswering } from "../cli/edge.ts";
import { freePort } from "../support/ports.ts";
import { type Certified, makeCertificate } from "../support/certificates.ts";
import { ended, execute, findProgram } from "../support/commands.ts";
import { digestInLayout, dockerArchiveOf, MIB } from "../support/image-layouts.ts";
import { PASSWORD, ROOT, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const ports: Record<string, number> = {
  nginx: await freePort(),
  caddy: await freePort(),
  traefik: await freePort(),
};
const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: ["nginx", "skopeo", ...DAEMON_PROGRAMS],
  // As the guide starts it.
  environment: {
    PUBLIC_URL: Object.values(ports)
      .map((port) => `https://localhost:${port}`)
      .join(" "),
    TRUSTED_PROXIES: "127.0.0.1",
  },
  prepare: async () => {
    await startProxies();
    await daemon.start();
  },
  cleanUp: async () => {
    await stopProxies();
    await daemon.stop();
  },
});

const GUIDE = readFileSync(join(ROOT, "docs", "reverse-proxies.md"), "utf8");
const blocksOf = (language: string) =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, block = ""]) => block);
const blockOf = (language: string) => blocksOf(language)[0] ?? "";

/** A proxy that is being tried. */
interface Proxy {
  /** What runs it. @param files of the certificate and its key. */
  start: (directory: string, port: number, upstreamPort: number, files: { cert: string; key: string }) => ChildProcess;
  isThere: boolean;
}

/** Puts what is here in place of what stands for it in the guide. @throws Error when the guide has it no more. */
function replaceAll(text: string, replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((config, [from, to]) => {
    if (!config.includes(from)) throw new Error(`docs/reverse-proxies.md has no "${from}"`);
    return config.replaceAll(from, to);
  }, text);
}

const PROXIES: Record<string, Proxy> = {
  nginx: {
    isThere: true,
    start: (directory, port, upstreamPort, { cert, key }) => {
      for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(directory, name));
      const server = replaceAll(blockOf("nginx"), {
        "listen 443 ssl;": `listen 127.0.0.1:${port} ssl;`,
        "registry.example.com": "localhost",
        "/etc/ssl/registry.crt": cert,
        "/etc/ssl/registry.key": key,
        "127.0.0.1:8787": `127.0.0.1:${upstreamPort}`,
      });
      const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${directory}/${name === "client_body" ? "body" : name};`,
      );
      const config = join(directory, "nginx.conf");
      const lines = [
        "daemon off;",
        "master_process off;",
        `pid ${directory}/nginx.pid;`,
        `error_log ${directory}/error.log;`,
      ];
      writeFileSync(
        config,
        `${lines.join("\n")}\nevents {}\nhttp {\naccess_log off;\n${folders.join("\n")}\n${server}}\n`,
      );
      return spawn(findProgram("nginx") ?? "nginx", ["-c", config, "-p", directory], { stdio: "ignore" });
    },
  },
  caddy: {
    isThere: findProgram("caddy") !== undefined,
    start: (directory, port, upstreamPort, { cert, key }) => {
      const site = replaceAll(blockOf("caddyfile"), {
        // With a certificate of its own it would ask for one.
        "registry.example.com {": `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`,
        "127.0.0.1:8787": `127.0.0.1:${upstreamPort}`,
      });
      const config = join(directory, "Caddyfile");
      writeFileSync(config, `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
      return spawn(findProgram("caddy") ?? "caddy", ["run", "--config", config, "--adapter", "caddyfile"], {
        stdio: "ignore",
        env: { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      });
    },
  },
  traefik: {
    isThere: findProgram("traefik") !== undefined,
    start: (directory, port, upstreamPort, { cert, key }) => {
      const [entrances = "", routes = ""] = blocksOf("yaml");
      const [config, provided] = [join(directory, "traefik.yaml"), join(directory, "berth.yaml")];
      const local = { '":443"': `"127.0.0.1:${port}"`, "/etc/traefik/berth.yaml": provided };
      writeFileSync(config, `global:\n  checkNewVersion: false\n${replaceAll(entrances, local)}`);
      const sites = replaceAll(routes, {
        "registry.example.com": "localhost",
        "/etc/ssl/registry.crt": cert,
        "/etc/ssl/registry.key": key,
        "127.0.0.1:8787": `127.0.0.1:${upstreamPort}`,
      });
      writeFileSync(provided, sites);
      return spawn(findProgram("traefik") ?? "traefik", [`--configFile=${config}`], { stdio: "ignore" });
    },
  },
};
for (const [name, { isThere }] of Object.entries(PROXIES)) {
  if (!isThere) console.warn(`Skipping ${name}: it is not installed.`);
}

let authority: Certified;
const running: ChildProcess[] = [];

async function startProxies(): Promise<void> {
  authority = await makeCertificate({ name: "authority", isAuthority: true });
  const certified = await makeCertificate({ name: "proxy", issuer: authority });
  const files = { cert: docker.path("proxy.crt"), key: docker.path("proxy.key") };
  writeFileSync(files.cert, certified.certificate);
  writeFileSync(files.key, certified.key);
  mkdirSync(docker.path("certificates"));
  writeFileSync(docker.path("certificates", "ca.crt"), authority.certificate);
  for (const [name, { isThere, start }] of Object.entries(PROXIES)) {
    if (!isThere) continue;
    const directory = docker.path(name);
    mkdirSync(directory);
    const child = start(directory, ports[name] ?? 0, docker.server.port, files);
    running.push(child);
    await untilAnswering(`http://127.0.0.1:${ports[name]}/`, () => {
      if (child.exitCode !== null) throw new Error(`${name} did not start`);
    });
  }
}

async function stopProxies(): Promise<void> {
  for (const child of running) {
    const end = ended(child);
    if (child.exitCode === null) child.kill("SIGTERM");
    await end;
  }
}

/** The status of a request, with headers as they are. */
function ask(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((done, failed) => {
    const options = { host: "127.0.0.1", port, path, headers, ca: authority.certificate, servername: "localhost" };
    const asked = request(options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => (body += text));
      answer.on("end", () => done({ status: answer.statusCode ?? 0, body }));
    });
    asked.on("error", failed).end();
  });
}

describe.for(Object.keys(PROXIES))("%s", (name) => {
  const isThere = PROXIES[name]?.isThere ?? false;
  const address = () => `localhost:${ports[name]}`;

  test.skipIf(!isThere)("skopeo pushes and pulls a layer that is larger than usual limits", async () => {
    const certificates = docker.path("certificates");
    const environment = { REGISTRY_AUTH_FILE: docker.path(`auth-${name}.json`) };
    const skopeo = (...args: string[]) => execute(["skopeo", ...args], { input: PASSWORD, environment });
    const image = await docker.image(`skopeo behind ${name}`, [1000, 40 * MIB]);
    const reference = `docker://${address()}/acme/proxied:${name}`;
    const login = await skopeo("login", "--cert-dir", certificates, "-u", USER, "--password-stdin", address());
    expect(login).toMatchObject({ exitCode: 0 });
    const push = [
      "copy",
      "--dest-cert-dir",
      certificates,
      "--preserve-digests",
      `oci:${image.layout}:latest`,
      reference,
    ];
    expect(await skopeo(...push)).toMatchObject({ exitCode: 0 });
    const back = docker.path(`back-${name}`);
    const pull = ["copy", "--src-cert-dir", certificates, "--preserve-digests", reference, `oci:${back}:latest`];
    expect(await skopeo(...pull)).toMatchObject({ exitCode: 0 });
    expect(digestInLayout(back)).toBe(image.descriptor.digest);
  });

  test.skipIf(!isThere)("docker logs in, pushes and pulls", async () => {
    const { layout } = await docker.image(`docker behind ${name}`, [1000, 100_000]);
    const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
    const id = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
    const reference = `${address()}/acme/proxied-docker:${name}`;
    await docker.run(["tag", id, reference]);
    await docker.run(["login", "-u", USER, "--password-stdin", address()], { input: PASSWORD });
    const pushed = /digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["push", reference])).output)?.[1];
    await docker.run(["rmi", "--force", id]);
    const pulled = /Digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["pull", reference])).output)?.[1];
    expect(pushed).toBeDefined();
    expect(pulled).toBe(pushed);
  });

  test.skipIf(!isThere)(
    "a client cannot choose the address that the audit records, nor the registry's name",
    async () => {
      const wrong = `Basic ${Buffer.from(`${USER}:wrong ${name}`).toString("base64")}`;
      const forged = {
        "X-Forwarded-For": "198.51.100.77",
        "CF-Connecting-IP": "198.51.100.77",
        Forwarded: "for=198.51.100.77",
      };
      const port = ports[name] ?? 0;
      expect((await ask(port, "/token", { Host: address(), Authorization: wrong, ...forged })).status).toBe(401);
      const authorization = {
        Host: address(),
        Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`,
      };
      const audit = await ask(port, "/api/audit", authorization);
      expect(audit.status).toBe(200);
      expect(audit.body).toContain("127.0.0.1");
      expect(audit.body).not.toContain("198.51.100.77");
      const other = await ask(port, "/v2/", { Host: "evil.example.com", "X-Forwarded-Host": address() });
      expect(other.status).not.toBe(401);
    },
  );
});
