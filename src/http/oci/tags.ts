import { Hono } from "hono";
import { requireAccess } from "../../registry/rights/access.ts";
import { listTags } from "../../registry/content/list-tags.ts";
import { registryCall } from "../call.ts";
import { type AppEnv, repositoryParam } from "../context.ts";
import { cutPage, readPage } from "./pages.ts";

const MAX_TAGS = 10_000;

/** OCI distribution-spec, "Listing Tags". */
export const tags = new Hono<AppEnv>().get("/:name{.+}/tags/list", async (c) => {
  const repository = repositoryParam(c);
  const call = registryCall(c);
  const access = await requireAccess(call, "pull", repository);
  const page = readPage(c, MAX_TAGS);
  const found = await listTags(call, access, page.last, page.n + 1);
  return c.json({ name: repository, tags: cutPage(c, page, found) });
});
