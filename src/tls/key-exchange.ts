/** Agreeing on a secret with keys of this connection alone (RFC 8446, 4.2.8). */
import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
import { TlsError } from "./errors.ts";

export interface KeyExchange {
  group: number;
  /** What the other side is told. */
  share: Uint8Array;
  /** @throws TlsError when what it told cannot be a share. */
  agree: (share: Uint8Array) => Uint8Array;
}

/** What comes before the 32 bytes of an X25519 key in DER. */
const X25519_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** One for each group that servers know: with both, no server has to ask for another. */
export function newKeyExchanges(): KeyExchange[] {
  return [newX25519(), newP256()];
}

function newX25519(): KeyExchange {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const share = publicKey.export({ type: "spki", format: "der" }).subarray(X25519_PREFIX.length);
  const agree = guarded((other) => {
    const key = Buffer.concat([X25519_PREFIX, other]);
    const secret = diffieHellman({
      privateKey,
      publicKey: createPublicKey({ key, type: "spki", format: "der" }),
    });
    // A share of small order makes a secret that everybody knows (RFC 7748, 6.1).
    if (secret.every((byte) => byte === 0)) throw new Error("the share is of small order");
    return secret;
  });
  return { group: 0x001d, share, agree };
}

function newP256(): KeyExchange {
  const exchange = createECDH("prime256v1");
  const share = exchange.generateKeys();
  const agree = guarded((other) => {
    if (other.length !== 65 || other[0] !== 4) throw new Error("the share is not an uncompressed point");
    return exchange.computeSecret(other);
  });
  return { group: 0x0017, share, agree };
}

function guarded(agree: (share: Uint8Array) => Uint8Array): KeyExchange["agree"] {
  return (share) => {
    try {
      return agree(share);
    } catch (cause) {
      throw new TlsError("sent a key share that is not valid", { cause });
    }
  };
}
