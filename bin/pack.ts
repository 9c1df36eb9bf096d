/**
 * `node scripts/bootstrap.mjs bin/pack.ts [folder]`: packs the command line tool alone, as berth-<version>.tgz for
 * `npm install -g`. Node runs no TypeScript below node_modules, so the package holds one bundled file; it needs no other
 * package, and Node 20 or later.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { VERSION } from "../src/kernel/version.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGE = join(ROOT, "dist", "berth-cli");
const PROGRAM = "berth.mjs";

const MANIFEST = {
  name: "berth",
  version: VERSION,
  description: "Pushes images of any size, and runs a Berth registry from a terminal.",
  type: "module",
  bin: { berth: PROGRAM },
  engines: { node: ">=20" },
};

async function bundle(): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    // All of it: whoever installs the package gets no other.
    ssr: { noExternal: true },
    build: {
      ssr: join(ROOT, "bin", "packaged.ts"),
      outDir: PACKAGE,
      emptyOutDir: true,
      target: "node20",
      minify: false,
      license: { fileName: "LICENSES.md" },
      rolldownOptions: {
        output: { entryFileNames: PROGRAM, codeSplitting: false, banner: "#!/usr/bin/env node" },
      },
    },
  });
}

const destination = resolve(process.argv[2] ?? ".");
await bundle();
writeFileSync(join(PACKAGE, "package.json"), `${JSON.stringify(MANIFEST, undefined, 2)}\n`);
copyFileSync(join(ROOT, "docs", "cli.md"), join(PACKAGE, "README.md"));
mkdirSync(destination, { recursive: true });
const archive = `berth-${VERSION}.tgz`;
rmSync(join(destination, archive), { force: true });
execFileSync("npm", ["pack", "--silent", "--pack-destination", destination], {
  cwd: PACKAGE,
  stdio: ["ignore", "ignore", "inherit"],
});
if (!readdirSync(destination).includes(archive)) throw new Error(`npm pack did not make ${archive}`);
console.log(join(destination, archive));
