/** A registry that speaks TLS itself: its certificate, handshakes that fail, and `npm start` with both kinds of certificate. */
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fileSource, type KeyPair, namesOf, readTls, watchCertificate } from "../../scripts/local/certificates.ts";
import { type FrontOptions, holdPort, startFront } from "../../scripts/local/front.ts";
import { ownCertificate } from "../../scripts/local/own-certificate.ts";
import { type CertificateRecipe, makeCertificate } from "../support/certificates.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  ROOT,
  type Server,
  startServer,
  USER,
} from "../support/server.ts";
import { eventually, openSocket, run, temporaryDirectory } from "./programs.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Writes a certificate and its key to files, and answers the variables that name them. */
async function certifiedFiles(directory: string, recipe: Partial<CertificateRecipe> = {}) {
  const { certificate, key } = await makeCertificate({ name: "localhost", ...recipe });
  const files = { TLS_CERT: join(directory, "tls.crt"), TLS_KEY: join(directory, "tls.key") };
  writeFileSync(files.TLS_CERT, certificate);
  writeFileSync(files.TLS_KEY, key);
  return { ...files, certificate, key };
}

describe("TLS_CERT and TLS_KEY", () => {
  test("are read, and name the registry", async () => {
    const names = [
      { type: "dns", value: "Registry.example.com" },
      { type: "dns", value: "*.example.com" },
      { type: "ip", value: "2001:db8::7" },
      { type: "ip", value: "192.0.2.7" },
    ] as const;
    const { TLS_CERT, TLS_KEY } = await certifiedFiles(temporaryDirectory(), { names });
    expect(readTls({ TLS_CERT, TLS_KEY })).toEqual({
      kind: "files",
      certFile: TLS_CERT,
      keyFile: TLS_KEY,
      names: ["registry.example.com", "[2001:db8::7]", "192.0.2.7"],
    });
  });

  test.for([
    [{}, undefined],
    [{ TLS: "", TLS_CERT: "", TLS_KEY: "" }, undefined],
    [{ TLS: "off" }, undefined],
    [{ TLS: "self-signed" }, { kind: "own" }],
  ] as const)("%j means %j", ([environment, expected]) => {
    expect(readTls({ ...environment })).toEqual(expected);
  });

  test.for([
    [{ TLS: "on" }, 'TLS must be self-signed or off, not "on"'],
    [{ TLS: "self-signed", TLS_CERT: "a", TLS_KEY: "b" }, "set either the one or the others"],
    [{ TLS_CERT: "a" }, "TLS_CERT is set, but TLS_KEY is not"],
    [{ TLS_KEY: "a" }, "TLS_KEY is set, but TLS_CERT is not"],
  ] as const)("%j is refused", ([environment, message]) => {
    expect(() => readTls({ ...environment })).toThrow(message);
  });

  test("that cannot be used are refused with the file and the reason", async () => {
    const directory = temporaryDirectory();
    const { TLS_CERT, TLS_KEY, certificate, key } = await certifiedFiles(directory);
    const other = await makeCertificate({ name: "other" });
    const problemWith = (change: { cert?: string; key?: string }) => {
      writeFileSync(TLS_CERT, change.cert ?? certificate);
      writeFileSync(TLS_KEY, change.key ?? key);
      return () => readTls({ TLS_CERT, TLS_KEY });
    };
    const certificateOf = async (recipe: Partial<CertificateRecipe>) => {
      const made = await makeCertificate({ name: "localhost", ...recipe });
      return { cert: made.certificate, key: made.key };
    };
    expect(() => readTls({ TLS_CERT: join(directory, "none.crt"), TLS_KEY })).toThrow(
      `TLS_CERT ${join(directory, "none.crt")}: there is no such file.`,
    );
    expect(() => readTls({ TLS_CERT, TLS_KEY: directory })).toThrow(`TLS_KEY ${directory}: it is a folder.`);
    expect(problemWith({ cert: key })).toThrow(`TLS_CERT ${TLS_CERT}: it holds no certificate in PEM`);
    expect(problemWith({ cert: certificate.slice(0, 200) })).toThrow(`TLS_CERT ${TLS_CERT}: it holds no certificate`);
    expect(problemWith({ key: certificate })).toThrow(`TLS_KEY ${TLS_KEY}: it holds no private key in PEM`);
    expect(problemWith({ key: key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") })).toThrow(
      "the key is encrypted",
    );
    expect(problemWith({ key: other.key })).toThrow(`is not the key of the first certificate in ${TLS_CERT}.`);
    expect(problemWith(await certificateOf({ names: [] }))).toThrow("it names no host (subjectAltName)");
    expect(
      problemWith(await certificateOf({ notAfter: new Date("2026-01-02T00:00:00Z"), notBefore: new Date(0) })),
    ).toThrow(`TLS_CERT ${TLS_CERT}: it ended on 2026-01-02T00:00:00.000Z.`);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(problemWith({ cert: certificate + broken })).toThrow("OpenSSL does not take it: ");
  });

  test("stop the start in one line", async () => {
    const wrong = run(["scripts/start.ts"], { STATE_DIR: temporaryDirectory(), TLS_CERT: "/none", TLS_KEY: "/none" });
    expect(await wrong.ended).toBe(1);
    expect(wrong.output()).toBe("TLS_CERT /none: there is no such file.\n");
  });
});

describe("a certificate of its own", () => {
  const bitsOf = (file: string) => statSync(file).mode & 0o777;
  const validUntil = ({ cert }: KeyPair) => new X509Certificate(cert).validToDate.getTime();

  test("is made once, for nobody else's eyes, and its authority signs no other authority", async () => {
    const state = temporaryDirectory();
    const own = ownCertificate(state, ["192.0.2.7", "registry.example.com"]);
    const pair = await own.read();
    expect(await ownCertificate(state, ["registry.example.com"]).read()).toEqual(pair);
    const certificate = new X509Certificate(pair.cert);
    const authority = new X509Certificate(readFileSync(own.authorityFile));
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect([authority.ca, certificate.ca]).toEqual([true, false]);
    expect(namesOf(certificate).toSorted()).toEqual(
      ["192.0.2.7", "registry.example.com", "localhost", "127.0.0.1", "[::1]"].toSorted(),
    );
    expect(["authority.pem", "server.pem"].map((name) => bitsOf(join(state, "tls", name)))).toEqual([0o600, 0o600]);
    expect(bitsOf(join(state, "tls"))).toBe(0o700);
    expect(readFileSync(own.authorityFile, "utf8")).not.toContain("PRIVATE KEY");
  });

  test("is made anew before its end and for other names; what clients trust stays for years", async () => {
    const state = temporaryDirectory();
    let now = Date.now();
    const readFor = (...hosts: string[]) => ownCertificate(state, hosts, () => now).read();
    const first = await readFor();
    const trusted = () => readFileSync(ownCertificate(state, []).authorityFile, "utf8");
    const authority = trusted();
    now = validUntil(first) - 61 * DAY_MS;
    expect(await readFor()).toEqual(first);
    now = validUntil(first) - 59 * DAY_MS;
    const second = await readFor();
    expect(validUntil(second)).toBeGreaterThan(validUntil(first) + 300 * DAY_MS);
    const third = await readFor("192.0.2.9");
    expect(namesOf(new X509Certificate(third.cert))).toContain("192.0.2.9");
    expect(trusted()).toBe(authority);
    // A certificate never outlives its authority.
    now = Date.now() + 9 * 365 * DAY_MS;
    const last = await readFor();
    expect(trusted()).not.toBe(authority);
    expect(validUntil(last)).toBeLessThan(new X509Certificate(trusted()).validToDate.getTime());
    expect(new X509Certificate(last.cert).verify(new X509Certificate(trusted()).publicKey)).toBe(true);
  });

  test("that is damaged is named, and comes back when it is removed", async () => {
    const state = temporaryDirectory();
    const own = ownCertificate(state, []);
    await own.read();
    const file = join(state, "tls", "server.pem");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 300));
    await expect(own.read()).rejects.toThrow(`${file} is damaged: remove it`);
  });

  test("of a process that was killed half-way has its authority beside it", async () => {
    const state = temporaryDirectory();
    const own = ownCertificate(state, []);
    await own.read();
    const authority = readFileSync(own.authorityFile, "utf8");
    writeFileSync(own.authorityFile, "old");
    await own.read();
    expect(readFileSync(own.authorityFile, "utf8")).toBe(authority);
  });
});

