import type { UpstreamFetch } from "./upstream-fetch.ts";
import type { UploadSession } from "./storage/content/upload-session.ts";

/** What Berth uses of a queue. */
export interface MessageQueue<M> {
  sendBatch: (messages: Iterable<{ body: M }>, options?: { delaySeconds?: number }) => Promise<unknown>;
}

/** Bindings of wrangler.toml and the secrets that `docs/deploy.md` names. */
export interface Env {
  DB: D1Database;
  BUCKET: R2Bucket;
  UPLOADS: DurableObjectNamespace<UploadSession>;
  UPSTREAMS: DurableObjectNamespace<UpstreamFetch>;
  /** Push events that triggers are to be told of. */
  DELIVERIES: MessageQueue<{ delivery: number }>;
  /** Tags that are to be copied to other registries. */
  SYNCS: MessageQueue<{ sync: number }>;
  /** The console, which is built from `src/console`. */
  ASSETS: Fetcher;
  /** Attempts to log in under one name from one network. */
  LOGIN_LIMITER: RateLimit;
  /** Attempts that failed from one network, under whatever names. */
  NETWORK_LIMITER: RateLimit;
  /** Signs tokens and temporary login commands: 32 characters or more (`model/secrets.ts`). */
  TOKEN_SECRET: string;
  /** Encrypts the secrets of access keys, webhooks and clusters: 32 random bytes, base64. */
  ENCRYPTION_KEY: string;
  /** What the two above replace, while there is something under it; or what replaces them (docs/deploy.md, "Rotating secrets"). */
  TOKEN_SECRET_PREVIOUS?: string;
  TOKEN_SECRET_NEXT?: string;
  ENCRYPTION_KEY_PREVIOUS?: string;
  ENCRYPTION_KEY_NEXT?: string;
  /** Opens `/metrics`, which is not there without it (docs/monitoring.md). */
  METRICS_TOKEN?: string;
  // Variables, all optional: `model/settings.ts`.
}
