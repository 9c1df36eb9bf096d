/** A Worker's own TLS in the real workerd, against servers of Node's (OpenSSL): who is believed, and what is understood. */
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions as SecureServerOptions } from "node:https";
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRuntime, type Runtime } from "../../scripts/local/runtime.ts";
import { KeyUsageFlags } from "@peculiar/x509";
import { type Certified, CLIENT_PURPOSE, makeCertificate, SERVER_PURPOSE } from "../support/certificates.ts";
import { CONTENT, plainRecord } from "../../src/tls/records.ts";
import { handshakeMessage, extension, number, vector } from "../../src/tls/wire.ts";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";
import { type ScriptedConnection, scriptedServer } from "./scripted-tls.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const stateDir = makeTemporaryDirectory();
let runtime: Runtime;
let authority: Certified;
let server: Certified;

beforeAll(async () => {
  runtime = await startRuntime({ configPath: join(import.meta.dirname, "fixture", "wrangler.toml"), stateDir });
  authority = await makeCertificate({ name: "the cluster's authority", isAuthority: true });
  server = await makeCertificate({ name: "api", issuer: authority });
});
afterAll(async () => {
  await runtime.stop();
  removeDirectory(stateDir);
});

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
const greet: Listener = (request, response) => response.end(`hello, ${request.headers.authorization}`);

async function listen(listening: Server, host = "127.0.0.1"): Promise<number> {
  const sockets = new Set<Socket>();
  listening.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((done) => listening.listen(0, host, done));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => listening.close(done));
  });
  return (listening.address() as AddressInfo).port;
}

/** A server with a certificate. @returns its port. */
function serve(
  { certificate, key }: Pick<Certified, "certificate" | "key">,
  listener: Listener = greet,
  options: SecureServerOptions & ServerOptions = {},
  host?: string,
): Promise<number> {
  return listen(createSecureServer({ cert: certificate, key, ...options }, listener), host);
}

interface Outcome {
  status?: number;
  body?: string;
  error?: string;
  message?: string;
}

async function ask(port: number, order: Record<string, unknown> = {}): Promise<Outcome> {
  const response = await fetch(runtime.url, {
    method: "POST",
    body: JSON.stringify({ url: `https://127.0.0.1:${port}/`, authority: authority.certificate, ...order }),
  });
  return (await response.json()) as Outcome;
}

const GREETING = { status: 200, body: "hello, Bearer secret" };
const refusal = (message: RegExp) => ({ error: "CertificateRefused", message: expect.stringMatching(message) });

