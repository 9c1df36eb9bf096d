/** Berth's own API under `/api/`: what SWR leaves to other services of its cloud, and what goes beyond SWR. */
import { RegistryError } from "../../model/errors.ts";
import { identifyManager } from "../auth/identify.ts";
import { limitBody } from "../body.ts";
import { createRouter } from "../openapi.ts";
import { accessKeys } from "./access-keys.ts";
import { accounts } from "./accounts.ts";
import { aging } from "./aging.ts";
import { audit } from "./audit.ts";
import { clusters } from "./clusters.ts";
import { deliveries } from "./deliveries.ts";
import { renderApiError } from "./errors.ts";
import { garbage } from "./garbage.ts";
import { images } from "./images.ts";
import { immutableRules } from "./immutable-rules.ts";
import { loginCommand } from "./login-command.ts";
import { restore } from "./restore.ts";
import { search } from "./search.ts";
import { session } from "./session.ts";
import { shares } from "./shares.ts";
import { tagHistory } from "./tag-history.ts";
import { triggers } from "./triggers.ts";
import { users } from "./users.ts";

export const api = createRouter();

api.use(async function headers(c, next) {
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Cache-Control", "no-store");
  await next();
});
api.use(limitBody);
api.use(identifyManager);
api.route("/", audit);
api.route("/", garbage);
api.route("/", images);
api.route("/", immutableRules);
api.route("/", aging);
api.route("/", restore);
api.route("/", tagHistory);
api.route("/", shares);
api.route("/", triggers);
api.route("/", deliveries);
api.route("/", clusters);
api.route("/", search);
api.route("/", session);
api.route("/", accounts);
api.route("/", users);
api.route("/", accessKeys);
api.route("/", loginCommand);
api.all("/*", (c) => {
  const { pathname } = new URL(c.req.url);
  throw new RegistryError("ROUTE_UNKNOWN", `${c.req.method} ${pathname.slice(0, 200)} is not part of the API`);
});
api.onError(renderApiError);
