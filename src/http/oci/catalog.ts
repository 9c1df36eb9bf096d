import { Hono } from "hono";
import { requireCatalogAccess } from "../../registry/rights/access.ts";
import { listOwnRepositories } from "../../registry/images/repositories.ts";
import { registryCall } from "../call.ts";
import type { AppEnv } from "../context.ts";
import { cutPage, readPage } from "./pages.ts";

const MAX_REPOSITORIES = 1000;

/** Docker's catalog: the repositories that the caller has a right to. */
export const catalog = new Hono<AppEnv>().get("/_catalog", async (c) => {
  const call = registryCall(c);
  const access = await requireCatalogAccess(call);
  const page = readPage(c, MAX_REPOSITORIES);
  const { names, next } = await listOwnRepositories(call, access, page.last, page.n + 1);
  return c.json({ repositories: cutPage(c, page, names, next) });
});
