/**
 * A backup on disk (docs/backup.md, "What is in the folder"). `backup.json` is written last: a folder without it is no backup, and it
 * names only what is whole.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { z } from "zod";
import { algorithmOf, hexOf, isDigest } from "../../src/kernel/digest.ts";
import { Explained } from "../local/explained.ts";
import { takeLock } from "../local/state-lock.ts";
import { hasDigest, type Value } from "./store.ts";

/** Of the folder. A program refuses a format that it does not know. */
export const FORMAT = 1;
const INDEX = "backup.json";
/** Which copies in a database belong to the run under way, so that the next run drops those of one that was killed. */
const RUN = "run.json";
const UNFINISHED = "unfinished";

const Table = z.object({
  name: z.string(),
  /** Below the folder: lines of JSON, the first one has the names of the columns. */
  file: z.string().regex(/^database\/\w+\/\w+\.jsonl$/),
  rows: z.number(),
  sha256: z.string(),
});
const Index = z.object({
  format: z.literal(FORMAT),
  /** When the snapshot of the database was taken, ISO 8601. */
  takenAt: z.string(),
  berth: z.string(),
  source: z.enum(["local", "cloudflare"]),
  /** Names of the migrations that the database has. */
  migrations: z.array(z.string()),
  /** Ids of the keys that secrets in it are encrypted with. */
  encryptionKeys: z.array(z.string()),
  schema: z.array(
    z.object({
      type: z.enum(["table", "index", "view", "trigger"]),
      name: z.string(),
      table: z.string(),
      sql: z.string(),
    }),
  ),
  sequences: z.record(z.string(), z.number()),
  tables: z.array(Table),
  blobs: z.object({
    count: z.number(),
    bytes: z.number(),
    /** Digests of blobs whose bytes the registry itself did not have, or had wrong ones of. */
    missing: z.array(z.string()),
  }),
});
/** The content of `backup.json`. */
export type BackupIndex = z.infer<typeof Index>;
export type BackupTable = z.infer<typeof Table>;

const Run = z.object({ copies: z.string() });

/** A backup folder that this process alone uses. */
export class BackupFolder {
  readonly path: string;
  readonly #release: () => void;

  private constructor(path: string, release: () => void) {
    this.path = path;
    this.#release = release;
  }

  /**
   * Opens a folder to write a backup into. It is made if need be, and closed to other users.
   *
   * @throws Explained when it holds something else, or another process uses it.
   */
  static openForWriting(folder: string): BackupFolder {
    const path = resolve(folder);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const entries = readdirSync(path).filter((name) => !/^lock|\.new$/.test(name));
    if (entries.length > 0 && ![INDEX, RUN].some((name) => entries.includes(name))) {
      throw new Explained(`${path} is not empty, and no backup: name another folder.`);
    }
    const { uid, mode } = statSync(path);
    if (process.getuid !== undefined && uid !== process.getuid()) {
      throw new Explained(`${path} belongs to another user, who could read and change everything in it.`);
    }
    if ((mode & 0o077) !== 0) chmodSync(path, 0o700);
    const backup = BackupFolder.#lock(path);
    rmSync(join(path, UNFINISHED), { recursive: true, force: true });
    return backup;
  }

  /** @throws Explained when there is no whole backup in it, or another process uses it. */
  static openForReading(folder: string): BackupFolder {
    const path = resolve(folder);
    if (!existsSync(join(path, INDEX))) {
      const isBegun = existsSync(join(path, RUN));
      throw new Explained(
        isBegun
          ? `The backup in ${path} was never finished: repeat npm run backup.`
          : `There is no backup in ${path}: it has no ${INDEX}.`,
      );
    }
    return BackupFolder.#lock(path);
  }

