/** The program, as a checkout runs it. What a package runs is `bin/packaged.ts`. */
import { main } from "./main.ts";

process.exitCode = await main();
