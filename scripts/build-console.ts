/** `npm run console:build`: builds the console, also when nothing of it changed. `npm start` does it when need be. */
import { buildConsole, ConsoleFailed } from "./local/console.ts";

try {
  await buildConsole({ force: true });
} catch (error) {
  if (!(error instanceof ConsoleFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
