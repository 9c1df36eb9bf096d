/** Every message that docs/troubleshooting.md quotes, provoked with a real docker or a request. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as forward } from "node:http";
import { createServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute, findProgram } from "../support/commands.ts";
import { addAccount, addUser, operatorOf, type Person } from "../support/server-people.ts";
import { ROOT } from "../support/server.ts";
import { loadSmallImage, type Machine, useMachines } from "./machine.ts";

const DOCUMENT = join(ROOT, "docs", "troubleshooting.md");
/** What the document writes for the registry's address, and for what differs. */
const ADDRESS = "registry.example.com";
const ANYTHING = "…";
/** Reaches this machine, but is not among the addresses that docker takes for insecure registries. */
const NOT_LOOPBACK = "0.0.0.0";
const GIB = 1024 ** 3;
/** Above the attempts to log in that are let through in a minute. */
const MANY_ATTEMPTS = 25;
/** docker tries a push with a bad name for 50 seconds before it says why it failed. */
const PATIENCE_MS = 120_000;

const { docker, isReady, machine, reference, restart } = useMachines({
  needs: ["openssl", "bash"],
  environment: { ORGANIZATION_QUOTA: "1" },
});

/** Has acme/web:1, and no other tag or image. */
let owner: Person;
/** A colleague without rights. */
let member: Person;
/** Of another account, who has as many organizations as the quota allows. */
let rival: Person;
let owners: Machine;
let members: Machine;
let rivals: Machine;
let nobodys: Machine;
let image: string;

/** How many images were made for {@link pushWithin}, each with bytes of its own. */
let newImages = 0;

const outputOf = async (result: Promise<{ output: string }>) => (await result).output;
const messageOf = async (response: Promise<Response>) => JSON.stringify(await (await response).json());

beforeAll(async () => {
  if (!isReady()) return;
  const { server } = docker;
  owner = await addAccount(server, "owner");
  member = await addUser(server, owner, "member");
  rival = await addAccount(server, "rival");
  await rival.ask("POST", "/v2/manage/namespaces", { namespace: "rival" });
  [owners, members, rivals, nobodys] = [machine("owner"), machine("member"), machine("rival"), machine("nobody")];
  for (const [at, person] of [
    [owners, owner],
    [members, member],
    [rivals, rival],
  ] as const) {
    await at.loginAs(person);
  }
  image = await loadSmallImage(docker, "one");
  await owners.push(image, reference("acme/web:1"));
  // Without any name the image would go with the next name that is taken from it.
  await docker.run(["tag", image, "kept:1"]);
}, PATIENCE_MS);

