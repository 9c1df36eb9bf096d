/** Tags: SWR's "Image version management". */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { type Person } from "../../support/server-people.ts";
import { pushImage, pushIndex, type PushedImage } from "../../support/server-images.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const UNKNOWN_TAG = "404 SVCSTG.SWR.4040115";
const PAGE = 2;

interface ListedTag {
  Tag: string;
  digest: string;
  manifest: string;
}

/** Registers the tests. */
export function tags(setting: SdkRegistry): void {
  const image = { namespace: "tags", repository: "shop$web" };
  let person: Person;
  let swr: SdkUser;
  const pushed = new Map<string, PushedImage>();
  const pushedAs = (tag: string): PushedImage => {
    const found = pushed.get(tag);
    if (!found) throw new Error(`nothing was pushed as ${tag}`);
    return found;
  };

  beforeAll(async () => {
    ({ person, sdk: swr } = await setting.account("tagger"));
    await swr.call("createNamespace", { body: { namespace: "tags" } });
    for (const tag of ["1.0", "1.1", "2.0"]) {
      pushed.set(tag, await pushImage(person, "tags/shop/web", tag));
      await sleep(5);
    }
  });

  const list = (fields: Record<string, string> = {}) =>
    swr.call<ListedTag[]>("listRepositoryTags", { ...image, ...fields });
  const namesOf = (answer: ListedTag[]) => Array.from(answer, ({ Tag: tag }) => tag);
  const retag = (body: Record<string, unknown>) => swr.call("createRepoTag", { ...image, body });

  test("a list has all of SWR's fields, and the manifest as it was pushed", async () => {
    const { digest, config, blobBytes, size } = pushedAs("1.0");
    const answer = await list({ tag: "1.0" });
    expect(answer.httpStatusCode).toBe(200);
    expect(answer["Content-Range"]).toBe("0-1/1");
    const path = `${setting.server.address}/tags/shop/web:1.0`;
    const [tag] = answer;
    expect(tag).toEqual({
      id: expect.any(Number),
      repo_id: expect.any(Number),
      Tag: "1.0",
      image_id: config?.replace("sha256:", ""),
      manifest: expect.any(String),
      digest,
      schema: 2,
      path,
      internal_path: path,
      size: expect.any(Number),
      is_trusted: false,
      created: TIME,
      updated: TIME,
      deleted: null,
      domain_id: expect.any(String),
      scanned: false,
      tag_type: 0,
    });
    expect(tag).toSatisfy((listed: { size: number }) => [blobBytes, blobBytes + size].includes(listed.size));
    const manifest = await person.send("GET", `/v2/tags/shop/web/manifests/${digest}`, undefined, { Accept: "*/*" });
    expect(tag?.manifest).toBe(await manifest.text());
  });

  test("a list is sorted, filtered, and comes in pages", async () => {
    const order = { order_column: "updated_at", order_type: "asc" };
    expect(namesOf(await list(order))).toEqual(["1.0", "1.1", "2.0"]);
    expect(namesOf(await list({ ...order, order_type: "desc" }))).toEqual(["2.0", "1.1", "1.0"]);
    const pages = [];
    for (const offset of [0, PAGE, 2 * PAGE]) {
      const page = await list({ ...order, limit: String(PAGE), offset: String(offset) });
      pages.push([namesOf(page), page["Content-Range"]]);
    }
    expect(pages).toEqual([
      [["1.0", "1.1"], "0-2/3"],
      [["2.0"], "2-1/3"],
      [[], "4-0/3"],
    ]);
    const filter = "order_column::updated_at|order_type::desc|limit::1|offset::1";
    expect(namesOf(await list({ filter, limit: "100", offset: "0" }))).toEqual(["1.1"]);

    expect(await swr.refusal("listRepositoryTags", { ...image, filter: "colour::blue" })).toBe(
      "400 SVCSTG.SWR.4001035",
    );
    expect(await swr.refusal("listRepositoryTags", { ...image, order_column: "size", order_type: "asc" })).toBe(
      "400 SVCSTG.SWR.4001096",
    );
    expect(await swr.refusal("listRepositoryTags", { ...image, limit: "1001", offset: "0" })).toBe(
      "400 SVCSTG.SWR.4000014",
    );
    const absent = await swr.refusal("listRepositoryTags", { ...image, repository: "absent" });
    expect(absent).toBe("404 SVCSTG.SWR.4040113");
  });

  test("an image for several platforms is listed as such", async () => {
    const { digest } = await pushIndex(person, "tags/multi", "1");
    const multi = await swr.call<ListedTag[]>("listRepositoryTags", { ...image, repository: "multi", tag: "1" });
    const [index] = multi.filter(({ Tag: tag }) => tag === "1");
    expect(index).toMatchObject({ digest, tag_type: 1 });
    await swr.call("deleteRepo", { ...image, repository: "multi" });
  });

  test("a tag is given to what another one names, and taken away", async () => {
    expect(await retag({ source_tag: "1.0", destination_tag: "stable" })).toEqual({ httpStatusCode: 201 });
    const [stable] = await list({ tag: "stable" });
    expect(stable?.digest).toBe(pushedAs("1.0").digest);

    const occupied = { ...image, body: { source_tag: "2.0", destination_tag: "stable" } };
    expect(await swr.refusal("createRepoTag", occupied)).toMatch(/^409 SVCSTG\.SWR\./);
    expect(await retag({ ...occupied.body, override: true })).toEqual({ httpStatusCode: 201 });
    const [moved] = await list({ tag: "stable" });
    expect(moved?.digest).toBe(pushedAs("2.0").digest);

    const missing = { ...image, body: { source_tag: "absent", destination_tag: "other" } };
    expect(await swr.refusal("createRepoTag", missing)).toBe(UNKNOWN_TAG);
    const longest = "t".repeat(128);
    await retag({ source_tag: "1.0", destination_tag: longest });
    expect(await swr.call("deleteRepoTag", { ...image, tag: longest })).toEqual({ httpStatusCode: 204 });
    for (const name of ["", `${longest}t`, ".hidden", "-dash", "a/b", "a b", 7]) {
      const refusal = await swr.refusal("createRepoTag", {
        ...image,
        body: { source_tag: "1.0", destination_tag: name },
      });
      expect(`${name} ${refusal}`).toMatch(/ 400 SVCSTG\.SWR\./);
    }

    expect(await swr.call("deleteRepoTag", { ...image, tag: "stable" })).toEqual({ httpStatusCode: 204 });
    expect(await swr.refusal("deleteRepoTag", { ...image, tag: "stable" })).toBe(UNKNOWN_TAG);
    // The image stays under its other name.
    expect(namesOf(await list())).toContain("2.0");
  });

  test("one tag alone is shown with the field names that Terraform's provider reads", async () => {
    const path = "/v2/manage/namespaces/tags/repos/shop$web/tags";
    const shown = await person.ask<Record<string, unknown>>("GET", `${path}/1.0`);
    expect(shown).toMatchObject({ tag: "1.0", digest: pushedAs("1.0").digest, schema: 2, tag_type: 0 });
    expect(shown).not.toHaveProperty("Tag");
    const absent = await person.send("GET", `${path}/absent`);
    expect(absent.status).toBe(404);
  });
}
