/** A registry that speaks TLS itself, with a certificate of its own: docker, skopeo, containerd and curl as docs/local.md has them. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { digestInLayout, dockerArchiveOf } from "../support/image-layouts.ts";
import { PASSWORD, ROOT, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: ["skopeo", "curl", "ctr", ...DAEMON_PROGRAMS],
  environment: { TLS: "self-signed", LISTEN: "0.0.0.0", PUBLIC_URL: "" },
  prepare: daemon.start,
  cleanUp: daemon.stop,
});

/** docker looks at no certificate of loopback addresses. */
const other = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
if (other === undefined) console.warn("Skipping docker at an address of this machine: it has none but its own.");

const authority = () => join(docker.server.stateDir, "tls", "ca.crt");
/** Of the registry, as it is seen from the network, or by this machine alone. */
const address = () => `${other ?? "127.0.0.1"}:${docker.server.port}`;
/** Where docker looks for authorities of registries; no other place can be named. */
const trustedByDocker = () => join("/etc/docker/certs.d", address());
let certificates = "";

beforeAll(() => {
  certificates = docker.path("certificates");
  mkdirSync(certificates);
  copyFileSync(authority(), join(certificates, "ca.crt"));
});
afterAll(() => {
  if (certificates !== "") rmSync(trustedByDocker(), { recursive: true, force: true });
});

const skopeo = (...args: string[]) =>
  execute(["skopeo", ...args], { input: PASSWORD, environment: { REGISTRY_AUTH_FILE: docker.path("auth.json") } });

test("curl trusts the authority, and nobody does without it", async () => {
  const url = `https://${address()}/v2/`;
  const trusting = await execute([
    "curl",
    "-sS",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code} %{http_version}",
    "--cacert",
    authority(),
    url,
  ]);
  expect(trusting.stdout).toBe("401 1.1");
  expect((await execute(["curl", "-sS", url])).output).toContain("SSL certificate problem");
});

test("skopeo logs in, pushes and pulls with the authority in a folder, and not without it", async () => {
  const image = await docker.image("skopeo", [1000, 3_000_000]);
  const name = `docker://${address()}/acme/own-tls:skopeo`;
  const login = ["login", "-u", USER, "--password-stdin", address()];
  expect((await skopeo(...login)).output).toContain("certificate");
  expect(await skopeo(...login, "--cert-dir", certificates)).toMatchObject({ exitCode: 0 });
  const push = ["copy", "--preserve-digests", `oci:${image.layout}:latest`, name];
  expect((await skopeo(...push)).output).toContain("certificate signed by unknown authority");
  expect(await skopeo(...push, "--dest-cert-dir", certificates)).toMatchObject({ exitCode: 0 });
  const back = docker.path("back");
  const pull = ["copy", "--src-cert-dir", certificates, "--preserve-digests", name, `oci:${back}:latest`];
  expect(await skopeo(...pull)).toMatchObject({ exitCode: 0 });
  expect(digestInLayout(back)).toBe(image.descriptor.digest);
});

test.skipIf(other === undefined)("docker logs in, pushes and pulls once the printed line has been typed", async () => {
  const { layout } = await docker.image("docker", [1000, 3_000_000]);
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  const id = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
  const name = `${address()}/acme/own-tls:docker`;
  await docker.run(["tag", id, name]);
  const login = ["login", "-u", USER, "--password-stdin", address()];
  expect((await docker.attempt(login, { input: PASSWORD })).output).toContain(
    "certificate signed by unknown authority",
  );

  const [line = ""] = /(?<=^ {2}docker +sudo )install .*$/m.exec(docker.server.output()) ?? [];
  expect(line).toContain(` ${trustedByDocker()}/ca.crt`);
  expect(await execute(["sh", "-c", line])).toMatchObject({ exitCode: 0 });
  await docker.run(login, { input: PASSWORD });
  const pushed = /digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["push", name])).output)?.[1];
  await docker.run(["rmi", "--force", id]);
  const pulled = /Digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["pull", name])).output)?.[1];
  expect(pushed).toBeDefined();
  expect(pulled).toBe(pushed);
});

test("containerd pulls with the hosts.toml that docs/reverse-proxies.md has for kind", async () => {
  const guide = readFileSync(join(ROOT, "docs", "reverse-proxies.md"), "utf8");
  const [, written = ""] = /```toml\n([^]*?)```/.exec(guide) ?? [];
  const hosts = docker.path("hosts");
  const folder = join(hosts, address());
  mkdirSync(folder, { recursive: true });
  const toml = written
    .replaceAll("/etc/containerd/certs.d/172.18.0.1:8787", folder)
    .replaceAll("172.18.0.1:8787", address());
  expect(toml).not.toContain("172.18");
  const image = await docker.image("containerd", [1000, 100_000]);
  const pushed = `docker://${address()}/acme/own-tls:containerd`;
  const push = [
    "copy",
    "--dest-creds",
    `${USER}:${PASSWORD}`,
    "--dest-cert-dir",
    certificates,
    `oci:${image.layout}:latest`,
  ];
  expect(await skopeo(...push, pushed)).toMatchObject({ exitCode: 0 });
  const own = ["--address", daemon.containerdSocket, "--namespace", "own-tls"];
  const options = ["--hosts-dir", hosts, "--user", `${USER}:${PASSWORD}`, "--snapshotter", "native", "--all-platforms"];
  const pull = () => execute(["ctr", ...own, "images", "pull", ...options, `${address()}/acme/own-tls:containerd`]);
  expect((await pull()).output).toContain("certificate signed by unknown authority");
  copyFileSync(authority(), join(folder, "ca.crt"));
  writeFileSync(join(folder, "hosts.toml"), toml);
  expect(await pull()).toMatchObject({ exitCode: 0 });
});
