/**
 * `npm start`: Berth on this machine. Environment: PORT (8787), LISTEN (127.0.0.1), STATE_DIR (.berth in the checkout), ADMIN_PASSWORD
 * (otherwise the first start makes one up and shows it), TLS (off), TLS_CERT, TLS_KEY, TRUSTED_PROXIES (none), METRICS_TOKEN (none:
 * no /metrics), and the settings of wrangler.toml by their names; PUBLIC_URL is the addresses that it listens on unless it is set.
 * docs/local.md describes all of them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ADMINISTRATOR, ensureAdministrator } from "./first-administrator.ts";
import { isReadableByOthers, publicUrls } from "./local/listen.ts";
import { readEnvironment, runProgram, untilStopRequested } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";

/** What others on the network can do when it listens for them without TLS. */
const PLAIN_HTTP = [
  "Warning: it listens for other machines by plain http, so others on the network can read passwords and images.",
  "Set TLS=self-signed, or TLS_CERT and TLS_KEY, or put a proxy with TLS in front (docs/local.md). Without TLS docker takes",
  'the address only if it is listed under "insecure-registries".',
];

async function start(): Promise<number> {
  const environment = readEnvironment();
  const { port, listen, stateDir, tls, trustedProxies } = environment;
  const scheme = tls ? "https" : "http";
  const names = tls?.kind === "files" ? tls.names : [];
  const addresses = (at: number) => publicUrls(listen, at, { scheme, names });

  if (!existsSync(join(stateDir, "data"))) console.log("Preparing Berth ...");
  const runtime = await startRuntime({
    port,
    host: listen,
    stateDir,
    tls,
    trustedProxies,
    bindings: (url) => ({ PUBLIC_URL: addresses(Number(new URL(url).port)).join(" "), ...environment.bindings() }),
  });
  const stopRequested = untilStopRequested();
  try {
    const password = await ensureAdministrator(await runtime.miniflare.getD1Database("DB"), environment.password);
    const url = environment.publicUrls[0] ?? addresses(runtime.port)[0] ?? runtime.url;
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
        ...(runtime.authorityFile === undefined ? [] : [...trustLines(runtime.authorityFile, address), ""]),
        ...(isReadableByOthers(listen, scheme, environment.publicUrls) ? [...PLAIN_HTTP, ""] : []),
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

/** How clients come to trust the registry's own authority. @param address as image names begin. */
function trustLines(file: string, address: string): string[] {
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`;
  const install = (folder: string) => `install -D -m 644 ${quoted} ${folder}/${address}/ca.crt`;
  return [
    `Its certificate is signed by an authority of its own: ${file}`,
    "Let clients trust that, on each machine:",
    "",
    `  docker          sudo ${install("/etc/docker/certs.d")}`,
    `  podman, skopeo  ${install("~/.config/containers/certs.d")}`,
    `  curl            curl --cacert ${quoted} https://${address}/v2/`,
  ];
}

await runProgram(start);
