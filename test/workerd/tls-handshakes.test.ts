/**
 * What real servers said to our TLS client, recorded by `test/support/record-handshakes.ts`, and what comes of it when it is
 * changed on the way, or by a server that has the keys: a seed repeats every change.
 */
import { describe, it } from "vitest";
import { concatenate, toHex } from "../../src/kernel/bytes.ts";
import { readCertificate } from "../../src/tls/certificate.ts";
import { CertificateRefused } from "../../src/tls/chain.ts";
import { type Randomness, TlsClient } from "../../src/tls/client.ts";
import { TlsError } from "../../src/tls/errors.ts";
import { newKeyExchanges } from "../../src/tls/key-exchange.ts";
import { CIPHER_SUITES, handshakeSecrets } from "../../src/tls/key-schedule.ts";
import { CONTENT, plainRecord, RecordKey, RecordReader, type TlsRecord } from "../../src/tls/records.ts";
import { FieldReader, readExtensions } from "../../src/tls/wire.ts";
import HANDSHAKES from "../support/handshakes.json";
import { type Random, randomFrom } from "../support/random.ts";

type Recording = (typeof HANDSHAKES)[number];

const SEED = 20_261_129;
const CHANGES = 150;
const KEY_SHARE = 51;
const FINISHED = 20;

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

function randomnessOf({ random, sessionId, x25519, p256 }: Recording): Randomness {
  return {
    random: bytesOf(random),
    sessionId: bytesOf(sessionId),
    keys: { x25519: bytesOf(x25519), p256: bytesOf(p256) },
  };
}

function clientFor(recording: Recording): TlsClient {
  return new TlsClient({
    host: "127.0.0.1",
    authorities: [readCertificate(bytesOf(recording.authority))],
    now: () => new Date(recording.now),
    recorded: randomnessOf(recording),
  });
}

interface Outcome {
  error: Error | undefined;
  /** Whether the server was believed. */
  isBelieved: boolean;
  isClosed: boolean;
  data: Uint8Array;
}

/** Plays bytes to a client, in pieces of random sizes, until it has enough of them. */
async function play(recording: Recording, bytes: Uint8Array, { below }: Random): Promise<Outcome> {
  const tls = clientFor(recording);
  tls.start();
  const data: Uint8Array[] = [];
  let isBelieved = false;
  let error: Error | undefined;
  try {
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + below(600);
      const received = await tls.receive(bytes.subarray(at, end));
      isBelieved ||= tls.isConnected || tls.isClosed;
      data.push(...received.data);
      at = end;
    }
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error("something was thrown that is no error", { cause: thrown });
  }
  return { error, isBelieved, isClosed: tls.isClosed, data: concatenate(data) };
}

/** @throws Error when something else came out than what the client says of a server. */
function requireClean({ error }: Outcome, what: string): void {
  if (error === undefined || error instanceof TlsError || error instanceof CertificateRefused) return;
  throw new Error(`${what}: ${error.name}: ${error.message}`, { cause: error });
}

function recordsOf(bytes: Uint8Array): { header: Uint8Array; record: TlsRecord }[] {
  const reader = new RecordReader();
  reader.push(bytes);
  const records = [];
  for (let next = reader.next(); next; next = reader.next()) records.push(next);
  return records;
}

