/** What `X509Certificate` does not tell of a certificate, read from its DER (RFC 5280, 4.1). */
import { X509Certificate } from "node:crypto";

/** A certificate with what a chain is checked by. */
export interface Certificate {
  x509: X509Certificate;
  notBefore: Date;
  notAfter: Date;
  /** Of the algorithm that it is signed with. */
  signatureOid: string;
  isCritical: ReadonlyMap<string, boolean>;
  /** Whether it says that it is an authority's; `x509.ca` also asks whether its key may sign certificates. */
  isAuthority: boolean;
  /** How many intermediates may follow; undefined: any number. */
  pathLength: number | undefined;
  /** What its key may do, as bits of {@link KEY_USAGE}; undefined when it does not say: anything. */
  keyUsage: number | undefined;
}

export const BASIC_CONSTRAINTS = "2.5.29.19";
export const KEY_USAGES = "2.5.29.15";

/** The first byte of key usages, of which the others do not matter here (RFC 5280, 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0x80, keyCertSign: 0x04 } as const;

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BOOLEAN = 0x01;
const BIT_STRING = 0x03;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/**
 * Reads a certificate.
 *
 * @throws Error when it is none.
 */
export function readCertificate(der: Uint8Array): Certificate {
  const x509 = new X509Certificate(der);
  const [tbs] = elementsOf(only(elementsOf(x509.raw)).content);
  if (tbs?.tag !== SEQUENCE) throw new Error("the certificate has no content");
  const fields = elementsOf(tbs.content);
  // [0] version, serial number, algorithm of the signature, and what X509Certificate tells.
  const algorithm = fields[fields[0]?.tag === VERSION ? 2 : 1];
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const isCritical = new Map<string, boolean>();
  let constraints: Constraints = { isAuthority: false, pathLength: undefined };
  let keyUsage: number | undefined;
  for (const { content } of extensions ? elementsOf(only(elementsOf(extensions.content)).content) : []) {
    const [id, ...rest] = elementsOf(content);
    const value = rest.at(-1);
    if (!id || !value) throw new Error("an extension of the certificate is damaged");
    const oid = readOid(id.content);
    isCritical.set(oid, rest[0]?.tag === BOOLEAN && rest[0].content[0] !== 0);
    if (oid === BASIC_CONSTRAINTS) constraints = readConstraints(value.content);
    if (oid === KEY_USAGES) keyUsage = readKeyUsage(value.content);
  }
  return {
    x509,
    notBefore: new Date(x509.validFrom),
    notAfter: new Date(x509.validTo),
    signatureOid: readOid(elementsOf(algorithm?.content ?? new Uint8Array())[0]?.content ?? new Uint8Array()),
    isCritical,
    ...constraints,
    keyUsage,
  };
}

type Constraints = Pick<Certificate, "isAuthority" | "pathLength">;

/** Both fields may be missing. */
function readConstraints(value: Uint8Array): Constraints {
  const fields = elementsOf(only(elementsOf(value)).content);
  const authority = fields.find(({ tag }) => tag === BOOLEAN);
  const length = fields.find(({ tag }) => tag === INTEGER);
  return {
    isAuthority: authority !== undefined && authority.content[0] !== 0,
    pathLength: length?.content.reduce((sum, byte) => sum * 256 + byte, 0),
  };
}

/** A bit string: how many bits of its last byte are none, and then the bits. */
function readKeyUsage(value: Uint8Array): number {
  const { tag, content } = only(elementsOf(value));
  if (tag !== BIT_STRING) throw new Error("the key usages of the certificate are damaged");
  return content[1] ?? 0;
}

interface Element {
  tag: number;
  content: Uint8Array;
}

function only(elements: Element[]): Element {
  const [element] = elements;
  if (!element || elements.length > 1) throw new Error("the certificate is damaged");
  return element;
}

/** The elements that follow each other in a piece of DER. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    let start = at + 2;
    if (length > 0x80) {
      const end = start + (length & 0x7f);
      length = bytes.subarray(start, end).reduce((sum, byte) => sum * 256 + byte, 0);
      start = end;
    }
    at = start + length;
    if (at > bytes.length) throw new Error("the certificate is cut off");
    elements.push({ tag, content: bytes.subarray(start, at) });
  }
  return elements;
}

function readOid(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...rest].join(".");
}
