/** A real API server with a real etcd, and no controllers: nobody rolls out what is patched. */
import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCertificate } from "../support/certificates.ts";
import { ended, findProgram } from "../support/commands.ts";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";

/** What has to be there (`build-kube-apiserver.sh`). */
export const PROGRAMS = ["etcd", "kube-apiserver"] as const;

const START_MS = 45_000;
const ADMINISTRATOR = "administrator-token";

export interface KubeApiserver {
  /** `https://127.0.0.1:port`. */
  server: string;
  /** PEM. */
  authority: string;
  /** Sends a request as the cluster's administrator, or with another token, which has to succeed. */
  ask: <T>(method: string, path: string, body: unknown, options?: { type?: string; token?: string }) => Promise<T>;
  stop: () => Promise<void>;
}

export async function startKubeApiserver(): Promise<KubeApiserver> {
  const directory = makeTemporaryDirectory();
  const file = (name: string, text: string | Buffer) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const authority = await makeCertificate({ name: "kubernetes", isAuthority: true });
  const certified = await makeCertificate({ name: "kube-apiserver", issuer: authority });
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [client = 0, peer = 0, secure = 0] = await freePorts(3);
  const processes: ChildProcess[] = [];
  const launch = (name: (typeof PROGRAMS)[number], args: readonly string[]) => {
    const child = spawn(findProgram(name) ?? name, args, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(directory, `${name}.log`));
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    child.on("error", () => undefined);
    processes.unshift(child);
  };
  const stop = async () => {
    for (const child of processes) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const end = ended(child);
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await end;
      clearTimeout(timer);
    }
    removeDirectory(directory);
  };
  const http = (port: number) => `http://127.0.0.1:${port}`;
  launch("etcd", [
    `--data-dir=${join(directory, "etcd")}`,
    `--listen-client-urls=${http(client)}`,
    `--advertise-client-urls=${http(client)}`,
    `--listen-peer-urls=${http(peer)}`,
    `--initial-advertise-peer-urls=${http(peer)}`,
    `--initial-cluster=default=${http(peer)}`,
  ]);
  launch("kube-apiserver", [
    `--etcd-servers=${http(client)}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${secure}`,
    `--tls-cert-file=${file("tls.crt", certified.certificate)}`,
    `--tls-private-key-file=${file("tls.key", certified.key)}`,
    `--client-ca-file=${file("ca.crt", authority.certificate)}`,
    `--cert-dir=${directory}`,
    `--token-auth-file=${file("tokens.csv", `${ADMINISTRATOR},admin,1,"system:masters"\n`)}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("sa.pub", publicKey.export({ type: "spki", format: "pem" }))}`,
    `--service-account-signing-key-file=${file("sa.key", privateKey.export({ type: "pkcs8", format: "pem" }))}`,
    "--service-cluster-ip-range=10.0.0.0/24",
  ]);
  const ask: KubeApiserver["ask"] = async (method, path, body, { type = "application/json", token } = {}) => {
    const content = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    const { status, text } = await send(secure, authority.certificate, method, path, content, {
      "Content-Type": type,
      Authorization: `Bearer ${token ?? ADMINISTRATOR}`,
    });
    if (status >= 300) throw new Error(`${method} ${path} answers ${status}: ${text}`);
    return JSON.parse(text);
  };
  const deadline = performance.now() + START_MS;
  for (;;) {
    // Ready it is once the roles that everybody has are there.
    try {
      await ask("GET", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:basic-user", undefined);
      return { server: `https://127.0.0.1:${secure}`, authority: authority.certificate, ask, stop };
    } catch (error) {
      if (performance.now() < deadline) {
        await sleep(200);
        continue;
      }
      const log = readFileSync(join(directory, "kube-apiserver.log"), "utf8").slice(-2000);
      await stop();
      throw new Error(`the API server did not start:\n${log}`, { cause: error });
    }
  }
}

function send(
  port: number,
  ca: string,
  method: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((done, failed) => {
    const sent = request({ host: "127.0.0.1", port, ca, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => done({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", failed).end(body);
  });
}

/** Different ones, as long as nobody else takes them. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
