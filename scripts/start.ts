/**
 * `npm start`: Berth on this machine. Environment: PORT (8787), STATE_DIR (.berth in the checkout), ADMIN_PASSWORD
 * (otherwise the first start makes one up and shows it), TRUSTED_PROXIES (none), and the settings of wrangler.toml by
 * their names; PUBLIC_URL is the address that is printed unless it is set.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ADMINISTRATOR, ensureAdministrator } from "./first-administrator.ts";
import { readEnvironment, runProgram, untilStopRequested } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";

async function start(): Promise<number> {
  const { port, stateDir, publicUrl, password: chosen, trustedProxies, bindings } = readEnvironment();

  if (!existsSync(join(stateDir, "data"))) console.log("Preparing Berth ...");
  const runtime = await startRuntime({
    port,
    stateDir,
    trustedProxies,
    bindings: (url) => ({ PUBLIC_URL: `${url} ${url.replace("127.0.0.1", "localhost")}`, ...bindings() }),
  });
  const stopRequested = untilStopRequested();
  try {
    const password = await ensureAdministrator(await runtime.miniflare.getD1Database("DB"), chosen);
    const address = new URL(publicUrl ?? runtime.url).host;
    console.log(
      [
        `Berth is ready at ${runtime.url}`,
        "",
        `  Console        ${publicUrl ?? runtime.url}/`,
        `  Administrator  ${ADMINISTRATOR}`,
        ...(password === undefined ? [] : [`  Password       ${password}  (shown only now)`]),
        "",
        `  docker login ${address} -u ${ADMINISTRATOR}`,
        `  docker tag nginx ${address}/demo/nginx:1`,
        `  docker push ${address}/demo/nginx:1`,
        "",
        "Ctrl-C stops it; the data stays.",
      ].join("\n"),
    );
    await Promise.race([stopRequested, runtime.failed]);
    console.log("Stopping ...");
  } finally {
    await runtime.stop();
  }
  return 0;
}

await runProgram(start);
