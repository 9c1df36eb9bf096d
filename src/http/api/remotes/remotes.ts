import {
  MAX_REMOTE_NAME_LENGTH,
  MAX_REMOTE_PASSWORD_LENGTH,
  MAX_REMOTE_USERNAME_LENGTH,
  MAX_URL_LENGTH,
} from "../../../kernel/field-limits.ts";
import { MAX_REMOTES } from "../../../kernel/limits.ts";
import {
  addRemote,
  changeRemote,
  getRemote,
  listOwnRemotes,
  type Remote,
  removeRemote,
  tryRemote,
} from "../../../registry/remotes/remotes.ts";
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
import { describeWhy, Reasons } from "../reasons.ts";

const TAGS = ["Remote registries"];
const PATH = "/remotes";
const TO_LIST = "For every user of the account.";
const TO_CHANGE = "Takes an administrator of the account.";

const RemoteParams = z.object({
  remote: z.string().openapi({ param: { name: "remote", in: "path" }, example: "tokyo" }),
});

const url = z.string().openapi({
  maxLength: MAX_URL_LENGTH,
  description:
    "Its address, over HTTPS and on the public network; a host alone will do, and `docker.io` for Docker Hub.",
  example: "https://registry.example.com",
});
const username = z.string().nullable().openapi({
  maxLength: MAX_REMOTE_USERNAME_LENGTH,
  description: "Who logs in there; null: nobody.",
  example: "robot",
});
const password = z.string().nullable().openapi({
  maxLength: MAX_REMOTE_PASSWORD_LENGTH,
  description: "A password or access token. It is stored encrypted.",
});
const test = z
  .boolean()
  .default(true)
  .openapi({ description: "Whether to save only what works: the registry answers, and takes the credentials." });

const RemoteAnswer = z
  .object({
    name: z.string().openapi({ description: "What SWR's API calls `remoteRegionId`.", example: "tokyo" }),
    url,
    username,
    created: Time,
    updated: Time,
  })
  .openapi("Remote", { description: "A registry elsewhere. Its password is never shown." });

const NewRemote = z
  .strictObject({
    name: z.string().openapi({
      minLength: 1,
      maxLength: MAX_REMOTE_NAME_LENGTH,
      description: "Letters, digits, `.`, `_` and `-`; the first and the last are letters or digits.",
      example: "tokyo",
    }),
    url,
    username: username.default(null),
    password: password.default(null),
    test,
  })
  .openapi("NewRemote");

const RemoteChanges = z
  .strictObject({ url: url.optional(), username: username.optional(), password: password.optional(), test })
  .openapi("RemoteChanges", {
    description: "What is absent stays as it is. Another `url` or `username` takes the `password` anew.",
  });

const RemoteTest = z
  .object({
    works: z.boolean(),
    detail: z.string().nullable().openapi({ description: "What does not work; null when all does." }),
    reasons: Reasons,
  })
  .openapi("RemoteTest");

/** Registries elsewhere, by the names that an account has for them. */
export const remotes = createRouter();

remotes.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listRemotes",
    summary: "List remote registries",
    description: TO_LIST,
    responses: { 200: json(z.object({ remotes: z.array(RemoteAnswer) }).openapi("Remotes"), "All of them, by name.") },
  }),
  async (c) => c.json({ remotes: (await listOwnRemotes(managerCall(c))).map(describeRemote) }, 200),
);

remotes.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createRemote",
    summary: "Add a remote registry",
    description: `At most ${MAX_REMOTES} an account. ${TO_CHANGE}`,
    request: jsonBody(NewRemote),
    responses: { 201: json(RemoteAnswer, "Rules and organizations can name it.") },
  }),
  async (c) => {
    const { name, test: isTested, ...wanted } = c.req.valid("json");
    return c.json(describeRemote(await addRemote(managerCall(c), name, { ...wanted, isTested })), 201);
  },
);

remotes.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{remote}`,
    tags: TAGS,
    operationId: "showRemote",
    summary: "Show a remote registry",
    description: TO_LIST,
    request: { params: RemoteParams },
    responses: { 200: versioned(RemoteAnswer, "The remote registry.") },
  }),
  async (c) => {
    const { remote } = c.req.valid("param");
    const found = await getRemote(managerCall(c), remote);
    setVersion(c, found);
    return c.json(describeRemote(found), 200);
  },
);

remotes.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{remote}`,
    tags: TAGS,
    operationId: "updateRemote",
    summary: "Change a remote registry",
    description: TO_CHANGE,
    request: { params: RemoteParams, headers: IfMatch, ...jsonBody(RemoteChanges) },
    responses: { 200: versioned(RemoteAnswer, "The remote registry as it is now.") },
  }),
  async (c) => {
    const { remote } = c.req.valid("param");
    const { test: isTested, ...changes } = c.req.valid("json");
    const versions = versionsOf(c);
    const changed = await changeRemote(managerCall(c), remote, { ...changes, isTested, versions });
    setVersion(c, changed);
    return c.json(describeRemote(changed), 200);
  },
);

remotes.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{remote}`,
    tags: TAGS,
    operationId: "deleteRemote",
    summary: "Delete a remote registry",
    description: `Refused while a rule or an organization uses it. ${TO_CHANGE}`,
    request: { params: RemoteParams },
    responses: { 204: { description: "It is gone, and its password with it." } },
  }),
  async (c) => {
    const { remote } = c.req.valid("param");
    await removeRemote(managerCall(c), remote);
    return c.body(null, 204);
  },
);

remotes.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{remote}/test`,
    tags: TAGS,
    operationId: "testRemote",
    summary: "Test a remote registry",
    description: `Changes nothing there. ${TO_CHANGE}`,
    request: { params: RemoteParams },
    responses: { 200: json(RemoteTest, "Whether it works.") },
  }),
  async (c) => {
    const { remote } = c.req.valid("param");
    const why = await tryRemote(managerCall(c), remote);
    return c.json({ works: why === undefined, ...describeWhy(why) }, 200);
  },
);

function describeRemote(remote: Remote): z.infer<typeof RemoteAnswer> {
  const { name, url: address, username: user, createdAt, updatedAt } = remote;
  return { name, url: address, username: user, created: formatTime(createdAt), updated: formatTime(updatedAt) };
}
