/**
 * `npm run backup -- FOLDER`: copies all that the registry on this machine stores into a folder, or brings the backup there up to date;
 * with `--cloudflare` that of the deployed one. `--verify` reads the blobs that the folder has, too. The registry may run. Environment:
 * STATE_DIR as for `npm start`; CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID. docs/backup.md.
 */
import { counted } from "../src/kernel/counted.ts";
import { runProgram } from "./local/program.ts";
import { BackupFolder } from "./storage/backup-folder.ts";
import { backUp } from "./storage/backup-registry.ts";
import { explainingFiles, formatBytes, openStore, readArguments, readVersion } from "./storage/command.ts";

const USAGE = "npm run backup -- FOLDER [--cloudflare] [--verify]";
/** How many digests are printed; all are in backup.json. */
const SHOWN = 20;

async function backup(): Promise<number> {
  const { folder: path, flags } = readArguments(process.argv.slice(2), USAGE, ["cloudflare", "verify"], true);
  const folder = BackupFolder.openForWriting(path);
  try {
    const store = await openStore(flags.has("cloudflare"));
    try {
      const options = { version: readVersion(), isVerified: flags.has("verify") };
      const { index, fetched, removed } = await backUp(store, folder, options);
      const { blobs, encryptionKeys } = index;
      const rows = index.tables.reduce((sum, table) => sum + table.rows, 0);
      console.log(
        [
          `${folder.path} has all of ${store.name} as of ${index.takenAt}:`,
          "",
          `  Rows       ${rows}`,
          `  Blobs      ${blobs.count}  (${formatBytes(blobs.bytes)})`,
          `  Copied now ${fetched.count}  (${formatBytes(fetched.bytes)}); removed ${removed}`,
          ...(encryptionKeys.length > 0
            ? [
                "",
                `Secrets in it need the ENCRYPTION_KEY ${encryptionKeys.join(", ")}, which is not in it: keep it apart.`,
              ]
            : []),
          ...(blobs.missing.length > 0 ? ["", ...missingLines(blobs.missing)] : []),
        ].join("\n"),
      );
      return blobs.missing.length > 0 ? 1 : 0;
    } finally {
      await store.close();
    }
  } finally {
    folder.close();
  }
}

function missingLines(missing: readonly string[]): string[] {
  return [
    `The registry itself has lost the bytes of ${counted(missing.length, "blob")}, or has wrong ones (npm run check-storage says which images need them):`,
    ...missing.slice(0, SHOWN).map((digest) => `  ${digest}`),
    ...(missing.length > SHOWN ? ["  ..."] : []),
  ];
}

await runProgram(() => explainingFiles(backup));
