/**
 * The client's side of a TLS 1.3 connection (RFC 8446), without any network: bytes in, bytes out. A Worker's own TLS
 * cannot be told which authority to trust, and a cluster has its own (docs/decisions/0009).
 *
 * It knows the one order of messages that a server with a certificate sends, and refuses every other: no resumption, no
 * early data, no client certificates, no earlier version, and no HelloRetryRequest, since it offers both groups at once.
 */
import { isIP } from "node:net";
import { randomBytes, timingSafeEqual, type X509Certificate } from "node:crypto";
import { reason } from "../kernel/reasons.ts";
import { ByteQueue } from "../kernel/bytes.ts";
import type { Certificate } from "./certificate.ts";
import { CertificateRefused, verifyChain } from "./chain.ts";
import { TlsError } from "./errors.ts";
import { type KeyExchange, newKeyExchanges, type PrivateKeys } from "./key-exchange.ts";
import {
  applicationSecrets,
  CIPHER_SUITES,
  type CipherSuite,
  finishedOf,
  handshakeSecrets,
  hashOf,
  nextSecret,
  type Secrets,
} from "./key-schedule.ts";
import { CONTENT, MAX_CONTENT_LENGTH, plainRecord, RecordKey, RecordReader, type TlsRecord } from "./records.ts";
import { OFFERED_SCHEMES, signedContent, verifySignature } from "./signature.ts";
import { extension, FieldReader, handshakeMessage, number, readExtensions, vector } from "./wire.ts";

/** Handshake messages. */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
} as const;

export const EXTENSION = {
  serverName: 0,
  supportedGroups: 10,
  signatureAlgorithms: 13,
  supportedVersions: 43,
  keyShare: 51,
} as const;

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
const MAX_MESSAGE_LENGTH = 65_536;
const CHANGE_CIPHER_SPEC = plainRecord({ type: CONTENT.changeCipherSpec, content: new Uint8Array([1]) });
/** The random of a ServerHello that is a HelloRetryRequest. */
const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/** Alerts that servers refuse a client with (RFC 8446, 6). */
const ALERTS: Readonly<Record<number, string>> = {
  40: "handshake_failure",
  47: "illegal_parameter",
  50: "decode_error",
  51: "decrypt_error",
  70: "protocol_version: it does not speak TLS 1.3",
  80: "internal_error",
  112: "unrecognized_name",
  116: "certificate_required",
};

export interface TlsClientOptions {
  /** A name, or an address without brackets. */
  host: string;
  /** What the server's certificate has to be signed by. */
  authorities: readonly Certificate[];
  now?: () => Date;
  /** What is random of a connection, as a recorded one had it; default new. */
  recorded?: Randomness;
}

/** What is random of a connection. */
export interface Randomness {
  random: Uint8Array;
  sessionId: Uint8Array;
  keys: PrivateKeys;
}

/** What came of bytes from the server. */
export interface Received {
  /** To be sent to it. */
  send: Uint8Array[];
  /** What it said. */
  data: Uint8Array[];
}

/** What is expected next. */
type State =
  | "serverHello"
  | "encryptedExtensions"
  | "certificateOrRequest"
  | "certificate"
  | "certificateVerify"
  | "finished"
  | "connected"
  | "closed";

export class TlsClient {
  readonly #options: TlsClientOptions;
  readonly #exchanges: readonly KeyExchange[];
  readonly #random: Uint8Array;
  readonly #sessionId: Uint8Array;
  readonly #records = new RecordReader();
  #state: State = "serverHello";
  /** All messages of the handshake so far. */
  #transcript: Uint8Array = new Uint8Array();
  /** A message that is not complete. */
  readonly #message = new ByteQueue();
  #suite!: CipherSuite;
  #handshake!: Secrets & { master: Uint8Array };
  #application!: Secrets;
  #reading: RecordKey | undefined;
  #writing: RecordKey | undefined;
  #server: X509Certificate | undefined;
  #hasRequest = false;

