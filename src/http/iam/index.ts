/**
 * The part of Huawei's IAM API that its SDKs and Terraform provider need beside SWR's: `/v3/` is OpenStack's, `/v3.0/` Huawei's
 * own.
 */
import type { Context } from "hono";
import { identifyManager } from "../auth/identify.ts";
import { readWholeBody } from "../body.ts";
import type { AppEnv } from "../context.ts";
import { limitStrangers } from "../limit-bodies.ts";
import { createManagementRouter } from "../management.ts";
import { unknownRoute } from "../errors.ts";
import { renderIamError } from "./errors.ts";
import { lists } from "./lists.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";

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
  const router = createManagementRouter(undefined, limitStrangers);
  router.onError(renderIamError);
  return router;
}

function refuseUnknownRoute(c: Context<AppEnv>): never {
  throw unknownRoute(c, "the IAM API");
}
