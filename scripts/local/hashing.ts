/**
 * Computes checksums for the local R2 on a thread of its own. R2 knows the MD5 of everything, which takes longer to compute
 * than a value takes to be stored, and workerd has one thread for all it does.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Where the patched R2 simulator looks for the thread. Without it, it computes them itself. */
const ADDRESS_VARIABLE = "MINIFLARE_R2_HASHING";

let starting: Promise<void> | undefined;

/** Starts the thread, one for all runtimes of this process, and tells Miniflare of it. It ends with the process. */
export function startHashing(): Promise<void> {
  return (starting ??= start());
}

async function start(): Promise<void> {
  const worker = new Worker(new URL("hashing-thread.ts", import.meta.url));
  const [port] = (await once(worker, "message")) as [number];
  worker.unref();
  process.env[ADDRESS_VARIABLE] = `127.0.0.1:${port}`;
}