  constructor(options: TlsClientOptions) {
    const { recorded } = options;
    this.#options = options;
    this.#exchanges = newKeyExchanges(recorded?.keys);
    this.#random = recorded?.random ?? randomBytes(32);
    this.#sessionId = recorded?.sessionId ?? randomBytes(32);
  }

  /** Whether the server has proved who it is, and data may be sent. */
  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** Whether the server has said that nothing more comes. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** What to send first. */
  start(): Uint8Array {
    const hello = this.#clientHello();
    this.#transcript = hello;
    return plainRecord({ type: CONTENT.handshake, content: hello }, 0x0301);
  }

  /**
   * Takes bytes from the server. After it threw, the connection is to be closed.
   *
   * @throws TlsError, CertificateRefused
   */
  async receive(bytes: Uint8Array): Promise<Received> {
    const received: Received = { send: [], data: [] };
    this.#records.push(bytes);
    while (!this.isClosed) {
      const next = this.#records.next();
      if (!next) break;
      const record = this.#open(next.header, next.record);
      if (record) await this.#process(record, received);
    }
    return received;
  }

  /** What to send for data to arrive. */
  seal(data: Uint8Array): Uint8Array {
    const key = this.#writing;
    if (!this.isConnected || !key) throw new Error("there is no connection yet");
    const records: Uint8Array[] = [];
    for (let start = 0; start < data.length; start += MAX_CONTENT_LENGTH) {
      records.push(
        key.seal({ type: CONTENT.applicationData, content: data.subarray(start, start + MAX_CONTENT_LENGTH) }),
      );
    }
    return Buffer.concat(records);
  }