describe("a server is believed", () => {
  test.for(["P-256", "P-384", "P-521", "Ed25519", "RSA"] as const)("with a key of the kind %s", async (algorithm) => {
    const own = await makeCertificate({ name: "authority", isAuthority: true, algorithm });
    const port = await serve(await makeCertificate({ name: "api", issuer: own, algorithm }));
    expect(await ask(port, { authority: own.certificate })).toEqual(GREETING);
  });

  test.for([
    ["TLS_AES_128_GCM_SHA256", "X25519"],
    ["TLS_AES_256_GCM_SHA384", "X25519"],
    ["TLS_AES_128_GCM_SHA256", "P-256"],
    ["TLS_AES_256_GCM_SHA384", "P-256"],
  ])("with %s and %s", async ([ciphers, ecdhCurve]) => {
    const port = await serve(server, greet, { ciphers, ecdhCurve });
    expect(await ask(port)).toEqual(GREETING);
  });

  test("by its name and by its address, of either kind", async () => {
    const port = await serve(server);
    expect(await ask(port, { url: `https://localhost:${port}/` })).toEqual(GREETING);
    expect(await ask(port)).toEqual(GREETING);
    const names = [{ type: "ip", value: "::1" }] as const;
    const six = await serve(await makeCertificate({ name: "api", issuer: authority, names }), greet, {}, "::1");
    expect(await ask(six, { url: `https://[::1]:${six}/` })).toEqual(GREETING);
  });

  test("with intermediates, in any order and with one too many", async () => {
    const first = await makeCertificate({ name: "first", isAuthority: true, issuer: authority, pathLength: 1 });
    const second = await makeCertificate({ name: "second", isAuthority: true, issuer: first, pathLength: 0 });
    const { certificate, key } = await makeCertificate({ name: "api", issuer: second, purposes: [SERVER_PURPOSE] });
    const other = await makeCertificate({ name: "other", isAuthority: true });
    const chain = [certificate, other.certificate, first.certificate, second.certificate].join("");
    const port = await serve({ certificate: chain, key });
    expect(await ask(port)).toEqual(GREETING);
  });

  test("by the second of several authorities", async () => {
    const other = await makeCertificate({ name: "other", isAuthority: true });
    const port = await serve(server);
    const pem = `# both\n${other.certificate}\n${authority.certificate}`;
    expect(await ask(port, { authority: pem })).toEqual(GREETING);
  });

  test("with a certificate that does not say what its key is for", async () => {
    expect(await ask(await serve(await makeCertificate({ name: "api", issuer: authority, usages: null })))).toEqual(
      GREETING,
    );
  });

  test("by its own certificate, when that is what was given", async () => {
    const own = await makeCertificate({ name: "self-signed" });
    expect(await ask(await serve(own), { authority: own.certificate })).toEqual(GREETING);
  });

  test("although it would like a client's certificate, as API servers do", async () => {
    const port = await serve(server, greet, {
      requestCert: true,
      rejectUnauthorized: false,
      ca: authority.certificate,
    });
    expect(await ask(port)).toEqual(GREETING);
  });
});

