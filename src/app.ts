import { TOKEN_PATH } from "./http/auth/challenge.ts";
import { token } from "./http/auth/token.ts";
import { api } from "./http/api/index.ts";
import { findConsoleFile } from "./http/console.ts";
import { answerOptions, crossOrigin } from "./http/cross-origin.ts";
import { dockerSearch } from "./http/docker-search.ts";
import { renderFailure } from "./http/errors.ts";
import { cce } from "./http/cce/index.ts";
import { iam, iamOfHuawei } from "./http/iam/index.ts";
import { documentation } from "./http/docs.ts";
import { answerEarly } from "./http/early-answer.ts";
import { oci } from "./http/oci/index.ts";
import { noStore } from "./http/no-store.ts";
import { createRouter } from "./http/openapi.ts";
import { requestStores } from "./http/request-stores.ts";
import { strictTransport } from "./http/strict-transport.ts";
import { swr, swrV3 } from "./http/swr/index.ts";
import { versions } from "./http/swr/versions.ts";

/**
 * All surfaces of the Worker. SWR's comes before the registry's, of whose paths it takes a part (ADR 0002); so does CCE's
 * before Berth's own.
 */
export const app = createRouter();

app.use(noStore);
app.use(strictTransport);
app.use(answerEarly);
app.use(requestStores);
app.use(crossOrigin);
app.use(answerOptions(app));
app.route("/", versions);
app.route("/v1", dockerSearch);
app.route("/v2/manage", swr);
app.route("/v3/manage", swrV3);
app.route("/v3", iam);
app.route("/v3.0", iamOfHuawei);
app.route("/v2", oci);
app.route(TOKEN_PATH, token);
app.route("/api/v3", cce);
app.route("/api", api);
app.route("/", documentation(app));
// What a surface refuses it renders itself; here ends what is wrong before any of them is asked.
app.onError(renderFailure);
app.notFound(async (c) => {
  const file = await findConsoleFile(c);
  return file ?? c.json({ errors: [{ code: "UNSUPPORTED", message: `there is nothing at ${c.req.path}` }] }, 404);
});
