import { createLoginCommand } from "../../../registry/logins/login-commands.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { Time } from "../rights/people.ts";

const LoginCommand = z
  .object({
    command: z.string().openapi({ description: "What to type: `docker login -u … -p … <registry>`." }),
    user: z.string().openapi({ description: "`<project>@<temporary access key>`." }),
    password: z.string(),
    registry: z.string(),
    expires: Time.openapi({ description: "24 hours from now." }),
  })
  .openapi("LoginCommand");

const create = createRoute({
  method: "post",
  path: "/login-command",
  operationId: "createLoginCommand",
  tags: ["Login commands"],
  summary: "Create a temporary login command",
  description: "It works for 24 hours, on any number of machines, and pushes and pulls what the caller may.",
  request: {
    query: z.strictObject({
      project: z.string().optional().openapi({
        description: "The project in the user name: 1 to 64 letters, digits, `_` and `-`. Default: the registry's.",
      }),
    }),
  },
  responses: { 200: json(LoginCommand, "The command and its parts.") },
});

/** Temporary login commands (guide 4.1), by their parts. */
export const loginCommand = createRouter().openapi(create, async (c) => {
  const { project } = c.req.valid("query");
  const { expiresAt, ...command } = await createLoginCommand(managerCall(c), project);
  return c.json({ ...command, expires: expiresAt.toISOString() }, 200);
});
