import {
  type AccountRecord,
  createAccount,
  getAccount,
  listAccounts,
  removeAccount,
} from "../../../registry/accounts/accounts.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { Next } from "../paging.ts";
import { cutNamePage, NamePageQuery, NameParams, Password, PersonName, readNamePage, Time } from "../rights/people.ts";

const Account = z
  .object({
    name: z.string(),
    created: Time,
    users: z.int().openapi({ description: "How many users it has." }),
    organizations: z.int().openapi({ description: "How many organizations; with any, it cannot be deleted." }),
  })
  .openapi("Account");

const NewAccount = z
  .strictObject({
    name: PersonName,
    administrator: z
      .strictObject({ name: PersonName, password: Password })
      .optional()
      .openapi({ description: "Its first user. Default: one of the account's name with a generated password." }),
  })
  .openapi("NewAccount");

const CreatedAccount = z
  .object({
    name: z.string(),
    created: Time,
    administrator: z.object({
      name: z.string(),
      password: z.string().optional().openapi({ description: "Only one that was generated; it is shown this once." }),
    }),
  })
  .openapi("CreatedAccount");

const tags = ["Accounts"];

const create = createRoute({
  method: "post",
  path: "/accounts",
  operationId: "createAccount",
  tags,
  summary: "Create an account",
  description: "Operators only.",
  request: jsonBody(NewAccount),
  responses: { 201: json(CreatedAccount, "The account.") },
});

const list = createRoute({
  method: "get",
  path: "/accounts",
  operationId: "listAccounts",
  tags,
  summary: "List accounts",
  description: "Operators only.",
  request: { query: NamePageQuery },
  responses: { 200: json(z.object({ accounts: z.array(Account), next: Next }).openapi("AccountPage"), "A page.") },
});

const show = createRoute({
  method: "get",
  path: "/accounts/{name}",
  operationId: "showAccount",
  tags,
  summary: "Show an account",
  description: "For operators and the account's own users.",
  request: { params: NameParams },
  responses: { 200: json(Account, "The account.") },
});

const remove = createRoute({
  method: "delete",
  path: "/accounts/{name}",
  operationId: "deleteAccount",
  tags,
  summary: "Delete an account",
  description: "Operators only; never their own account, the deployment's first, nor one that still has organizations.",
  request: { params: NameParams },
  responses: { 204: { description: "The account is gone." } },
});

export const accounts = createRouter()
  .openapi(create, async (c) => {
    const { name, administrator } = c.req.valid("json");
    const account = await createAccount(managerCall(c), { name, administrator });
    const { password } = account.administrator;
    const first = { name: account.administrator.name, ...(password !== undefined && { password }) };
    return c.json({ name, created: account.createdAt.toISOString(), administrator: first }, 201);
  })
  .openapi(list, async (c) => {
    const query = c.req.valid("query");
    const page = await readNamePage(c.var.stores, query);
    const found = await listAccounts(managerCall(c), page);
    const { items, next } = await cutNamePage(c.var.stores, query, found);
    return c.json({ accounts: items.map(describeAccount), next }, 200);
  })
  .openapi(show, async (c) => {
    const account = await getAccount(managerCall(c), c.req.valid("param").name);
    return c.json(describeAccount(account), 200);
  })
  .openapi(remove, async (c) => {
    await removeAccount(managerCall(c), c.req.valid("param").name);
    return c.body(null, 204);
  });

function describeAccount({ name, createdAt, users, organizations }: AccountRecord): z.infer<typeof Account> {
  return { name, created: createdAt.toISOString(), users, organizations };
}