const servers: HttpsServer[] = [];
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** For each message what makes docker or Berth print it. */
const CASES: Record<string, () => Promise<string>> = {
  "organization acme exists already, perhaps in another account: choose another name": () =>
    messageOf(rival.send("POST", "/v2/manage/namespaces", { namespace: "acme" })),

  "… has created 1 organization, and more are not allowed": () =>
    messageOf(rival.send("POST", "/v2/manage/namespaces", { namespace: "rival-two" })),

  'organization "1acme" must start with a lower-case letter': async () =>
    (await messageOf(owner.send("POST", "/v2/manage/namespaces", { namespace: "1acme" }))).replaceAll('\\"', '"'),

  "denied: tag 1 is immutable: a rule of the image keeps it from being overwritten or deleted": async () => {
    const rules = "/api/organizations/acme/images/web/immutable-tag-rules";
    const { id } = await owner.ask<{ id: number }>("POST", rules, { pattern: "1" });
    const output = await outputOf(owners.push(await loadSmallImage(docker, "another"), reference("acme/web:1")));
    await owner.ask("DELETE", `${rules}/${id}`);
    return output;
  },

  "denied: quota exceeded: organization acme stores … of …; this layer needs …": () =>
    pushWithin({ storedBytes: 1 }, "acme/web:3"),

  "denied: quota exceeded: organization acme has … of manifests, of …; this one needs …": () =>
    pushWithin({ manifestBytes: 1 }, "acme/web:3"),

  "denied: quota exceeded: organization acme has 1 of 1 images": () => pushWithin({ images: 1 }, "acme/other:1"),

  "denied: quota exceeded: organization acme has 1 of 1 tags": () => pushWithin({ tags: 1 }, "acme/web:3"),

  "denied: quota exceeded: you have … uploads under way that one user may have in organization acme": async () => {
    const { headers } = await owner.send("POST", "/v2/acme/web/blobs/uploads/");
    const { status } = await owner.send("PATCH", headers.get("Location") ?? "", "a first chunk");
    expect(status).toBe(202);
    return pushWithin({ openUploads: 1 }, "acme/web:3");
  },

  "a layer may have at most 10 GiB": announceHugeLayer,

  "docker: command not found": () =>
    outputOf(execute(["/bin/sh", "-c", `PATH=/nowhere "${findProgram("bash")}" -c docker`])),

  "unauthorized: authentication required: the user name or the password is wrong": () =>
    outputOf(nobodys.login("owner", "wrong")),

  "toomanyrequests: too many attempts to log in: try again in a minute": async () => {
    const credentials = Buffer.from("guessed:wrong").toString("base64");
    let output = "";
    // Attempts are counted by the minute: where one ends in between, the next one has all that follow.
    for (let round = 0; round < 3 && !output.includes("toomanyrequests"); round += 1) {
      for (let attempt = 0; attempt < MANY_ATTEMPTS; attempt += 1) {
        await fetch(`${docker.server.url}/token`, { headers: { Authorization: `Basic ${credentials}` } });
      }
      output = await outputOf(nobodys.login("guessed", "wrong"));
    }
    return output;
  },

  // No resolver has to be asked to know that there is no such name: a part of it is too long.
  "dial tcp: lookup …: no such host": () =>
    outputOf(nobodys.attempt("login", "-u", "owner", "-p", "any", `${"registry".repeat(9)}.example`)),

  "http: server gave HTTP response to HTTPS client": () =>
    outputOf(nobodys.attempt("login", "-u", "owner", "-p", "any", `${NOT_LOOPBACK}:${docker.server.port}`)),

  "x509: certificate has expired or is not yet valid": async () => {
    const port = await serveHttps({ from: "20200101000000Z", until: "20200102000000Z" });
    return outputOf(nobodys.attempt("login", "-u", "owner", "-p", "any", `${NOT_LOOPBACK}:${port}`));
  },

  "x509: certificate signed by unknown authority": async () => {
    const port = await serveHttps();
    const address = `${NOT_LOOPBACK}:${port}`;
    const login = await outputOf(nobodys.attempt("login", "-u", "owner", "-p", "any", address));
    const pull = await outputOf(nobodys.pull(reference("acme/web:1", address)));
    // The document quotes it for both.
    expect(pull).toContain("x509: certificate signed by unknown authority");
    return login;
  },

  "denied: you do not have the permission: … may not push to acme/web: the name of organization acme is taken by another account":
    () => outputOf(rivals.push(image, reference("acme/web:1"))),

  "denied: you do not have the permission: … may not push to new/web: the organization does not exist, and … has created 1 of at most 1":
    () => outputOf(rivals.push(image, reference("new/web:1"))),

  "denied: you do not have the permission: … may not push to new/web: the organization does not exist, and a push creates none here":
    async () => {
      await restart({ CREATE_ORGANIZATION_ON_PUSH: "false", ORGANIZATION_QUOTA: "5" });
      const output = await outputOf(rivals.push(image, reference("new/web:1")));
      await restart();
      return output;
    },

  "denied: you do not have the permission: … may not push to acme/web: no right to push there; the managers of organization acme can grant it":
    () => outputOf(members.push(image, reference("acme/web:1"))),

  "denied: requested access to the resource is denied": () => outputOf(nobodys.push(image, reference("acme/web:1"))),

  [`An image does not exist locally with the tag: ${ADDRESS}/acme/web`]: async () => {
    await docker.attempt(["rmi", reference("acme/web:1")]);
    return outputOf(owners.attempt("push", reference("acme/web:1")));
  },

  [`tag does not exist: ${ADDRESS}/acme/web:1`]: async () => {
    await docker.run(["tag", image, reference("acme/web:2")]);
    const output = await outputOf(owners.attempt("push", reference("acme/web:1")));
    await docker.run(["rmi", reference("acme/web:2")]);
    return output;
  },

  // A push repeats what it takes for a passing fault for 50 s before it says so.
  'name invalid: organization "1acme" must start with a lower-case letter': () =>
    outputOf(owners.pull(reference("1acme/web:1"))),

  "invalid reference format: repository name (Acme/web) must be lowercase": () =>
    outputOf(owners.attempt("push", reference("Acme/web:1"))),

  "remote trust data does not exist": async () => {
    // Content trust speaks HTTPS only, as the registry does once it is deployed.
    const trust = `https://127.0.0.1:${await serveHttps()}`;
    const environment = { DOCKER_CONTENT_TRUST: "1", DOCKER_CONTENT_TRUST_SERVER: trust };
    return outputOf(owners.type(`docker pull ${reference("acme/web:1")}`, environment));
  },

  [`pull access denied for ${ADDRESS}/acme/web, repository does not exist or may require 'docker login'`]: () =>
    outputOf(nobodys.pull(reference("acme/web:1"))),

  "denied: you do not have the permission: … may not pull from acme/web": () =>
    outputOf(members.pull(reference("acme/web:1"))),

  "manifest unknown: tag 1 is not in acme/web": async () => {
    await owner.send("DELETE", "/v2/acme/web/manifests/1");
    return outputOf(owners.pull(reference("acme/web:1")));
  },

  "name unknown: repository acme/web does not exist": async () => {
    await owner.ask("DELETE", "/v2/manage/namespaces/acme/repos/web");
    return outputOf(owners.pull(reference("acme/web:1")));
  },
};

