import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { V4WorkerOptions } from "miniflare";

const NAME = "assets";
const SCRIPT = join(import.meta.dirname, "compressed-assets.js");

/**
 * Takes the static assets out of a Worker and gives them to one of their own, which the Worker's binding then leads to.
 * Otherwise Miniflare would put its simulation of Cloudflare's router in front of the whole Worker, and every byte of a
 * push or pull would pass through two more Workers. So here the Worker gets every request first, also for a file that
 * Cloudflare would answer with at once; it finds the same file by its binding, compressed where the client takes that.
 *
 * @returns the Worker, and that of its assets if it has any.
 */
export function separateAssets(worker: V4WorkerOptions): V4WorkerOptions[] {
  const { assets, ...rest } = worker;
  if (assets?.binding === undefined) return [worker];
  const { binding, directory, assetConfig = {} } = assets;
  return [
    { ...rest, serviceBindings: { ...rest.serviceBindings, [binding]: NAME } },
    {
      name: NAME,
      modules: [{ type: "ESModule", path: "assets.mjs", contents: readFileSync(SCRIPT, "utf8") }],
      // It is asked first, and finds the assets by a binding; `.br` and `.gz` are beside them and are no assets (`.assetsignore`).
      assets: {
        binding: "FILES",
        directory,
        assetConfig,
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      },
      serviceBindings: { DISK: { disk: { path: directory, writable: false } } },
    },
  ];
}