  static #lock(path: string): BackupFolder {
    const inUse = (pid: number) => new Explained(`Another backup or restore uses ${path} (process ${pid}).`);
    return new BackupFolder(path, takeLock(join(path, "lock"), inUse));
  }

  close(): void {
    this.#release();
  }

  /** @returns undefined when there is none yet. @throws Explained when a newer version made it, or it is damaged. */
  readIndex(): BackupIndex | undefined {
    const file = join(this.path, INDEX);
    if (!existsSync(file)) return undefined;
    const json = parseJson(readFileSync(file, "utf8"));
    const index = Index.safeParse(json);
    if (index.success) return index.data;
    const { data: other } = z.object({ format: z.number() }).safeParse(json);
    if (other !== undefined && other.format !== FORMAT) {
      throw new Explained(`${file} has format ${other.format}; this version of Berth reads format ${FORMAT}.`);
    }
    throw new Explained(`${file} is damaged.`, { cause: index.error });
  }

  /** Makes the backup whole: what the index before named, and this one does not, is removed afterwards. */
  writeIndex(index: BackupIndex): void {
    for (const { file } of index.tables.slice(0, 1)) syncFolder(dirname(join(this.path, file)));
    syncFolder(join(this.path, "database"));
    this.#write(INDEX, `${JSON.stringify(index, null, 2)}\n`);
  }

  /** Remembers copies in a database, before they are made. */
  noteCopies(id: string): void {
    this.#write(RUN, JSON.stringify({ copies: id }));
  }

  /** The copies of a run that was killed. */
  notedCopies(): string | undefined {
    const file = join(this.path, RUN);
    return existsSync(file) ? Run.safeParse(parseJson(readFileSync(file, "utf8"))).data?.copies : undefined;
  }

  forgetCopies(): void {
    rmSync(join(this.path, RUN), { force: true });
  }

  /** Where the bytes of a digest are. */
  blobPath(digest: string): string {
    const hex = hexOf(digest);
    return join(this.path, "blobs", algorithmOf(digest), hex.slice(0, 2), hex);
  }

  /** Whether the bytes of a digest are there. @param isRead whether they are read, and not only their number is looked at. */
  async hasBlob({ digest, size }: { digest: string; size: number }, isRead: boolean): Promise<boolean> {
    const path = this.blobPath(digest);
    if (lstatSync(path, { throwIfNoEntry: false })?.size !== size) return false;
    return !isRead || (await hasDigest(createReadStream(path), { digest, size }));
  }

  /**
   * Stores bytes whose digest is checked on the way: there is a file only when all of them came and are right.
   *
   * @returns whether they were.
   */
  async writeBlob(
    { digest, size }: { digest: string; size: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<boolean> {
    if (!isDigest(digest)) throw new Error(`"${digest}" is no digest`);
    const unfinished = join(this.path, UNFINISHED, hexOf(digest));
    mkdirSync(dirname(unfinished), { recursive: true, mode: 0o700 });
    const handle = await open(unfinished, "w", 0o600);
    try {
      if (!(await hasDigest(written(handle, body), { digest, size }))) return false;
      await handle.sync();
      const path = this.blobPath(digest);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      renameSync(unfinished, path);
      syncFolder(dirname(path));
      return true;
    } finally {
      await handle.close();
      rmSync(unfinished, { force: true });
    }
  }

  /** Writes the rows of a table. @param id of the snapshot. */
  async writeTable(
    id: string,
    name: string,
    columns: readonly string[],
    pages: AsyncIterable<Value[][]>,
  ): Promise<BackupTable> {
    const file = `database/${id}/${name}.jsonl`;
    mkdirSync(dirname(join(this.path, file)), { recursive: true, mode: 0o700 });
    const handle = await open(join(this.path, file), "w", 0o600);
    try {
      const hash = createHash("sha256");
      const write = async (text: string) => {
        hash.update(text);
        await handle.writeFile(text);
      };
      await write(`${JSON.stringify(columns)}\n`);
      let rows = 0;
      for await (const page of pages) {
        await write(page.map((row) => `${JSON.stringify(row)}\n`).join(""));
        rows += page.length;
      }
      await handle.sync();
      return { name, file, rows, sha256: hash.digest("hex") };
    } finally {
      await handle.close();
    }
  }

  /**
   * The columns and rows of a table. They are verified at the end: what was read before is good for nothing until then.
   *
   * @throws Explained at the end when the file is damaged.
   */
  async *readTable({ file, rows, sha256 }: BackupTable): AsyncGenerator<Value[]> {
    const path = join(this.path, file);
    const damaged = () => new Explained(`${path} is damaged: make a new backup, or take an older one.`);
    if (!existsSync(path)) throw damaged();
    const hash = createHash("sha256");
    let count = 0;
    for await (const line of linesOf(path, (bytes) => hash.update(bytes))) {
      const row = Line.safeParse(parseJson(line));
      if (!row.success) throw damaged();
      count += 1;
      yield row.data;
    }
    if (count !== rows + 1 || hash.digest("hex") !== sha256) throw damaged();
  }

  /**
   * Removes what the index does not name: older copies of the database, and blobs that the registry no longer has.
   *
   * @returns how many blobs.
   */
  prune(index: BackupIndex, isKept: (digest: string) => boolean): number {
    const current = index.tables[0]?.file.split("/")[1];
    for (const name of list(join(this.path, "database"))) {
      if (name !== current) rmSync(join(this.path, "database", name), { recursive: true, force: true });
    }
    let removed = 0;
    for (const algorithm of list(join(this.path, "blobs"))) {
      for (const start of list(join(this.path, "blobs", algorithm))) {
        const folder = join(this.path, "blobs", algorithm, start);
        const hexes = list(folder);
        const dropped = hexes.filter((hex) => !isKept(`${algorithm}:${hex}`));
        for (const hex of dropped) rmSync(join(folder, hex), { force: true });
        if (dropped.length === hexes.length) rmdirSync(folder);
        removed += dropped.length;
      }
    }
    rmSync(join(this.path, UNFINISHED), { recursive: true, force: true });
    return removed;
  }

  /** All of the file or nothing, even if the process is killed. */
  #write(name: string, content: string): void {
    const unfinished = join(this.path, `${name}.new`);
    writeFileSync(unfinished, content, { mode: 0o600, flush: true });
    renameSync(unfinished, join(this.path, name));
    syncFolder(this.path);
  }
}

const Line = z.array(z.union([z.string(), z.number(), z.null()]));

/** The lines of a file. `node:readline` would end some within a text of JSON, at U+2028. */
async function* linesOf(path: string, see: (bytes: Buffer) => void): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest: string[] = [];
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
    see(bytes);
    const [end = "", ...others] = decoder.write(bytes).split("\n");
    rest.push(end);
    for (const begin of others) {
      yield rest.join("");
      rest = [begin];
    }
  }
  const last = rest.join("");
  if (last !== "") yield last;
}

/** Passes bytes on once they are written. */
async function* written(handle: FileHandle, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    await handle.writeFile(bytes);
    yield bytes;
  }
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Makes the names in a folder last through a power cut. */
function syncFolder(folder: string): void {
  if (!existsSync(folder)) return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
