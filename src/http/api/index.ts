/** Berth's own API under `/api/`: what SWR leaves to other services of its cloud, and what goes beyond SWR. */
import { RegistryError } from "../../model/errors.ts";
import { identify } from "../auth/identify.ts";
import { createRouter } from "../openapi.ts";
import { renderApiError } from "./errors.ts";

export const api = createRouter();

api.use(async function headers(c, next) {
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Cache-Control", "no-store");
  await next();
});
api.use(identify);
api.all("/*", (c) => {
  const { pathname } = new URL(c.req.url);
  throw new RegistryError("ROUTE_UNKNOWN", `${c.req.method} ${pathname.slice(0, 200)} is not part of the API`);
});
api.onError(renderApiError);
