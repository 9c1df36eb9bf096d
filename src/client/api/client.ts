/** The registry's management API, typed by its own description (`npm run api:types`): for the console and the command line. */
import createClient, { type Client, type ClientOptions } from "openapi-fetch";
import { type ApiProblem, readProblems } from "./problems.ts";
import type { paths } from "./schema.d.ts";

export type Api = Client<paths>;

/** The registry's own description, or one that tells less of it. */
type Description = Partial<Record<keyof paths, object>>;

export interface ApiOptions extends ClientOptions {
  /**
   * Makes the error that a call throws for an answer that is no success.
   *
   * @param problems what the registry says is wrong; none when the answer is not the registry's.
   */
  refuse: (response: Response, problems: readonly ApiProblem[]) => Error;
}

/**
 * Opens the API: `api.GET("/api/images", { params: { query } })` and the like. {@link unwrap} takes the data out of an
 * answer; a refusal is thrown before there is one.
 *
 * @typeParam P the description by which calls are typed.
 */
export function createApi<P extends Description = paths>({ refuse, ...options }: ApiOptions): Client<P> {
  const api = createClient<P>(options);
  api.use({
    async onResponse({ response }) {
      if (!response.ok) throw refuse(response, readProblems(parseJson(await response.text())));
    },
  });
  return api;
}

/** What a call of the API answers, as far as it is of use: what is no success was thrown. */
export type Answer<T> = { data: T } | { data?: never };

/** The data of an answer: `unwrap(await api.GET(…))`; undefined for one without a body. */
export function unwrap<T>({ data }: Answer<T>): T {
  // What is no success was thrown, so that there is no answer without what its type says.
  return data as T;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
