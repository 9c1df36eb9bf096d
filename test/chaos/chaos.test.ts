/**
 * A registry that is used by random clients and killed at random moments keeps what it has acknowledged.
 *
 * `CHAOS_KILLS` says how often it is killed, `CHAOS_SEED` repeats a run's choices (not its timing). The journal of a run
 * that fails stays, and the failure names it.
 */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ageObjects, leakedKeys, leakedMultiparts } from "../crash/stored-blobs.ts";
import { AUTHORIZATION } from "../crash/upload-requests.ts";
import { randomFrom } from "../support/random.ts";
import { RECOUNTS } from "../support/recounts.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { addHooks, deliveriesOf } from "../triggers/hooks.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { ChaosClient, HOOKED, KEPT_TAGS, SHARED } from "./client.ts";
import { Journal } from "./journal.ts";

const KILLS = Number(process.env.CHAOS_KILLS || 200);
const SEED = Number(process.env.CHAOS_SEED || Date.now() % 1_000_000);
const CLIENTS = ["ada", "ben", "cleo", "dan"];
const SECOND = 1000;
/** How long the registry runs between two kills, in milliseconds. */
const LIFE = { least: 300, most: 2500 };
/** One kill in so many is followed by a time long enough for garbage to be collected. */
const REST_EVERY = 3;
const REST_MS = 8 * 24 * 60 * 60 * 1000;
/** How many runs may follow one another until they have searched the bucket. */
const MAX_COLLECTIONS = 50;
const DELIVERY_PATIENCE_MS = 180 * SECOND;

/** The registry, its clients and all that they were promised. */
class World {
  readonly stateDir = makeTemporaryDirectory();
  readonly folder = mkdtempSync(join(tmpdir(), "berth-chaos-"));
  readonly journal = new Journal(join(this.folder, "journal.jsonl"));
  readonly random = randomFrom(SEED);
  readonly clients = CLIENTS.map((name, index) => {
    const peers = CLIENTS.filter((other) => other !== name);
    return new ChaosClient(name, peers, randomFrom(SEED + 1 + index), this.journal);
  });
  readonly receiver = new Receiver({ "/hook": answer(200) });
  #server: Server | undefined;

  get server(): Server {
    if (!this.#server) throw new Error("the registry is not running");
    return this.#server;
  }

  async start(): Promise<void> {
    this.#server = await startServer(this.stateDir, 0, { ALLOWED_TARGETS: "127.0.0.1" });
  }

  /**
   * Lets the clients have any number of uploads under way: what they leave behind at each kill would soon be as many as a user
   * may have, and all further pushes would be refused.
   */
  async liftUploadLimit(): Promise<void> {
    const response = await fetch(`${this.server.url}/api/quotas`, {
      method: "PATCH",
      headers: { Authorization: AUTHORIZATION, "Content-Type": "application/json" },
      body: JSON.stringify({ organization: { openUploads: null }, account: { openUploads: null } }),
    });
    if (!response.ok) throw new Error(`PATCH /api/quotas: ${response.status} ${await response.text()}`);
  }

  /** Lets all clients act until the registry is killed, and waits until the last of them has noticed. */
  async liveAndDie(): Promise<void> {
    const { server } = this;
    const life = new AbortController();
    const lives = this.clients.map(async (client) => {
      while (!life.signal.aborted) await client.act(server);
    });
    // A client that finds something wrong ends the run, and does not have to wait for the kill.
    const wrong = Promise.all(lives).then(() => undefined);
    await Promise.race([sleep(LIFE.least + this.random.below(LIFE.most - LIFE.least)), wrong]);
    life.abort();
    const victims = this.random.below(2) === 0 ? "workerd" : "tree";
    this.journal.note({ kill: victims });
    if (victims === "tree") process.kill(server.pid, "SIGKILL");
    process.kill(server.workerdPid, "SIGKILL");
    await Promise.all([server.ended, wrong]);
    this.#server = undefined;
  }

  /** Lets time pass in the stopped registry's database: what nothing needs is garbage afterwards. */
  rest(): void {
    this.journal.note({ rest: REST_MS });
    const database = this.#open();
    database.exec(`UPDATE blobs SET last_used_at = last_used_at - ${REST_MS}`);
    database.exec(
      `UPDATE manifests SET unreferenced_since = max(unreferenced_since - ${REST_MS}, 1) WHERE unreferenced_since > 0`,
    );
    database.close();
  }

  #open(): DatabaseSync {
    const [file] = globSync(join(this.stateDir, "data/d1/*/*.sqlite")).filter(
      (path) => !path.endsWith("metadata.sqlite"),
    );
    if (file === undefined) throw new Error(`there is no database in ${this.stateDir}`);
    return new DatabaseSync(file, { timeout: 5000 });
  }

