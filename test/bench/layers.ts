/** Layers of any size that take no memory: a fixed random pattern over and over, then an end that makes them unique. */
import { createHash, randomBytes, type Hash } from "node:crypto";

/** What docker's own client sends as one chunk of a body without length. */
const CHUNK = 32 * 1024;
const CHUNKS_PER_WRITE = 32;
const WRITE = CHUNK * CHUNKS_PER_WRITE;

const pattern = randomBytes(WRITE);
const framedPattern = Buffer.concat(Array.from({ length: CHUNKS_PER_WRITE }, (_, index) => framed(chunkAt(index))));

/** Bytes to send, without their meaning. */
export interface Layer {
  /** Bytes. */
  size: number;
  digest: string;
  /** Pieces of up to 1 MiB. */
  plain: () => Iterable<Buffer>;
  /** The same in HTTP's chunked encoding, in chunks of 32 KiB, with the closing chunk. */
  chunked: () => Iterable<Buffer>;
}

/** Makes a layer that no registry has seen. */
export function newLayer(size: number): Layer {
  const end = randomBytes(Math.min(CHUNK, size));
  const before = size - end.length;
  const whole = Math.floor(before / WRITE);
  const rest = pattern.subarray(0, before % WRITE);
  const digest = `sha256:${prefixHash(before).copy().update(end).digest("hex")}`;
  return {
    size,
    digest,
    *plain() {
      for (let index = 0; index < whole; index += 1) yield pattern;
      yield Buffer.concat([rest, end]);
    },
    *chunked() {
      for (let index = 0; index < whole; index += 1) yield framedPattern;
      const pieces = [];
      for (let at = 0; at < rest.length; at += CHUNK) pieces.push(framed(rest.subarray(at, at + CHUNK)));
      yield Buffer.concat([...pieces, framed(end), Buffer.from("0\r\n\r\n")]);
    },
  };
}

/** A layer that is this text, such as a configuration. */
export function textLayer(text: string): Layer {
  const bytes = Buffer.from(text);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { size: bytes.length, digest, plain: () => [bytes], chunked: () => [framed(bytes), Buffer.from("0\r\n\r\n")] };
}

const prefixes = new Map<number, Hash>();

/** Kept by length: hashing a gigabyte takes a second or more, and all layers of a size begin alike. */
function prefixHash(length: number): Hash {
  const known = prefixes.get(length);
  if (known) return known;
  const hash = createHash("sha256");
  for (let left = length; left > 0; left -= WRITE) hash.update(left < WRITE ? pattern.subarray(0, left) : pattern);
  prefixes.set(length, hash);
  return hash;
}

function chunkAt(index: number): Buffer {
  return pattern.subarray(index * CHUNK, (index + 1) * CHUNK);
}

function framed(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes; // a chunk of no bytes would end the body
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}
