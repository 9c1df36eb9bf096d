/** Berth as src/index.ts has it, with bindings that count, and `GET /__counts`, which answers the counts so far. */
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { UploadSession as Uncounted } from "../../../src/storage/content/upload-session.ts";
import { counted, counts } from "./bindings.ts";

export class UploadSession extends Uncounted {
  constructor(state: DurableObjectState, env: Env) {
    super(state, counted(env));
  }
}

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/__counts") return Response.json(counts);
    return app.fetch(request, counted(env), context);
  },
} satisfies ExportedHandler<Env>;
