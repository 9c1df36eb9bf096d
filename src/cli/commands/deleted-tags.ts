/** Tags that were deleted, and the way back. */
import { unwrap } from "../../client/api/client.ts";
import { parseImageName, parseTagName, withImage, withTag } from "../image-name.ts";
import { operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printLine, printTable, shortDigest } from "../output.ts";

export const deletedTags = operation({
  command: "deleted <image>",
  describe: "List deleted tags that can be restored",
  options: (yargs) => withLimit(withImage(yargs)),
  ask: (api, { image, limit }) =>
    readPages("tags", limit, async (query) => {
      const params = { path: parseImageName(image), query };
      return unwrap(await api.GET("/api/organizations/{organization}/images/{image}/restorable-tags", { params }));
    }),
  show: ({ tags }) =>
    printTable(
      [
        { heading: "TAG", value: (tag) => tag.tag },
        { heading: "DIGEST", value: (tag) => shortDigest(tag.digest) },
        { heading: "DELETED", value: (tag) => formatTime(tag.deleted) },
        { heading: "BY", value: (tag) => tag.deletedBy },
        // A companion comes back by itself with the image that it was deleted with.
        { heading: "COMES BACK WITH", value: (tag) => tag.companionOf && shortDigest(tag.companionOf) },
        { heading: "RESTORABLE UNTIL", value: (tag) => formatTime(tag.restorableUntil) },
      ],
      tags,
      "There is nothing to restore.",
    ),
});

export const restoreTag = operation({
  command: "restore <tag>",
  describe: "Restore a deleted tag",
  options: (yargs) => withTag(yargs),
  ask: async (api, { tag: name }) => {
    const params = { path: parseTagName(name) };
    return unwrap(await api.POST("/api/organizations/{organization}/images/{image}/tags/{tag}/restore", { params }));
  },
  show: ({ digest }, { tag }) => printLine(`${tag} points to ${digest} again.`),
});
