import { SWR_TOKEN_PATH, TOKEN_PATH } from "./http/auth/challenge.ts";
import { swrToken, token } from "./http/auth/token.ts";
import { api } from "./http/api/index.ts";
import { answerOptions } from "./http/cross-origin.ts";
import { dockyard } from "./http/dockyard/index.ts";
import { dockerSearch } from "./http/docker-search.ts";
import { cce } from "./http/cce/index.ts";
import { iam, iamOfHuawei } from "./http/iam/index.ts";
import { documentation } from "./http/docs.ts";
import { addEntrance } from "./http/entrance.ts";
import { oci } from "./http/oci/index.ts";
import { operations } from "./http/operations.ts";
import { createRouter } from "./http/openapi.ts";
import { swr, swrV3 } from "./http/swr/index.ts";
import { versions } from "./http/swr/versions.ts";

/**
 * All surfaces of the Worker. SWR's comes before the registry's, of whose paths it takes a part (ADR 0002); so does CCE's
 * before Berth's own. Requests of container tools do not come here: `index.ts`.
 */
export const app = createRouter();

addEntrance(app);
app.use(answerOptions(app));
app.route("/", versions);
app.route("/v1", dockerSearch);
app.route("/v2/manage", swr);
app.route("/v3/manage", swrV3);
app.route("/v3", iam);
app.route("/v3.0", iamOfHuawei);
app.route("/v2", oci);
app.route(TOKEN_PATH, token);
app.route(SWR_TOKEN_PATH, swrToken);
app.route("/dockyard/v2", dockyard);
app.route("/api/v3", cce);
app.route("/api", api);
app.route("/", operations);
app.route("/", documentation(app));
