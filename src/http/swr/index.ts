/** SWR's management API v2 under `/v2/manage/`: Huawei's SDKs and Terraform provider work with it unmodified. */
import type { Context } from "hono";
import { reservedOrganization } from "../../kernel/reference.ts";
import { identifyManager } from "../auth/identify.ts";
import { managerCall } from "../call.ts";
import { readWholeBody } from "../body.ts";
import type { AppEnv } from "../context.ts";
import { renderOciError } from "../oci/errors.ts";
import { createManagementRouter } from "../management.ts";
import { unknownRoute } from "../errors.ts";
import { renderSwrError } from "./errors.ts";
import { accessories } from "./accessories.ts";
import { accessDomains } from "./access-domains.ts";
import { agency } from "./agency.ts";
import { featureGates } from "./feature-gates.ts";
import { login } from "./login.ts";
import { namespaceAccess } from "./namespace-access.ts";
import { namespaces } from "./namespaces.ts";
import { overview } from "./overview.ts";
import { quotas } from "./quotas.ts";
import { reports } from "./reports.ts";
import { repos } from "./repos.ts";
import { repositoryAccess } from "./repository-access.ts";
import { retentions } from "./retentions.ts";
import { sharedRepositories } from "./shared-repositories.ts";
import { sync } from "./sync.ts";
import { tags } from "./tags.ts";
import { triggers } from "./triggers.ts";
import { repositoriesV3 } from "./v3-repositories.ts";
import { tagsV3 } from "./v3-tags.ts";
import { requestPath } from "../public-address.ts";

export const swr = createSwrRouter();
swr.route("/", namespaces);
swr.route("/", namespaceAccess);
swr.route("/", repositoryAccess);
swr.route("/", repos);
swr.route("/", tags);
swr.route("/", accessDomains);
swr.route("/", triggers);
swr.route("/", sync);
swr.route("/", sharedRepositories);
swr.route("/", retentions);
swr.route("/", quotas);
swr.route("/", overview);
swr.route("/", reports);
swr.route("/", featureGates);
swr.route("/", login);
swr.route("/", agency);
// Last, because its `{tag}/references` also matches a tag of that name.
swr.route("/", accessories);
swr.all("/*", refuseUnknownRoute);

/** What newer SDKs ask for under `/v3/manage/`. */
export const swrV3 = createSwrRouter();
swrV3.route("/", repositoriesV3);
swrV3.route("/", tagsV3);
swrV3.all("/*", refuseUnknownRoute);

/** A router that answers as SWR does, to those who may manage an account. */
function createSwrRouter() {
  const router = createManagementRouter();
  router.use(identifyManager);
  // Before the body and the parameters are looked at.
  router.use(async function managersOnly(c, next) {
    managerCall(c);
    await next();
  });
  router.use(readWholeBody);
  router.onError(renderSwrError);
  return router;
}

/** A request of a container tool that takes `manage` for the name of an organization: it does not mean this API. */
const REGISTRY_PATH = /^\/v2\/(manage)\/.+\/(?:manifests|blobs|tags|referrers)\//;

function refuseUnknownRoute(c: Context<AppEnv>): Response {
  const { pathname } = requestPath(c);
  const organization = REGISTRY_PATH.exec(pathname)?.[1];
  if (organization !== undefined) return renderOciError(reservedOrganization(organization), c);
  throw unknownRoute(c, "the management API");
}
