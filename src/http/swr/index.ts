/** SWR's management API v2 under `/v2/manage/`: Huawei's SDKs and Terraform provider work with it unmodified. */
import { RegistryError } from "../../model/errors.ts";
import { requireAccountUser } from "../../registry/access.ts";
import { identify } from "../auth/identify.ts";
import { createRouter } from "../openapi.ts";
import { renderSwrError } from "./errors.ts";

export const swr = createRouter();

swr.use(async function requestId(c, next) {
  c.header("X-Request-Id", crypto.randomUUID());
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Cache-Control", "no-store");
  await next();
});
swr.use(identify);
swr.use(async function accountOnly(c, next) {
  requireAccountUser(c.var.caller);
  await next();
});
swr.all("/*", (c) => {
  const { pathname } = new URL(c.req.url);
  throw new RegistryError(
    "ROUTE_UNKNOWN",
    `${c.req.method} ${pathname.slice(0, 200)} is not part of the management API`,
  );
});
swr.onError(renderSwrError);
