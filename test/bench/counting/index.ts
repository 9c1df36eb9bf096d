/** Berth as src/index.ts has it, with bindings that count, and `GET /__counts`, which answers the counts so far. */
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { UploadSession as Uncounted } from "../../../src/storage/content/upload-session.ts";
import { counted } from "./bindings.ts";
import { noCounts } from "./counts.ts";

/** Module state, because the Worker and its Durable Objects share the isolate: so both count here. */
const counts = noCounts();

export class UploadSession extends Uncounted {
  constructor(state: DurableObjectState, env: Env) {
    super(state, counted(env, counts));
  }
}

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/__counts") return Response.json(counts);
    return app.fetch(request, counted(env, counts), context);
  },
} satisfies ExportedHandler<Env>;
