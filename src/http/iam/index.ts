/**
 * The part of Huawei's IAM API that its SDKs and Terraform provider need beside SWR's: `/v3/` is OpenStack's, `/v3.0/` Huawei's
 * own.
 */
import type { Context } from "hono";
import { RegistryError } from "../../model/errors.ts";
import { identifyManager } from "../auth/identify.ts";
import { readWholeBody, refuseLargeBody } from "../body.ts";
import { limitBodies } from "../limit-bodies.ts";
import type { AppEnv } from "../context.ts";
import { createRouter } from "../openapi.ts";
import { renderIamError } from "./errors.ts";
import { lists } from "./lists.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";
import { requestPath } from "../public-address.ts";

export const iam = createIamRouter();
// Before anybody is identified: clients ask for a new token with the old one still in hand.
iam.use(readWholeBody);
iam.route("/", tokens);
iam.use(identifyManager);
iam.route("/", lists);
iam.all("/*", refuseUnknownRoute);

export const iamOfHuawei = createIamRouter();
iamOfHuawei.use(identifyManager);
iamOfHuawei.route("/", users);
iamOfHuawei.all("/*", refuseUnknownRoute);

/** A router that answers as IAM does. */
function createIamRouter() {
  const router = createRouter();
  router.use(async function headers(c, next) {
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Cache-Control", "no-store");
    await next();
  });
  router.use(limitBodies);
  router.use(refuseLargeBody);
  router.onError(renderIamError);
  return router;
}

function refuseUnknownRoute(c: Context<AppEnv>): never {
  const { pathname } = requestPath(c);
  throw new RegistryError("ROUTE_UNKNOWN", `${c.req.method} ${pathname.slice(0, 200)} is not part of the IAM API`);
}
