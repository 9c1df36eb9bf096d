import { imageOf, organizationOf } from "../../../kernel/reference.ts";
import { type ListedShare, listReceived, listSent } from "../../../registry/rights/shares.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { IMAGE_TEXT } from "../images/image-fields.ts";
import { cutSealedPage, Next, PAGE_PARAMS, readSealedCursor } from "../paging.ts";

const ListedShareItem = z
  .object({
    organization: z.string(),
    image: z.string().openapi({ description: "Without its organization.", example: "shop/web" }),
    account: z.string().openapi({ description: "Of sent shares: with whom. Of received ones: whose image it is." }),
    deadline: z.string().openapi({ description: "As it was given: `forever`, or a day at whose end (UTC) it ends." }),
    ends: Time.nullable().openapi({ description: "The first moment at which it no longer holds." }),
    note: z.string(),
    valid: z
      .boolean()
      .openapi({ description: "Whether it holds: not when it has ended, nor while the image is public." }),
    created: Time,
  })
  .openapi("Share");

const listShares = createRoute({
  method: "get",
  path: "/shares",
  tags: ["Sharing"],
  operationId: "listShares",
  summary: "List shares",
  description:
    "`sent`: the shares, ended ones too, of all images that the caller has a right to, by image. `received`: the shares " +
    "with the caller's account that hold, newest image first.",
  request: { query: z.strictObject({ direction: z.enum(["sent", "received"]), q: IMAGE_TEXT, ...PAGE_PARAMS }) },
  responses: {
    200: json(z.object({ shares: z.array(ListedShareItem), next: Next }).openapi("SharePage"), "A page of shares."),
  },
});

/** What is shared with whom (guide 4.6), a share at a time: SWR's own list has one entry per image. */
export const shares = createRouter().openapi(listShares, async (c) => {
  const { direction, q: text, limit, cursor } = c.req.valid("query");
  if (direction === "sent") {
    const after = await readSealedCursor(c.var.stores, cursor, z.tuple([z.string(), z.int()]));
    const { rows, end } = await listSent(managerCall(c), { text, after, limit: limit + 1 });
    const { items, next } = await cutSealedPage(c.var.stores, rows, limit, positionOf, end);
    return c.json({ shares: items.map(describeShare), next }, 200);
  }
  const after = await readSealedCursor(c.var.stores, cursor, z.tuple([z.int()]));
  const { rows, end } = await listReceived(managerCall(c), { text, after, limit: limit + 1 });
  const { items, next } = await cutSealedPage(c.var.stores, rows, limit, ({ repositoryId }) => [repositoryId], end);
  return c.json({ shares: items.map(describeShare), next }, 200);
});

function positionOf({ repository, accountId }: ListedShare) {
  return [repository, accountId];
}

function describeShare(share: ListedShare): z.infer<typeof ListedShareItem> {
  return {
    organization: organizationOf(share.repository),
    image: imageOf(share.repository),
    account: share.account,
    deadline: share.deadline,
    ends: share.endsAt && formatTime(share.endsAt),
    note: share.note,
    valid: share.isValid,
    created: formatTime(share.createdAt),
  };
}
