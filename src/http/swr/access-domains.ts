import { MAX_NOTE_LENGTH } from "../../kernel/field-limits.ts";
import { imageOf, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { FOREVER, MAX_SHARES, parseDeadline, parseNote } from "../../model/rights/shares.ts";
import {
  changeShare,
  endShare,
  getImageShare,
  listImageShares,
  type Share,
  shareImage,
} from "../../registry/rights/shares.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import { Done, formatTime, repositoryOf, RepositoryParams, Time } from "./params.ts";

const TAGS = ["Sharing"];
const PATH = "/namespaces/{namespace}/repositories/{repository}/access-domains";

const ShareParams = RepositoryParams.extend({
  access_domain: z.string().openapi({
    param: { name: "access_domain", in: "path" },
    description: "The name of the account that it is shared with.",
  }),
});

const permit = z.literal("read").openapi({ description: "Shared images can be pulled, and nothing else." });
const deadline = z
  .string()
  .transform((text) => parseDeadline(text, new Date()))
  .openapi({
    type: "string",
    description: `\`${FOREVER}\`, or a time or date. Only its day in UTC counts: the share ends with it.`,
    example: "2026-12-31T00:00:00Z",
  });
const description = z
  .string()
  .transform(parseNote)
  .openapi({ type: "string", maxLength: MAX_NOTE_LENGTH, description: `0 to ${MAX_NOTE_LENGTH} characters.` });

const CreateRepoDomains = z
  .object({
    access_domain: z.string().min(1).openapi({ description: "The name of another account." }),
    permit,
    deadline,
    description: description.optional(),
  })
  .openapi("CreateRepoDomains");

const UpdateRepoDomains = z
  .object({ permit, deadline, description: description.optional() })
  .openapi("UpdateRepoDomains", { description: "Without `description`, that stays as it is." });

const Terms = {
  permit: z.string(),
  deadline: z.string().openapi({ description: "As it was given." }),
  description: z.string(),
  creator_id: z.string(),
  creator_name: z.string().openapi({ description: "Empty when the creator is no longer a user." }),
  created: Time,
  updated: Time,
};
const Names = { namespace: z.string(), repository: z.string(), access_domain: z.string() };
const status = z.boolean().openapi({ description: "True until the share ends." });

const AccessDomain = z.object({ ...Names, ...Terms, status }).openapi("AccessDomain");
const AccessDomainOrNone = z
  .object({ ...Names, ...z.object(Terms).partial().shape, status, exist: z.boolean() })
  .openapi("AccessDomainOrNone", { description: "`exist` is false when there is no such share." });

/** Sharing of private images with other accounts: guide 4.6. */
export const accessDomains = createRouter();

accessDomains.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listRepoDomains",
    summary: "List the accounts that an image is shared with",
    description: "Ended shares among them. For everybody who has a right to the image in its own account.",
    request: { params: RepositoryParams },
    responses: { 200: json(z.array(AccessDomain).openapi("AccessDomains"), "All shares, by account.") },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    const shares = await listImageShares(managerCall(c), name);
    return c.json(
      shares.map((share) => writeShare(name, share)),
      200,
    );
  },
);

accessDomains.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createRepoDomains",
    summary: "Share a private image with another account",
    description: `With at most ${MAX_SHARES} accounts. Takes the right to manage the image.`,
    request: { params: RepositoryParams, ...jsonBody(CreateRepoDomains) },
    responses: { 201: json(Done, "All users of that account may pull it.") },
  }),
  async (c) => {
    const { access_domain: account, deadline: until, description: note = "" } = c.req.valid("json");
    const name = repositoryOf(c.req.valid("param"));
    await shareImage(managerCall(c), name, account, { deadline: until, note });
    return c.json({}, 201);
  },
);

accessDomains.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{access_domain}`,
    tags: TAGS,
    operationId: "showAccessDomain",
    summary: "Show a share",
    description: "For everybody who has a right to the image in its own account.",
    request: { params: ShareParams },
    responses: { 200: json(AccessDomainOrNone, "The share, or that there is none.") },
  }),
  async (c) => {
    const { access_domain: account, ...params } = c.req.valid("param");
    const name = repositoryOf(params);
    const share = await getImageShare(managerCall(c), name, account);
    if (share) return c.json({ ...writeShare(name, share), exist: true }, 200);
    return c.json({ ...namesOf(name), access_domain: account, status: false, exist: false }, 200);
  },
);

accessDomains.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{access_domain}`,
    tags: TAGS,
    operationId: "updateRepoDomains",
    summary: "Change a share",
    description: "Takes the right to manage the image.",
    request: { params: ShareParams, ...jsonBody(UpdateRepoDomains) },
    responses: { 201: json(Done, "Changed.") },
  }),
  async (c) => {
    const { access_domain: account, ...params } = c.req.valid("param");
    const { deadline: until, description: note } = c.req.valid("json");
    const terms = { deadline: until, ...(note !== undefined && { note }) };
    await changeShare(managerCall(c), repositoryOf(params), account, terms);
    return c.json({}, 201);
  },
);

accessDomains.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{access_domain}`,
    tags: TAGS,
    operationId: "deleteRepoDomains",
    summary: "Stop sharing an image with an account",
    description: "Takes the right to manage the image.",
    request: { params: ShareParams },
    responses: { 204: { description: "Tokens that its users ask for from now on do not let them pull it." } },
  }),
  async (c) => {
    const { access_domain: account, ...params } = c.req.valid("param");
    await endShare(managerCall(c), repositoryOf(params), account);
    return c.body(null, 204);
  },
);

function namesOf(name: RepositoryName) {
  return { namespace: organizationOf(name), repository: imageOf(name) };
}

function writeShare(name: RepositoryName, share: Share): z.infer<typeof AccessDomain> {
  return {
    ...namesOf(name),
    access_domain: share.account,
    permit: "read",
    deadline: share.deadline,
    description: share.note,
    creator_id: share.creator ? String(share.creator.id) : "",
    creator_name: share.creator?.name ?? "",
    created: formatTime(share.createdAt),
    updated: formatTime(share.updatedAt),
    status: share.isValid,
  };
}
