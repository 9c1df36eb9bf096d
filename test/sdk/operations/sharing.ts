/** Images that another account may pull: SWR's "Shared account management" and guide 4.6. */
import { beforeAll, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage } from "../../support/server-images.ts";
import { type Person } from "../../support/server-people.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";
import type { ListedRepository } from "./images.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const DAY_MS = 24 * 3600 * 1000;
const INVALID = "400 SVCSTG.SWR.4000014";

const dayFromNow = (days: number) => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`;

/** Registers the tests. */
export function sharing(setting: SdkRegistry): void {
  const image = { namespace: "giver", repository: "shop$web" };
  let giver: { person: Person; sdk: SdkUser };
  let taker: { person: Person; sdk: SdkUser };

  beforeAll(async () => {
    giver = await setting.account("giver");
    taker = await setting.account("taker");
    await pushImage(giver.person, "giver/shop/web", "1");
    await pushImage(giver.person, "giver/other", "1");
  });

  const share = (fields: Record<string, unknown> = {}) => ({
    ...image,
    body: { access_domain: "taker", permit: "read", deadline: "forever", ...fields },
  });
  const sharedRepositories = (user: SdkUser, fields: Record<string, string>) =>
    user.call<ListedRepository[]>("listSharedReposDetails", fields);
  const canPull = async () => {
    const headers = { Accept: MANIFEST_TYPE };
    return (await taker.person.send("GET", "/v2/giver/shop/web/manifests/1", undefined, headers)).status;
  };

  test("a share is made, shown, listed on both sides, changed and ended", async () => {
    expect(await canPull()).toBe(403);
    expect(await giver.sdk.call("listRepoDomains", image)).toHaveLength(0);
    const deadline = dayFromNow(1);
    const made = await giver.sdk.call("createRepoDomains", share({ deadline, description: "for tests" }));
    expect(made).toEqual({ httpStatusCode: 201 });

    const expected = {
      namespace: "giver",
      repository: "shop/web",
      access_domain: "taker",
      permit: "read",
      deadline,
      description: "for tests",
      creator_id: giver.person.id,
      creator_name: "giver",
      created: TIME,
      updated: TIME,
      status: true,
    };
    const [listed] = await giver.sdk.call<unknown[]>("listRepoDomains", image);
    expect(listed).toEqual(expected);
    const one = { ...image, access_domain: "taker" };
    const shown = await giver.sdk.call("showAccessDomain", one);
    expect(shown).toEqual({ ...expected, exist: true, httpStatusCode: 200 });

    expect(await canPull()).toBe(200);
    expect(await taker.sdk.call("showRepository", image)).toMatchObject({ name: "shop/web" });
    const tags = await taker.sdk.call<{ Tag: string }[]>("listRepositoryTags", image);
    expect(tags[0]).toMatchObject({ Tag: "1" });
    // Who else has it, and anything but looking, is none of the taker's business.
    expect(await taker.sdk.refusal("listRepoDomains", image)).toMatch(/^40[34] /);
    expect(await taker.sdk.refusal("deleteRepoTag", { ...image, tag: "1" })).toMatch(/^40[34] /);
    expect(await taker.sdk.refusal("showUserRepositoryAuth", image)).toMatch(/^40[34] /);

    const byGiver = await sharedRepositories(giver.sdk, { center: "self" });
    expect(byGiver["Content-Range"]).toBe("0-1/1");
    expect(byGiver[0]).toMatchObject({ name: "shop/web", namespace: "giver", domain_name: "giver", total_range: 1 });
    const toTaker = await sharedRepositories(taker.sdk, { center: "thirdparty" });
    expect(toTaker[0]).toMatchObject({ name: "shop/web", namespace: "giver", domain_name: "giver", total_range: 1 });
    expect(await sharedRepositories(taker.sdk, { center: "self" })).toHaveLength(0);
    expect(await sharedRepositories(giver.sdk, { center: "thirdparty" })).toHaveLength(0);
    // Shared images are no images of the account.
    expect(await taker.sdk.call("listReposDetails")).toHaveLength(0);

    const change = { ...one, body: { permit: "read", deadline: "forever", description: "longer" } };
    expect(await giver.sdk.call("updateRepoDomains", change)).toEqual({ httpStatusCode: 201 });
    const changed = await giver.sdk.call("showAccessDomain", one);
    expect(changed).toMatchObject({ deadline: "forever", description: "longer", status: true });
    expect(await giver.sdk.refusal("createRepoDomains", share())).toMatch(/^409 SVCSTG\.SWR\./);

    expect(await giver.sdk.call("deleteRepoDomains", one)).toEqual({ httpStatusCode: 204 });
    expect(await giver.sdk.refusal("deleteRepoDomains", one)).toMatch(/^404 SVCSTG\.SWR\./);
    expect(await giver.sdk.refusal("updateRepoDomains", change)).toMatch(/^404 SVCSTG\.SWR\./);
    // Without a share there is either an answer that says so, or none: Terraform's provider takes both.
    const absent = await giver.sdk.call("showAccessDomain", one).catch((error: unknown) => error);
    expect(absent).toSatisfy(
      (answer: { exist?: boolean; httpStatusCode: number }) => answer.exist === false || answer.httpStatusCode === 404,
    );
    expect(await canPull()).toBe(403);
  });

  test("only private images, only to others, only for reading, and not into the past", async () => {
    const refusal = (fields: Record<string, unknown>) => giver.sdk.refusal("createRepoDomains", share(fields));
    expect(await refusal({ access_domain: "nobody" })).toMatch(/^40[04] SVCSTG\.SWR\./);
    expect(await refusal({ access_domain: "giver" })).toMatch(/^400 SVCSTG\.SWR\./);
    for (const permit of ["write", "", 1]) expect(await refusal({ permit })).toBe(INVALID);
    for (const deadline of [dayFromNow(-1), "tomorrow", "2026-02-30", "", 7]) {
      expect(`${deadline} ${await refusal({ deadline })}`).toBe(`${deadline} ${INVALID}`);
    }
    expect(await refusal({ description: "d".repeat(1001) })).toMatch(/^4(13|00) SVCSTG\.SWR\./);
    const { access_domain: _, ...incomplete } = share().body;
    const missing = await giver.sdk.refusal("createRepoDomains", { ...image, body: incomplete });
    expect(missing).toMatch(/^400 SVCSTG\.SWR\.(4000014|4001014)$/);
    const absent = { ...share(), repository: "absent" };
    expect(await giver.sdk.refusal("createRepoDomains", absent)).toBe("404 SVCSTG.SWR.4040113");

    await giver.sdk.call("updateRepo", { ...image, body: { is_public: true } });
    expect(await refusal({})).toMatch(/^40[09] SVCSTG\.SWR\./);
    await giver.sdk.call("updateRepo", { ...image, body: { is_public: false } });

    // The day itself still counts.
    const today = share({ deadline: dayFromNow(0), description: "d".repeat(1000) });
    expect(await giver.sdk.call("createRepoDomains", today)).toEqual({ httpStatusCode: 201 });
    expect(await canPull()).toBe(200);
    await giver.sdk.call("deleteRepoDomains", { ...image, access_domain: "taker" });
  });

  test("lists of shared images are filtered, sorted and come in pages", async () => {
    for (const repository of ["shop$web", "other"]) {
      await giver.sdk.call("createRepoDomains", { ...share(), repository });
    }
    const namesOf = (answer: ListedRepository[]) => Array.from(answer, ({ name }) => name);
    const ordered = { center: "thirdparty", order_column: "name", order_type: "asc" };
    for (const [offset, name] of ["other", "shop/web"].entries()) {
      const page = await sharedRepositories(taker.sdk, { ...ordered, limit: "1", offset: String(offset) });
      expect(namesOf(page)).toEqual([name]);
      expect(page["Content-Range"]).toBe(`${offset}-1/2`);
      expect(page[0]?.total_range).toBe(2);
    }
    const filter = "center::thirdparty|namespace::giver|name::shop$web";
    expect(namesOf(await sharedRepositories(taker.sdk, { center: "thirdparty", filter }))).toEqual(["shop/web"]);
    expect(namesOf(await sharedRepositories(giver.sdk, { center: "self", name: "oth" }))).toEqual(["other"]);
    expect(await sharedRepositories(taker.sdk, { center: "thirdparty", namespace: "absent" })).toHaveLength(0);

    expect(await taker.sdk.refusal("listSharedReposDetails", { center: "nowhere" })).toMatch(/^400 SVCSTG\.SWR\./);
    const bad = { ...ordered, order_column: "colour" };
    expect(await taker.sdk.refusal("listSharedReposDetails", bad)).toBe("400 SVCSTG.SWR.4001096");

    // Making an image public ends no share, but it makes no difference any more.
    for (const repository of ["shop$web", "other"]) {
      await giver.sdk.call("deleteRepoDomains", { ...image, repository, access_domain: "taker" });
    }
    expect(await sharedRepositories(taker.sdk, { center: "thirdparty" })).toHaveLength(0);
  });
}
