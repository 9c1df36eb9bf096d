/** `npm run docs:limits`: writes the tables of docs/limits-and-cost.md anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { LIMITS_DOCUMENT, rendered } from "./limits-document.ts";

writeFileSync(LIMITS_DOCUMENT, await rendered(readFileSync(LIMITS_DOCUMENT, "utf8")));