  #clientHello(): Uint8Array {
    const { host } = this.#options;
    const names = isIP(host) === 0 ? [extension(EXTENSION.serverName, serverName(host.replace(/\.$/, "")))] : [];
    const shares = this.#exchanges.map(({ group, share }) => Buffer.concat([number(group, 2), vector(2, share)]));
    return handshakeMessage(
      MESSAGE.clientHello,
      number(TLS_1_2, 2),
      this.#random,
      vector(1, this.#sessionId),
      vector(2, ...numbers(Object.keys(CIPHER_SUITES).map(Number))),
      vector(1, new Uint8Array([0])),
      vector(
        2,
        ...names,
        extension(EXTENSION.supportedVersions, vector(1, number(TLS_1_3, 2))),
        extension(EXTENSION.supportedGroups, vector(2, ...numbers(this.#exchanges.map(({ group }) => group)))),
        extension(EXTENSION.signatureAlgorithms, vector(2, ...numbers(OFFERED_SCHEMES))),
        extension(EXTENSION.keyShare, vector(2, ...shares)),
      ),
    );
  }

  /** What is in a record; undefined for one that is there for old middleboxes only (RFC 8446, D.4). */
  #open(header: Uint8Array, record: TlsRecord): TlsRecord | undefined {
    const { type, content } = record;
    if (type === CONTENT.changeCipherSpec) {
      const isExpected = this.#state !== "connected" && content.length === 1 && content[0] === 1;
      if (isExpected) return undefined;
      throw unexpected();
    }
    // A server that cannot go on before there are keys says so in the clear; that nobody else says it, we cannot know.
    if (!this.#reading || (type === CONTENT.alert && !this.isConnected)) {
      if (type === CONTENT.applicationData) throw unexpected();
      return record;
    }
    if (type !== CONTENT.applicationData) throw unexpected();
    return this.#reading.open(header, record);
  }

  async #process({ type, content }: TlsRecord, received: Received): Promise<void> {
    if (type !== CONTENT.handshake && this.#message.length > 0) throw unexpected();
    if (type === CONTENT.alert) this.#processAlert(content);
    else if (type === CONTENT.applicationData && this.isConnected) received.data.push(content);
    else if (type === CONTENT.handshake && content.length > 0) await this.#processMessages(content, received);
    else throw unexpected();
  }

  #processAlert(content: Uint8Array): void {
    const [, description = 0] = content;
    if (content.length !== 2) throw unexpected();
    if (description === 0 && this.isConnected) this.#state = "closed";
    else throw new TlsError(reason("TLS_ALERT", { alert: ALERTS[description] ?? description }));
  }

  async #processMessages(content: Uint8Array, received: Received): Promise<void> {
    this.#message.push(content);
    while (this.#message.length >= 4) {
      const reader = new FieldReader(this.#message.peek());
      const type = reader.number(1);
      const length = reader.number(3);
      if (length > MAX_MESSAGE_LENGTH) throw new TlsError("sent a message that is too long");
      if (this.#message.length < 4 + length) return;
      const message = this.#message.take(4 + length);
      await this.#processMessage(type, message, new FieldReader(message.subarray(4)), received);
    }
  }

  async #processMessage(type: number, message: Uint8Array, body: FieldReader, received: Received): Promise<void> {
    const before = this.#transcript;
    if (!this.isConnected) this.#transcript = Buffer.concat([before, message]);
    switch (this.#state) {
      case "serverHello":
        require(type, MESSAGE.serverHello);
        this.#processServerHello(body);
        return;
      case "encryptedExtensions":
        require(type, MESSAGE.encryptedExtensions);
        processEncryptedExtensions(body);
        this.#state = "certificateOrRequest";
        return;
      case "certificateOrRequest":
        if (type === MESSAGE.certificateRequest) this.#processCertificateRequest(body);
        else this.#processCertificate(type, body);
        return;
      case "certificate":
        this.#processCertificate(type, body);
        return;
      case "certificateVerify":
        require(type, MESSAGE.certificateVerify);
        await this.#processCertificateVerify(body, before);
        return;
      case "finished":
        require(type, MESSAGE.finished);
        this.#processFinished(message.subarray(4), before, received);
        return;
      case "connected":
        // Tickets are for resumption, which there is none of.
        if (type !== MESSAGE.newSessionTicket) this.#processKeyUpdate(type, body, received);
        return;
      case "closed":
        throw unexpected();
    }
  }

  #processServerHello(body: FieldReader): void {
    const version = body.number(2);
    const random = Buffer.from(body.bytes(32)).toString("hex");
    const sessionId = body.vector(1);
    const suite = CIPHER_SUITES[body.number(2)];
    const compression = body.number(1);
    const extensions = body.isAtEnd ? new Map<number, Uint8Array>() : readExtensions(body.vector(2));
    body.end();
    if (random === RETRY_RANDOM) throw new TlsError(reason("TLS_KEY_EXCHANGE"));
    const selected = extensions.get(EXTENSION.supportedVersions);
    if (version !== TLS_1_2 || !selected || new FieldReader(selected).number(2) !== TLS_1_3) {
      throw new TlsError(reason("TLS_TOO_OLD"));
    }
    if (!suite || compression !== 0 || !Buffer.from(sessionId).equals(this.#sessionId)) throw notOffered();
    if ([...extensions.keys()].some((type) => type !== EXTENSION.supportedVersions && type !== EXTENSION.keyShare)) {
      throw notOffered();
    }
    const share = new FieldReader(extensions.get(EXTENSION.keyShare) ?? new Uint8Array());
    const group = share.number(2);
    const exchange = this.#exchanges.find((one) => one.group === group);
    if (!exchange) throw notOffered();
    const shared = exchange.agree(share.vector(2));
    share.end();
    this.#requireBoundary();
    this.#suite = suite;
    this.#handshake = handshakeSecrets(suite, shared, this.#transcript);
    this.#reading = new RecordKey(suite, this.#handshake.server);
    this.#state = "encryptedExtensions";
  }

  #processCertificateRequest(body: FieldReader): void {
    if (body.vector(1).length > 0) throw unexpected();
    readExtensions(body.vector(2));
    body.end();
    this.#hasRequest = true;
    this.#state = "certificate";
  }

  #processCertificate(type: number, body: FieldReader): void {
    require(type, MESSAGE.certificate);
    if (body.vector(1).length > 0) throw unexpected();
    const list = new FieldReader(body.vector(3));
    body.end();
    const chain: Uint8Array[] = [];
    while (!list.isAtEnd) {
      chain.push(list.vector(3));
      // None was asked for.
      if (list.vector(2).length > 0) throw notOffered();
    }
    const { host, authorities, now = () => new Date() } = this.#options;
    if (chain.length === 0) throw new CertificateRefused(reason("CERTIFICATE_MISSING"));
    this.#server = verifyChain(chain, authorities, host, now()).x509;
    this.#state = "certificateVerify";
  }

