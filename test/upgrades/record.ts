/**
 * Records a version, for tests of upgrades: `npm run record-version -- [<commit>]`, by default what is checked out. The commit is
 * unpacked into a temporary folder and started there with the packages of this checkout. To be done for each version that people may
 * have before a migration that comes after it lands (docs/decisions/0047).
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Trip } from "./journal.ts";
import { fill, PASSWORD, USER, use, User } from "./life.ts";
import { saveRecording } from "./recording.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Milliseconds for a start, which builds the Worker. */
const PATIENCE = 300_000;
/** Where the journal is asked for: a path that always goes to the Worker. */
const JOURNAL_PATH = "/v2/__journal";
/** What is no state: it is built anew, or ends with the process. */
const NO_STATE = /^(bundle|runtime\.lock|\.)/;

const commit = git("rev-parse", "--short", process.argv[2] ?? "HEAD").trim();
const folder = mkdtempSync(join(tmpdir(), "berth-record-"));
try {
  await record();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function record(): Promise<void> {
  const checkout = join(folder, "checkout");
  const stateDir = join(folder, "state");
  unpack(checkout);
  const name = readdirSync(join(checkout, "migrations"))
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .at(-1)
    ?.slice(0, 4);
  if (name === undefined) throw new Error(`${commit} has no migrations`);

  const { images } = await running(checkout, stateDir, async (user) => ({ images: await fill(user) }));
  const files = stateOf(stateDir);
  const { journal } = await running(checkout, stateDir, async (user) => {
    await use(user, images);
    const response = await user.must("GET", JOURNAL_PATH);
    return { journal: (await response.json()) as Trip[] };
  });
  const path = await saveRecording({ name, commit, images, journal }, files);
  console.log(
    `${name} (${commit}): ${journal.length} trips, ${readFileSync(path).length} bytes in ${relative(ROOT, path)}`,
  );
}

/** Unpacks the commit, with an entry module around its own that notes all statements. */
function unpack(checkout: string): void {
  mkdirSync(checkout);
  const archive = join(folder, "commit.tar");
  git("archive", "--output", archive, commit);
  execFileSync("tar", ["-xf", archive, "-C", checkout]);
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  copyFileSync(join(import.meta.dirname, "journal.ts"), join(checkout, "src", "journal.ts"));
  const config = join(checkout, "wrangler.toml");
  const text = readFileSync(config, "utf8");
  writeFileSync(join(checkout, "src", "recorded.js"), entryModule(text));
  writeFileSync(config, text.replace('main = "src/index.ts"', 'main = "src/recorded.js"'));
  // Nothing of the console is stored, and to build it takes longest.
  const console = join(checkout, "scripts", "local", "console.ts");
  if (!existsSync(console)) return;
  writeFileSync(console, "export class ConsoleFailed extends Error {}\nexport async function buildConsole() {}\n");
  mkdirSync(join(checkout, "dist", "console"), { recursive: true });
  writeFileSync(join(checkout, "dist", "console", "index.html"), "");
}

function entryModule(config: string): string {
  const names = [...config.matchAll(/^\[exports\.(\w+)\]/gm)].flatMap(([, name]) => name ?? []);
  const classes = names
    .filter((name) => name !== "default")
    .map(
      (name) =>
        `export class ${name} extends berth.${name} { constructor(state, env) { super(state, noted(env)); } }\n`,
    );
  return `import * as berth from "./index.ts";
import { journaled } from "./journal.ts";
const journal = [];
const noted = (env) => ({ ...env, DB: journaled(env.DB, journal) });
${classes.join("")}
const handlers = { ...berth.default };
for (const [name, handler] of Object.entries(berth.default)) {
  handlers[name] = (event, env, context) => handler.call(berth.default, event, noted(env), context);
}
export default {
  ...handlers,
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "${JOURNAL_PATH}" ? Response.json(journal) : handlers.fetch(request, env, context),
};
`;
}

/** Starts the version, does something with it, and ends it as Ctrl-C does. */
async function running<T>(checkout: string, stateDir: string, act: (user: User) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [join("scripts", "start.ts")], {
    cwd: checkout,
    env: { ...process.env, PORT: "0", STATE_DIR: stateDir, ADMIN_PASSWORD: PASSWORD },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  try {
    const user = new User(await urlOf(child, ended));
    const result = await act(user);
    console.log(`As ${USER}: ${user.sent} requests, refused:\n${user.refused.map((line) => `  ${line}\n`).join("")}`);
    return result;
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

async function urlOf(child: ChildProcess, ended: Promise<void>): Promise<string> {
  let output = "";
  const ready = new Promise<string>((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const url = /Berth is ready at (http:\S+)/.exec(output)?.[1];
        if (url !== undefined) found(url);
      });
    }
  });
  const late = new Promise<void>((done) => setTimeout(done, PATIENCE).unref());
  const url = await Promise.race([ready, ended, late]);
  if (url === undefined) throw new Error(`${commit} did not start:\n${output}`);
  return url;
}

/** All files of a state folder that nobody has open, its databases made as small as they can be. */
function stateOf(stateDir: string): Map<string, Uint8Array> {
  const entries = () =>
    readdirSync(stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(stateDir, join(entry.parentPath, entry.name)))
      .filter((path) => !NO_STATE.test(path))
      .sort();
  for (const path of entries().filter((file) => file.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(stateDir, path));
    database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
    database.close();
  }
  return new Map(entries().map((path) => [path, readFileSync(join(stateDir, path))]));
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 30 });
}
