/** The registry API under `/v2/`: OCI distribution-spec and Docker's additions to it. */
import { Hono } from "hono";
import { requireCredentials } from "../../registry/rights/access.ts";
import { identify } from "../auth/identify.ts";
import { boundAnswers } from "../bound-answers.ts";
import { registryCall } from "../call.ts";
import type { AppEnv } from "../context.ts";
import { limitBodies } from "../limit-bodies.ts";
import { unknownRoute } from "../errors.ts";
import { blobs } from "./blobs.ts";
import { catalog } from "./catalog.ts";
import { renderOciError } from "./errors.ts";
import { manifests } from "./manifests.ts";
import { referrers } from "./referrers.ts";
import { tags } from "./tags.ts";
import { uploads } from "./uploads.ts";

export const oci = new Hono<AppEnv>({ strict: false })
  .use(async function protocolHeaders(c, next) {
    c.header("Docker-Distribution-Api-Version", "registry/2.0");
    c.header("X-Content-Type-Options", "nosniff");
    await next();
  })
  .use(boundAnswers)
  .use(limitBodies)
  .use(identify)
  .get("/", (c) => {
    requireCredentials(registryCall(c));
    c.set("isBounded", true);
    return c.json({});
  })
  .route("/", catalog)
  .route("/", tags)
  .route("/", manifests)
  .route("/", uploads)
  .route("/", blobs)
  .route("/", referrers)
  .all("/*", (c) => {
    throw unknownRoute(c, "the registry API");
  })
  .onError(renderOciError);
