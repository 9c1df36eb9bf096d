import { Hono } from "hono";
import { TOKEN_PATH } from "./http/auth/challenge.ts";
import { token } from "./http/auth/token.ts";
import type { AppEnv } from "./http/context.ts";
import { oci } from "./http/oci/index.ts";
import { openStores } from "./registry/stores.ts";

/** All surfaces of the Worker. */
export const app = new Hono<AppEnv>({ strict: false })
  .use(async function stores(c, next) {
    c.set("stores", openStores(c.env));
    await next();
  })
  .route("/v2", oci)
  .route(TOKEN_PATH, token)
  .notFound((c) => c.json({ errors: [{ code: "UNSUPPORTED", message: `there is nothing at ${c.req.path}` }] }, 404));
