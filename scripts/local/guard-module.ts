import { join } from "node:path";
import type { Bundle } from "./bundle.ts";

/** The header by which the Worker knows the front. */
export const FRONT_HEADER = "X-Berth-Front";

const NAME = "front-guard.mjs";

/**
 * A main module before the Worker's own, which turns away requests that do not come from the front: workerd's own ports
 * are open to everything on this machine, pages in a browser included, and there nobody looks at Host and
 * CF-Connecting-IP. A module and not a Worker of its own, because bodies would have to pass through that.
 *
 * @param secret what the front sends in {@link FRONT_HEADER}.
 */
export function guardModule({ directory, modules }: Pick<Bundle, "directory" | "modules">, secret: string) {
  const main = JSON.stringify(`./${modules[0]?.path ?? ""}`);
  const contents = `
    import worker from ${main};
    export * from ${main};
    export default {
      ...worker,
      fetch(request, env, context) {
        if (request.headers.get(${JSON.stringify(FRONT_HEADER)}) === ${JSON.stringify(secret)}) {
          return worker.fetch(request, env, context);
        }
        return new Response("This port is not for requests: use the one that the registry names.\\n", { status: 403 });
      },
    };
  `;
  return { type: "ESModule" as const, path: join(directory, NAME), contents };
}
