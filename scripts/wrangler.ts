import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What a run of wrangler came to. */
export interface WranglerResult {
  exitCode: number;
  /** Empty unless captured. */
  stdout: string;
  stderr: string;
}

/**
 * Runs the wrangler of this checkout. With `capture` its output is returned and it cannot ask questions; otherwise it
 * has the terminal.
 */
export type RunWrangler = (args: readonly string[], options?: { capture?: boolean }) => Promise<WranglerResult>;

/** The real {@link RunWrangler}. */
export const runWrangler: RunWrangler = async (args, options = {}) => {
  const bin = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: options.capture === true ? ["ignore", "pipe", "pipe"] : "inherit",
    env: { WRANGLER_SEND_METRICS: "false", ...process.env, ...(options.capture === true && { NO_COLOR: "1" }) },
  });
  const result = { exitCode: 0, stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (result.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (result.stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...result, exitCode: code ?? 1 }));
  });
};
