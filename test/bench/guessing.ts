/** How much slower others' requests become while somebody guesses passwords under random names. */
import { randomBytes } from "node:crypto";
import { Connection, type Request } from "./client.ts";
import { newLayer } from "./layers.ts";
import type { Servers } from "./servers.ts";
import { imageOf, RegistryStore, type SmallRequest, succeed } from "./stores.ts";
import { atMost, median, printTable, type Target } from "./table.ts";

const GUESSERS = 8;
const KINDS: readonly SmallRequest[] = ["GET /v2/", "GET manifest by tag"];
/** Median while they guess, to the median before. */
const LIMIT_RATIO = 3;
const ROUNDS = 4;
/** Milliseconds: of guessing before a measurement, and of each measurement. */
const LEAD_MS = 1000;
const MEASURED_MS = 4000;

const HEAD = ["", "idle, ms", `${GUESSERS} guessing, ms`, "ratio", "target"];

/** Measures both medians of each kind of request and prints the table. */
export async function measureGuessing(servers: Servers, isQuick: boolean): Promise<Target[]> {
  const store = new RegistryStore(await servers.berth());
  await store.login();
  const connection = await Connection.open(store.server.url);
  const layer = newLayer(64 * 1024);
  const image = { layer, manifest: imageOf(layer) };
  await store.pushImage(connection, image);
  const requests = KINDS.map((kind) => store.smallRequest(kind, image));
  const milliseconds = isQuick ? 500 : MEASURED_MS;
  const rounds = isQuick ? 1 : ROUNDS;
  const measureAll = async (times: number[][]) => {
    for (const [index, request] of requests.entries()) {
      times[index]?.push(...(await timesOf(connection, request, milliseconds)));
    }
  };
  const noTimes = () => requests.map((): number[] => []);

  await measureAll(noTimes()); // the first of anything is slower
  const [idle, disturbed] = [noTimes(), noTimes()];
  const answers = new Map<number, number>();
  // By turns, because a machine has moments of its own.
  for (let round = 0; round < rounds; round += 1) {
    await measureAll(idle);
    const guessing = startGuessing(store.server.url, answers);
    await new Promise((done) => setTimeout(done, LEAD_MS));
    await measureAll(disturbed);
    await guessing.stop();
  }
  connection.close();
  await store.server.stop();

  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [index, kind] of KINDS.entries()) {
    const [before, after] = [median(idle[index] ?? []), median(disturbed[index] ?? [])];
    const ratio = after / before;
    rows.push([kind, before.toFixed(2), after.toFixed(2), ratio.toFixed(2), `at most ${LIMIT_RATIO}`]);
    targets.push(atMost(`median of ${kind} while ${GUESSERS} guess`, ratio, LIMIT_RATIO));
  }
  printTable(`Guessing passwords (answers: ${describe(answers)})`, HEAD, rows);
  return targets;
}

/** What a request takes, sent again and again over one connection. */
async function timesOf(connection: Connection, request: Request, milliseconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  for (let start = performance.now(); start < end; start = performance.now()) {
    await succeed(connection, request);
    times.push(performance.now() - start);
  }
  return times;
}

/** Guesses over as many connections, and each goes on when it has its answer. */
function startGuessing(url: string, answers: Map<number, number>): { stop: () => Promise<void> } {
  const end = new AbortController();
  const guess = async () => {
    const connection = await Connection.open(url);
    while (!end.signal.aborted) {
      const { status } = await connection.request(newGuess());
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
    connection.close();
  };
  const guessers = Array.from({ length: GUESSERS }, guess);
  const stop = async () => {
    end.abort();
    await Promise.all(guessers);
  };
  return { stop };
}

function newGuess(): Request {
  const name = `nobody-${randomBytes(6).toString("hex")}`;
  const form = Buffer.from(`grant_type=password&service=bench&username=${name}&password=guess`);
  return {
    method: "POST",
    path: "/token",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: { length: form.byteLength, pieces: () => [form] },
  };
}

function describe(answers: ReadonlyMap<number, number>): string {
  return [...answers].map(([status, count]) => `${count} times ${status}`).join(", ");
}
