/** Rules of synchronization, which tags they make jobs for, and how jobs are done, given up, cancelled and kept. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { encodeText } from "../../src/client/bytes.ts";
import { type FakeRegistry, refusal } from "../../src/client/testing/registry.ts";
import { HISTORY_DAYS, MAX_ATTEMPTS } from "../../src/model/triggers/deliveries.ts";
import { synchronize } from "../../src/registry/sync/synchronize.ts";
import { sweepSyncs } from "../../src/registry/sync/sync-queue.ts";
import { deleteSyncJobsBefore } from "../../src/storage/sync/sync-history.ts";
import { auditOf, pushAs, swrProblem } from "../support/workerd/managing-clients.ts";
import { errorCodes, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import {
  aSetting,
  drain,
  jobsOf,
  newElsewhere,
  newRule,
  queuedSyncs,
  stores,
  summaryOf,
  type SyncSetting,
  TARGET,
} from "../support/workerd/synchronized-images.ts";
import { waitFor } from "../support/workerd/waiting.ts";

let elsewhere: FakeRegistry;

beforeEach(() => {
  queuedSyncs.length = 0;
  elsewhere = newElsewhere();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const push = ({ administrator, repository }: SyncSetting, tag: string) => pushAs(administrator, repository, tag);

/** Pushes a manifest that refers to another one, by its digest. */
async function refer({ administrator, repository }: SyncSetting, subject: string): Promise<string> {
  const own = await administrator.get(`/v2/${repository}/manifests/${subject}`);
  const { config } = await own.json<{ config: object }>();
  const about = { mediaType: OCI_MANIFEST, digest: subject, size: 1 };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [], subject: about });
  const digest = `sha256:${Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(manifest))), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const path = `/v2/${repository}/manifests/${digest}`;
  await administrator.send("PUT", path, manifest, { "Content-Type": OCI_MANIFEST });
  return digest;
}

describe("a rule makes jobs", () => {
  it("for the tags and images that its globs match, of the organization or of the one image", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization", { images: "w*", tags: "v*" });
    await push(setting, "v1");
    await push(setting, "latest");
    await push({ ...setting, repository: `${setting.organization}/other` }, "v1");
    expect(await summaryOf(setting)).toEqual(["copy v1 waiting"]);
    await newRule(setting, "image", { remoteOrganization: "second" });
    await push(setting, "latest");
    expect(await summaryOf(setting)).toEqual(["copy v1 waiting", "copy latest waiting"]);
    expect(queuedSyncs).toHaveLength(2);
  });

  it("when a tag is pushed, made from another one or restored, and not when it stays as it is", async ({ expect }) => {
    const setting = await aSetting();
    const { administrator, organization, path } = setting;
    await newRule(setting, "organization");
    const digest = await push(setting, "v1");
    const manifest = await (await administrator.get(`/v2/${setting.repository}/manifests/${digest}`)).text();
    await administrator.send("PUT", `/v2/${setting.repository}/manifests/v1`, manifest, {
      "Content-Type": OCI_MANIFEST,
    });
    const swr = `/v2/manage/namespaces/${organization}/repos/web/tags`;
    await administrator.post(swr, { source_tag: "v1", destination_tag: "v2" });
    await administrator.delete(`${swr}/v2`);
    await administrator.post(`${path}/tags/v2/restore`, {});
    expect(await summaryOf(setting)).toEqual(["copy v1 waiting", "copy v2 cancel", "copy v2 waiting"]);
  });

  it("only if it is automatic, and for deletions only if it follows them", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization", { automatic: false });
    await newRule(setting, "organization", { automatic: false, deletions: true, remoteOrganization: "second" });
    await push(setting, "v1");
    expect(await summaryOf(setting)).toEqual([]);
    await setting.administrator.delete(`/v2/${setting.repository}/manifests/v1`);
    expect(await summaryOf(setting)).toEqual(["delete v1 waiting"]);
  });

  it("for what comes later and belongs to an image, if it takes such along", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization", { tags: "v*" });
    await newRule(setting, "organization", { tags: "v*", referrers: true, remoteOrganization: "second" });
    const digest = await push(setting, "v1");
    await drain();
    const sbom = await refer(setting, digest);
    await push(setting, `${digest.replace(":", "-")}.sig`);
    // The signature of an SBOM belongs to the image as well.
    await refer(setting, sbom);
    const later = (await jobsOf(setting)).slice(2);
    expect(later.map(({ tag, status }) => `${tag} ${status}`)).toEqual(["v1 cancel", "v1 cancel", "v1 waiting"]);
    await drain();
    const there = [...(elsewhere.manifests.get("second/web")?.keys() ?? [])];
    expect(there).toEqual(expect.arrayContaining(["v1", sbom, `${digest.replace(":", "-")}.sig`]));
    expect([...(elsewhere.manifests.get("there/web")?.keys() ?? [])]).toEqual(["v1", digest]);
  });

  it("and a newer push of a tag takes the place of one that waits", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization", { override: true });
    const digests = [await push(setting, "v1"), await push(setting, "v1"), await push(setting, "v1")];
    expect(await summaryOf(setting)).toEqual(["copy v1 cancel", "copy v1 cancel", "copy v1 waiting"]);
    await drain();
    expect(await summaryOf(setting)).toEqual(["copy v1 cancel", "copy v1 cancel", "copy v1 success"]);
    expect(elsewhere.asked("PUT").filter((path) => path.endsWith("/manifests/v1"))).toHaveLength(1);
    expect(elsewhere.manifests.get("there/web")?.has(digests[2] ?? "")).toBe(true);
  });
});

describe("a job", () => {
  it("sends blobs first, then what names them, and the tag last", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    await push(setting, "v1");
    await drain();
    expect((await jobsOf(setting))[0]).toMatchObject({ status: "success", detail: "copied" });
    const changes = elsewhere.exchanges
      .filter(({ method }) => method !== "HEAD")
      .map(({ method, path }) => `${method} ${path.replace(/\?.*|\d+$/, "")}`);
    expect(changes).toEqual([
      "POST /v2/there/web/blobs/uploads/",
      expect.stringMatching(/^PUT \/v2\/there\/web\/blobs\/uploads\/\d+$/),
      "PUT /v2/there/web/manifests/v",
    ]);
  });

  it("sends nothing that is there, and says of a tag with another digest that it existed", async ({ expect }) => {
    const setting = await aSetting();
    const rule = await newRule(setting, "organization");
    await push(setting, "v1");
    await drain();
    const run = () =>
      setting.administrator.post(`/api/organizations/${setting.organization}/sync-rules/${rule}/run`, {});
    const sent = () => elsewhere.asked("PUT").length + elsewhere.asked("POST").length;
    const before = sent();
    expect(await (await run()).json()).toEqual({ jobs: 1, next: null });
    await drain();
    expect(sent()).toBe(before);
    await push(setting, "v1");
    await drain();
    expect(await summaryOf(setting)).toEqual(["copy v1 success", "copy v1 success", "copy v1 existed"]);
    expect(sent()).toBe(before);
  });

  it("is tried again when it is worth it, at most twelve times in vain", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    await push(setting, "v1");
    for (let tries = 0; tries < MAX_ATTEMPTS; tries += 1) {
      // Each request is repeated before the job gives up for now.
      for (let requests = 0; requests < 3; requests += 1)
        elsewhere.faults.push(() => refusal(503, "UNAVAILABLE", { "Retry-After": "0" }));
      await env.DB.exec("UPDATE sync_jobs SET next_attempt_at = 0 WHERE next_attempt_at IS NOT NULL");
      for (const id of queuedSyncs.splice(0)) await synchronize(stores, id);
    }
    const [job] = await jobsOf(setting);
    expect(job).toMatchObject({ status: "failed", attempts: MAX_ATTEMPTS });
    expect(job?.detail).toContain("given up after 12 tries");
    expect(queuedSyncs).toEqual([]);
    const { attempts } = await (
      await setting.administrator.get(`${setting.path}/sync-jobs/${job?.id}`)
    ).json<{ attempts: object[] }>();
    expect(attempts).toHaveLength(MAX_ATTEMPTS);
  });

  it("fails at once for what another try would only say again, in the registry's words", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    await push(setting, "v1");
    elsewhere.faults.push(({ method }) => (method === "POST" ? refusal(403, "DENIED") : undefined));
    await drain();
    const [job] = await jobsOf(setting);
    expect(job).toMatchObject({ status: "failed", detail: "elsewhere.example.com:443 answered 403: refused: DENIED" });
  });

  it("goes on from where it was when the Worker that did it dies", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    await push(setting, "v1");
    const [id = 0] = queuedSyncs.splice(0);
    elsewhere.faults.push(({ path }) =>
      path.endsWith("/manifests/v1") && elsewhere.asked("POST").length > 0 ? new Promise(() => undefined) : undefined,
    );
    void synchronize(stores, id);
    await waitFor(() => expect(elsewhere.asked("PUT").some((path) => path.endsWith("/manifests/v1"))).toBe(true));
    // Another finds it leased, until that ends.
    await synchronize(stores, id);
    expect((await jobsOf(setting))[0]?.status).toBe("running");
    queuedSyncs.length = 0;
    await sweepSyncs(stores);
    expect(queuedSyncs).not.toContain(id);
    await env.DB.exec("UPDATE sync_jobs SET leased_until = 1, next_attempt_at = 1 WHERE finished_at IS NULL");
    await sweepSyncs(stores);
    expect(queuedSyncs).toContain(id);
    await synchronize(stores, id);
    expect((await jobsOf(setting))[0]?.status).toBe("success");
    expect(elsewhere.asked("POST")).toHaveLength(1);
  });

  it("says what it needs and is no longer in the image", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    const digest = await push(setting, "v1");
    await setting.administrator.delete(`/v2/${setting.repository}/manifests/${digest}`);
    await drain();
    expect((await jobsOf(setting))[0]).toMatchObject({
      status: "failed",
      detail: `${digest} is no longer in the image`,
    });
  });

  it("is not done when its rule was deleted, or somebody cancelled it; and is done once more on request", async ({
    expect,
  }) => {
    const setting = await aSetting();
    const { administrator, organization, path } = setting;
    const rule = await newRule(setting, "organization");
    await push(setting, "v1");
    await administrator.delete(`/api/organizations/${organization}/sync-rules/${rule}`);
    await drain();
    expect((await jobsOf(setting))[0]).toMatchObject({ status: "cancel", detail: "its rule was deleted" });

    const made = await (
      await administrator.post(`${path}/sync`, { ...TARGET, tags: ["v1", "absent"] })
    ).json<{ jobs: { id: number }[] }>();
    expect(made).toMatchObject({ jobs: [{ tag: "v1" }], unknown: ["absent"], next: null });
    const job = `${path}/sync-jobs/${made.jobs[0]?.id}`;
    expect((await administrator.post(`${job}/cancel`, {})).status).toBe(200);
    expect(await errorCodes(await administrator.post(`${job}/cancel`, {}))).toEqual(["SYNC_JOB_ENDED"]);
    await drain();
    expect(elsewhere.exchanges).toEqual([]);
    expect((await administrator.post(`${job}/resend`, {})).status).toBe(202);
    await drain();
    expect((await jobsOf(setting)).at(-1)).toMatchObject({ tag: "v1", status: "success" });
  });

  it("of a deletion deletes the tag there only if it is what it was here", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization", { deletions: true });
    await push(setting, "v1");
    await drain();
    elsewhere.addManifest("there/web", "v1", OCI_MANIFEST, encodeText('{"schemaVersion":2,"other":1}'));
    await setting.administrator.delete(`/v2/${setting.repository}/manifests/v1`);
    await drain();
    expect(await summaryOf(setting)).toEqual(["copy v1 success", "delete v1 existed"]);
    expect(elsewhere.asked("DELETE")).toEqual([]);
  });

  it("is kept for thirty days after its end, and never goes before it", async ({ expect }) => {
    const setting = await aSetting();
    await newRule(setting, "organization");
    await push(setting, "v1");
    await drain();
    await push(setting, "v2");
    const old = Date.now() - (HISTORY_DAYS + 1) * 86_400_000;
    await env.DB.prepare("UPDATE sync_jobs SET created_at = ?").bind(old).run();
    expect(await deleteSyncJobsBefore(stores.db, new Date(old + 1), 100)).toBeGreaterThan(0);
    expect(await summaryOf(setting)).toEqual(["copy v2 waiting"]);
  });
});

describe("rules", () => {
  it("are made, changed and deleted by who may, and recorded", async ({ expect }) => {
    const setting = await aSetting();
    const { administrator, member, path } = setting;
    await push(setting, "v1");
    const id = await newRule(setting, "image", { tags: "v*" });
    const rule = `${path}/sync-rules/${id}`;
    expect(await (await administrator.get(rule)).json()).toMatchObject({
      ...TARGET,
      id,
      tags: "v*",
      override: false,
      automatic: true,
    });
    expect(await (await administrator.send("PATCH", rule, { override: true, tags: "**" })).json()).toMatchObject({
      override: true,
      tags: "**",
    });
    expect(await errorCodes(await administrator.post(`${path}/sync-rules`, TARGET))).toEqual(["SYNC_RULE_EXISTS"]);
    expect(await errorCodes(await member.get(rule))).toEqual(["REPOSITORY_UNKNOWN"]);
    expect(await errorCodes(await administrator.delete("/api/remotes/elsewhere"))).toEqual(["REMOTE_IN_USE"]);
    expect((await administrator.delete(rule)).status).toBe(204);
    expect(await errorCodes(await administrator.get(rule))).toEqual(["SYNC_RULE_UNKNOWN"]);
    expect((await administrator.delete("/api/remotes/elsewhere")).status).toBe(204);
    const actions = (await auditOf(setting.repository)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(["sync-rule.create", "sync-rule.update", "sync-rule.delete"]));
  });

  it.for([
    [{ remote: "nowhere" }, "REMOTE_UNKNOWN"],
    [{ remoteOrganization: "Not A Name" }, "SYNC_RULE_INVALID"],
    [{ tags: "{v" }, "SYNC_RULE_INVALID"],
    [{ tags: "^v" }, "SYNC_RULE_INVALID"],
    [{ tags: "" }, "SYNC_RULE_INVALID"],
    [{ images: "a}" }, "SYNC_RULE_INVALID"],
  ] as const)("%j is refused with %s", async ([fields, code], { expect }) => {
    const { administrator, organization } = await aSetting();
    const response = await administrator.post(`/api/organizations/${organization}/sync-rules`, {
      ...TARGET,
      ...fields,
    });
    expect(await errorCodes(response)).toEqual([code]);
  });

  it("have a limit, and go with their image and their organization", async ({ expect }) => {
    const setting = await aSetting();
    const { administrator, organization, path } = setting;
    await push(setting, "v1");
    for (let made = 0; made < 10; made += 1) await newRule(setting, "image", { remoteOrganization: `there-${made}` });
    expect(await errorCodes(await administrator.post(`${path}/sync-rules`, TARGET))).toEqual(["SYNC_RULE_LIMIT"]);
    await newRule(setting, "organization");
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`);
    await administrator.delete(`/v2/manage/namespaces/${organization}`);
    expect((await administrator.delete("/api/remotes/elsewhere")).status).toBe(204);
  });

  it("are on SWR's wire, where what is gone is 400 and jobs page until there are none", async ({ expect }) => {
    const setting = await aSetting();
    const { administrator, organization } = setting;
    await push(setting, "v1");
    const swr = `/v2/manage/namespaces/${organization}/repos/web`;
    const target = { remoteRegionId: "elsewhere", remoteNamespace: "there" };
    expect((await administrator.post(`${swr}/sync_repo`, target)).status).toBe(200);
    expect(await swrProblem(await administrator.post(`${swr}/sync_repo`, target))).toBe("400 SVCSTG.SWR.4000014");
    expect(await (await administrator.get(`${swr}/sync_repo`)).json()).toEqual([]);
    const failed = await administrator.post(`${swr}/sync_images`, { ...target, imageTag: ["v1", "gone"] });
    expect(await failed.json()).toEqual(["gone"]);
    expect((await administrator.send("DELETE", `${swr}/sync_repo`, target)).status).toBe(200);
    expect(await swrProblem(await administrator.send("DELETE", `${swr}/sync_repo`, target))).toBe(
      "400 SVCSTG.SWR.4001158",
    );
    const page = await administrator.get(`${swr}/sync_job?filter=limit::10|offset::0`);
    expect(page.headers.get("Content-Range")).toBe("0-1/1");
    expect(await page.json()).toMatchObject([{ ...target, tag: "v1", status: "waiting", repoName: "web" }]);
    expect(await (await administrator.get(`${swr}/sync_job?filter=limit::10|offset::1`)).json()).toEqual([]);
  });
});
