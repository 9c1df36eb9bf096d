/**
 * `npm start`: Berth on this machine. Environment: PORT (8787), LISTEN (127.0.0.1), STATE_DIR (.berth in the checkout), ADMIN_PASSWORD
 * (otherwise the first start makes one up and shows it), TRUSTED_PROXIES (none), METRICS_TOKEN (none: no /metrics), and the settings of wrangler.toml by
 * their names; PUBLIC_URL is the addresses that it listens on unless it is set.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ADMINISTRATOR, ensureAdministrator } from "./first-administrator.ts";
import { LOOPBACK, publicUrls } from "./local/listen.ts";
import { readEnvironment, runProgram, untilStopRequested } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";

const PLAIN_HTTP =
  'Other machines reach it by plain http: docker takes the address under "insecure-registries" only (docs/deploy.md).';

async function start(): Promise<number> {
  const { port, listen, stateDir, publicUrl, password: chosen, trustedProxies, bindings } = readEnvironment();

  if (!existsSync(join(stateDir, "data"))) console.log("Preparing Berth ...");
  const runtime = await startRuntime({
    port,
    host: listen,
    stateDir,
    trustedProxies,
    bindings: (url) => ({ PUBLIC_URL: publicUrls(listen, Number(new URL(url).port)).join(" "), ...bindings() }),
  });
  const stopRequested = untilStopRequested();
  try {
    const password = await ensureAdministrator(await runtime.miniflare.getD1Database("DB"), chosen);
    const url = publicUrl ?? publicUrls(listen, runtime.port)[0] ?? runtime.url;
    const address = new URL(url).host;
    console.log(
      [
        `Berth is ready at ${runtime.url}`,
        "",
        `  Console        ${url}/`,
        `  Administrator  ${ADMINISTRATOR}`,
        ...(password === undefined ? [] : [`  Password       ${password}  (shown only now)`]),
        "",
        `  docker login ${address} -u ${ADMINISTRATOR}`,
        `  docker tag nginx ${address}/demo/nginx:1`,
        `  docker push ${address}/demo/nginx:1`,
        "",
        ...(listen === LOOPBACK ? [] : [PLAIN_HTTP, ""]),
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