describe("a server is refused", () => {
  /** @returns what comes of asking one whose certificate is wrong, which must never see the token. */
  async function askWrong(certified: Pick<Certified, "certificate" | "key">, order: Record<string, unknown> = {}) {
    let requests = 0;
    const count: Listener = (_, response) => {
      requests += 1;
      response.end();
    };
    const outcome = await ask(await serve(certified, count), order);
    expect(requests).toBe(0);
    return outcome;
  }

  test("that another authority vouches for, also one of the same name", async () => {
    for (const name of ["another authority", "the cluster's authority"]) {
      const other = await makeCertificate({ name, isAuthority: true });
      const { certificate, key } = await makeCertificate({ name: "api", issuer: other });
      const wrong = { certificate: certificate + other.certificate, key };
      expect(await askWrong(wrong)).toEqual(refusal(/is not signed by the cluster's certificate authority/));
    }
  });

  test("that vouches for itself", async () => {
    const own = await makeCertificate({ name: "api" });
    expect(await askWrong(own)).toEqual(refusal(/is not signed by/));
  });

  test("that has another's name", async () => {
    const dns = await makeCertificate({
      name: "localhost",
      issuer: authority,
      names: [{ type: "dns", value: "api.example.com" }],
    });
    expect(await askWrong(dns)).toEqual(refusal(/is not for 127\.0\.0\.1 but for DNS:api\.example\.com/));
    // An address is no name, and the common name is none either.
    const text = await makeCertificate({
      name: "127.0.0.1",
      issuer: authority,
      names: [{ type: "dns", value: "127.0.0.1" }],
    });
    expect(await askWrong(text)).toEqual(refusal(/is not for 127\.0\.0\.1/));
    const nameless = await makeCertificate({ name: "127.0.0.1", issuer: authority, names: [] });
    expect(await askWrong(nameless)).toEqual(refusal(/is not for 127\.0\.0\.1 but for no name at all/));
  });

  test("before and after the certificate's time, and its issuer's", async () => {
    const past = new Date(Date.now() - DAY_MS);
    const long = new Date(Date.now() - 2 * DAY_MS);
    const soon = new Date(Date.now() + DAY_MS);
    const expired = await makeCertificate({ name: "api", issuer: authority, notBefore: long, notAfter: past });
    expect(await askWrong(expired)).toEqual(refusal(/\(CN=api\) expired on/));
    const early = await makeCertificate({ name: "api", issuer: authority, notBefore: soon });
    expect(await askWrong(early)).toEqual(refusal(/is not valid before/));
    const old = await makeCertificate({ name: "old", isAuthority: true, notBefore: long, notAfter: past });
    const issued = await makeCertificate({ name: "api", issuer: old });
    expect(await askWrong(issued, { authority: old.certificate })).toEqual(refusal(/\(CN=old\) expired on/));
  });

  test("whose issuer may not sign", async () => {
    const { certificate, key } = await makeCertificate({ name: "api", issuer: server });
    const outcome = await askWrong({ certificate: certificate + server.certificate, key });
    expect(outcome).toEqual(refusal(/is not signed by|is signed by one that may not sign/));
  });

  test("with more intermediates than an authority allows", async () => {
    const first = await makeCertificate({ name: "first", isAuthority: true, issuer: authority, pathLength: 0 });
    const second = await makeCertificate({ name: "second", isAuthority: true, issuer: first });
    const { certificate, key } = await makeCertificate({ name: "api", issuer: second });
    const chain = certificate + second.certificate + first.certificate;
    expect(await askWrong({ certificate: chain, key })).toEqual(refusal(/has more intermediates than CN=first allows/));
  });

  test("whose intermediate is missing", async () => {
    const first = await makeCertificate({ name: "first", isAuthority: true, issuer: authority });
    expect(await askWrong(await makeCertificate({ name: "api", issuer: first }))).toEqual(refusal(/is not signed by/));
  });

  test("whose certificate, or its issuer's, is for clients", async () => {
    const client = await makeCertificate({ name: "api", issuer: authority, purposes: [CLIENT_PURPOSE] });
    expect(await askWrong(client)).toEqual(refusal(/is not one for servers/));
    const first = await makeCertificate({
      name: "first",
      isAuthority: true,
      issuer: authority,
      purposes: [CLIENT_PURPOSE],
    });
    const { certificate, key } = await makeCertificate({ name: "api", issuer: first });
    const outcome = await askWrong({ certificate: certificate + first.certificate, key });
    expect(outcome).toEqual(refusal(/is signed by one that is not for servers/));
  });

  test("whose certificate is an authority's, also the cluster's own", async () => {
    const names = [{ type: "ip", value: "127.0.0.1" }] as const;
    const { digitalSignature, keyCertSign } = KeyUsageFlags;
    for (const usages of [[digitalSignature, keyCertSign], [digitalSignature], null]) {
      const below = await makeCertificate({ name: "below", isAuthority: true, issuer: authority, names, usages });
      expect(await askWrong(below)).toEqual(refusal(/is an authority's/));
      const own = await makeCertificate({ name: "own", isAuthority: true, names, usages });
      expect(await askWrong(own, { authority: own.certificate })).toEqual(refusal(/is an authority's/));
    }
  });

  test("whose key may not sign a handshake", async () => {
    for (const usage of [KeyUsageFlags.keyEncipherment, KeyUsageFlags.keyAgreement, KeyUsageFlags.decipherOnly]) {
      const wrong = await makeCertificate({ name: "api", issuer: authority, usages: [usage] });
      expect(await askWrong(wrong)).toEqual(refusal(/is for a key that may not sign/));
    }
  });

  test("whose issuer's key may not sign certificates", async () => {
    const usages = [KeyUsageFlags.digitalSignature];
    const first = await makeCertificate({ name: "first", isAuthority: true, issuer: authority, usages });
    const { certificate, key } = await makeCertificate({ name: "api", issuer: first });
    const outcome = await askWrong({ certificate: certificate + first.certificate, key });
    expect(outcome).toEqual(refusal(/is not signed by|is signed by one that may not sign/));
  });

  test("with limits that are not understood", async () => {
    // The permitted subtree is localhost.
    const der = Buffer.concat([Buffer.from("300fa00d300b8209", "hex"), Buffer.from("localhost")]);
    const nameConstraints = { oid: "2.5.29.30", isCritical: false, der };
    const limited = await makeCertificate({
      name: "limited",
      isAuthority: true,
      issuer: authority,
      extensions: [nameConstraints],
    });
    const { certificate, key } = await makeCertificate({ name: "api", issuer: limited });
    const outcome = await askWrong({ certificate: certificate + limited.certificate, key });
    expect(outcome).toEqual(refusal(/is limited to some names/));
    const unknown = { oid: "1.3.6.1.4.1.99999.1", isCritical: true, der: new Uint8Array([5, 0]) };
    const odd = await makeCertificate({ name: "api", issuer: authority, extensions: [unknown] });
    expect(await askWrong(odd)).toEqual(refusal(/a critical extension that is not understood/));
  });

  test("with weak signatures and keys", async () => {
    const signer = await makeCertificate({ name: "weak", isAuthority: true, algorithm: "RSA", hash: "SHA-1" });
    const weak = await makeCertificate({ name: "api", issuer: signer, hash: "SHA-1" });
    const old = { certificate: weak.certificate, key: weak.key };
    const options = { ciphers: "DEFAULT@SECLEVEL=0" };
    const ofOld = await ask(await serve(old, greet, options), { authority: signer.certificate });
    expect(ofOld).toEqual(refusal(/weak or unknown signature/));
    const short = await makeCertificate({ name: "api", issuer: authority, algorithm: "RSA-1024" });
    const ofShort = await ask(await serve(short, greet, options));
    expect(ofShort).toEqual(refusal(/an RSA key of fewer than 2048 bits/));
  });

  test("that does not speak TLS 1.3, or no TLS", async () => {
    const old = await serve(server, greet, { maxVersion: "TLSv1.2" });
    expect(await ask(old)).toEqual({ error: "TlsError", message: expect.stringContaining("does not speak TLS 1.3") });
    const other = await serve(server, greet, { ecdhCurve: "P-384" });
    expect(await ask(other)).toEqual({
      error: "TlsError",
      message: "refused the connection (alert handshake_failure)",
    });
    const plain = await listen(createServer(greet));
    expect(await ask(plain)).toEqual({ error: "TlsError", message: "does not speak TLS" });
  });
});

describe("of a server that breaks the rules", () => {
  const UNEXPECTED = "sent what TLS 1.3 does not allow at this point";
  const NOT_OFFERED = "chose what was not offered";
  const NOT_PROVED = "does not have the key of its certificate";
  let attacker: Certified;
  let ofRsa: Certified;
  beforeAll(async () => {
    const other = await makeCertificate({ name: "another authority", isAuthority: true });
    attacker = await makeCertificate({ name: "api", issuer: other });
    ofRsa = await makeCertificate({ name: "api", issuer: authority, algorithm: "RSA" });
  });

  type Script = (connection: ScriptedConnection) => Promise<void>;
  /** Plays a script, which is not to get any further than to where it fails. */
  async function play(script: Script): Promise<string | undefined> {
    let isBelieved = false;
    const port = await listen(
      scriptedServer(async (connection) => {
        await script(connection);
        await connection.connected();
        isBelieved = true;
      }),
    );
    const { error, message } = await ask(port, { timeoutMs: 2000 });
    expect(error).toMatch(/^(TlsError|CertificateRefused)$/);
    expect(isBelieved).toBe(false);
    return message;
  }
  const bytes = (...messages: Uint8Array[]) => Buffer.concat(messages);

  const HANDSHAKES: Record<string, [expected: string, script: Script]> = {
    "no certificate": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.finished()));
      },
    ],
    "a certificate without a proof": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.certificate(server), to.finished()));
      },
    ],
    "a second certificate, which is proved": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        const shown = [to.encryptedExtensions(), to.certificate(server), to.certificate(attacker)];
        to.send(bytes(...shown, to.certificateVerify(attacker), to.finished()));
      },
    ],
    "another's certificate": [
      NOT_PROVED,
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.certificate(server)));
        to.send(bytes(to.certificateVerify(attacker), to.finished()));
      },
    ],
    "a proof of an old kind": [
      "signed with an algorithm that was not offered",
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.certificate(ofRsa)));
        to.send(bytes(to.certificateVerify(ofRsa, 0x0401), to.finished()));
      },
    ],
    "a proof of another kind than its key": [
      NOT_PROVED,
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.certificate(server)));
        to.send(bytes(to.certificateVerify(server, 0x0804), to.finished()));
      },
    ],
    "a handshake that was changed on the way": [
      "saw another handshake than this one",
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), to.certificate(server), to.certificateVerify(server)));
        to.note(Buffer.from("something"));
        to.send(to.finished());
      },
    ],
    "more after its Finished, under the old key": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        const shown = [to.encryptedExtensions(), to.certificate(server), to.certificateVerify(server)];
        to.send(bytes(...shown, to.finished(), Buffer.from([4])));
      },
    ],
    "messages in the clear within the ServerHello's record": [
      UNEXPECTED,
      async (to) => to.hello({}, handshakeMessage(8, vector(2))),
    ],
    "messages in the clear after the ServerHello": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        to.send(to.encryptedExtensions(), { isPlain: true });
      },
    ],
    "data before it has proved anything": [
      UNEXPECTED,
      async (to) => {
        await to.hello();
        to.send(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), { type: CONTENT.applicationData });
      },
    ],
    "data in the clear": [
      UNEXPECTED,
      async (to) => {
        await to.read();
        to.raw(plainRecord({ type: CONTENT.applicationData, content: Buffer.from("HTTP/1.1 200 OK\r\n\r\n") }));
      },
    ],
    "a record under another key": [
      "sent a record that cannot be decrypted",
      async (to) => {
        await to.hello();
        to.raw(plainRecord({ type: CONTENT.applicationData, content: new Uint8Array(100) }));
      },
    ],
    "an end during the handshake": [
      /refused the connection/.source,
      async (to) => {
        await to.hello();
        to.send(Buffer.from([1, 0]), { type: CONTENT.alert });
      },
    ],
    "a cipher suite that was not offered": [NOT_OFFERED, async (to) => to.hello({ suite: 0x1303 })],
    "a group that was not offered": [NOT_OFFERED, async (to) => to.hello({ group: 0x18 })],
    "another session": [NOT_OFFERED, async (to) => to.hello({ sessionId: new Uint8Array(32) })],
    "resumption that was not asked for": [
      NOT_OFFERED,
      async (to) => to.hello({ extensions: [extension(41, number(0, 2))] }),
    ],
    "an older version": ["does not speak TLS 1.3", async (to) => to.hello({ version: 0x0303 })],
    "a key share of small order": [
      "sent a key share that is not valid",
      async (to) => to.hello({ share: new Uint8Array(32) }),
    ],
    "a key share that is not a point": [
      "sent a key share that is not valid",
      async (to) => to.hello({ group: 0x17, share: Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]) }),
    ],
    "a wish for another key share": [
      "wants a key exchange other than X25519 and P-256",
      async (to) =>
        to.hello({ random: Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex") }),
    ],
    "a protocol that was not asked for": [
      NOT_OFFERED,
      async (to) => {
        await to.hello();
        to.send(to.encryptedExtensions(extension(16, vector(2, vector(1, Buffer.from("h2"))))));
      },
    ],
    "an extension twice": [
      "sent an extension twice",
      async (to) => {
        await to.hello();
        to.send(to.encryptedExtensions(extension(0), extension(0)));
      },
    ],
    "an endless message": [
      "sent a message that is too long",
      async (to) => {
        await to.hello();
        to.send(bytes(to.encryptedExtensions(), Buffer.from([11, 0xff, 0xff, 0xff])));
      },
    ],
    "a message that is cut off": [
      "sent a message that is cut off",
      async (to) => {
        await to.hello();
        to.send(Buffer.from([8, 0, 0, 1, 0]));
      },
    ],
    "a record that is too long": [
      "sent a record that is too long",
      async (to) => {
        await to.read();
        to.raw(Buffer.from([22, 3, 3, 0xff, 0xff]));
      },
    ],
  };

  test.for(Object.entries(HANDSHAKES))("%s is refused", async ([, [expected, script]]) => {
    expect(await play(script)).toMatch(expected);
  });

  /** A server that keeps to the rules until it has the request. */
  function serveScript(script: Script): Promise<number> {
    return listen(
      scriptedServer(async (to) => {
        await to.hello();
        // A handshake in the smallest pieces.
        const messages = [
          to.encryptedExtensions(),
          to.certificate(server),
          to.certificateVerify(server),
          to.finished(),
        ];
        for (const byte of Buffer.concat(messages)) to.send(new Uint8Array([byte]));
        await to.connected();
        await to.read();
        await script(to);
      }),
    );
  }
  const data = (text: string) => [Buffer.from(text), { type: CONTENT.applicationData }] as const;

  test("new keys and tickets in the middle of an answer are understood", async () => {
    const port = await serveScript(async (to) => {
      to.send(handshakeMessage(4, new Uint8Array(20)));
      to.send(...data("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab"));
      to.send(handshakeMessage(24, new Uint8Array([0])));
      to.updateWriting();
      to.send(...data("cd"));
      to.send(handshakeMessage(24, new Uint8Array([1])));
      to.updateWriting();
      const { content } = await to.read();
      expect([...content]).toEqual([24, 0, 0, 1, 0]);
      to.updateReading();
      to.send(...data("ef"));
    });
    expect(await ask(port)).toEqual({ status: 200, body: "abcdef" });
  });

  test("an answer ends with the server's word, and not with the connection", async () => {
    const head = "HTTP/1.1 200 OK\r\n\r\nall";
    const said = await serveScript(async (to) => {
      to.send(...data(head));
      to.send(Buffer.from([1, 0]), { type: CONTENT.alert });
    });
    expect(await ask(said)).toEqual({ status: 200, body: "all" });
    const cut = await serveScript(async (to) => {
      to.send(...data(head));
      to.end();
    });
    expect(await ask(cut)).toEqual({
      error: "HttpError",
      message: "closed the connection before the end of its answer",
    });
  });

  test("records of one byte are refused before they take long", async () => {
    // To seal so many takes the server a second itself.
    let sentAt = Number.NaN;
    const scripts: Script[] = [
      // A certificate of nearly the greatest length.
      async (to) => {
        await to.hello();
        to.send(to.encryptedExtensions());
        const message = handshakeMessage(11, new Uint8Array(65_000));
        const records = bytes(...Array.from(message, (byte) => to.seal(new Uint8Array([byte]), CONTENT.handshake)));
        sentAt = performance.now();
        to.raw(records);
      },
      async (to) => {
        await to.read();
        const message = handshakeMessage(2, new Uint8Array(60_000));
        const records = bytes(
          ...Array.from(message, (byte) => plainRecord({ type: 22, content: new Uint8Array([byte]) })),
        );
        sentAt = performance.now();
        to.raw(records);
      },
    ];
    for (const script of scripts) {
      const port = await listen(scriptedServer(script));
      sentAt = Number.NaN;
      expect(await ask(port)).toEqual({ error: "TlsError", message: "sent too many records that are nearly empty" });
      expect(performance.now() - sentAt).toBeLessThan(2000);
    }
    const answering = await serveScript(async (to) => {
      const text = `HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n${"x".repeat(30_000)}`;
      to.raw(
        bytes(...Array.from(Buffer.from(text), (byte) => to.seal(new Uint8Array([byte]), CONTENT.applicationData))),
      );
    });
    const startedAt = performance.now();
    expect(await ask(answering)).toEqual({
      error: "TlsError",
      message: "sent too many records that are nearly empty",
    });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test("after the handshake, no other message and nothing in the clear is taken", async () => {
    const scripts: Script[] = [
      async (to) => to.send(handshakeMessage(13, vector(1), vector(2))),
      async (to) => to.send(handshakeMessage(20, new Uint8Array(32))),
      async (to) => to.send(handshakeMessage(24, new Uint8Array([2]))),
      async (to) => to.send(Buffer.from("x"), { type: 24 }),
      async (to) => to.raw(plainRecord({ type: CONTENT.alert, content: new Uint8Array([1, 0]) })),
      async (to) => to.raw(plainRecord({ type: CONTENT.changeCipherSpec, content: new Uint8Array([1]) })),
    ];
    for (const script of scripts) {
      expect(await ask(await serveScript(script))).toEqual({ error: "TlsError", message: UNEXPECTED });
    }
  });
});

describe("an answer", () => {
  test("comes whole, however it is sent", async () => {
    const text = "0123456789".repeat(50_000);
    const bodies: Record<string, Listener> = {
      length: (_, response) => response.setHeader("Content-Length", text.length).end(text),
      chunks: (_, response) => {
        for (let at = 0; at < text.length; at += 70_000) response.write(text.slice(at, at + 70_000));
        response.end();
      },
      close: (_, response) => {
        response.useChunkedEncodingByDefault = false;
        response.removeHeader("Transfer-Encoding");
        response.end(text);
      },
      hints: (_, response) => {
        response.writeEarlyHints({ link: "</a>; rel=preload" });
        response.end(text);
      },
    };
    for (const [name, listener] of Object.entries(bodies)) {
      expect({ name, ...(await ask(await serve(server, listener))) }).toEqual({ name, status: 200, body: text });
    }
  });

  test("is that to a request with a body of many records", async () => {
    const text = "é".repeat(100_000);
    const echo: Listener = (request, response) => void request.pipe(response.writeHead(201));
    const port = await serve(server, echo);
    expect(await ask(port, { method: "PATCH", body: text })).toEqual({ status: 201, body: text });
  });

  test("has a limit in size", async () => {
    for (const hasLength of [true, false]) {
      const port = await serve(server, (_, response) => {
        if (hasLength) response.setHeader("Content-Length", 1001);
        response.write("x".repeat(1000));
        response.end("x");
      });
      expect(await ask(port, { maxBytes: 1000 })).toEqual({
        error: "HttpError",
        message: "sent an answer of more than 1000 bytes",
      });
      expect(await ask(port, { maxBytes: 1001 })).toMatchObject({ status: 200 });
    }
  });

  test("has a limit in time, at every point", async () => {
    const listeners: Listener[] = [() => undefined, (_, response) => void response.write("a part")];
    const ports = await Promise.all(listeners.map((listener) => serve(server, listener)));
    ports.push(await listen(createPlainServer(() => undefined)));
    for (const port of ports) {
      expect(await ask(port, { timeoutMs: 300 })).toMatchObject({ error: "TimeoutError" });
    }
  });

  test("that is cut off is none", async () => {
    const cut = await serve(server, (_, response) => {
      response.setHeader("Content-Length", 100);
      response.write("a part");
      setTimeout(() => response.socket?.destroy(), 50);
    });
    expect(await ask(cut)).toMatchObject({ error: expect.stringMatching(/HttpError|Error/) });
    const closed = await listen(createPlainServer((socket) => socket.destroy()));
    expect((await ask(closed)).error).toBeDefined();
  });

  test("does not come from where nobody listens", async () => {
    const listening = createPlainServer();
    await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
    const { port } = listening.address() as AddressInfo;
    await new Promise((done) => listening.close(done));
    expect((await ask(port)).error).toBeDefined();
  });
});
