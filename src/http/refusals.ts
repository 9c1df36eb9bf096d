import type { Context } from "hono";
import type { RegistryError } from "../model/errors.ts";
import { recordDenied } from "../registry/audit.ts";
import { type AppEnv, continueAfterAnswer } from "./context.ts";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Records in the audit, after the answer, that a known caller was not allowed to change something. */
export function auditRefusal(c: Context<AppEnv>, { code, problems }: RegistryError): void {
  // Whoever could not be identified has no caller yet.
  const { stores, caller } = c.var as Partial<AppEnv["Variables"]>;
  if (code !== "DENIED" || SAFE_METHODS.has(c.req.method) || !stores || !caller?.user) return;
  const { pathname: path } = new URL(c.req.url);
  const name = problems[0]?.detail?.["name"];
  const refused = { method: c.req.method, path, name: typeof name === "string" ? name : undefined };
  const recording = recordDenied(stores, caller, refused).catch((error: unknown) => {
    console.error(`the refusal of ${c.req.method} ${path} could not be recorded:`, error);
  });
  continueAfterAnswer(c, recording);
}
