/** The registry's API as the console asks it: with the session's cookie, and with queries that React components use. */
import createQueries from "openapi-react-query";
import { createApi } from "../../client/api/client.ts";
import type { paths } from "../../client/api/schema.d.ts";
import { ApiError, refusalOf } from "./error.ts";
import { reportSessionEnd } from "./session-end.ts";

export { ApiError, FieldError } from "./error.ts";

type Success = 200 | 201 | 202 | 204;

/** The API's description, but for refusals, which are the errors that {@link api} throws. */
type Refusing<P> = {
  [Path in keyof P]: {
    [Method in keyof P[Path]]: P[Path][Method] extends { responses: infer Responses }
      ? Omit<P[Path][Method], "responses"> & {
          responses: {
            [Status in keyof Responses]: Status extends Success
              ? Responses[Status]
              : { headers: Record<string, unknown>; content: { "application/json": ApiError } };
          };
        }
      : P[Path][Method];
  };
};

/** `api.GET("/api/images", { params: { query } })` and the like throw an {@link ApiError} for what is no success. */
export const api = createApi<Refusing<paths>>({
  baseUrl: location.origin,
  credentials: "same-origin",
  refuse: refusalOf,
});

/** Logging in refuses by 401 too, which is no end of a session. */
const LOGIN = "POST /api/session";

api.use({
  onResponse({ request, response }) {
    if (response.status !== 401 || `${request.method} ${new URL(request.url).pathname}` === LOGIN) return;
    reportSessionEnd();
  },
  onError: ({ error }) => new ApiError(0, [{ code: "NETWORK", message: "The registry does not answer." }], error),
});

/**
 * `queries.useQuery("get", "/api/images", { params: { query } })` and the like. Their keys are method, path and the
 * request: {@link keyOf} makes one to find them by.
 */
export const queries = createQueries(api);

/**
 * The key of all queries of a path, or of those with certain parameters in it, as {@link queries} names them.
 *
 * @param path values of the path's parameters; those that are not named may be any.
 */
export function keyOf(url: keyof paths, path?: Readonly<Record<string, unknown>>) {
  return ["get", url, ...(path ? [{ params: { path } }] : [])] as const;
}
