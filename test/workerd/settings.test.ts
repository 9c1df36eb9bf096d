import { describe, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { readSettings } from "../../src/model/settings.ts";
import { VERSION } from "../../src/kernel/version.ts";
import { newAccount, withSettings } from "../support/workerd/managing-clients.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

const GIB = 1024 ** 3;

describe("the settings", () => {
  it("are the same for everybody, who may keep them for a while", async ({ expect }) => {
    const response = await fetchAnonymously("/api/settings");
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=60");
    expect(response.headers.get("Set-Cookie")).toBe(null);
    const settings = await response.json();
    expect(settings).toMatchObject({ version: VERSION, anonymousPull: true, tokenSeconds: 300 });
    const { administrator } = await newAccount();
    expect(await (await administrator.get("/api/settings")).json()).toEqual(settings);
  });

  it("are those of the guide unless the operator sets others", async ({ expect }) => {
    const defaults = await (await withSettings({ ORGANIZATION_QUOTA: "5" })("/api/settings")).json();
    expect(defaults).toMatchObject({
      organizationQuota: 5,
      createsOrganizationOnPush: true,
      uploads: { archives: 10, archiveBytes: 2 * GIB, layerBytes: 10 * GIB },
    });
    const others = {
      ORGANIZATION_QUOTA: "7",
      CREATE_ORGANIZATION_ON_PUSH: "false",
      ANONYMOUS_PULL: "false",
      AUDIT_DAYS: "30",
      GRACE_DAYS: "3",
      PROJECT: "north",
      UPLOAD_ARCHIVE_BYTES: String(3 * GIB),
    };
    expect(await (await withSettings(others)("/api/settings")).json()).toMatchObject({
      organizationQuota: 7,
      createsOrganizationOnPush: false,
      anonymousPull: false,
      auditDays: 30,
      graceDays: 3,
      project: "north",
      uploads: { archiveBytes: 3 * GIB },
    });
  });

  it.for(["0", "-1", "2 GiB", String(101 * GIB)])("have no UPLOAD_ARCHIVE_BYTES of %s", (value, { expect }) => {
    expect(() => readSettings({ UPLOAD_ARCHIVE_BYTES: value })).toThrow("UPLOAD_ARCHIVE_BYTES");
  });

  it("tell the version that package.json has", ({ expect }) => {
    expect(VERSION).toBe(manifest.version);
  });
});
