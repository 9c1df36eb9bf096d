/** A stand-in for what is between clients and a Worker: it refuses large bodies before the Worker sees them. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ended, findProgram } from "../support/commands.ts";
import { freePort } from "../support/ports.ts";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";

export interface Edge {
  url: string;
  address: string;
  port: number;
  stop: () => Promise<void>;
}

export interface EdgeOptions {
  /** As nginx writes it. */
  maxBody?: string;
  /** Whether bodies are passed on only once they are complete, so that a broken connection loses all of one. */
  isBuffering?: boolean;
  /** Default: any free one. */
  port?: number;
  /** PEM. With these it speaks TLS. */
  certified?: { certificate: string; key: string };
  /** What the registry is told as the host, as nginx writes it. */
  host?: string;
}

const START_MS = 20_000;

/** Starts nginx in front of a registry, with the limits that Cloudflare has on its smallest plans. */
export async function startEdge(upstreamPort: number, options: EdgeOptions = {}): Promise<Edge> {
  const { maxBody = "100m", isBuffering = false, certified, host = "$http_host" } = options;
  const directory = makeTemporaryDirectory();
  const port = options.port ?? (await freePort());
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(directory, name));
  const config = join(directory, "nginx.conf");
  if (certified) {
    writeFileSync(join(directory, "tls.crt"), certified.certificate);
    writeFileSync(join(directory, "tls.key"), certified.key);
  }
  writeFileSync(
    config,
    `daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port}${certified ? " ssl" : ""};
    ${certified ? `ssl_certificate ${directory}/tls.crt; ssl_certificate_key ${directory}/tls.key;` : ""}
    client_max_body_size ${maxBody};
    client_body_timeout 60s;
    location / {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_http_version 1.1;
      proxy_set_header Host ${host};
      proxy_request_buffering ${isBuffering ? "on" : "off"};
      proxy_buffering off;
      proxy_read_timeout 300s;
    }
  }
}
`,
  );
  const child = spawn(findProgram("nginx") ?? "nginx", ["-c", config, "-p", directory], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const end = ended(child);
  const url = `${certified ? "https" : "http"}://127.0.0.1:${port}`;
  // With TLS it answers that, too, though not with what was asked for.
  await untilAnswering(`http://127.0.0.1:${port}/v2/`, () => {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${log}`);
  });
  return {
    url,
    address: `127.0.0.1:${port}`,
    port,
    stop: async () => {
      child.kill("SIGTERM");
      await end;
      removeDirectory(directory);
    },
  };
}

/** Waits until somebody answers. */
export async function untilAnswering(url: string, check: () => void): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch (error) {
      check();
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
