/** The registry's API, typed by its own description (`npm run api:types`). */
import createClient from "openapi-fetch";
import { ApiError, readProblems } from "./error.ts";
import type { paths } from "./schema.d.ts";
import { reportSessionEnd } from "./session-end.ts";

export { ApiError, FieldError } from "./error.ts";

/**
 * `api.GET("/api/images", { params: { query } })` and the like. Requests carry the session's cookie. An answer says by
 * its `error` what went wrong: {@link unwrap} turns that into an {@link ApiError}.
 */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });

/** Logging in refuses by 401 too, which is no end of a session. */
const LOGIN = "POST /api/session";

api.use({
  onResponse({ request, response }) {
    if (response.status !== 401 || `${request.method} ${new URL(request.url).pathname}` === LOGIN) return;
    reportSessionEnd();
  },
  onError: ({ error }) => new ApiError(0, [{ code: "NETWORK", message: "The registry does not answer." }], error),
});

/** What openapi-fetch answers, as far as it is of use here. */
type Answer<T> = { data: T; error?: never; response: Response } | { data?: never; error: unknown; response: Response };

/**
 * The data of an answer: `unwrap(await api.GET(…))`.
 *
 * @throws ApiError what the registry refused, and why.
 */
export function unwrap<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  throw new ApiError(response.status, readProblems(error, response), error);
}
