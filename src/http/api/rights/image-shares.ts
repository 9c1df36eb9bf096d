/** With which accounts one image is shared: guide 4.6. */
import { MAX_NOTE_LENGTH } from "../../../kernel/field-limits.ts";
import { RegistryError } from "../../../kernel/errors.ts";
import type { RepositoryName } from "../../../kernel/reference.ts";
import { FOREVER, MAX_SHARES, parseDeadline, parseNote } from "../../../model/rights/shares.ts";
import {
  changeShare,
  endShare,
  getImageShare,
  listImageShares,
  type Share,
  shareImage,
} from "../../../registry/rights/shares.ts";
import { managerCall } from "../../call.ts";
import {
  createRoute,
  createRouter,
  IfMatch,
  json,
  jsonBody,
  setVersion,
  versioned,
  versionsOf,
  z,
} from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { imageOf, ImageParams } from "../params.ts";

const TAGS = ["Sharing"];
const PATH = "/organizations/{organization}/images/{image}/shares";
const WHO_MAY = "For everybody who has a right to the image in its own account.";
const TAKES = "Takes the right to manage the image.";

const account = z.string().openapi({ description: "The name of another account.", example: "south" });
const ShareParams = ImageParams.extend({
  account: account.openapi({ param: { name: "account", in: "path" }, description: "The account it is shared with." }),
});

const deadline = z
  .string()
  .transform((text) => parseDeadline(text, new Date()))
  .openapi({
    type: "string",
    description: `\`${FOREVER}\`, or a date or time. Only its day in UTC counts: the share ends with it.`,
    example: "2026-12-31",
  });
const note = z
  .string()
  .transform(parseNote)
  .openapi({ type: "string", maxLength: MAX_NOTE_LENGTH, description: `0 to ${MAX_NOTE_LENGTH} characters.` });

const NewShare = z.strictObject({ account: account.min(1), deadline, note: note.optional() }).openapi("NewImageShare");

const ShareChange = z
  .strictObject({ deadline, note: note.optional() })
  .openapi("ImageShareChange", { description: "Without `note`, that stays as it is." });

const ImageShare = z
  .object({
    account: z.string(),
    deadline: z.string().openapi({ description: "As it was given." }),
    ends: Time.nullable().openapi({ description: "The first moment at which it no longer holds; null: never." }),
    note: z.string(),
    valid: z
      .boolean()
      .openapi({ description: "True until it ends. While the image is public, its shares mean nothing all the same." }),
    createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    created: Time,
    updated: Time,
  })
  .openapi("ImageShare");

const list = createRoute({
  method: "get",
  path: PATH,
  tags: TAGS,
  operationId: "listImageShares",
  summary: "List the accounts that an image is shared with",
  description: `Ended shares among them. ${WHO_MAY}`,
  request: { params: ImageParams },
  responses: {
    200: json(z.object({ shares: z.array(ImageShare) }).openapi("ImageShares"), "All shares, by account."),
  },
});

const create = createRoute({
  method: "post",
  path: PATH,
  tags: TAGS,
  operationId: "shareImage",
  summary: "Share a private image with another account",
  description: `For pulling, and nothing else; with at most ${MAX_SHARES} accounts. ${TAKES}`,
  request: { params: ImageParams, ...jsonBody(NewShare) },
  responses: { 201: json(ImageShare, "All users of that account may pull it.") },
});

const show = createRoute({
  method: "get",
  path: `${PATH}/{account}`,
  tags: TAGS,
  operationId: "showImageShare",
  summary: "Show a share",
  description: WHO_MAY,
  request: { params: ShareParams },
  responses: { 200: versioned(ImageShare, "The share.") },
});

const change = createRoute({
  method: "patch",
  path: `${PATH}/{account}`,
  tags: TAGS,
  operationId: "changeImageShare",
  summary: "Change a share",
  description: TAKES,
  request: { params: ShareParams, headers: IfMatch, ...jsonBody(ShareChange) },
  responses: { 200: versioned(ImageShare, "The share afterwards.") },
});

const end = createRoute({
  method: "delete",
  path: `${PATH}/{account}`,
  tags: TAGS,
  operationId: "endImageShare",
  summary: "Stop sharing an image with an account",
  description: TAKES,
  request: { params: ShareParams },
  responses: { 204: { description: "Tokens that its users ask for from now on do not let them pull it." } },
});

export const imageShares = createRouter()
  .openapi(list, async (c) => {
    const call = managerCall(c);
    const found = await listImageShares(call, imageOf(c.req.valid("param")));
    return c.json({ shares: found.map(describeShare) }, 200);
  })
  .openapi(create, async (c) => {
    const call = managerCall(c);
    const name = imageOf(c.req.valid("param"));
    const { account: partner, deadline: until, note: text = "" } = c.req.valid("json");
    await shareImage(call, name, partner, { deadline: until, note: text });
    const share = await getImageShare(call, name, partner);
    return c.json(describeShare(requireShare(share, name, partner)), 201);
  })
  .openapi(show, async (c) => {
    const call = managerCall(c);
    const { account: partner, ...params } = c.req.valid("param");
    const name = imageOf(params);
    const share = requireShare(await getImageShare(call, name, partner), name, partner);
    setVersion(c, share);
    return c.json(describeShare(share), 200);
  })
  .openapi(change, async (c) => {
    const call = managerCall(c);
    const { account: partner, ...params } = c.req.valid("param");
    const name = imageOf(params);
    const { deadline: until, note: text } = c.req.valid("json");
    await changeShare(call, name, partner, {
      deadline: until,
      ...(text !== undefined && { note: text }),
      versions: versionsOf(c),
    });
    const share = requireShare(await getImageShare(call, name, partner), name, partner);
    setVersion(c, share);
    return c.json(describeShare(share), 200);
  })
  .openapi(end, async (c) => {
    const call = managerCall(c);
    const { account: partner, ...params } = c.req.valid("param");
    await endShare(call, imageOf(params), partner);
    return c.body(null, 204);
  });

/** @throws RegistryError SHARE_UNKNOWN. */
function requireShare(share: Share | undefined, name: RepositoryName, partner: string): Share {
  if (share) return share;
  throw new RegistryError("SHARE_UNKNOWN", `image ${name} is not shared with account ${partner}`);
}

function describeShare(share: Share): z.infer<typeof ImageShare> {
  return {
    account: share.account,
    deadline: share.deadline,
    ends: share.endsAt && formatTime(share.endsAt),
    note: share.note,
    valid: share.isValid,
    createdBy: share.creator?.name ?? null,
    created: formatTime(share.createdAt),
    updated: formatTime(share.updatedAt),
  };
}
