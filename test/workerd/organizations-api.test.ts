import { describe, it } from "vitest";
import {
  asUser,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  PASSWORD,
  pushAs,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

/** Status and code of a refusal, for one comparison. */
async function problemOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}`;
}

async function makeOrganization(client: Client, name = newName("org")): Promise<string> {
  const response = await client.post("/api/organizations", { name });
  if (response.status !== 201) throw new Error(`creating ${name}: ${response.status} ${await response.text()}`);
  return name;
}

describe("making an organization", () => {
  it("answers what it is, and lets its maker manage it", async ({ expect }) => {
    const { member } = await newAccount();
    const name = newName("org");
    const response = await member.post("/api/organizations", { name });
    expect(response.status).toBe(201);
    const made = await response.json();
    expect(made).toMatchObject({ name, level: "manage", images: 0, users: 1, createdBy: member.name });
    expect(await (await member.get(`/api/organizations/${name}`)).json()).toEqual(made);
    expect((await auditOf(name)).map(({ action }) => action)).toEqual(["organization.create"]);
  });

  it("is refused for a name that is taken, also by another account", async ({ expect }) => {
    const [{ member }, { member: stranger }] = [await newAccount(), await newAccount()];
    const name = await makeOrganization(member);
    for (const client of [member, stranger]) {
      expect(await problemOf(await client.post("/api/organizations", { name }))).toBe("409 ORGANIZATION_EXISTS");
    }
  });

  it("is refused beyond the number that a user may have", async ({ expect }) => {
    const { member } = await newAccount();
    await makeOrganization(member);
    const limited = asUser(member.name, PASSWORD, withSettings({ ORGANIZATION_QUOTA: "1" }));
    const response = await limited.post("/api/organizations", { name: newName("org") });
    expect(await problemOf(response)).toBe("409 ORGANIZATION_QUOTA_EXCEEDED");
  });

  it.for([
    [{ name: "Acme" }, "400 ORGANIZATION_INVALID"],
    [{ name: "x".repeat(65) }, "400 ORGANIZATION_INVALID"],
    [{}, "400 PARAMETER_INVALID"],
    [{ namespace: "acme" }, "400 PARAMETER_INVALID"],
    [{ name: "acme-more", more: 1 }, "400 PARAMETER_INVALID"],
  ] as const)("is refused for %j", async ([body, problem], { expect }) => {
    const { member } = await newAccount();
    expect(await problemOf(await member.post("/api/organizations", body))).toBe(problem);
  });
});

describe("deleting an organization", () => {
  it("takes the right to manage it, and no images in it", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const name = await newOrganization(administrator);
    await pushAs(administrator, `${name}/web`);
    const path = `/api/organizations/${name}`;
    expect(await problemOf(await administrator.delete(path))).toBe("409 ORGANIZATION_NOT_EMPTY");
    await administrator.delete(`${path}/images/web`);
    await grant(administrator, name, member.name, 3);
    expect(await problemOf(await member.delete(path))).toBe("403 DENIED");
    const response = await administrator.delete(path);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await problemOf(await administrator.get(path))).toBe("404 ORGANIZATION_UNKNOWN");
  });
});
