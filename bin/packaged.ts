/** The program, as a package runs it: also with Node 20. */
import { main } from "../src/cli/main.ts";
import { addWhatIsMissing } from "./node-20.ts";

addWhatIsMissing();
process.exitCode = await main();
