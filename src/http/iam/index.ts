/** The part of Huawei's IAM API v3 under `/v3/` that its SDKs and Terraform provider need beside SWR's API. */
import { RegistryError } from "../../model/errors.ts";
import { identifyManager } from "../auth/identify.ts";
import { limitBody } from "../body.ts";
import { createRouter } from "../openapi.ts";
import { renderIamError } from "./errors.ts";
import { lists } from "./lists.ts";
import { tokens } from "./tokens.ts";
import { requestPath } from "../public-address.ts";

export const iam = createRouter();

iam.use(async function headers(c, next) {
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Cache-Control", "no-store");
  await next();
});
iam.use(limitBody);
// Before anybody is identified: clients ask for a new token with the old one still in hand.
iam.route("/", tokens);
iam.use(identifyManager);
iam.route("/", lists);
iam.all("/*", (c) => {
  const { pathname } = requestPath(c);
  throw new RegistryError("ROUTE_UNKNOWN", `${c.req.method} ${pathname.slice(0, 200)} is not part of the IAM API`);
});
iam.onError(renderIamError);
