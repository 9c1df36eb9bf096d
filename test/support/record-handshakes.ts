/**
 * Records what real servers say in TLS 1.3 to our client, for `test/workerd/tls-handshakes.test.ts`, into the file
 * `handshakes.json` beside this one: `node test/support/record-handshakes.ts`, where `openssl` is installed. All with P-256: under
 * Vitest, workerd's `diffieHellman` fails for X25519, which `test/triggers/private-tls.test.ts` has without it.
 */
import { spawn } from "node:child_process";
import { createECDH, generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type TlsOptions } from "node:tls";
import { KeyUsageFlags } from "@peculiar/x509";
import { TlsClient } from "../../src/tls/client.ts";
import { readCertificate } from "../../src/tls/certificate.ts";
import { type Certified, makeCertificate } from "./certificates.ts";
import { makeTemporaryDirectory, removeDirectory } from "./server.ts";

/** One connection; bytes are in base64. */
export interface Recording {
  name: string;
  /** ISO 8601: when it was, for the certificates have a time. */
  now: string;
  /** Of the authority that is given to the client, in DER. */
  authority: string;
  random: string;
  sessionId: string;
  x25519: string;
  p256: string;
  /** All that the server sent. */
  server: string;
  /** What it said after the handshake; null: it is refused in the handshake. */
  data: string | null;
}

const GREETING = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

async function record(name: string, port: number, authority: Certified): Promise<Recording> {
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  const { privateKey } = generateKeyPairSync("x25519");
  const recorded = {
    random: randomBytes(32),
    sessionId: randomBytes(32),
    keys: {
      x25519: privateKey.export({ type: "pkcs8", format: "der" }),
      // Without the zeros that it may begin with.
      p256: Buffer.from(ecdh.getPrivateKey("hex").padStart(64, "0"), "hex"),
    },
  };
  const der = Buffer.from(authority.x509.rawData);
  const tls = new TlsClient({ host: "127.0.0.1", authorities: [readCertificate(der)], recorded });
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const received: Buffer[] = [];
  const data: Uint8Array[] = [];
  let isRefused = false;
  let isAsked = false;
  socket.write(tls.start());
  for await (const bytes of socket) {
    received.push(bytes as Buffer);
    if (isRefused) continue;
    try {
      const { send, data: said } = await tls.receive(bytes as Buffer);
      for (const reply of send) socket.write(reply);
      data.push(...said);
      if (tls.isConnected && !isAsked) socket.write(tls.seal(Buffer.from("GET / HTTP/1.0\r\n\r\n")));
      isAsked ||= tls.isConnected;
      if (tls.isClosed) break;
    } catch (error) {
      console.log(`${name}: ${String(error)}`);
      isRefused = true;
      socket.end();
    }
  }
  socket.destroy();
  return {
    name,
    now: new Date().toISOString(),
    authority: der.toString("base64"),
    random: recorded.random.toString("base64"),
    sessionId: recorded.sessionId.toString("base64"),
    x25519: recorded.keys.x25519.toString("base64"),
    p256: recorded.keys.p256.toString("base64"),
    server: Buffer.concat(received).toString("base64"),
    data: isRefused ? null : Buffer.concat(data).toString("base64"),
  };
}

/** A connection to Node's server. */
async function ofNode(
  name: string,
  { certificate, key }: Pick<Certified, "certificate" | "key">,
  authority: Certified,
  options: TlsOptions = {},
): Promise<Recording> {
  const server = createServer(
    { cert: certificate, key, minVersion: "TLSv1.3", ecdhCurve: "P-256", ...options },
    (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.end(GREETING));
    },
  );
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await record(name, (server.address() as AddressInfo).port, authority);
  } finally {
    server.close();
  }
}

/** A connection to `openssl s_server`. */
async function ofOpenssl(name: string, { certificate, key }: Certified, authority: Certified): Promise<Recording> {
  const folder = makeTemporaryDirectory();
  const port = 40_000 + Math.floor(Math.random() * 20_000);
  writeFileSync(join(folder, "cert.pem"), certificate);
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
  const files = ["-cert", join(folder, "cert.pem"), "-key", join(folder, "key.pem")];
  const server = spawn("openssl", [
    "s_server",
    "-accept",
    `127.0.0.1:${port}`,
    ...files,
    "-www",
    "-tls1_3",
    "-groups",
    "P-256",
  ]);
  try {
    await sleep(1000);
    return await record(name, port, authority);
  } finally {
    server.kill();
    removeDirectory(folder);
  }
}

const authority = await makeCertificate({ name: "authority", isAuthority: true });
const other = await makeCertificate({ name: "authority", isAuthority: true });
const names = [{ type: "ip", value: "127.0.0.1" }] as const;
const server = await makeCertificate({ name: "server", issuer: authority });
const ofRsa = await makeCertificate({ name: "server", issuer: authority, algorithm: "RSA" });
const ofEd25519 = await makeCertificate({ name: "server", issuer: authority, algorithm: "Ed25519" });
const intermediate = await makeCertificate({ name: "intermediate", isAuthority: true, issuer: authority });
const below = await makeCertificate({ name: "server", issuer: intermediate });
const chain = { certificate: below.certificate + intermediate.certificate, key: below.key };
const signing = { isAuthority: true, issuer: authority, names, usages: [KeyUsageFlags.digitalSignature] };
const asAuthority = await makeCertificate({ name: "authority as a server", ...signing });
const encrypting = { issuer: authority, usages: [KeyUsageFlags.keyEncipherment] };
const forEncryption = await makeCertificate({ name: "server", ...encrypting });

const aes128 = { ciphers: "TLS_AES_128_GCM_SHA256" };
const aes256 = { ciphers: "TLS_AES_256_GCM_SHA384" };
const recordings = [
  await ofNode("P-256, AES-128", server, authority, aes128),
  await ofNode("RSA, AES-256", ofRsa, authority, aes256),
  await ofNode("Ed25519, AES-128", ofEd25519, authority, aes128),
  await ofNode("an intermediate", chain, authority, aes256),
  await ofNode("a wish for a client's certificate", server, authority, {
    requestCert: true,
    rejectUnauthorized: false,
    ca: authority.certificate,
  }),
  await ofOpenssl("openssl s_server", server, authority),
  await ofNode("another authority of the same name", server, other),
  await ofNode("an authority's certificate", asAuthority, authority),
  await ofNode("a key that may not sign", forEncryption, authority),
];
writeFileSync(join(import.meta.dirname, "handshakes.json"), `${JSON.stringify(recordings, undefined, 2)}\n`);
