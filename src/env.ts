import type { UploadSession } from "./storage/upload-session.ts";

/** Bindings of wrangler.toml and the secrets that `docs/deploy.md` names. */
export interface Env {
  DB: D1Database;
  BUCKET: R2Bucket;
  UPLOADS: DurableObjectNamespace<UploadSession>;
  /** Signs tokens: 32 random bytes or more, as text. */
  TOKEN_SECRET: string;
}
