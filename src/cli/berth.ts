/** The program as it runs in a checkout. The installed package runs `bin/packaged.ts`. */
import { main } from "./main.ts";

process.exitCode = await main();
