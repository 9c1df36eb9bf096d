import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { parseByteSize } from "../byte-size.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, usageFailure } from "../failure.ts";
import { command } from "../manage.ts";
import { printNotice } from "../output.ts";
import { startProxy } from "../proxy/server.ts";
import { isLoopbackName } from "../../kernel/loopback.ts";
import { chooseRegistry } from "../settings.ts";
import { untilStopped } from "../stop.ts";

/** Below what Cloudflare takes on its smallest plan, 100 MB, and a multiple of what R2 stores at once, 5 MiB. */
const DEFAULT_CHUNK = "80MiB";
const MIN_CHUNK_BYTES = 1024 * 1024;

/** `berth proxy`: for clients that send a layer in one request, however large it is. */
export const proxy = command({
  command: "proxy [upstream]",
  describe: "Let docker and others push layers of any size: they push to this machine, and chunks go to the registry",
  options: (yargs) =>
    yargs
      .positional("upstream", { type: "string", describe: "The registry: a host, or a URL" })
      .option("listen", {
        alias: "l",
        type: "string",
        requiresArg: true,
        default: "127.0.0.1:5000",
        describe: "Where clients connect to: a port, or an address and a port",
      })
      .option("chunk-size", {
        type: "string",
        requiresArg: true,
        default: DEFAULT_CHUNK,
        describe: "The largest request to the registry",
      })
      .option("spool-dir", {
        type: "string",
        requiresArg: true,
        default: tmpdir(),
        defaultDescription: "the system's folder for temporary files",
        describe: "Where what may have to be sent again is kept: twice the chunk size for each layer on its way",
      })
      .option("allow-host", {
        type: "string",
        array: true,
        requiresArg: true,
        default: [],
        describe: "Another name by which clients may call the proxy, such as host.docker.internal",
      })
      .option("quiet", { alias: "q", type: "boolean", default: false, describe: "Do not tell of uploads" }),
  run: async ({ upstream, registry: option, listen, chunkSize, spoolDir, allowHost, quiet }) => {
    const registry = chooseRegistry(upstream ?? option);
    const { host, port } = parseListenAddress(listen);
    const maxChunkBytes = parseByteSize(chunkSize, "--chunk-size");
    if (maxChunkBytes < MIN_CHUNK_BYTES) throw usageFailure("--chunk-size must be 1MiB or more");
    requireWritable(spoolDir);
    const running = await startProxy({
      upstream: registry.url,
      host,
      port,
      maxChunkBytes,
      spoolDirectory: spoolDir,
      allowedHosts: allowHost,
      write: quiet ? () => undefined : printNotice,
    }).catch((error: Error) => {
      const hint = "Choose another address by --listen, such as --listen 127.0.0.1:5001.";
      throw new Failure(EXIT.failed, `cannot listen on ${host}:${port}: ${error.message}`, { hint, cause: error });
    });
    const address = `${host.includes(":") ? `[${host}]` : host}:${running.port}`;
    const name = isLoopbackName(host.includes(":") ? `[${host}]` : host) ? `localhost:${running.port}` : address;
    if (name === address)
      printNotice("A client that can reach this address can read what passes: it is not encrypted.");
    printNotice(`berth proxy is ready: ${name} is ${registry.url.origin}. Ctrl-C stops it.`);
    printNotice(`  docker login ${name}; docker push ${name}/organization/image`);
    await untilStopped();
    await running.stop();
  },
});

/** @throws Failure (usage). */
function parseListenAddress(text: string): { host: string; port: number } {
  const [, given = "127.0.0.1", digits = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  const host = given.replace(/^\[(.*)\]$/, "$1");
  const port = Number(digits);
  if (digits !== "" && port <= 65_535) return { host: host === "localhost" ? "127.0.0.1" : host, port };
  throw usageFailure(`--listen "${text}" is no address`, "For example: 5000, 127.0.0.1:5000, [::1]:5000");
}

function requireWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw usageFailure(`--spool-dir ${directory} cannot be written to: ${(error as Error).message}`);
  }
}