  async #processCertificateVerify(body: FieldReader, before: Uint8Array): Promise<void> {
    const scheme = body.number(2);
    const signature = body.vector(2);
    body.end();
    if (!this.#server) throw unexpected();
    await verifySignature(this.#server, scheme, signedContent(hashOf(this.#suite, before)), signature);
    this.#state = "finished";
  }

  #processFinished(said: Uint8Array, before: Uint8Array, received: Received): void {
    const suite = this.#suite;
    const right = finishedOf(suite, this.#handshake.server, before);
    if (said.length !== right.length || !timingSafeEqual(said, right)) {
      throw new TlsError("saw another handshake than this one");
    }
    this.#requireBoundary();
    this.#application = applicationSecrets(suite, this.#handshake.master, this.#transcript);
    this.#reading = new RecordKey(suite, this.#application.server);
    const key = new RecordKey(suite, this.#handshake.client);
    received.send.push(CHANGE_CIPHER_SPEC);
    const send = (content: Uint8Array) => {
      this.#transcript = Buffer.concat([this.#transcript, content]);
      received.send.push(key.seal({ type: CONTENT.handshake, content }));
    };
    // We have none, which an API server that also knows tokens accepts.
    if (this.#hasRequest) send(handshakeMessage(MESSAGE.certificate, vector(1), vector(3)));
    send(handshakeMessage(MESSAGE.finished, finishedOf(suite, this.#handshake.client, this.#transcript)));
    this.#writing = new RecordKey(suite, this.#application.client);
    this.#transcript = new Uint8Array();
    this.#state = "connected";
  }

  #processKeyUpdate(type: number, body: FieldReader, received: Received): void {
    require(type, MESSAGE.keyUpdate);
    const isRequested = body.number(1);
    body.end();
    if (isRequested > 1) throw unexpected();
    this.#requireBoundary();
    const { client, server } = this.#application;
    this.#application = { client, server: nextSecret(this.#suite, server) };
    this.#reading = new RecordKey(this.#suite, this.#application.server);
    if (isRequested === 0 || !this.#writing) return;
    const answer = handshakeMessage(MESSAGE.keyUpdate, new Uint8Array([0]));
    received.send.push(this.#writing.seal({ type: CONTENT.handshake, content: answer }));
    this.#application.client = nextSecret(this.#suite, client);
    this.#writing = new RecordKey(this.#suite, this.#application.client);
  }

  /** A change of keys comes between messages, never within a record (RFC 8446, 5.1). */
  #requireBoundary(): void {
    if (this.#message.length > 0) throw unexpected();
  }
}

/** Only what was asked for may be answered. */
function processEncryptedExtensions(body: FieldReader): void {
  const extensions = readExtensions(body.vector(2));
  body.end();
  for (const type of extensions.keys()) {
    if (type !== EXTENSION.serverName && type !== EXTENSION.supportedGroups) throw notOffered();
  }
}

function numbers(values: readonly number[]): Uint8Array[] {
  return values.map((value) => number(value, 2));
}

function serverName(host: string): Uint8Array {
  return vector(2, number(0, 1), vector(2, Buffer.from(host)));
}

function require(type: number, expected: number): void {
  if (type !== expected) throw unexpected();
}

function unexpected(): TlsError {
  return new TlsError("sent what TLS 1.3 does not allow at this point");
}

function notOffered(): TlsError {
  return new TlsError(reason("TLS_UNOFFERED"));
}
