import { app } from "./app.ts";
import type { Env } from "./env.ts";

export { UploadSession } from "./storage/upload-session.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
