import { isAdministrator } from "../../model/rights/access.ts";
import { findColleagueById } from "../../registry/accounts/users.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { urlForClient } from "../public-address.ts";

const IamUserDetails = z
  .object({
    user: z.object({
      id: z.string(),
      name: z.string(),
      domain_id: z.string(),
      enabled: z.boolean(),
      description: z.string(),
      is_domain_owner: z.boolean().openapi({ description: "Whether it administers the account." }),
      access_mode: z.string().openapi({ description: "`default`: with a password and with access keys." }),
      pwd_status: z.boolean().openapi({ description: "Whether the password must be changed: never." }),
      links: z.object({ self: z.string() }),
    }),
  })
  .openapi("IamUserDetails");

const showUserDetails = createRoute({
  method: "get",
  path: "/OS-USER/users/{user_id}",
  operationId: "showUser",
  tags: ["IAM"],
  summary: "Show a user, in IAM's own format",
  description: "Where Terraform looks up the name of a user who is given a permission by id alone.",
  request: {
    params: z.object({ user_id: z.string().openapi({ param: { name: "user_id", in: "path" }, example: "7" }) }),
  },
  responses: { 200: json(IamUserDetails, "The user.") },
});

/** IAM, "Querying IAM User Details". */
export const users = createRouter().openapi(showUserDetails, async (c) => {
  const user = await findColleagueById(managerCall(c), c.req.valid("param").user_id);
  const body = {
    id: String(user.id),
    name: user.name,
    domain_id: String(user.accountId),
    enabled: true,
    description: "",
    is_domain_owner: isAdministrator(user),
    access_mode: "default",
    pwd_status: false,
    links: { self: urlForClient(c, `/v3/users/${user.id}`) },
  };
  return c.json({ user: body }, 200);
});
