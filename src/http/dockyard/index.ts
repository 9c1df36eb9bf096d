/** SWR's older API under `/dockyard/v2`, as far as Harbor's adapter for SWR calls it (ADR 33). */
import { identifyCopier } from "../auth/identify.ts";
import { readWholeBody } from "../body.ts";
import { unknownRoute } from "../errors.ts";
import { createManagementRouter } from "../management.ts";
import { renderSwrError } from "../swr/errors.ts";
import { namespaces } from "./namespaces.ts";
import { repositories } from "./repositories.ts";

export const dockyard = createManagementRouter();
dockyard.use(identifyCopier);
dockyard.use(readWholeBody);
dockyard.onError(renderSwrError);
dockyard.route("/", namespaces);
dockyard.route("/", repositories);
dockyard.all("/*", (c) => {
  throw unknownRoute(c, "the API of replications");
});
