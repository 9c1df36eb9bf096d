import { describe, it } from "vitest";
import { newAccount, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { errorCodes } from "../support/workerd/registry-requests.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";

/** How many organizations a user of the tests' registry may make. */
const QUOTA = lastingStores().settings.organizationQuota;

/** An account with one image of two tags in one of two organizations. */
async function twoOrganizations() {
  const made = await newAccount();
  const [organization] = [await newOrganization(made.administrator), await newOrganization(made.administrator)];
  await pushAs(made.administrator, `${organization}/web`, "1.0");
  await pushAs(made.administrator, `${organization}/web`, "2.0");
  return { ...made, organization };
}

describe("the overview", () => {
  it("counts what the account has, and for a member what they have a right to", async ({ expect }) => {
    const { account, administrator, member } = await twoOrganizations();
    const all = await (await administrator.get("/api/overview")).json<Record<string, number>>();
    expect(all).toEqual({
      account,
      organizations: 2,
      images: 1,
      tags: 2,
      storedBytes: expect.any(Number),
      pulledBytes: expect.any(Number),
    });
    expect(all["storedBytes"]).toBeGreaterThan(0);
    expect(await (await member.get("/api/overview")).json()).toEqual({
      account,
      organizations: 0,
      images: 0,
      tags: 0,
      storedBytes: 0,
      pulledBytes: 0,
    });
  });
});

describe("the reports", () => {
  it("have thirty days, of which the last has what is stored now", async ({ expect }) => {
    const { administrator } = await twoOrganizations();
    const { storedBytes } = await (await administrator.get("/api/overview")).json<{ storedBytes: number }>();
    for (const report of ["pulled-bytes", "stored-bytes"]) {
      const response = await administrator.get(`/api/reports/${report}`);
      expect(response.status).toBe(200);
      const { days } = await response.json<{ days: { date: string; bytes: number }[] }>();
      expect(days).toHaveLength(30);
      expect(days.at(-1)).toEqual({
        date: new Date().toISOString().slice(0, 10),
        bytes: report === "stored-bytes" ? storedBytes : 0,
      });
    }
  });

  it("tell of stored bytes only administrators", async ({ expect }) => {
    const { member } = await newAccount();
    expect((await member.get("/api/reports/pulled-bytes")).status).toBe(200);
    const refused = await member.get("/api/reports/stored-bytes");
    expect([refused.status, ...(await errorCodes(refused))]).toEqual([403, "DENIED"]);
  });
});

describe("one's own quotas", () => {
  it("tell how many organizations one has made, and administrators what the account has", async ({ expect }) => {
    const { administrator, member } = await twoOrganizations();
    expect(await (await member.get("/api/quotas/own")).json()).toEqual({
      quotas: [{ resource: "organizations", used: 0, limit: QUOTA }],
    });
    const { quotas } = await (
      await administrator.get("/api/quotas/own")
    ).json<{
      quotas: { resource: string; used: number; limit: number | null }[];
    }>();
    expect(quotas.map(({ resource }) => resource)).toEqual([
      "organizations",
      "storedBytes",
      "manifestBytes",
      "images",
      "tags",
      "openUploads",
    ]);
    expect(quotas[0]).toEqual({ resource: "organizations", used: 2, limit: QUOTA });
    expect(quotas.find(({ resource }) => resource === "tags")).toMatchObject({ used: 2 });
  });
});
