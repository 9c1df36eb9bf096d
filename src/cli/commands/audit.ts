import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { unwrap } from "../../client/api/client.ts";
import { defined } from "../defined.ts";
import { EventLines } from "../event-lines.ts";
import { operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printTable } from "../output.ts";

/** `berth audit`: who did what. */
export const audit = operation({
  command: "audit",
  describe: "Who did what, newest first",
  options: (yargs) =>
    withLimit(yargs, 50)
      .option("organization", { alias: "o", type: "string", requiresArg: true, describe: "Only in this organization" })
      .option("search", { type: "string", requiresArg: true, describe: "Only what has this text in it" })
      .option("user", { type: "string", requiresArg: true, describe: "Only by this user" })
      .option("action", { type: "string", requiresArg: true, describe: "Only this action, such as share.create" })
      .option("result", { choices: ["success", "denied"] as const, describe: "Only what succeeded, or was refused" })
      .option("since", { type: "string", requiresArg: true, describe: "From this day or time on (ISO 8601)" })
      .option("until", { type: "string", requiresArg: true, describe: "Before this day or time" })
      .option("account", { type: "string", requiresArg: true, describe: "Only in this account (operators)" })
      .option("export", { type: "boolean", default: false, describe: "All of it, as JSON Lines" }),
  ask: async (api, { limit, search, organization, user, action, result, since, until, account, export: isExport }) => {
    // The registry knows its actions, and names them when it is asked for another.
    const known = action as "share.create" | undefined;
    const wanted = defined({ q: search, organization, user, action: known, result, since, until, account });
    if (!isExport) {
      return readPages("events", limit, async (page) => {
        return unwrap(await api.GET("/api/audit", { params: { query: { ...wanted, ...page } } }));
      });
    }
    for (let cursor: string | undefined; ;) {
      const query = { ...wanted, ...(cursor !== undefined && { cursor }) };
      const data = unwrap(await api.GET("/api/audit/export", { params: { query }, parseAs: "stream" }));
      const lines = new EventLines();
      await pipeline(Readable.fromWeb(data as NodeReadableStream), lines, process.stdout, { end: false });
      if (lines.next === undefined) return undefined;
      cursor = lines.next;
    }
  },
  show: (answer) => {
    if (answer === undefined) return;
    printTable(
      [
        { heading: "TIME", value: (event) => formatTime(event.time) },
        { heading: "USER", value: (event) => event.user },
        { heading: "ACTION", value: (event) => event.action },
        { heading: "RESOURCE", value: (event) => event.resource },
        { heading: "RESULT", value: (event) => event.result },
        { heading: "ADDRESS", value: (event) => event.address },
      ],
      answer.events,
      "Nothing of that kind has happened.",
    );
  },
});
