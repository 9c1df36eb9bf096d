/** Reading and writing the fields of TLS messages (RFC 8446, 3). */
import { TlsError } from "./errors.ts";

/** Reads fields one after the other; the message must not end before, and {@link FieldReader.end} says not after. */
export class FieldReader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  get isAtEnd(): boolean {
    return this.#rest.length === 0;
  }

  bytes(length: number): Uint8Array {
    if (this.#rest.length < length) throw new TlsError("sent a message that is cut off");
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  number(length: 1 | 2 | 3): number {
    return this.bytes(length).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** A field with its length before it. */
  vector(lengthBytes: 1 | 2 | 3): Uint8Array {
    return this.bytes(this.number(lengthBytes));
  }

  end(): void {
    if (!this.isAtEnd) throw new TlsError("sent a message that is too long");
  }
}

export function number(value: number, length: 1 | 2 | 3): Uint8Array {
  return new Uint8Array([value >> 16, value >> 8, value].slice(3 - length));
}

/** A field with its length before it. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length, lengthBytes), content]);
}

export function handshakeMessage(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([number(type, 1), vector(3, ...parts)]);
}

export function extension(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([number(type, 2), vector(2, ...parts)]);
}

/** @throws TlsError when one comes twice. */
export function readExtensions(bytes: Uint8Array): Map<number, Uint8Array> {
  const extensions = new Map<number, Uint8Array>();
  for (const reader = new FieldReader(bytes); !reader.isAtEnd;) {
    const type = reader.number(2);
    if (extensions.has(type)) throw new TlsError("sent an extension twice");
    extensions.set(type, reader.vector(2));
  }
  return extensions;
}
