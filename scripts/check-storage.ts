/**
 * `npm run check-storage`: reads all that the registry on this machine stores, and says what is missing or wrong; with `--cloudflare`
 * that of the deployed one. `--repair` mends what can be mended. The registry may run. Environment: STATE_DIR as for `npm start`;
 * CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID. Exit code 1: something is wrong still. docs/backup.md.
 */
import { counted } from "../src/kernel/counted.ts";
import { Explained, runProgram } from "./local/program.ts";
import { checkStorage, isRegistry } from "./storage/check-registry.ts";
import { explainingFiles, formatBytes, openStore, readArguments } from "./storage/command.ts";

const USAGE = "npm run check-storage -- [--cloudflare] [--repair]";

async function check(): Promise<number> {
  const { flags } = readArguments(process.argv.slice(2), USAGE, ["cloudflare", "repair"], false);
  const isRepairing = flags.has("repair");
  const store = await openStore(flags.has("cloudflare"));
  try {
    if (!(await isRegistry(store)))
      throw new Explained(`${store.name} has no tables yet: run npm start or npm run deploy first.`);
    const result = await checkStorage(store, {
      isRepairing,
      tell: ({ kind, text, isMended, todo }) => {
        console.log(`${isMended ? "mended" : "found"}  ${kind}  ${text}.${todo === undefined ? "" : ` ${todo}`}`);
      },
    });
    const { objects, bytes, manifests, findings, mended } = result;
    const left = findings - mended;
    console.log(`Read ${counted(objects, "object")} of ${formatBytes(bytes)} and ${counted(manifests, "manifest")}.`);
    if (findings === 0) console.log("Everything is there, and right.");
    else if (left === 0) console.log(`Mended ${counted(mended, "finding")}.`);
    else if (isRepairing) console.log(`Mended ${mended} of ${counted(findings, "finding")}.`);
    else console.log(`${counted(findings, "finding")}: --repair mends what can be mended.`);
    return left > 0 ? 1 : 0;
  } finally {
    await store.close();
  }
}

await runProgram(() => explainingFiles(check));
