/**
 * What `berth proxy` and `berth push` cost: the same layers, straight to the registry and in chunks. Straight is what an
 * edge with a limit refuses, so it is the speed that the tool should not take away.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM, startBerthProxy } from "../cli/running-proxy.ts";
import { execute, findProgram } from "../support/commands.ts";
import { writeImage } from "../support/image-layouts.ts";
import { Connection } from "./client.ts";
import { newLayer } from "./layers.ts";
import type { Server } from "./servers.ts";
import { type PushKind, RegistryStore } from "./stores.ts";
import { atLeast, median, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;
/** The issue: proxy and push reach 0.9 of direct. */
const LIMIT = 0.9;

interface Load {
  name: string;
  kind: PushKind;
  sizes: number[];
  lanes: number;
  rounds: number;
}

function loads(isQuick: boolean): Load[] {
  const scale = isQuick ? 16 : 1;
  const rounds = (count: number) => (isQuick ? 1 : count);
  const large = Math.ceil((512 * MIB) / scale);
  const middle = Math.ceil((100 * MIB) / scale);
  return [
    { name: "streamed, 1 layer of 512 MiB", kind: "streamed", sizes: [large], lanes: 1, rounds: rounds(3) },
    { name: "streamed, 1 layer of 100 MiB", kind: "streamed", sizes: [middle], lanes: 1, rounds: rounds(5) },
    {
      name: "streamed, 5 layers of 100 MiB at once",
      kind: "streamed",
      sizes: Array<number>(5).fill(middle),
      lanes: 5,
      rounds: rounds(3),
    },
    { name: "known length, 1 layer of 512 MiB", kind: "known length", sizes: [large], lanes: 1, rounds: rounds(3) },
    {
      name: "known length, 40 layers of 256 KiB",
      kind: "known length",
      sizes: Array<number>(40).fill(MIB / 4),
      lanes: 5,
      rounds: rounds(5),
    },
  ];
}

const HEAD = ["", "direct MB/s", "berth MB/s", "ratio", "target"];

/** Measures pushes through the proxy, and pushes of an archive, and prints their table. */
export async function measureCli(berth: RegistryStore, isQuick: boolean): Promise<Target[]> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  const report = (name: string, direct: number[], through: number[], limit: number) => {
    // What slows a whole round down slows both.
    const ratio = median(through.map((rate, round) => rate / (direct[round] ?? Number.NaN)));
    rows.push([name, rateOf(direct), rateOf(through), ratio.toFixed(2), `>= ${limit}`]);
    targets.push(atLeast(`${name}, of direct`, ratio, limit));
  };

  const proxy = await startBerthProxy(berth.server.url, { args: ["--quiet"] });
  const behind = new RegistryStore({ ...berth.server, url: proxy.url });
  for (const load of loads(isQuick)) {
    const rates = { direct: [] as number[], through: [] as number[] };
    for (const store of [berth, behind]) await push(store, { ...load, sizes: load.sizes.slice(0, 1) });
    for (let round = 0; round < load.rounds; round += 1) {
      rates.direct.push(await push(berth, load));
      rates.through.push(await push(behind, load));
      await berth.server.clear();
    }
    report(`proxy: ${load.name}`, rates.direct, rates.through, LIMIT);
  }
  await proxy.stop();

  const archive = await measureArchive(berth.server, isQuick);
  if (archive) report("push: archive of 3 layers of 100 MiB; direct: skopeo", archive.direct, archive.push, LIMIT);
  else console.log("Not compared with skopeo, which is not installed.");
  printTable("The command line tool, against the same without it", HEAD, rows);
  return targets;
}

function rateOf(rates: readonly number[]): string {
  return (median(rates) / 1e6).toFixed(0);
}

/** @returns bytes per second. */
async function push(store: RegistryStore, { sizes, kind, lanes }: Load): Promise<number> {
  await store.login();
  const layers = sizes.map(newLayer);
  const connections = await Promise.all(Array.from({ length: lanes }, () => Connection.open(store.server.url)));
  const queue = [...layers];
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let layer = queue.shift(); layer; layer = queue.shift()) await store.push(connection, layer, kind);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return sizes.reduce((sum, size) => sum + size, 0) / seconds;
}

/** Pushes an OCI archive with skopeo and with `berth push`, start of the program and login included. */
async function measureArchive(
  server: Server,
  isQuick: boolean,
): Promise<{ direct: number[]; push: number[] } | undefined> {
  const skopeo = findProgram("skopeo");
  if (!skopeo) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-cli-"));
  const rates = { direct: [] as number[], push: [] as number[] };
  try {
    const sizes = Array<number>(3).fill(Math.ceil((100 * MIB) / (isQuick ? 16 : 1)));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const address = new URL(server.url).host;
    const environment = { BERTH_REGISTRY: address, BERTH_USERNAME: "admin", BERTH_PASSWORD: server.password ?? "" };
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      for (const kind of ["direct", "push"] as const) {
        const layout = join(directory, `${kind}-${round}`);
        mkdirSync(layout);
        await writeImage(layout, { seed: randomBytes(16).toString("hex"), layers: sizes });
        // With it, it would be what `docker save` writes, whose layers both would compress.
        rmSync(join(layout, "manifest.json"));
        const target = `${address}/bench/${kind}:${round}`;
        const start = performance.now();
        const { exitCode, output } =
          kind === "push"
            ? await execute([...PROGRAM, "push", layout, target, "--quiet"], { environment })
            : await execute([
                skopeo,
                "copy",
                "--quiet",
                "--dest-tls-verify=false",
                `--dest-creds=admin:${server.password ?? ""}`,
                // As it is, like `berth push` of a layout that has a manifest of its own.
                "--preserve-digests",
                `oci:${layout}`,
                `docker://${target}`,
              ]);
        if (exitCode !== 0) throw new Error(`${kind} ended with ${exitCode}:\n${output}`);
        rates[kind].push(bytes / ((performance.now() - start) / 1000));
        rmSync(layout, { recursive: true });
      }
      await server.clear();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return rates;
}
