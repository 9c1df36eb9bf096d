/** Parts of the Worker that are loaded when they are asked for: ADR 0028. */

/** What answers requests, such as an app of Hono's. */
export interface Answering<E> {
  fetch: (request: Request, env: E, context: ExecutionContext) => Response | Promise<Response>;
}

/**
 * Answers requests with what the first of them loads. That it could not be loaded is the failure of one request, and nothing
 * that a later one remembers.
 */
export function lazily<E>(load: () => Promise<Answering<E>>): Answering<E>["fetch"] {
  return async function answerLazily(request, env, context) {
    let loaded: Answering<E>;
    try {
      loaded = await load();
    } catch (error) {
      console.error("a part of the registry could not be loaded:", error);
      const message = "the registry failed; the request may be repeated";
      return Response.json({ errors: [{ code: "UNKNOWN", message }] }, { status: 500 });
    }
    return loaded.fetch(request, env, context);
  };
}
