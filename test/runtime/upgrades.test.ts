/** Registries of each version that people may have, under the newest one (ADR 47). The recordings are in test/upgrades. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { effectsOn, MIGRATION_EFFECTS } from "../../scripts/migration-effects.ts";
import { RECOUNTS } from "../support/recounts.ts";
import { startServer } from "../support/server.ts";
import { pull, User } from "../upgrades/life.ts";
import { listRecordings, openRecording } from "../upgrades/recording.ts";
import { openState, replay } from "../upgrades/replay.ts";
import { ROOT, temporaryDirectory } from "./programs.ts";

const RECORDINGS = listRecordings();
const MIGRATIONS = readdirSync(join(ROOT, "migrations"))
  .filter((file) => file.endsWith(".sql"))
  .map((file) => file.slice(0, 4))
  .sort();

/**
 * Migrations after which nobody has had a registry, because they landed together with the next: no version is between them. A migration
 * that lands with another gets its line here; before any other the version that is there is recorded.
 */
const NEVER_LAST = new Set(["0005", "0006", "0013", "0014"]);

describe("a registry as a version has left it", () => {
  test.for(RECORDINGS)("opens with the newest when its last migration is %s", async (name) => {
    const stateDir = temporaryDirectory();
    const { images } = await openRecording(name, stateDir);
    const server = await startServer(stateDir);
    onTestFinished(server.stop);
    const user = new User(server.url);

    const login = await user.must("GET", "/token?service=berth&scope=repository:demo/app:pull,push");
    expect(await login.json()).toMatchObject({ token: expect.any(String) as string });
    for (const image of images) await pull(user, image);
    const listed = await user.must("GET", "/v2/demo/app/tags/list");
    expect(await listed.json()).toMatchObject({ tags: expect.arrayContaining(["all", "v1", "v2"]) as string[] });
    const found = await user.must("GET", "/api/organizations/demo/images/app/tags?limit=100");
    expect(await found.json()).toMatchObject({ tags: expect.arrayContaining([expect.anything()]) as unknown[] });

    const pushed = await user.pushImage("demo/app", "newest", { isChunked: true, subject: images[0] });
    await pull(user, pushed);
    const referrers = await user.must("GET", `/v2/demo/app/referrers/${images[0]?.digest ?? ""}`);
    const { manifests } = (await referrers.json()) as { manifests: { digest: string }[] };
    expect(manifests.map(({ digest }) => digest)).toContain(pushed.digest);
    await (await user.must("DELETE", `/v2/demo/app/manifests/${pushed.digest}`)).body?.cancel();
    expect((await user.send("HEAD", `/v2/demo/app/manifests/${pushed.digest}`)).status).toBe(404);
    const secrets = await user.must("GET", "/api/secret-rotation");
    expect(await secrets.json()).toMatchObject({ lost: 0 });

    await server.stop();
    expect(wrongCounters(stateDir)).toEqual([]);
  });

  test("is recorded before each migration that came to a version that people had", () => {
    const landed = MIGRATIONS.slice(0, -1).filter((number) => !NEVER_LAST.has(number));
    expect(RECORDINGS.filter((name) => MIGRATIONS.includes(name))).toEqual(RECORDINGS);
    // Record what is missing from the last commit without the newer migrations: npm run record-version -- <commit>
    expect(landed.filter((number) => !RECORDINGS.includes(number))).toEqual([]);
  });
});

test("docs/upgrading.md says what migrations have as an effect on older versions", () => {
  const text = readFileSync(join(ROOT, "docs", "upgrading.md"), "utf8").replaceAll(/ +/g, " ");
  const rows = text.match(/^\| \d{4} \| .* \|$/gm);
  expect(rows).toEqual(Array.from(MIGRATION_EFFECTS, ([number, effect]) => `| ${number} | ${effect} |`));
});

/** What SQL makes up: ids of deliveries. */
const RANDOM = /"uid":"[0-9a-f]{32}"/g;

describe("a version that still runs when the next one's migrations have been applied", () => {
  const steps = RECORDINGS.map((name, at) => [name, RECORDINGS[at + 1] ?? MIGRATIONS.at(-1) ?? name] as const);

  test.for(steps)("finds what it has found before: from %s to %s", async ([name, next]) => {
    const [before, after] = [temporaryDirectory(), temporaryDirectory()];
    const { journal } = await openRecording(name, before);
    await openRecording(name, after);
    const expected = await replay(before, name, journal);
    const found = await replay(after, next, journal);
    // What was noted is of use only if it did something. It has succeeded once.
    expect(expected.filter((outcome) => typeof outcome === "string")).toEqual([]);
    expect(expected.filter((outcome) => Array.isArray(outcome) && outcome.flat().length > 0).length).toBeGreaterThan(
      20,
    );
    const differences = journal.flatMap((trip, at) => {
      const [old, now] = [expected[at], found[at]].map((outcome) =>
        JSON.stringify(outcome).replaceAll(RANDOM, `"uid":""`),
      );
      return old === now ? [] : [`${trip.map(({ sql }) => sql).join("; ")}\n  was ${old}\n  is ${now}`];
    });
    // What is said to have an effect and has none would be a false alarm.
    const applied = MIGRATIONS.filter((number) => number > name && number <= next);
    const isNamed = effectsOn(name, applied).length > 0;
    expect(isNamed ? differences.length > 0 : differences).toEqual(isNamed ? true : []);
  });
});

/** What triggers count and what is there, where they differ. */
function wrongCounters(stateDir: string): unknown[] {
  const database = openState(stateDir);
  try {
    return RECOUNTS.flatMap((sql) => database.prepare(sql).all());
  } finally {
    database.close();
  }
}
