/**
 * `npm run restore -- FOLDER`: puts a backup in the place of what the registry on this machine stores, which must be stopped, and empty
 * unless `--replace` says that all of it is given up; with `--cloudflare` of the deployed one. Environment: STATE_DIR as for `npm start`,
 * ENCRYPTION_KEY for a new state folder; CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID. docs/backup.md.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../src/kernel/counted.ts";
import { keyMark } from "../src/model/key-marks.ts";
import { readMigrations } from "./local/migrations.ts";
import { Explained, readEnvironment, runProgram } from "./local/program.ts";
import { localSecrets } from "./local/secrets.ts";
import { BackupFolder, type BackupIndex } from "./storage/backup-folder.ts";
import { explainingFiles, formatBytes, openStore, readArguments, ROOT } from "./storage/command.ts";
import { restore } from "./storage/restore-registry.ts";

const USAGE = "npm run restore -- FOLDER [--cloudflare] [--replace]";

async function restoreBackup(): Promise<number> {
  const { folder: path, flags } = readArguments(process.argv.slice(2), USAGE, ["cloudflare", "replace"], true);
  const isOnCloudflare = flags.has("cloudflare");
  const folder = BackupFolder.openForReading(path);
  try {
    const index = folder.readIndex();
    if (index === undefined) throw new Explained(`There is no backup in ${folder.path}.`);
    const migrations = await readMigrations(join(ROOT, "migrations"));
    const store = await openStore(isOnCloudflare, true);
    try {
      const missingKeys = isOnCloudflare ? index.encryptionKeys : findMissingKeys(index);
      const result = await restore(store, folder, index, { migrations, isReplacing: flags.has("replace") });
      console.log(
        [
          `${store.name} has what was there on ${index.takenAt}:`,
          "",
          `  Rows      ${result.rows}`,
          `  Blobs     ${result.stored + result.kept}; stored now ${result.stored}  (${formatBytes(result.bytes)})`,
          ...(result.migrated.length > 0 ? [`  Migrated  ${result.migrated.join(", ")}`] : []),
          "",
          "Everybody has to log in again; uploads that were under way begin anew; deliveries that were due are not sent.",
          ...(index.blobs.missing.length > 0
            ? [`The backup lacks ${counted(index.blobs.missing.length, "blob")}: push the images again that need them.`]
            : []),
          ...keyLines(missingKeys, isOnCloudflare),
        ].join("\n"),
      );
      return 0;
    } finally {
      await store.close();
    }
  } finally {
    folder.close();
  }
}

/** Keys that secrets of the backup are under, and that the registry on this machine does not have. */
function findMissingKeys(index: BackupIndex): string[] {
  const { stateDir } = readEnvironment();
  const file = join(stateDir, "secrets.json");
  const { ENCRYPTION_KEY: key } = process.env;
  // A new state folder takes the key that is given; otherwise a start makes one.
  if (key) {
    const isNew = !existsSync(file);
    const secrets = localSecrets(file, { ENCRYPTION_KEY: key });
    if (!isNew && secrets.ENCRYPTION_KEY !== key) throw new Explained(`${file} has another ENCRYPTION_KEY already.`);
  }
  const known = existsSync(file)
    ? Object.entries(localSecrets(file)).filter(([name]) => name.startsWith("ENCRYPTION_KEY"))
    : [];
  const marks = new Set(known.map(([, value]) => keyMark(value).slice(0, -1)));
  return index.encryptionKeys.filter((id) => !marks.has(id));
}

function keyLines(keys: readonly string[], isOnCloudflare: boolean): string[] {
  if (keys.length === 0) return [];
  const mend = isOnCloudflare
    ? "ENCRYPTION_KEY=<that key> npm run deploy, unless the Worker has it already"
    : "stop the registry, and set it in secrets.json of STATE_DIR";
  return [
    "",
    `Access keys, and secrets of triggers, clusters and remote registries need the ENCRYPTION_KEY ${keys.join(", ")}: ${mend}.`,
  ];
}

await runProgram(() => explainingFiles(restoreBackup));
