/**
 * A child process that runs one Worker by the project's own runtime: apart from the bench, because the TCP front would
 * otherwise share a thread with the client that measures it. Told what to run by its first message; ends when the
 * channel closes.
 */
import { generateSecrets } from "../../scripts/local/secrets.ts";
import { ensureAdministrator } from "../../scripts/first-administrator.ts";
import { startRuntime, type Runtime } from "../../scripts/local/runtime.ts";

/** What to run. */
export interface HostOrder {
  /** A wrangler.toml; Berth's own by default. */
  configPath?: string;
  stateDir: string;
  /** Of the user `admin`, when the Worker is Berth. */
  adminPassword?: string;
}

/** What the child answers: once when the Worker runs, then once per `"clear"`. */
export type HostMessage = { url: string; workerdPid: number } | "cleared";

process.once("message", (order: HostOrder) => void serve(order));

async function serve({ configPath, stateDir, adminPassword }: HostOrder): Promise<void> {
  const runtime = await startRuntime({
    stateDir,
    ...(configPath !== undefined && { configPath }),
    ...(adminPassword !== undefined && { bindings: { ...generateSecrets(), ORGANIZATION_QUOTA: "1000000" } }),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.removeAllListeners(signal);
  const stop = async () => {
    await runtime.stop();
    process.exit(0);
  };
  process.once("disconnect", () => void stop());
  if (!process.connected) await stop();
  if (adminPassword !== undefined)
    await ensureAdministrator(await runtime.miniflare.getD1Database("DB"), adminPassword);
  process.on("message", (message) => {
    if (message === "clear") void clear(runtime).then(() => answer("cleared"));
  });
  answer({ url: runtime.url, workerdPid: runtime.workerdPid });
  await runtime.failed;
}

/** Gives back the disk space of what was pushed. Rows that name it stay: nothing asks for those blobs again. */
async function clear({ miniflare }: Runtime): Promise<void> {
  const bucket = await miniflare.getR2Bucket("BUCKET");
  for (;;) {
    const { objects } = await bucket.list();
    if (objects.length === 0) return;
    await bucket.delete(objects.map(({ key }) => key));
  }
}

function answer(message: HostMessage): void {
  process.send?.(message);
}
