/** The secrets of a TLS 1.3 connection (RFC 8446, 7). */
import { createHash, createHmac } from "node:crypto";

export interface CipherSuite {
  hash: "sha256" | "sha384";
  hashLength: number;
  cipher: "aes-128-gcm" | "aes-256-gcm";
  keyLength: number;
}

/** The suite that every server has to know (RFC 8446, 9.1). */
export const AES_128_GCM_SHA256: CipherSuite = {
  hash: "sha256",
  hashLength: 32,
  cipher: "aes-128-gcm",
  keyLength: 16,
};

/** By their numbers. */
export const CIPHER_SUITES: Readonly<Record<number, CipherSuite>> = {
  0x1301: AES_128_GCM_SHA256,
  0x1302: { hash: "sha384", hashLength: 48, cipher: "aes-256-gcm", keyLength: 32 },
};

/** Secrets of one side and the other. */
export interface Secrets {
  client: Uint8Array;
  server: Uint8Array;
}

/** Both sides' secrets for the handshake, and what those for the data after it are made from. */
export function handshakeSecrets(suite: CipherSuite, shared: Uint8Array, transcript: Uint8Array) {
  const zeros = new Uint8Array(suite.hashLength);
  const early = extract(suite, zeros, zeros);
  const handshake = extract(suite, derive(suite, early, "derived", new Uint8Array()), shared);
  return {
    client: derive(suite, handshake, "c hs traffic", transcript),
    server: derive(suite, handshake, "s hs traffic", transcript),
    master: extract(suite, derive(suite, handshake, "derived", new Uint8Array()), zeros),
  };
}

/** @param transcript all messages up to the server's Finished. */
export function applicationSecrets(suite: CipherSuite, master: Uint8Array, transcript: Uint8Array): Secrets {
  return {
    client: derive(suite, master, "c ap traffic", transcript),
    server: derive(suite, master, "s ap traffic", transcript),
  };
}

/** The secret after a KeyUpdate. */
export function nextSecret(suite: CipherSuite, secret: Uint8Array): Uint8Array {
  return expandLabel(suite, secret, "traffic upd", new Uint8Array(), suite.hashLength);
}

export function trafficKeys(suite: CipherSuite, secret: Uint8Array): { key: Uint8Array; iv: Uint8Array } {
  return {
    key: expandLabel(suite, secret, "key", new Uint8Array(), suite.keyLength),
    iv: expandLabel(suite, secret, "iv", new Uint8Array(), 12),
  };
}

/** What a Finished message says: that its sender saw the same messages and has the secret. */
export function finishedOf(suite: CipherSuite, secret: Uint8Array, transcript: Uint8Array): Uint8Array {
  const key = expandLabel(suite, secret, "finished", new Uint8Array(), suite.hashLength);
  return createHmac(suite.hash, key).update(hashOf(suite, transcript)).digest();
}

export function hashOf({ hash }: CipherSuite, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}

function derive(suite: CipherSuite, secret: Uint8Array, label: string, transcript: Uint8Array): Uint8Array {
  return expandLabel(suite, secret, label, hashOf(suite, transcript), suite.hashLength);
}

/** HKDF-Extract (RFC 5869). */
function extract({ hash }: CipherSuite, salt: Uint8Array, material: Uint8Array): Uint8Array {
  return createHmac(hash, salt).update(material).digest();
}

/** HKDF-Expand-Label (RFC 8446, 7.1). */
function expandLabel(
  { hash }: CipherSuite,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([
    new Uint8Array([length >> 8, length & 0xff, name.length]),
    name,
    new Uint8Array([context.length]),
    context,
  ]);
  let block = Buffer.alloc(0);
  let output = Buffer.alloc(0);
  for (let count = 1; output.length < length; count += 1) {
    block = createHmac(hash, secret)
      .update(block)
      .update(info)
      .update(new Uint8Array([count]))
      .digest();
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, length);
}
