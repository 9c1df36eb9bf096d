import { Hono } from "hono";
import { parseDigest } from "../../kernel/digest.ts";
import { OCI_INDEX } from "../../kernel/media-types.ts";
import { requireAccess } from "../../registry/rights/access.ts";
import { listReferrers } from "../../registry/content/referrers.ts";
import { registryCall } from "../call.ts";
import { type AppEnv, repositoryParam } from "../context.ts";
import { linkNext } from "./pages.ts";

/** OCI distribution-spec, "Listing Referrers". */
export const referrers = new Hono<AppEnv>().get("/:name{.+}/referrers/:digest", async (c) => {
  const call = registryCall(c);
  const access = await requireAccess(call, "pull", repositoryParam(c));
  const subject = parseDigest(c.req.param("digest"));
  const artifactType = c.req.query("artifactType");
  const last = c.req.query("last") ?? "";
  const { descriptors, next } = await listReferrers(call, access, { subject, artifactType, last });
  if (artifactType !== undefined) c.header("OCI-Filters-Applied", "artifactType");
  if (next) linkNext(c, { last: next });
  c.header("Content-Type", OCI_INDEX);
  return c.body(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: descriptors }));
});