/** Changes some bytes, never into what they were. */
function damage(bytes: Uint8Array, { below, pick }: Random): Uint8Array {
  const at = below(bytes.length);
  const changed = bytes.slice();
  const noise = Uint8Array.from({ length: 1 + below(20) }, () => below(256));
  switch (pick(["bit", "byte", "cut", "longer", "hole", "filled"])) {
    case "bit":
      changed[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      return changed;
    case "byte":
      changed[at] = ((bytes[at] ?? 0) + 1 + below(255)) % 256;
      return changed;
    case "cut":
      return bytes.slice(0, at);
    case "longer":
      return concatenate([bytes, noise]);
    case "hole":
      return concatenate([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))]);
    default:
      return concatenate([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  }
}

/** Changes one entry of a list, or its place; lists of one cannot change places. */
function disturb<T>(list: readonly T[], at: number, change: (entry: T) => T, { pick }: Random): T[] {
  const entry = list[at];
  if (entry === undefined) throw new Error("there is no such entry");
  switch (pick(["changed", "changed", "changed", "missing", "twice", "early"])) {
    case "missing":
      return list.toSpliced(at, 1);
    case "twice":
      return list.toSpliced(at, 0, entry);
    case "early":
      if (at > 0) return list.toSpliced(at, 1).toSpliced(at - 1, 0, entry);
      return list.toSpliced(at, 1, change(entry));
    default:
      return list.toSpliced(at, 1, change(entry));
  }
}

describe.for(HANDSHAKES)("the handshake with $name", (recording) => {
  const records = recordsOf(bytesOf(recording.server));
  const said = recording.data === null ? undefined : bytesOf(recording.data);

  it("is believed or refused as it should be, whatever pieces it comes in", async ({ expect }) => {
    for (const seed of [1, 2, 3]) {
      const outcome = await play(recording, bytesOf(recording.server), randomFrom(seed));
      if (said) expect(outcome).toEqual({ error: undefined, isBelieved: true, isClosed: true, data: said });
      else expect(outcome).toMatchObject({ error: expect.any(CertificateRefused), isBelieved: false });
    }
  });

  /** The records that lead to a connection, of which those for old middleboxes may come and go. */
  const kept = records.filter(({ record }) => record.type !== CONTENT.changeCipherSpec);
  /** The place of the one with the server's Finished; -1: none is believed. */
  const believed = said ? openHandshake(recording).count - 1 : -1;

  it("comes to a clean end when a record is changed on the way", async ({ expect }) => {
    const random = randomFrom(SEED);
    for (let change = 0; change < CHANGES; change += 1) {
      // What comes after the server's last word is not looked at.
      const at = random.below(kept.length - 1);
      const pieces = kept.map(({ header, record }) => concatenate([header, record.content]));
      // The version is there for old middleboxes, and so says nothing (RFC 8446, 5.1).
      const changeRecord = (piece: Uint8Array) => {
        const type = piece[0] ?? 0;
        if (random.below(8) === 0)
          return concatenate([new Uint8Array([(type + 1 + random.below(255)) % 256]), piece.subarray(1)]);
        if (random.below(8) === 0)
          return concatenate([piece.subarray(0, 3), damage(piece.subarray(3, 5), random), piece.subarray(5)]);
        return plainRecord({ type, content: damage(piece.subarray(5), random) });
      };
      const changed = concatenate(disturb(pieces, at, changeRecord, random));
      const outcome = await play(recording, changed, random);
      const what = `change ${change} of record ${at}`;
      requireClean(outcome, what);
      if (outcome.error === undefined) expect(outcome, what).toMatchObject({ isClosed: false });
      const isWhole = believed >= 0 && toHex(changed).startsWith(toHex(concatenate(pieces.slice(0, believed + 1))));
      if (!isWhole) expect(outcome, what).toMatchObject({ isBelieved: false, data: new Uint8Array() });
      expect(toHex(said ?? new Uint8Array()).startsWith(toHex(outcome.data)), what).toBe(true);
    }
  });

  it("comes to a clean end when a server that has the keys says something else", async ({ expect }) => {
    const random = randomFrom(SEED + 1);
    const { hello, messages, key } = openHandshake(recording);
    for (let change = 0; change < CHANGES; change += 1) {
      const at = random.below(messages.length);
      const changed = concatenate(disturb(messages, at, (message) => damage(message, random), random));
      const writing = key();
      const sealed: Uint8Array[] = [];
      for (let start = 0; start < changed.length;) {
        // What follows the Finished in another record comes when the client has other keys.
        const end = at === messages.length - 1 ? changed.length : start + 1 + random.below(500);
        sealed.push(writing.seal({ type: CONTENT.handshake, content: changed.subarray(start, end) }));
        start = end;
      }
      const outcome = await play(recording, concatenate([hello, ...sealed]), random);
      const what = `change ${change} of message ${at}`;
      expect(outcome, what).toMatchObject({ isBelieved: false, data: new Uint8Array() });
      requireClean(outcome, what);
    }
  });
});

/** The ServerHello's record, the messages after it, and a new key of the server's to seal others with. */
function openHandshake(recording: Recording) {
  const [first, ...others] = recordsOf(bytesOf(recording.server));
  if (!first) throw new Error("there is no ServerHello");
  const body = new FieldReader(first.record.content.subarray(4));
  body.bytes(2 + 32);
  body.vector(1);
  const suite = CIPHER_SUITES[body.number(2)];
  body.number(1);
  const share = new FieldReader(readExtensions(body.vector(2)).get(KEY_SHARE) ?? new Uint8Array());
  const group = share.number(2);
  const shared = newKeyExchanges(randomnessOf(recording).keys)
    .find((exchange) => exchange.group === group)
    ?.agree(share.vector(2));
  if (!suite || !shared) throw new Error("the ServerHello has no share");
  const clientHello = clientFor(recording).start().subarray(5);
  const { server } = handshakeSecrets(suite, shared, concatenate([clientHello, first.record.content]));
  const key = () => new RecordKey(suite, server);
  const reading = key();
  const messages: Uint8Array[] = [];
  /** How many records it took, without those for old middleboxes. */
  let count = 1;
  for (const { header, record } of others) {
    if (messages.at(-1)?.[0] === FINISHED) break;
    if (record.type !== CONTENT.applicationData) continue;
    count += 1;
    for (const rest = new FieldReader(reading.open(header, record).content); !rest.isAtEnd;) {
      const head = rest.bytes(4);
      messages.push(concatenate([head, rest.bytes(new FieldReader(head.subarray(1)).number(3))]));
    }
  }
  return { hello: plainRecord(first.record), messages, key, count };
}
