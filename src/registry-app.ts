import { Hono } from "hono";
import { PatternRouter } from "hono/router/pattern-router";
import { SWR_TOKEN_PATH, TOKEN_PATH } from "./http/auth/challenge.ts";
import { swrToken, token } from "./http/auth/token.ts";
import type { AppEnv } from "./http/context.ts";
import { dockerSearch } from "./http/docker-search.ts";
import { addEntrance } from "./http/entrance.ts";
import { oci } from "./http/oci/index.ts";

/**
 * What container tools ask for, as `app.ts` has it too, which has everything else besides. It is an app of its own so that an
 * isolate which only pushes and pulls starts without the management APIs (ADR 0028).
 */
export const registryApp = new Hono<AppEnv>({
  strict: false,
  // Names of repositories have any number of parts, so Hono would take the router that looks at a path part by part, for each of
  // the routes. With so few of them it takes half of the time to try one expression for each.
  router: new PatternRouter(),
});

addEntrance(registryApp);
registryApp.route("/v1", dockerSearch);
registryApp.route("/v2", oci);
registryApp.route(TOKEN_PATH, token);
registryApp.route(SWR_TOKEN_PATH, swrToken);
