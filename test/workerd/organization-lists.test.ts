import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { searchOrganizations } from "../../src/storage/organizations/organizations.ts";
import {
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
} from "../support/workerd/managing-clients.ts";
import { walkOf } from "../support/workerd/query-plans.ts";
import { errorCodes } from "../support/workerd/registry-requests.ts";

interface Organization {
  name: string;
  level: string | null;
  images: number;
  users: number;
  createdBy: string | null;
  created: string;
}

async function list(client: Client, query = ""): Promise<{ organizations: Organization[]; next: string | null }> {
  const response = await client.get(`/api/organizations${query}`);
  if (response.status !== 200) throw new Error(`${query}: ${response.status} ${await response.text()}`);
  return response.json();
}

const namesOf = ({ organizations }: { organizations: Organization[] }) => organizations.map(({ name }) => name);

/** An account with four organizations, of which a member may read, edit and see an image of one each. */
async function fourOrganizations() {
  const { administrator, member } = await newAccount();
  const prefix = newName("org");
  const [editable, hidden, partly, readable] = await Promise.all(
    ["editable", "hidden", "partly", "readable"].map((name) => newOrganization(administrator, `${prefix}-${name}`)),
  );
  if (!editable || !hidden || !partly || !readable) throw new Error("an organization is missing");
  await grant(administrator, editable, member.name, 3);
  await grant(administrator, readable, member.name, 1);
  for (const image of ["seen", "unseen"]) await pushAs(administrator, `${partly}/${image}`);
  await grant(administrator, partly, member.name, 1, "seen");
  return { administrator, member, prefix, editable, hidden, partly, readable };
}

describe("the list of organizations", () => {
  it("tells what the caller may do with each", async ({ expect }) => {
    const { administrator, member, editable, hidden, partly, readable } = await fourOrganizations();
    const { organizations, next } = await list(member);
    expect(next).toBe(null);
    expect(organizations).toEqual([
      {
        name: editable,
        level: "edit",
        images: 0,
        users: 2,
        createdBy: administrator.name,
        created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
      expect.objectContaining({ name: partly, level: null, images: 1, users: 1 }),
      expect.objectContaining({ name: readable, level: "read", images: 0 }),
    ]);
    const all = await list(administrator);
    expect(namesOf(all)).toEqual([editable, hidden, partly, readable]);
    expect(new Set(all.organizations.map(({ level }) => level))).toEqual(new Set(["manage"]));
    expect(all.organizations[2]?.images).toBe(2);
  });

  it("can be of those with a certain right", async ({ expect }) => {
    const { administrator, member, editable, readable } = await fourOrganizations();
    expect(namesOf(await list(member, "?level=read"))).toEqual([editable, readable]);
    expect(namesOf(await list(member, "?level=edit"))).toEqual([editable]);
    expect(namesOf(await list(member, "?level=manage"))).toEqual([]);
    expect(namesOf(await list(administrator, "?level=manage"))).toHaveLength(4);
    expect((await member.get("/api/organizations?level=write")).status).toBe(400);
  });

  it("is searched and paged by name", async ({ expect }) => {
    const { administrator, member, partly, readable } = await fourOrganizations();
    expect(namesOf(await list(administrator, "?search=READ"))).toEqual([readable]);
    expect(namesOf(await list(administrator, "?search=%25"))).toEqual([]);
    for (const [client, count] of [
      [administrator, 4],
      [member, 3],
    ] as const) {
      const names: string[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: Awaited<ReturnType<typeof list>> = await list(client, `?limit=1${cursor && `&cursor=${cursor}`}`);
        names.push(...namesOf(page));
        cursor = page.next;
      }
      expect(names).toHaveLength(count);
      expect(names).toEqual(names.toSorted());
      expect(names).toContain(partly);
    }
  });

  it("holds nothing of another account", async ({ expect }) => {
    const { hidden } = await fourOrganizations();
    const { administrator } = await newAccount();
    expect(namesOf(await list(administrator))).toEqual([]);
    expect((await administrator.get(`/api/organizations/${hidden}`)).status).toBe(404);
  });
});

describe("an organization", () => {
  it("is there for all who have any right in it", async ({ expect }) => {
    const { member, hidden, partly, readable } = await fourOrganizations();
    expect(await (await member.get(`/api/organizations/${readable}`)).json()).toMatchObject({ level: "read" });
    expect(await (await member.get(`/api/organizations/${partly}`)).json()).toMatchObject({ level: null, images: 1 });
    for (const name of [hidden, newName("org")]) {
      const response = await member.get(`/api/organizations/${name}`);
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(["ORGANIZATION_UNKNOWN"]);
    }
    expect((await member.get("/api/organizations/Not%20One")).status).toBe(400);
  });
});

describe("a page", () => {
  const member: User = { id: 1, name: "member", accountId: 1, accountName: "admin", role: "member" };
  const administrator: User = { ...member, role: "administrator" };
  const page = { withImages: true, search: "a", after: "b", limit: 101, level: "edit" } as const;

  it.for([member, administrator])("for a $role reads indexes only", async (user, { expect }) => {
    const { search, level, withImages, ...rest } = page;
    const { walks, faults } = await walkOf(
      (db) => searchOrganizations(db, user, { search, level, withImages }, rest),
      "organizations_by_account",
    );
    expect(walks).toHaveLength(2);
    expect(faults).toEqual([]);
  });
});
