/** Copying images to other registries: SWR's "Image synchronization" and guide 1.3. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../../support/server-people.ts";
import { pushImage } from "../../support/server-images.ts";
import type { SdkRegistry, SdkUser } from "../sdk-registry.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const UNKNOWN_RULE = "400 SVCSTG.SWR.4001158";

/** What Terraform's provider and the SDK's examples send. */
const TARGET = { remoteRegionId: "tokyo", remoteNamespace: "team" };

interface SyncJob {
  id: number;
  status: string;
  tag: string;
}

/** Registers the tests. */
export function synchronization(setting: SdkRegistry): void {
  const image = { namespace: "sender", repository: "shop$web" };
  let owner: Person;
  let sdk: SdkUser;
  /** Refuses everything, so that jobs end at once. */
  let remote: HttpServer;

  beforeAll(async () => {
    ({ person: owner, sdk } = await setting.account("sync-owner"));
    await pushImage(owner, "sender/shop/web", "v1");
    remote = createServer((_, response) => response.writeHead(403).end());
    await new Promise<void>((done) => remote.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
    await owner.ask("POST", "/api/remotes", { name: "tokyo", url, username: null, password: null, test: false });
  });
  afterAll(() => {
    remote.close();
  });

  const jobs = (filter: string) => sdk.call<SyncJob[]>("showSyncJob", { ...image, filter });

  test("the regions are the account's remote registries", async () => {
    const response = await owner.send("GET", "/v2/manage/regions");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([{ regionID: "tokyo" }]);
  });

  test("a rule is made, listed and deleted, each with 200", async () => {
    expect(await sdk.call("listImageAutoSyncReposDetails", image)).toHaveLength(0);
    const made = await sdk.call("createImageSyncRepo", {
      ...image,
      body: { ...TARGET, syncAuto: true, override: true },
    });
    expect(made).toEqual({ httpStatusCode: 200 });
    const listed = await sdk.call<unknown[]>("listImageAutoSyncReposDetails", image);
    expect(listed.httpStatusCode).toBe(200);
    expect([...listed]).toEqual([
      {
        ...TARGET,
        id: expect.any(Number),
        createdAt: TIME,
        updatedAt: TIME,
        domainID: expect.stringMatching(/^\d+$/),
        domainName: "sync-owner",
        namespace: "sender",
        repoName: "shop/web",
        syncAuto: true,
        override: true,
      },
    ]);
    expect(await sdk.refusal("createImageSyncRepo", { ...image, body: TARGET })).toBe("400 SVCSTG.SWR.4000014");
    expect(await sdk.call("deleteImageSyncRepo", { ...image, body: TARGET })).toEqual({ httpStatusCode: 200 });
    expect(await sdk.refusal("deleteImageSyncRepo", { ...image, body: TARGET })).toBe(UNKNOWN_RULE);
  });

  test("the list has automatic rules alone, and what is absent is false", async () => {
    await sdk.call("createImageSyncRepo", { ...image, body: TARGET });
    const second = { ...TARGET, remoteNamespace: "other", syncAuto: true };
    await sdk.call("createImageSyncRepo", { ...image, body: second });
    const listed = await sdk.call<unknown[]>("listImageAutoSyncReposDetails", image);
    expect([...listed]).toEqual([expect.objectContaining({ remoteNamespace: "other", override: false })]);
    for (const body of [TARGET, second]) await sdk.call("deleteImageSyncRepo", { ...image, body });
  });

  test("what makes no sense is refused", async () => {
    for (const body of [
      {},
      { remoteRegionId: "tokyo" },
      { ...TARGET, remoteNamespace: "Not A Name" },
      { ...TARGET, remoteNamespace: "" },
    ]) {
      expect(`${JSON.stringify(body)} ${await sdk.refusal("createImageSyncRepo", { ...image, body })}`).toMatch(
        / 400 SVCSTG\.SWR\.\d+$/,
      );
    }
    const absent = { ...TARGET, remoteRegionId: "osaka" };
    expect(await sdk.refusal("createImageSyncRepo", { ...image, body: absent })).toMatch(/^404 /);
    for (const filter of ["", "limit::10", "offset::0", "limit::0|offset::0", "page::1"]) {
      expect(`${filter} ${await sdk.refusal("showSyncJob", { ...image, filter })}`).toMatch(/ 400 SVCSTG\.SWR\.\d+$/);
    }
  });

  test("tags that are copied by hand are jobs, and those that are not there are answered", async () => {
    await pushImage(owner, "sender/shop/web", "v2");
    const body = { ...TARGET, imageTag: ["v1", "absent", "v2", "not a tag"] };
    const failed = await sdk.call<string[]>("createManualImageSyncRepo", { ...image, body });
    expect(failed.httpStatusCode).toBe(200);
    expect([...failed]).toEqual(["absent", "not a tag"]);
    expect([
      ...(await sdk.call<string[]>("createManualImageSyncRepo", { ...image, body: { ...TARGET, imageTag: ["v1"] } })),
    ]).toEqual([]);

    const all = await jobs("limit::10|offset::0");
    expect(all["Content-Range"]).toBe("0-3/3");
    expect(all[0]).toEqual({
      ...TARGET,
      id: expect.any(Number),
      createdAt: TIME,
      updatedAt: TIME,
      domainID: expect.stringMatching(/^\d+$/),
      domainName: "sync-owner",
      namespace: "sender",
      repoName: "shop/web",
      override: false,
      tag: "v1",
      status: expect.stringMatching(/^(waiting|running|failed)$/),
      syncOperatorId: owner.id,
      syncOperatorName: "sync-owner",
    });
    // Terraform goes on until a page is empty.
    const paged: number[] = [];
    for (let offset = 0; ;) {
      const page = await jobs(`limit::2|offset::${offset}`);
      if (page.length === 0) break;
      paged.push(...page.map(({ id }) => id));
      offset += page.length;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    const reversed = await jobs("limit::10|offset::0|order::asc");
    expect(reversed.map(({ id }) => id)).toEqual(paged.toReversed());
  });

  test("a job that the other registry refuses fails", async () => {
    const unended = async () => {
      const found = await jobs("limit::10|offset::0");
      return found.filter(({ status }) => status !== "failed" && status !== "cancel");
    };
    for (const end = Date.now() + 30_000; (await unended()).length > 0 && Date.now() < end;) await sleep(200);
    expect(await unended()).toEqual([]);
  });
}