/** A front with a certificate before a server that answers each request with "ok". */
async function frontWith(certificate: KeyPair, options: Partial<FrontOptions> = {}) {
  const seen: Socket[] = [];
  const server = createServer((socket) => {
    seen.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const upstreamPort = (server.address() as AddressInfo).port;
  const front = startFront({ held: await holdPort("127.0.0.1", 0), upstreamPort, certificate, ...options });
  onTestFinished(async () => {
    await front.close(0);
    for (const socket of seen) socket.destroy();
    server.close();
  });
  return { front, seen };
}

/** Whether a client that trusts this authority gets an answer. */
async function isAnswered(port: number, authority: string): Promise<boolean> {
  const { socket, received } = await openSocket(port, { authority });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await eventually(() => received().toString().endsWith("ok") || undefined);
  socket.destroy();
  return true;
}

describe("handshakes", async () => {
  const { certificate: cert, key } = await makeCertificate({ name: "localhost" });
  const pair = { cert, key };

  test("that stall are ended in time, whether nothing has come or a part, and slow pieces do not help", async () => {
    const { front, seen } = await frontWith(pair, { handshakes: { patienceMs: 700, most: 10 } });
    const start = performance.now();
    const [silent, partial, slow] = [
      await openSocket(front.port),
      await openSocket(front.port),
      await openSocket(front.port),
    ];
    partial.socket.write(Buffer.from("1603010200010001fc0303", "hex"));
    slow.socket.write(Buffer.from("1603010200", "hex"));
    const timer = setInterval(() => slow.socket.write("x"), 50);
    onTestFinished(() => clearInterval(timer));
    await Promise.all([silent.closed, partial.closed, slow.closed]);
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(500);
    expect(took).toBeLessThan(5000);
    expect(seen).toEqual([]);
    // One that is done in time is not ended afterwards.
    const good = await openSocket(front.port, { authority: cert });
    await sleep(1000);
    good.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually(() => good.received().toString().endsWith("ok") || undefined);
    expect(good.socket.destroyed).toBe(false);
  });

  test("that stall do not keep others out, however many there are", async () => {
    const { front } = await frontWith(pair, { handshakes: { patienceMs: 60_000, most: 20 } });
    const opened = await Promise.all(Array.from({ length: 60 }, () => openSocket(front.port)));
    for (const { socket } of opened) socket.write(Buffer.from("160301020001", "hex"));
    expect(await isAnswered(front.port, cert)).toBe(true);
    await eventually(() => opened.filter(({ socket }) => socket.closed).length >= 40 || undefined);
    expect(opened.filter(({ socket }) => !socket.closed).length).toBeGreaterThanOrEqual(18);
    expect(opened.filter(({ socket }) => !socket.closed).length).toBeLessThanOrEqual(20);
    // Connections that are through count no more.
    const through = await Promise.all(Array.from({ length: 30 }, () => openSocket(front.port, { authority: cert })));
    await sleep(100);
    expect(through.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  test("of other protocols are refused: plain http with a sentence, TLS 1.1, HTTP/2 alone, noise", async () => {
    const { front, seen } = await frontWith(pair);
    const plain = await openSocket(front.port);
    plain.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await plain.ended;
    expect(plain.received().toString()).toMatch(
      /^HTTP\/1\.1 400 [^]*\r\n\r\nThis port speaks https, and no plain http\n$/,
    );
    const failureOf = (options: object) =>
      new Promise<string>((done) => {
        const client = secure({ port: front.port, host: "127.0.0.1", ca: cert, servername: "localhost", ...options });
        client.on("error", (error) => done(String(error))).on("secureConnect", () => done("through"));
        onTestFinished(() => void client.destroy());
      });
    expect(await failureOf({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })).toMatch(
      /alert|version/,
    );
    expect(await failureOf({ ALPNProtocols: ["h2"] })).toMatch(/no application protocol/);
    expect(await failureOf({ ALPNProtocols: ["h2", "http/1.1"] })).toBe("through");
    const noise = await openSocket(front.port);
    noise.socket.write(Buffer.concat([Buffer.from("1603010005", "hex"), Buffer.alloc(100, 0xff)]));
    await noise.closed;
    expect(seen).toEqual([]);
  });

  test("of clients that go away leave nothing behind", async () => {
    const { front } = await frontWith(pair, { handshakes: { patienceMs: 60_000, most: 3 } });
    for (let at = 0; at < 20; at += 1) {
      const client = await openSocket(front.port);
      client.socket.write(Buffer.from("160301020001", "hex"));
      client.reset();
    }
    const kept = await openSocket(front.port);
    await isAnswered(front.port, cert);
    expect(kept.socket.destroyed).toBe(false);
  });

  test("under way are dropped by the end of the front", async () => {
    const { front } = await frontWith(pair);
    const client = await openSocket(front.port);
    client.socket.write(Buffer.from("160301020001", "hex"));
    await sleep(50);
    const start = performance.now();
    await front.close(2000);
    await client.closed;
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("files that are renewed", () => {
  test("are taken by new connections; halves and errors change nothing and are told once", async () => {
    const directory = temporaryDirectory();
    const first = await certifiedFiles(directory);
    const { front } = await frontWith({ cert: first.certificate, key: first.key });
    const lines: string[] = [];
    const source = { ...fileSource({ certFile: first.TLS_CERT, keyFile: first.TLS_KEY }), lookMs: 20 };
    const pair = { cert: first.certificate, key: first.key };
    const stop = watchCertificate(source, pair, { use: front.use, log: (line) => lines.push(line) });
    onTestFinished(stop);
    const old = await openSocket(front.port, { authority: first.certificate });

    const second = await makeCertificate({ name: "localhost" });
    // As certbot does: the one before the other.
    writeFileSync(first.TLS_CERT, second.certificate);
    await sleep(200);
    expect(await isAnswered(front.port, first.certificate)).toBe(true);
    expect(lines).toEqual([
      `The certificate stays as it is. TLS_KEY ${first.TLS_KEY}: it is not the key of the first certificate in ${first.TLS_CERT}.`,
    ]);
    writeFileSync(first.TLS_KEY, second.key);
    await eventually(() => lines[1]);
    expect(lines[1]).toMatch(/^New connections get the certificate that is valid until /);
    expect(await isAnswered(front.port, second.certificate)).toBe(true);
    await expect(openSocket(front.port, { authority: first.certificate })).rejects.toThrow("self-signed certificate");
    // Connections that there are go on.
    old.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually(() => old.received().toString().endsWith("ok") || undefined);

    // As Kubernetes does: a link that leads elsewhere.
    const third = await makeCertificate({ name: "localhost" });
    mkdirSync(join(directory, "third"));
    for (const [name, text] of [
      ["tls.crt", third.certificate],
      ["tls.key", third.key],
    ] as const) {
      writeFileSync(join(directory, "third", name), text);
      symlinkSync(join(directory, "third", name), join(directory, `link-${name}`));
      renameSync(join(directory, `link-${name}`), join(directory, name));
    }
    await eventually(() => lines.filter((line) => line.startsWith("New")).length === 2 || undefined);
    expect(await isAnswered(front.port, third.certificate)).toBe(true);
  });
});

/** Asks a registry over TLS with an authority that is trusted, by any name. */
function ask(
  port: number,
  authority: string,
  {
    host = `localhost:${port}`,
    path = "/v2/",
    method = "GET",
    headers = {},
    body = "",
  }: {
    host?: string;
    path?: string;
    method?: string;
    headers?: Record<string, string>;
    body?: string;
  } = {},
) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((done, failed) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        ca: authority,
        servername: "localhost",
        // Each on a connection of its own.
        agent: false,
        headers: { Host: host, ...headers },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      },
    );
    asked.on("error", failed).end(body);
  });
}

const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

describe("npm start with TLS=self-signed", () => {
  const environment = { TLS: "self-signed", PUBLIC_URL: "" };
  const state = makeTemporaryDirectory();
  const file = join(state, "tls", "ca.crt");
  let server: Server;
  let authority: string;
  beforeAll(async () => {
    server = await startServer(state, 0, environment);
    authority = readFileSync(file, "utf8");
  });
  afterAll(async () => {
    await server?.stop();
    removeDirectory(state);
  });

  test("says how clients come to trust it; addresses and cookies are those of https", async () => {
    const { port } = server;
    expect(server.url).toBe(`https://127.0.0.1:${port}`);
    await eventually(() => server.output().includes("stops it") || undefined);
    const [, address = ""] = /docker login (\S+) -u admin/.exec(server.output()) ?? [];
    expect(server.output()).toContain(`signed by an authority of its own: ${file}\n`);
    expect(server.output()).toContain(`sudo install -D -m 644 ${file} /etc/docker/certs.d/${address}/ca.crt\n`);
    expect(server.output()).toContain(`install -D -m 644 ${file} ~/.config/containers/certs.d/${address}/ca.crt\n`);
    expect(server.output()).not.toContain("Warning");

    const ping = await ask(port, authority);
    expect(ping.status).toBe(401);
    expect(ping.headers["www-authenticate"]).toContain(`realm="https://localhost:${port}/token"`);
    expect(ping.headers["strict-transport-security"]).toBeUndefined();
    // A port that is forwarded to it.
    const forwarded = await ask(port, authority, { host: "localhost:9000" });
    expect(forwarded.headers["www-authenticate"]).toContain('realm="https://localhost:9000/token"');
    expect((await ask(port, authority, { host: "evil.example.com" })).status).toBe(421);

    const session = await ask(port, authority, {
      path: "/api/session",
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: `https://localhost:${port}` },
      body: JSON.stringify({ name: USER, password: PASSWORD }),
    });
    expect(session.status).toBe(200);
    expect(String(session.headers["set-cookie"])).toMatch(/^__Host-berth_session=.*; Secure/);
    // A page of plain http at the same port is another origin.
    const cookie = String(session.headers["set-cookie"]).split(";")[0] ?? "";
    const asPage = (Origin: string) =>
      ask(port, authority, {
        path: "/api/organizations",
        method: "POST",
        headers: { "Content-Type": "application/json", Origin, Cookie: cookie },
        body: JSON.stringify({ name: "pages" }),
      });
    expect((await asPage(`http://localhost:${port}`)).status).toBe(403);
    expect((await asPage(`https://localhost:${port}`)).status).toBe(201);
  });

  test("npm run gc asks it", async () => {
    const collected = run(["scripts/gc.ts", "--dry-run"], {
      ...environment,
      STATE_DIR: state,
      PORT: String(server.port),
      ADMIN_PASSWORD: PASSWORD,
    });
    expect([await collected.ended, collected.output()]).toEqual([0, expect.stringContaining("(0 bytes)")]);
  });

  test("a layer goes up and comes back over TLS, in one request and in chunks", async () => {
    const script = `
    import { createHash, randomBytes } from "node:crypto";
    const [url, authorization] = process.argv.slice(2);
    const headers = { Authorization: authorization, "Content-Type": "application/octet-stream" };
    const bytes = randomBytes(40 * 1024 * 1024);
    const digest = "sha256:" + createHash("sha256").update(bytes).digest("hex");
    const uploads = url + "/v2/acme/web/blobs/uploads/";
    const whole = await fetch(uploads + "?digest=" + digest, { method: "POST", headers, body: bytes });
    const opened = await fetch(url + "/v2/acme/web2/blobs/uploads/", { method: "POST", headers });
    let location = new URL(opened.headers.get("Location"), url);
    const half = bytes.byteLength / 2;
    for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
      const sent = await fetch(location, { method: "PATCH", headers, body: new ReadableStream({
        start(stream) { stream.enqueue(part); stream.close(); },
      }), duplex: "half" });
      location = new URL(sent.headers.get("Location"), url);
    }
    location.searchParams.set("digest", digest);
    const ended = await fetch(location, { method: "PUT", headers });
    const back = Buffer.from(await (await fetch(url + "/v2/acme/web2/blobs/" + digest, { headers })).arrayBuffer());
    console.log(whole.status, ended.status, back.equals(bytes));
  `;
    const client = join(temporaryDirectory(), "client.mjs");
    writeFileSync(client, script);
    const { stdout } = await promisify(execFile)(process.execPath, [client, server.url, BASIC], {
      cwd: ROOT,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
    });
    expect(stdout).toBe("201 201 true\n");
  });
});

test("npm start with a given certificate is called as that says, and takes a renewed file without a restart", async () => {
  const directory = temporaryDirectory();
  const names = [
    { type: "dns", value: "registry.example.com" },
    { type: "dns", value: "localhost" },
  ] as const;
  const first = await certifiedFiles(directory, { names });
  chmodSync(first.TLS_KEY, 0o600);
  const { TLS_CERT, TLS_KEY } = first;
  const server = await startServer(join(directory, "state"), 0, { TLS_CERT, TLS_KEY, PUBLIC_URL: "" });
  onTestFinished(server.stop);
  const { port } = server;
  await eventually(() => server.output().includes("stops it") || undefined);
  expect(server.output()).toContain(`docker login registry.example.com:${port} -u admin\n`);
  const named = await ask(port, first.certificate, { host: `registry.example.com:${port}` });
  expect(named.headers["www-authenticate"]).toContain(`realm="https://registry.example.com:${port}/token"`);
  expect(named.headers["strict-transport-security"]).toBe("max-age=31536000");

  const second = await makeCertificate({ name: "localhost", names });
  writeFileSync(TLS_KEY, second.key);
  writeFileSync(TLS_CERT, second.certificate);
  await eventually(() => server.output().includes("New connections get the certificate") || undefined);
  expect((await ask(port, second.certificate)).status).toBe(401);
  await expect(ask(port, first.certificate)).rejects.toThrow("self-signed certificate");
});
