/** TLS records: pieces of the stream, in the clear or under a key (RFC 8446, 5). */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { reason } from "../kernel/reasons.ts";
import { ByteQueue } from "../kernel/bytes.ts";
import { TlsError } from "./errors.ts";
import { type CipherSuite, trafficKeys } from "./key-schedule.ts";

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export interface TlsRecord {
  type: number;
  content: Uint8Array;
}

const HEADER_LENGTH = 5;
export const MAX_CONTENT_LENGTH = 16_384;
const MAX_RECORD_LENGTH = MAX_CONTENT_LENGTH + 256;
const TAG_LENGTH = 16;

/**
 * To open a record takes as long as to decrypt some hundred bytes, whatever it holds. A server that sends a byte in each would
 * keep an isolate busy for seconds; one that has to write its handshake in the smallest pieces is still understood.
 */
const SMALL_RECORD_LENGTH = 64;
const MAX_SMALL_RECORDS = 4096;

/** Cuts what arrives into records. */
export class RecordReader {
  readonly #bytes = new ByteQueue();
  #small = 0;

  push(bytes: Uint8Array): void {
    this.#bytes.push(bytes);
  }

  /**
   * The next record as it was sent, with its header; undefined until all of it is here.
   *
   * @throws TlsError when it is longer than any may be, or one too many that holds next to nothing.
   */
  next(): { header: Uint8Array; record: TlsRecord } | undefined {
    if (this.#bytes.length < HEADER_LENGTH) return undefined;
    const [type = 0, major, , high = 0, low = 0] = this.#bytes.peek();
    const length = high * 256 + low;
    if (major !== 3 || type < CONTENT.changeCipherSpec || type > CONTENT.applicationData) {
      throw new TlsError(reason("TLS_ABSENT"));
    }
    if (length > MAX_RECORD_LENGTH) throw new TlsError("sent a record that is too long");
    if (this.#bytes.length < HEADER_LENGTH + length) return undefined;
    if (length < SMALL_RECORD_LENGTH) this.#small += 1;
    if (this.#small > MAX_SMALL_RECORDS) throw new TlsError("sent too many records that are nearly empty");
    const header = this.#bytes.take(HEADER_LENGTH);
    return { header, record: { type, content: this.#bytes.take(length) } };
  }
}

/** A record in the clear. */
export function plainRecord({ type, content }: TlsRecord, version = 0x0303): Uint8Array {
  return Buffer.concat([headerOf(type, content.length, version), content]);
}

/** Encrypts or decrypts one direction of a connection. */
export class RecordKey {
  readonly #suite: CipherSuite;
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #count = 0;

  constructor(suite: CipherSuite, secret: Uint8Array) {
    this.#suite = suite;
    const { key, iv } = trafficKeys(suite, secret);
    this.#key = key;
    this.#iv = iv;
  }

  seal({ type, content }: TlsRecord): Uint8Array {
    const header = headerOf(CONTENT.applicationData, content.length + 1 + TAG_LENGTH, 0x0303);
    const cipher = createCipheriv(this.#suite.cipher, this.#key, this.#nonce());
    cipher.setAAD(header);
    const sealed = [cipher.update(content), cipher.update(new Uint8Array([type])), cipher.final()];
    return Buffer.concat([header, ...sealed, cipher.getAuthTag()]);
  }

  /** @throws TlsError when it was not sealed with this key, as the next record, by the other side. */
  open(header: Uint8Array, { content }: TlsRecord): TlsRecord {
    if (content.length <= TAG_LENGTH) throw new TlsError("sent a record that is too short");
    const decipher = createDecipheriv(this.#suite.cipher, this.#key, this.#nonce());
    decipher.setAAD(header);
    decipher.setAuthTag(content.subarray(-TAG_LENGTH));
    let plain: Uint8Array;
    try {
      plain = Buffer.concat([decipher.update(content.subarray(0, -TAG_LENGTH)), decipher.final()]);
    } catch (cause) {
      throw new TlsError("sent a record that cannot be decrypted", { cause });
    }
    // The content, its type, and zeros to hide the length.
    const end = plain.findLastIndex((byte) => byte !== 0);
    if (end < 0) throw new TlsError("sent a record without a type");
    if (end > MAX_CONTENT_LENGTH) throw new TlsError("sent a record that is too long");
    return { type: plain[end] ?? 0, content: plain.subarray(0, end) };
  }

  /** No connection of ours comes near the number of records that one key is good for. */
  #nonce(): Uint8Array {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#count) >>> 0, 8);
    this.#count += 1;
    if (this.#count >= 2 ** 24) throw new TlsError("sent more than a connection can carry");
    return nonce;
  }
}

function headerOf(type: number, length: number, version: number): Uint8Array {
  return new Uint8Array([type, version >> 8, version & 0xff, length >> 8, length & 0xff]);
}
