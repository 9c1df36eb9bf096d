import { auth } from "hono/utils/basic-auth";
import { createMiddleware } from "hono/factory";
import type { Caller } from "../../model/access.ts";
import { RegistryError } from "../../model/errors.ts";
import { authenticate } from "../../registry/credentials.ts";
import { readAccessToken } from "../../registry/tokens.ts";
import type { AppEnv } from "../context.ts";

/** Finds out who sends a request, by bearer token or by Basic credentials; without either it is anonymous. */
export const identify = createMiddleware<AppEnv>(async function identify(c, next) {
  const header = c.req.header("Authorization");
  const address = c.req.header("CF-Connecting-IP");
  const anonymous: Caller = { user: undefined, grants: undefined, reach: "registry", address };
  c.set("caller", header === undefined ? anonymous : await readCredentials(header));
  await next();

  async function readCredentials(authorization: string): Promise<Caller> {
    const bearer = /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    if (bearer) return { ...(await readAccessToken(c.var.stores, bearer)), address };
    const basic = auth(c.req.raw);
    if (!basic) throw new RegistryError("UNAUTHORIZED", "the Authorization header is neither Bearer nor Basic");
    const { user, reach } = await authenticate(c.var.stores, basic.username, basic.password);
    return { user, reach, grants: undefined, address };
  }
});