const quoted = [...readFileSync(DOCUMENT, "utf8").matchAll(/^( *)```text\n([\s\S]*?)\n *```$/gm)].map(
  ([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
);

test("every message that the document quotes is provoked here, and every one provoked is quoted", () => {
  expect(Object.keys(CASES).toSorted()).toEqual([...new Set(quoted)].toSorted());
});

// In their order: the last ones delete what the others need.
test.each(Object.entries(CASES))("%s", { timeout: PATIENCE_MS }, async (message, provoke) => {
  const pattern = message
    .split(ANYTHING)
    .map((part) => escape(part.replaceAll(ADDRESS, docker.server.address)))
    .join(".+");
  expect(await provoke()).toMatch(new RegExp(pattern));
});

test("the body that makes a temporary login command is what Kubernetes takes as a secret", async () => {
  const pulling = machine("kubernetes");
  const body = await (await rival.send("POST", "/v2/manage/utils/secret")).text();
  writeFileSync(docker.path("machines", "kubernetes", "config.json"), body);
  const pushed = await pulling.push(image, reference("rival/web:1"));
  expect(pushed).toMatchObject({ exitCode: 0 });
  expect(await pulling.pull(reference("rival/web:1"))).toMatchObject({ exitCode: 0 });
});

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** Pushes a new image as the owner while the organization acme has such limits. */
async function pushWithin(limits: Record<string, number>, name: string): Promise<string> {
  const path = "/api/organizations/acme/quota";
  const operator = operatorOf(docker.server);
  await operator.ask("PATCH", path, limits);
  newImages += 1;
  const output = await outputOf(owners.push(await loadSmallImage(docker, `beyond-${newImages}`), reference(name)));
  // Another case is about an image that has no tag here.
  await docker.attempt(["rmi", reference(name)]);
  await operator.ask("PATCH", path, Object.fromEntries(Object.keys(limits).map((quota) => [quota, "default"])));
  return output;
}

/** Says of a chunk that it is one byte more than a layer may have. */
async function announceHugeLayer(): Promise<string> {
  const upload = await owner.send("POST", "/v2/acme/web/blobs/uploads/");
  const chunk = await fetch(new URL(upload.headers.get("Location") ?? "", docker.server.url), {
    method: "PATCH",
    headers: { Authorization: owner.authorization, "Content-Range": `0-${10 * GIB}` },
    // A stream: its length is not known beforehand.
    body: new Blob(["beginning"]).stream(),
    duplex: "half",
  });
  expect(chunk.status).toBe(413);
  return chunk.text();
}

/** Serves the registry over HTTPS on this machine, with a certificate of nobody that one could know; answers the port. */
async function serveHttps(validity?: { from: string; until: string }): Promise<number> {
  const { port: upstream } = docker.server;
  const server = createServer(await certificate(validity), (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const request = forward({ host: "127.0.0.1", port: upstream, method, path: url, headers }, (answer) => {
      // Its port is none that PUBLIC_URL names.
      const challenge = answer.headers["www-authenticate"]?.replace(
        /realm="http:[^"]*"/,
        `realm="https://${headers.host}/token"`,
      );
      outgoing.writeHead(answer.statusCode ?? 0, {
        ...answer.headers,
        ...(challenge !== undefined && { "www-authenticate": challenge }),
      });
      answer.pipe(outgoing);
    });
    request.on("error", () => outgoing.destroy());
    incoming.pipe(request);
  });
  // docker breaks off a handshake that it does not like.
  server.on("tlsClientError", () => undefined);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

const AUTHORITY = `
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = policy
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
subjectAltName = IP:${NOT_LOOPBACK},IP:127.0.0.1
`;

/** A certificate for this machine that it signed itself; valid for a day, unless otherwise said. */
async function certificate(validity?: { from: string; until: string }): Promise<{ key: Buffer; cert: Buffer }> {
  const cwd = docker.path(`authority-${servers.length}`);
  mkdirSync(cwd);
  for (const [file, text] of Object.entries({ "ca.cnf": AUTHORITY, "index.txt": "", serial: "01" })) {
    writeFileSync(join(cwd, file), text);
  }
  const dates = validity ? ["-startdate", validity.from, "-enddate", validity.until] : ["-days", "1"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  const sign = [
    "-batch",
    "-selfsign",
    "-config",
    "ca.cnf",
    "-keyfile",
    "key.pem",
    "-in",
    "request.pem",
    "-out",
    "cert.pem",
  ];
  for (const args of [
    ["req", "-new", ...newKey, "-subj", "/CN=registry", "-out", "request.pem"],
    ["ca", "-notext", ...sign, ...dates],
  ]) {
    const { exitCode, output } = await execute(["openssl", ...args], { cwd });
    if (exitCode !== 0) throw new Error(`openssl ended with ${exitCode}: ${output}`);
  }
  return { key: readFileSync(join(cwd, "key.pem")), cert: readFileSync(join(cwd, "cert.pem")) };
}
