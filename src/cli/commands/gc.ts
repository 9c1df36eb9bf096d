import { unwrap } from "../../client/api/client.ts";
import { counted } from "../../kernel/counted.ts";
import { group, operation } from "../manage.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";

interface Collected {
  manifests: number;
  blobs: number;
  objects: number;
  bytes: number;
}

function describe({ manifests, blobs, objects, bytes }: Collected): string {
  return [counted(manifests, "manifest"), counted(blobs, "blob"), counted(objects, "object"), formatBytes(bytes)].join(
    ", ",
  );
}

const run = operation({
  command: "run",
  describe: "Collect now what is due, until nothing is left",
  options: (yargs) =>
    yargs.option("dry-run", { type: "boolean", default: false, describe: "Only count what would go" }),
  ask: async (api, { dryRun }) => {
    const total = { manifests: 0, blobs: 0, objects: 0, bytes: 0 };
    for (;;) {
      const part = unwrap(await api.POST("/api/garbage-collection", { body: { dryRun } }));
      for (const key of ["manifests", "blobs", "objects", "bytes"] as const) total[key] += part[key];
      // A request collects for some seconds only. What failed would fail again.
      if (part.complete || part.failed || dryRun) return { ...part, ...total };
    }
  },
  show: (answer) => {
    printLine(`${answer.dryRun ? "Would go" : "Gone"}: ${describe(answer)}.`);
    if (answer.failed) printLine("A part of it failed: the Worker's log says why, and the next run tries it again.");
  },
});

const status = operation({
  command: "status",
  describe: "What there is to collect, and what was",
  ask: async (api) => unwrap(await api.GET("/api/garbage-collection")),
  show: ({ graceDays, reclaimable, due, runs }) => {
    printFields({
      "Grace period": counted(graceDays, "day"),
      "Not needed": `${describe(reclaimable)}${reclaimable.exact ? "" : " or more"}`,
      "Due now": due ? `${describe(due)}${due.exact ? "" : " or more"}` : undefined,
    });
    printLine("");
    printTable(
      [
        { heading: "RUN", value: (each) => formatTime(each.started) },
        { heading: "MS", value: (each) => each.milliseconds, align: "end" },
        { heading: "MANIFESTS", value: (each) => each.manifests, align: "end" },
        { heading: "BLOBS", value: (each) => each.blobs, align: "end" },
        { heading: "OBJECTS", value: (each) => each.objects, align: "end" },
        { heading: "FREED", value: (each) => formatBytes(each.bytes), align: "end" },
        { heading: "ALL DONE", value: (each) => (each.complete ? "yes" : "no") },
      ],
      runs,
      "There was no run yet.",
    );
  },
});

/** `berth gc`: garbage collection, for operators (docs/garbage-collection.md). */
export const gc = group("gc", "Garbage collection (operators): run, status", [run, status]);
