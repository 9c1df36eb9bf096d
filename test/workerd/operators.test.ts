/** Users with more rights, and users of other accounts, are out of reach for everything that changes them. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { newKey } from "../support/workerd/signed-requests.ts";
import { type Client, newName, newUser, type Client as User } from "../support/workerd/managing-clients.ts";
import { errorCodes, errorsOf } from "../support/workerd/registry-requests.ts";

const HOME = newName("home");
const OTHER = newName("other");

type Role = "member" | "administrator" | "operator";

/** Everything that changes a user or takes something from them; `key` is one of theirs. */
const CHANGES: Record<string, (client: Client, target: User, key: string) => Promise<Response>> = {
  "makes a member": (client, { name }) => client.patch(`/api/users/${name}`, { role: "member" }),
  "makes an administrator": (client, { name }) => client.patch(`/api/users/${name}`, { role: "administrator" }),
  "makes an operator": (client, { name }) => client.patch(`/api/users/${name}`, { role: "operator" }),
  "sets a password": (client, { name }) => client.patch(`/api/users/${name}`, { password: "a new password" }),
  "sets both": (client, { name }) => client.patch(`/api/users/${name}`, { password: "a new password", role: "member" }),
  "deletes the user": (client, { name }) => client.delete(`/api/users/${name}`),
  "deletes a key": (client, { name }, key) => client.delete(`/api/users/${name}/access-keys/${key}`),
};

/** Whether somebody of the home account may make a change. */
function isAllowed(actor: Role, target: Role, change: string): boolean {
  if (actor === "member") return false;
  if (actor === "operator") return true;
  return target !== "operator" && change !== "makes an operator";
}

const ROLES: readonly Role[] = ["member", "administrator", "operator"];

async function stateOf({ name }: User) {
  return env.DB.prepare(
    `SELECT role, password_hash, (SELECT count(*) FROM access_keys WHERE user_id = users.id) AS keys
     FROM users WHERE name = ?`,
  )
    .bind(name)
    .first();
}

describe.for(ROLES)("a user who is %s", (actor) => {
  for (const target of ROLES) {
    for (const account of [HOME, OTHER]) {
      it.for(Object.entries(CHANGES))(
        `%s, of ${target} in ${account === HOME ? "the same" : "another"} account`,
        async ([change, send], { expect }) => {
          // Somebody who stays, so that nobody is the last one.
          await newUser(account, { role: "operator" });
          const client = await newUser(HOME, { role: actor });
          const user = await newUser(account, { role: target });
          const { access } = await newKey(user);
          const before = await stateOf(user);
          const response = await send(client, user, access);
          if (account === HOME && isAllowed(actor, target, change)) {
            expect([200, 204]).toContain(response.status);
            return;
          }
          expect(response.status).toBe(account === HOME || actor === "member" ? 403 : 404);
          expect(await stateOf(user)).toEqual(before);
        },
      );
    }
  }
});

describe("the administrator's name", () => {
  it.for(["admin", "Admin", "ADMIN"])("%s is nobody else's, in whatever account", async (name, { expect }) => {
    const operator = await newUser("admin", { role: "operator" });
    const administrator = await newUser(HOME, { role: "administrator" });
    const user = { name, password: "long enough" };
    const answers = [
      await administrator.post("/api/users", user),
      await administrator.post("/api/users", { ...user, role: "administrator" }),
      await operator.post("/api/users", user),
      await operator.post("/api/users", { ...user, account: HOME }),
      await operator.post("/api/accounts", { name: newName("account"), administrator: user }),
      await operator.post("/api/accounts", { name }),
    ];
    for (const response of answers) {
      expect(response.status).toBe(409);
      const [error] = await errorsOf(response);
      expect(error).toMatchObject({ code: "USER_RESERVED", message: expect.stringContaining("reserved") });
    }
    expect((await administrator.patch(`/api/users/${administrator.name}`, { name })).status).toBe(400);
  });

  it("has an account that cannot be deleted", async ({ expect }) => {
    const operator = await newUser(OTHER, { role: "operator" });
    const response = await operator.delete("/api/accounts/admin");
    expect(response.status).toBe(409);
    expect(await errorCodes(response)).toEqual(["ACCOUNT_IN_USE"]);
  });
});
