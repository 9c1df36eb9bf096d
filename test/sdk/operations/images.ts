/** Images, their properties and the rights on them: SWR's "Image repository management". */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { addUser, type Person } from "../../support/server-people.ts";
import { MANIFEST_TYPE, pushImage } from "../../support/server-images.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const UNKNOWN_IMAGE = "404 SVCSTG.SWR.4040113";
const INVALID = "400 SVCSTG.SWR.4000014";
const PAGE = 3;

export interface ListedRepository {
  name: string;
  namespace: string;
  total_range: number;
}

/** Registers the tests. */
export function images(setting: SdkRegistry): void {
  const namespace = "east";
  let administrator: Person;
  let swr: SdkUser;
  let member: Person;
  let membersSwr: SdkUser;

  beforeAll(async () => {
    ({ person: administrator, sdk: swr } = await setting.account("east"));
    member = await addUser(setting.server, administrator, "edda");
    membersSwr = await setting.sdkOf(member);
    await swr.call("createNamespace", { body: { namespace } });
  });

  const show = (repository: string) => swr.call("showRepository", { namespace, repository });
  const remove = (repository: string) => swr.call("deleteRepo", { namespace, repository });
  const list = (fields: Record<string, string>) => swr.call<ListedRepository[]>("listReposDetails", fields);
  const namesOf = (answer: ListedRepository[]) => Array.from(answer, ({ name }) => name);

  test("an image is created, shown, edited and deleted", async () => {
    const body = { repository: "shop/web", is_public: false, category: "linux", description: "the shop" };
    const created = await swr.call("createRepo", { namespace, body });
    expect([200, 201]).toContain(created.httpStatusCode);

    // A caller may encode what the SDK does not.
    expect(await show("shop%2Fweb")).toMatchObject({ name: "shop/web" });
    const path = `${setting.server.address}/east/shop/web`;
    expect(await show("shop$web")).toEqual({
      id: expect.any(Number),
      ns_id: expect.any(Number),
      name: "shop/web",
      category: "linux",
      description: "the shop",
      creator_id: administrator.id,
      creator_name: "east",
      size: 0,
      is_public: false,
      num_images: 0,
      num_download: 0,
      url: expect.any(String),
      path,
      internal_path: path,
      created: TIME,
      updated: TIME,
      domain_id: expect.any(String),
      priority: expect.any(Number),
      httpStatusCode: 200,
    });

    const update = (fields: Record<string, unknown>) =>
      swr.call("updateRepo", { namespace, repository: "shop$web", body: fields });
    const edited = await update({ is_public: true, category: "arms", description: "another" });
    expect(edited).toEqual({ httpStatusCode: 201 });
    expect(await show("shop$web")).toMatchObject({ is_public: true, category: "arm", description: "another" });
    // What is not named stays.
    await update({ is_public: false });
    expect(await show("shop$web")).toMatchObject({ is_public: false, category: "arm", description: "another" });
    await update({ is_public: false, description: "" });
    expect(await show("shop$web")).toMatchObject({ description: "" });

    expect(await remove("shop$web")).toEqual({ httpStatusCode: 204 });
    const repository = "shop$web";
    expect(await swr.refusal("showRepository", { namespace, repository })).toBe(UNKNOWN_IMAGE);
    expect(await swr.refusal("deleteRepo", { namespace, repository })).toBe(UNKNOWN_IMAGE);
    expect(await swr.refusal("updateRepo", { namespace, repository, body: { is_public: true } })).toBe(UNKNOWN_IMAGE);
  });

  test("an image that was pushed shows its size, its tags and how often it was pulled", async () => {
    const { blobBytes } = await pushImage(administrator, "east/pushed", "1");
    await pushImage(administrator, "east/pushed", "2");
    expect(await show("pushed")).toMatchObject({ num_images: 2, is_public: false, category: "" });
    const { size } = await show("pushed");
    expect(size).toBeGreaterThan(blobBytes);

    await administrator.send("GET", "/v2/east/pushed/manifests/1", undefined, { Accept: MANIFEST_TYPE });
    await expect.poll(async () => (await show("pushed"))["num_download"], { timeout: 10_000 }).toBe(1);
    const [listed] = await list({ namespace, name: "pushed" });
    expect(listed).toEqual({
      name: "pushed",
      category: "",
      description: "",
      size,
      is_public: false,
      num_images: 2,
      num_download: 1,
      created_at: TIME,
      updated_at: TIME,
      logo: expect.any(String),
      url: expect.any(String),
      path: `${setting.server.address}/east/pushed`,
      internal_path: `${setting.server.address}/east/pushed`,
      domain_name: "east",
      namespace: "east",
      tags: expect.arrayContaining(["1", "2"]),
      status: expect.any(Boolean),
      total_range: 1,
    });
    // SWR deletes the tags with the image.
    await remove("pushed");
  });

  test("names, categories and descriptions keep to their limits", async () => {
    const refusalOf = (fields: Record<string, unknown>, where = namespace) =>
      swr.refusal("createRepo", { namespace: where, body: { repository: "limits", is_public: false, ...fields } });
    const longest = "l".repeat(128);
    for (const repository of ["l", "0", longest, "a.b_c-d__e/f", "manage"]) {
      await swr.call("createRepo", { namespace, body: { repository, is_public: false } });
      await remove(repository.replaceAll("/", "$"));
    }
    for (const repository of [
      "",
      `${longest}l`,
      "Web",
      "-web",
      "web-",
      "we..b",
      "we//b",
      "/web",
      "we b",
      "..",
      "%2f",
    ]) {
      expect(`${repository}: ${await refusalOf({ repository })}`).toBe(`${repository}: 400 SVCSTG.SWR.4001029`);
    }
    expect(await refusalOf({ repository: "exact", description: "d".repeat(30_001) })).toBe("413 SVCSTG.SWR.4131012");
    // The length is that of characters, not of bytes.
    const description = "界".repeat(30_000);
    await swr.call("createRepo", { namespace, body: { repository: "limits", is_public: false, description } });
    expect(await show("limits")).toMatchObject({ description });
    const tooLong = { namespace, repository: "limits", body: { is_public: false, description: "d".repeat(1024 ** 2) } };
    expect(await swr.refusal("updateRepo", tooLong)).toMatch(/^413 SVCSTG\.SWR\.413/);

    expect(await refusalOf({})).toBe("409 SVCSTG.SWR.4090006");
    expect(await refusalOf({ repository: "other", category: "toys" })).toBe(INVALID);
    for (const isPublic of ["true", 1, null]) {
      expect(await refusalOf({ repository: "other", is_public: isPublic })).toBe(INVALID);
    }
    expect(await refusalOf({ repository: 7 })).toBe(INVALID);
    expect(await refusalOf({}, "absent")).toBe("404 SVCSTG.SWR.4040058");
    expect(await refusalOf({}, "Bad")).toBe("400 SVCSTG.SWR.4001028");
    const absent = { namespace: "absent", repository: "web" };
    expect(await swr.refusal("showRepository", absent)).toMatch(/^404 /);
    for (const repository of ["Web", "-", "web$", "$"]) {
      expect(await swr.refusal("showRepository", { namespace, repository })).toBe("400 SVCSTG.SWR.4001029");
    }
    await remove("limits");
  });

  test("a list comes in pages that say how much there is, and is filtered and sorted", async () => {
    const names = ["alpha", "beta", "delta/one", "delta/two", "eta", "gamma", "zeta"];
    for (const repository of names) {
      const isPublic = repository === "eta";
      const category = repository.startsWith("delta") ? "database" : "other";
      await swr.call("createRepo", { namespace, body: { repository, is_public: isPublic, category } });
      // Times have milliseconds.
      await sleep(5);
    }
    await pushImage(administrator, "east/gamma", "1");
    const ascending = { namespace, order_column: "name", order_type: "asc" };

    const found: string[] = [];
    const ranges: unknown[] = [];
    for (let offset = 0; ; offset += PAGE) {
      const page = await list({ ...ascending, limit: String(PAGE), offset: String(offset) });
      ranges.push(page["Content-Range"]);
      if (page.length === 0) break;
      expect(page[0]).toMatchObject({ total_range: names.length });
      found.push(...namesOf(page));
    }
    expect(found).toEqual(names);
    expect(ranges).toEqual(["0-3/7", "3-3/7", "6-1/7", "9-0/7"]);

    const all = await list({ ...ascending, order_type: "desc" });
    expect(namesOf(all)).toEqual(names.toReversed());
    const [newest] = await list({ namespace, order_column: "updated_time", order_type: "desc" });
    expect(newest).toMatchObject({ name: "gamma" });
    const [fullest] = await list({ namespace, order_column: "tag_count", order_type: "desc" });
    expect(fullest).toMatchObject({ name: "gamma", num_images: 1, tags: ["1"] });

    const filtered = async (filter: string, plain: Record<string, string> = {}) =>
      namesOf(await list({ filter: `namespace::${namespace}|order_column::name|order_type::asc|${filter}`, ...plain }));
    expect(await filtered("name::eta")).toEqual(["beta", "eta", "zeta"]);
    expect(await filtered("name::delta$one")).toEqual(["delta/one"]);
    expect(await filtered("category::database")).toEqual(["delta/one", "delta/two"]);
    expect(await filtered("is_public::true")).toEqual(["eta"]);
    expect(await filtered("limit::2|offset::2")).toEqual(["delta/one", "delta/two"]);
    // With a filter the other parameters count for nothing.
    expect(await filtered("limit::1|offset::0", { name: "zeta", limit: "5" })).toEqual(["alpha"]);
    expect(namesOf(await list({ namespace, name: "ETA%" }))).toEqual([]);

    const refusals: [Record<string, string>, string][] = [
      [{ order_column: "colour" }, "400 SVCSTG.SWR.4001096"],
      [{ order_column: "name", order_type: "sideways" }, "400 SVCSTG.SWR.4001096"],
      [{ filter: "colour::blue" }, "400 SVCSTG.SWR.4001035"],
      [{ filter: "name" }, "400 SVCSTG.SWR.4001035"],
      [{ limit: "0", offset: "0" }, INVALID],
      [{ limit: "1001", offset: "0" }, INVALID],
      [{ limit: "ten", offset: "0" }, INVALID],
      [{ limit: "10", offset: "-1" }, INVALID],
      [{ category: "toys" }, INVALID],
    ];
    for (const [fields, refusal] of refusals) {
      const actual = await swr.refusal("listReposDetails", fields);
      expect(`${JSON.stringify(fields)} ${actual}`).toBe(`${JSON.stringify(fields)} ${refusal}`);
    }
    expect((await list({ limit: "1000", offset: "0" }))["Content-Range"]).toBe("0-7/7");
    for (const name of names) await remove(name.replaceAll("/", "$"));
  });

  test("rights on one image are granted, changed and taken away", async () => {
    await pushImage(administrator, "east/team/web", "1");
    const image = { namespace, repository: "team$web" };
    const body = (auth: number) => [{ user_id: member.id, user_name: "edda", auth }];
    const self = { user_id: administrator.id, user_name: "east", auth: 7 };
    expect(await membersSwr.refusal("showRepository", image)).toBe(UNKNOWN_IMAGE);
    expect(await swr.refusal("updateUserRepositoryAuth", { ...image, body: body(1) })).toBe("404 SVCSTG.SWR.4040078");

    const granted = await swr.call("createUserRepositoryAuth", { ...image, body: body(1) });
    expect(granted).toEqual({ httpStatusCode: 201 });
    expect(await swr.call("showUserRepositoryAuth", image)).toEqual({
      id: expect.any(Number),
      name: "team/web",
      self_auth: self,
      others_auths: body(1),
      httpStatusCode: 200,
    });
    const again = await swr.refusal("createUserRepositoryAuth", { ...image, body: body(3) });
    expect(again).toMatch(/^409 SVCSTG\.SWR\.40900(76|89)$/);
    const two = await swr.refusal("updateUserRepositoryAuth", { ...image, body: body(2) });
    expect(two).toMatch(/^400 SVCSTG\.SWR\.40010(65|66|91)$/);

    // Reading: looking, and nothing else.
    expect(await membersSwr.call("showRepository", image)).toMatchObject({ name: "team/web" });
    const edit = { ...image, body: { is_public: false, description: "mine" } };
    const grant = { ...image, body: [{ user_id: administrator.id, user_name: "east", auth: 1 }] };
    expect(await membersSwr.refusal("updateRepo", edit)).toBe("403 SVCSTG.SWR.4030170");
    // Editing: properties and tags.
    expect(await swr.call("updateUserRepositoryAuth", { ...image, body: body(3) })).toEqual({ httpStatusCode: 201 });
    await membersSwr.call("updateRepo", edit);
    await membersSwr.call("createRepoTag", { ...image, body: { source_tag: "1", destination_tag: "2" } });
    expect(await membersSwr.refusal("deleteRepoTag", { ...image, tag: "2" })).toBe("403 SVCSTG.SWR.4030170");
    expect(await membersSwr.refusal("createUserRepositoryAuth", grant)).toBe("403 SVCSTG.SWR.4030170");
    // Managing: the rest.
    await swr.call("updateUserRepositoryAuth", { ...image, body: body(7) });
    await membersSwr.call("deleteRepoTag", { ...image, tag: "2" });
    await membersSwr.call("createUserRepositoryAuth", grant);
    expect(namesOf(await membersSwr.call<ListedRepository[]>("listReposDetails"))).toEqual(["team/web"]);

    const gone = await swr.call("deleteUserRepositoryAuth", { ...image, body: [member.id] });
    expect(gone).toEqual({ httpStatusCode: 204 });
    const twice = await swr.refusal("deleteUserRepositoryAuth", { ...image, body: [member.id] });
    expect(twice).toMatch(/^404 SVCSTG\.SWR\.40400(78|91)$/);
    expect(await membersSwr.refusal("showRepository", image)).toBe(UNKNOWN_IMAGE);
    await remove("team$web");
  });
}
