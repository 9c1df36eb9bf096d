/** What happened to the tags of an image. */
import { unwrap } from "../../client/api/client.ts";
import { parseImageName, parseTagName, withImage, withTag } from "../image-name.ts";
import { operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printTable, shortDigest } from "../output.ts";

interface TagEvent {
  tag: string;
  digest: string | null;
  deleted: boolean;
  user: string | null;
  time: string;
}

const DEFAULT_LIMIT = 50;

export const imageHistory = operation({
  command: "history <image>",
  describe: "What happened to its tags, newest first",
  options: (yargs) => withLimit(withImage(yargs), DEFAULT_LIMIT),
  ask: (api, { image, limit }) =>
    readPages("events", limit, async (query) => {
      const params = { path: parseImageName(image), query };
      return unwrap(await api.GET("/api/organizations/{organization}/images/{image}/history", { params }));
    }),
  show: printHistory,
});

export const tagHistory = operation({
  command: "history <tag>",
  describe: "What it pointed to, newest first",
  options: (yargs) => withLimit(withTag(yargs), DEFAULT_LIMIT),
  ask: (api, { tag, limit }) =>
    readPages("events", limit, async (query) => {
      const params = { path: parseTagName(tag), query };
      return unwrap(await api.GET("/api/organizations/{organization}/images/{image}/tags/{tag}/history", { params }));
    }),
  show: printHistory,
});

function printHistory({ events }: { events: TagEvent[] }): void {
  printTable(
    [
      { heading: "TIME", value: (event) => formatTime(event.time) },
      { heading: "TAG", value: (event) => event.tag },
      { heading: "WHAT", value: (event) => (event.deleted ? "deleted" : shortDigest(event.digest)) },
      { heading: "BY", value: (event) => event.user },
    ],
    events,
    "Nothing has happened yet.",
  );
}
