import { describe, it } from "vitest";
import { auditOf, grant, newAccount, newName, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

/** Status and code of a refusal, for one comparison. */
async function problemOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}`;
}

/** A private image and an account to share it with. */
async function twoAccounts() {
  const { administrator, member } = await newAccount();
  const { account: partner, member: guest } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/web`);
  const image = `/api/organizations/${organization}/images/web`;
  return { administrator, member, partner, guest, organization, image, shares: `${image}/shares` };
}

describe("the shares of an image", () => {
  it("are made, shown, changed and ended, and audited", async ({ expect }) => {
    const { administrator, partner, guest, organization, image, shares } = await twoAccounts();
    const made = await administrator.post(shares, { account: partner, deadline: "2999-12-31", note: "beta" });
    expect(made.status).toBe(201);
    const share = await made.json();
    expect(share).toMatchObject({
      account: partner,
      deadline: "2999-12-31",
      ends: "3000-01-01T00:00:00.000Z",
      note: "beta",
      valid: true,
      createdBy: administrator.name,
    });
    expect((await guest.get(image)).status).toBe(200);
    expect(await (await administrator.get(shares)).json()).toEqual({ shares: [share] });
    expect(await (await administrator.get(`${shares}/${partner}`)).json()).toEqual(share);

    const changed = await administrator.patch(`${shares}/${partner}`, { deadline: "forever" });
    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ deadline: "forever", ends: null, note: "beta" });

    const ended = await administrator.delete(`${shares}/${partner}`);
    expect([ended.status, await ended.text()]).toEqual([204, ""]);
    expect(await (await administrator.get(shares)).json()).toEqual({ shares: [] });
    expect((await guest.get(image)).status).toBe(404);
    const actions = (await auditOf(`${organization}/web`)).map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith("share."))).toEqual([
      "share.create",
      "share.update",
      "share.delete",
    ]);
  });

  it("are refused where there is one, where there is no account, and for public images", async ({ expect }) => {
    const { administrator, partner, image, shares } = await twoAccounts();
    const share = async (account: string) => administrator.post(shares, { account, deadline: "forever" });
    await share(partner);
    expect(await problemOf(await share(partner))).toBe("409 SHARE_EXISTS");
    expect(await problemOf(await share(newName("account")))).toBe("404 ACCOUNT_UNKNOWN");
    await administrator.patch(image, { public: true });
    expect(await problemOf(await share(partner))).toBe("400 PARAMETER_INVALID");
  });

  it("are unknown where there is none", async ({ expect }) => {
    const { administrator, partner, shares } = await twoAccounts();
    const one = `${shares}/${partner}`;
    for (const answer of [
      administrator.get(one),
      administrator.patch(one, { deadline: "forever" }),
      administrator.delete(one),
    ]) {
      expect(await problemOf(await answer)).toBe("404 SHARE_UNKNOWN");
    }
  });

  it("are seen with a right to the image, and changed by those who manage it", async ({ expect }) => {
    const { administrator, member, partner, guest, organization, shares } = await twoAccounts();
    await administrator.post(shares, { account: partner, deadline: "forever" });
    expect(await problemOf(await member.get(shares))).toBe("404 REPOSITORY_UNKNOWN");
    expect(await problemOf(await guest.get(shares))).toBe("403 DENIED");
    await grant(administrator, organization, member.name, 3, "web");
    expect((await member.get(shares)).status).toBe(200);
    expect(await problemOf(await member.post(shares, { account: partner, deadline: "forever" }))).toBe("403 DENIED");
    expect(await problemOf(await member.delete(`${shares}/${partner}`))).toBe("403 DENIED");
  });

  it.for([
    [{ account: "south" }, "400 PARAMETER_INVALID"],
    [{ account: "south", deadline: "2020-01-01" }, "400 PARAMETER_INVALID"],
    [{ account: "south", deadline: "soon" }, "400 PARAMETER_INVALID"],
    [{ account: "", deadline: "forever" }, "400 PARAMETER_INVALID"],
    [{ account: "south", deadline: "forever", permit: "read" }, "400 PARAMETER_INVALID"],
    [{ account: "south", deadline: "forever", note: "x".repeat(1001) }, "413 DESCRIPTION_TOO_LONG"],
  ] as const)("are refused for %j", async ([body, problem], { expect }) => {
    const { administrator, shares } = await twoAccounts();
    expect(await problemOf(await administrator.post(shares, body))).toBe(problem);
  });
});