  /** Compares all that was promised with what is there, while nobody writes. Answers what is wrong. */
  async verify(): Promise<string[]> {
    const seen = new Set<string>();
    const faults: string[] = [];
    for (const client of this.clients) {
      faults.push(...(await this.#verifyAged(client, seen)));
      faults.push(...(await this.#verifyTags(client, client.repository, seen)));
      faults.push(...(await this.#verifyTags(client, client.passing, seen)));
    }
    const [reader] = this.clients;
    if (reader) faults.push(...(await this.#verifyTags(reader, SHARED, seen)));
    faults.push(...leakedMultiparts(this.server).map((key) => `nothing will ever remove the parts of ${key}`));
    faults.push(...this.#miscounted().map((text) => `miscounted: ${text}`));
    this.journal.note({ verified: seen.size, faults });
    return faults;
  }

  /** Lets time pass for the objects of R2, and has the bucket searched. Answers the keys that nothing will ever remove. */
  async searchBucket(): Promise<string[]> {
    await this.server.stop();
    this.rest();
    ageObjects(this.stateDir, REST_MS);
    await this.start();
    let [ends, last] = [0, ""];
    for (let run = 0; run < MAX_COLLECTIONS; run += 1) {
      const response = await fetch(`${this.server.url}/api/garbage-collection`, {
        method: "POST",
        headers: { Authorization: AUTHORIZATION, "Content-Type": "application/json" },
        body: JSON.stringify({ dryRun: false }),
      });
      last = await response.text();
      if (!response.ok) continue;
      // The first search that comes to the end may have begun in the middle.
      if ((JSON.parse(last) as { bucketDone: boolean }).bucketDone) ends += 1;
      if (ends === 2) return leakedKeys(this.server);
    }
    throw new Error(`${MAX_COLLECTIONS} collections have not come to the end of the bucket: ${last}`);
  }

  async #verifyTags(client: ChaosClient, repository: string, seen: Set<string>): Promise<string[]> {
    const faults: string[] = [];
    for (const { key, name, possible } of this.journal.tagsOf(repository)) {
      const found = await client.resolve(this.server, repository, name);
      if (found !== undefined && possible.has(found)) {
        this.journal.settle(key, found);
        if (found !== null) await client.pullWhole(this.server, repository, found, seen);
      } else faults.push(`${key} is ${found}, expected ${[...possible].join(" or ")}`);
    }
    return faults;
  }

  /** The newest tags stay, whenever the rule ran; of a push without an answer nobody knows whether it counts. */
  async #verifyAged(client: ChaosClient, seen: Set<string>): Promise<string[]> {
    const faults: string[] = [];
    for (const { tag, digest, isSure } of client.agedPushes.slice(-KEPT_TAGS)) {
      const found = await client.resolve(this.server, client.aged, tag);
      if (isSure && found !== digest) faults.push(`${client.aged}:${tag} is ${found}, and is of the newest`);
      if (found) await client.pullWhole(this.server, client.aged, found, seen);
    }
    return faults;
  }

  /** Counters of the database that are not what they count. */
  #miscounted(): string[] {
    const database = this.#open();
    try {
      return RECOUNTS.flatMap((sql) => database.prepare(sql).all()).map(({ text }) => String(text));
    } finally {
      database.close();
    }
  }

  /** Waits until each acknowledged push has been told to its trigger, and answers those that were not. */
  async untoldEvents(): Promise<string[]> {
    const promised = this.clients.flatMap((client) =>
      [...client.promisedEvents].map((event) => `${client.repository} ${event}`),
    );
    console.log(`${promised.length} events were promised`);
    for (const end = performance.now() + DELIVERY_PATIENCE_MS; ; await sleep(SECOND)) {
      const told = this.#toldEvents();
      const untold = promised.filter((event) => !told.has(event));
      if (untold.length === 0 || performance.now() > end) return untold;
    }
  }

  /** Events that the registry believes to have delivered, and that have come. */
  #toldEvents(): Set<string> {
    const arrived = new Set(this.receiver.at("/hook").map(({ id }) => id));
    return new Set(
      this.clients.flatMap(({ repository }) =>
        deliveriesOf(this.stateDir, repository)
          .filter(({ uid, status }) => status === "success" && arrived.has(uid))
          .map(({ tag, digest }) => `${repository} ${tag} ${digest}`),
      ),
    );
  }

  async close(isWrong: boolean): Promise<void> {
    for (const client of this.clients) client.close();
    await this.#server?.stop();
    await this.receiver.close();
    removeDirectory(this.stateDir);
    if (!isWrong) rmSync(this.folder, { recursive: true });
    else console.log(`The journal of this run is ${join(this.folder, "journal.jsonl")}`);
  }
}

test(
  `keeps what it acknowledged over ${KILLS} kills (CHAOS_SEED=${SEED})`,
  async () => {
    const world = new World();
    let isWrong = true;
    try {
      await world.start();
      await world.liftUploadLimit();
      const port = await world.receiver.listen();
      for (const client of world.clients) {
        // A trigger needs an image.
        await client.begin(world.server);
        await addHooks(world.server, client.repository, [
          { name: "chaos", url: `http://127.0.0.1:${port}/hook`, pattern: `${HOOKED}*` },
        ]);
      }
      for (let kill = 0; kill < KILLS; kill += 1) {
        await world.liveAndDie();
        if (world.random.below(REST_EVERY) === 0) world.rest();
        await world.start();
        expect(await world.verify()).toEqual([]);
      }
      expect(await world.untoldEvents()).toEqual([]);
      expect(await world.searchBucket(), "nothing will ever remove these objects").toEqual([]);
      const { acknowledged, refused, unanswered } = world.journal;
      console.log(`${acknowledged} requests acknowledged, ${refused} refused, ${unanswered} without an answer`);
      // Clients that are mostly refused would show little.
      expect(acknowledged).toBeGreaterThan(KILLS * CLIENTS.length);
      expect(refused).toBeLessThan(acknowledged);
      isWrong = false;
    } finally {
      await world.close(isWrong);
    }
  },
  KILLS * 60 * SECOND + DELIVERY_PATIENCE_MS,
);
