#!/usr/bin/env node
/**
 * `berth` in a checkout: runs src/cli/berth.ts with the Node that the checkout pins, which runs TypeScript as it is. Where
 * it is installed from a package, what runs instead is the bundle that `bin/pack.ts` makes of the same file.
 */
import { fileURLToPath } from "node:url";

process.argv.splice(2, 0, fileURLToPath(new URL("../src/cli/berth.ts", import.meta.url)));
await import("../scripts/bootstrap.mjs");
