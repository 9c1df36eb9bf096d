/** A TLS 1.3 server that sends what it is told to, in whatever order: what no library does. For one connection each. */
import {
  createPublicKey,
  createPrivateKey,
  constants,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { EXTENSION, MESSAGE } from "../../src/tls/client.ts";
import {
  AES_128_GCM_SHA256,
  applicationSecrets,
  CIPHER_SUITES,
  finishedOf,
  handshakeSecrets,
  hashOf,
  nextSecret,
  type CipherSuite,
} from "../../src/tls/key-schedule.ts";
import { CONTENT, plainRecord, RecordKey, RecordReader } from "../../src/tls/records.ts";
import { signedContent } from "../../src/tls/signature.ts";
import { extension, FieldReader, handshakeMessage, number, readExtensions, vector } from "../../src/tls/wire.ts";
import type { Certified } from "../support/certificates.ts";

const X25519_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

export interface ServerHelloChanges {
  random?: Uint8Array;
  sessionId?: Uint8Array;
  suite?: number;
  group?: number;
  share?: Uint8Array;
  version?: number;
  extensions?: Uint8Array[];
}

/** The server's side of one connection. */
export class ScriptedConnection {
  readonly #socket: Socket;
  readonly #reader = new RecordReader();
  #suite!: CipherSuite;
  #transcript: Uint8Array = new Uint8Array();
  #secrets!: ReturnType<typeof handshakeSecrets>;
  #application!: ReturnType<typeof applicationSecrets>;
  #writing: RecordKey | undefined;
  #reading: RecordKey | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#reader.push(bytes));
  }

  /** The next record of the client's, in the clear; those for middleboxes are left out. */
  async read(): Promise<{ type: number; content: Uint8Array }> {
    for (;;) {
      const next = this.#reader.next();
      if (!next) {
        if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error("the client has gone");
        await new Promise((done) => {
          this.#socket.once("data", done);
          this.#socket.once("close", done);
        });
        continue;
      }
      if (next.record.type === CONTENT.changeCipherSpec) continue;
      const { header, record } = next;
      return record.type === CONTENT.applicationData && this.#reading ? this.#reading.open(header, record) : record;
    }
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Closes the connection without saying so. */
  end(): void {
    this.#socket.end();
  }

  /** A record under the key of the moment, to be sent by {@link raw}. */
  seal(content: Uint8Array, type: number): Uint8Array {
    if (!this.#writing) throw new Error("there is no key yet");
    return this.#writing.seal({ type, content });
  }

  /** Sends handshake messages in one record, under the key of the moment unless told otherwise. */
  send(messages: Uint8Array, options: { isPlain?: boolean; type?: number } = {}): void {
    const { isPlain = false, type = CONTENT.handshake } = options;
    const record = { type, content: messages };
    this.raw(this.#writing && !isPlain ? this.#writing.seal(record) : plainRecord(record));
  }

  note(message: Uint8Array): Uint8Array {
    this.#transcript = Buffer.concat([this.#transcript, message]);
    return message;
  }

  /** Answers the ClientHello, and has keys after that. `trailing` goes into the same record. */
  async hello(changes: ServerHelloChanges = {}, trailing: Uint8Array = new Uint8Array()): Promise<void> {
    const { content } = await this.read();
    this.note(content);
    const body = new FieldReader(content.subarray(4));
    body.bytes(2 + 32);
    const sessionId = body.vector(1);
    body.vector(2);
    body.vector(1);
    const shares = new FieldReader(readExtensions(body.vector(2)).get(EXTENSION.keyShare) ?? new Uint8Array());
    const offered = new Map<number, Uint8Array>();
    for (const list = new FieldReader(shares.vector(2)); !list.isAtEnd;) offered.set(list.number(2), list.vector(2));
    const { privateKey, publicKey } = generateKeyPairSync("x25519");
    const own = publicKey.export({ type: "spki", format: "der" }).subarray(X25519_PREFIX.length);
    const suite = changes.suite ?? 0x1301;
    const message = handshakeMessage(
      MESSAGE.serverHello,
      number(0x0303, 2),
      changes.random ?? randomBytes(32),
      vector(1, changes.sessionId ?? sessionId),
      number(suite, 2),
      number(0, 1),
      vector(
        2,
        extension(EXTENSION.supportedVersions, number(changes.version ?? 0x0304, 2)),
        extension(EXTENSION.keyShare, number(changes.group ?? 0x1d, 2), vector(2, changes.share ?? own)),
        ...(changes.extensions ?? []),
      ),
    );
    this.send(Buffer.concat([this.note(message), trailing]));
    const key = Buffer.concat([X25519_PREFIX, offered.get(0x1d) ?? new Uint8Array()]);
    const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key, type: "spki", format: "der" }) });
    this.#suite = CIPHER_SUITES[suite] ?? AES_128_GCM_SHA256;
    this.#secrets = handshakeSecrets(this.#suite, shared, this.#transcript);
    this.#writing = new RecordKey(this.#suite, this.#secrets.server);
    this.#reading = new RecordKey(this.#suite, this.#secrets.client);
  }

  encryptedExtensions(...extensions: Uint8Array[]): Uint8Array {
    return this.note(handshakeMessage(MESSAGE.encryptedExtensions, vector(2, ...extensions)));
  }

  certificate(certified: Certified): Uint8Array {
    const entry = Buffer.concat([vector(3, new Uint8Array(certified.x509.rawData)), vector(2)]);
    return this.note(handshakeMessage(MESSAGE.certificate, vector(1), vector(3, entry)));
  }

  certificateVerify({ key }: Certified, scheme = 0x0403): Uint8Array {
    const content = signedContent(hashOf(this.#suite, this.#transcript));
    const isPkcs1 = scheme === 0x0401;
    const padding = isPkcs1 ? { padding: constants.RSA_PKCS1_PADDING } : {};
    const signature = sign("sha256", content, { key: createPrivateKey(key), ...padding });
    return this.note(handshakeMessage(MESSAGE.certificateVerify, number(scheme, 2), vector(2, signature)));
  }

  finished(): Uint8Array {
    return this.note(
      handshakeMessage(MESSAGE.finished, finishedOf(this.#suite, this.#secrets.server, this.#transcript)),
    );
  }

  /** Takes the client's Finished, and goes on with the keys for data. */
  async connected(): Promise<void> {
    this.#application = applicationSecrets(this.#suite, this.#secrets.master, this.#transcript);
    this.#writing = new RecordKey(this.#suite, this.#application.server);
    const { type, content } = await this.read();
    if (type !== CONTENT.handshake || content[0] !== MESSAGE.finished) throw new Error("the client did not finish");
    this.#reading = new RecordKey(this.#suite, this.#application.client);
  }

  /** Changes its own key, as its KeyUpdate message has to be sent before. */
  updateWriting(): void {
    this.#application.server = nextSecret(this.#suite, this.#application.server);
    this.#writing = new RecordKey(this.#suite, this.#application.server);
  }

  updateReading(): void {
    this.#application.client = nextSecret(this.#suite, this.#application.client);
    this.#reading = new RecordKey(this.#suite, this.#application.client);
  }
}

/** A server that plays a script with everybody who connects. What fails in a script, the client has caused. */
export function scriptedServer(script: (connection: ScriptedConnection) => Promise<void>): Server {
  return createServer((socket) => {
    socket.on("error", () => undefined);
    script(new ScriptedConnection(socket)).catch(() => undefined);
  });
}
