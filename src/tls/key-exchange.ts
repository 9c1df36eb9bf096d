/** Agreeing on a secret with keys of this connection alone (RFC 8446, 4.2.8). */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
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

/** Private keys of our own, as a recorded connection had them. */
export interface PrivateKeys {
  /** PKCS #8. */
  x25519: Uint8Array;
  p256: Uint8Array;
}

/**
 * One for each group that servers know: with both, no server has to ask for another.
 *
 * @param keys of a recorded connection; default new ones.
 */
export function newKeyExchanges(keys?: PrivateKeys): KeyExchange[] {
  return [newX25519(keys?.x25519), newP256(keys?.p256)];
}

function newX25519(given: Uint8Array | undefined): KeyExchange {
  const privateKey = given
    ? createPrivateKey({ key: Buffer.from(given), format: "der", type: "pkcs8" })
    : generateKeyPairSync("x25519").privateKey;
  const share = createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(X25519_PREFIX.length);
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

function newP256(given: Uint8Array | undefined): KeyExchange {
  const exchange = createECDH("prime256v1");
  if (given) exchange.setPrivateKey(given);
  else exchange.generateKeys();
  const share = exchange.getPublicKey();
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
