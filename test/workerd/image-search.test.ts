import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { Credentials, User } from "../../src/model/rights/access.ts";
import type { ImageFilter, ImageSort, ImageSource } from "../../src/model/images/image-search.ts";
import { parseOrganizationName } from "../../src/kernel/reference.ts";
import { searchImageCentre } from "../../src/registry/images/search.ts";
import { visitorOf } from "../../src/registry/rights/callers.ts";
import { callOf } from "../support/workerd/calls.ts";
import { listArchitectures } from "../../src/storage/images/platforms.ts";
import { type ImageSearch, searchImages } from "../../src/storage/images/search.ts";
import { pushConfigured, pushIndex } from "../support/workerd/configured-images.ts";
import { eventually } from "../support/workerd/waiting.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { type Client, newAccount, newName, newUser } from "../support/workerd/managing-clients.ts";
import { planOf, walkOf } from "../support/workerd/query-plans.ts";
import { errorsOf, fetchAnonymously, pushImage, send } from "../support/workerd/registry-requests.ts";
import { grantOnImage, grantOnOrganization, makePublic, shareWith } from "../support/workerd/stored-rights.ts";

interface ImagePage {
  images: { organization: string; image: string; level: string; architectures: string[]; [other: string]: unknown }[];
  next: string | null;
}
type Get = (path: string) => Promise<Response>;

const asAdministrator: Get = (path) => send("GET", path);
const asAnybody: Get = (path) => fetchAnonymously(path);
const asClient =
  (client: Client): Get =>
  (path) =>
    client.get(path);

async function read(get: Get, path: string): Promise<ImagePage> {
  const response = await get(path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<ImagePage>();
}

/** The images of all pages, page by page. */
async function walk(get: Get, path: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: ImagePage = await read(get, `${path}${cursor && `&cursor=${cursor}`}`);
    pages.push(page.images.map(({ image }) => image));
    cursor = page.next;
  }
  return pages;
}

/** Pushes small images into an organization of its own; `admin` is whose they are. */
async function pushImages(names: readonly string[]): Promise<string> {
  const organization = newName("org");
  for (const name of names) await pushImage(`${organization}/${name}`);
  return organization;
}

async function setTimes(organization: string, updatedAt: number): Promise<void> {
  await env.DB.prepare(
    "UPDATE repositories SET updated_at = ? WHERE organization_id = (SELECT id FROM organizations WHERE name = ?)",
  )
    .bind(updatedAt, organization)
    .run();
}

describe("a search", () => {
  it("pages by name, update and number of tags in either order, also when these are equal", async ({ expect }) => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const organization = await pushImages(names);
    const path = `/api/images?organization=${organization}`;
    expect(await walk(asAdministrator, `${path}&limit=3`)).toEqual([["a", "b", "c"], ["d", "e", "f"], ["g"]]);
    expect(await walk(asAdministrator, `${path}&limit=3&order=desc`)).toEqual([
      ["g", "f", "e"],
      ["d", "c", "b"],
      ["a"],
    ]);
    await setTimes(organization, 5);
    for (const sort of ["updated", "tags"]) {
      for (const scope of ["own", "all"]) {
        for (const order of ["asc", "desc"]) {
          const pages = await walk(asAdministrator, `${path}&limit=2&sort=${sort}&order=${order}&scope=${scope}`);
          expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 1]);
          expect(pages.flat()).toEqual(order === "asc" ? names : names.toReversed());
        }
      }
    }
    await pushImage(`${organization}/d`, "second");
    await pushImage(`${organization}/e`);
    expect((await walk(asAdministrator, `${path}&sort=updated`))[0]?.slice(0, 2)).toEqual(["e", "d"]);
    expect((await walk(asAdministrator, `${path}&sort=tags`))[0]?.[0]).toBe("d");
    expect(await walk(asAdministrator, `${path}&limit=7`)).toHaveLength(1);
  });

  it("shows no image twice while others are pushed", async ({ expect }) => {
    const organization = await pushImages(["a", "b", "c", "d", "e"]);
    const path = `/api/images?organization=${organization}&sort=updated&limit=2`;
    const first = await read(asAdministrator, path);
    expect(first.images.map(({ image }) => image)).toEqual(["e", "d"]);
    await pushImage(`${organization}/e`, "again");
    await pushImage(`${organization}/new`);
    const second = await read(asAdministrator, `${path}&cursor=${first.next}`);
    expect(second.images.map(({ image }) => image)).toEqual(["c", "b"]);
    const third = await read(asAdministrator, `${path}&cursor=${second.next}`);
    expect(third).toMatchObject({ images: [{ image: "a" }], next: null });
  });

  it("finds by a part of the name, category and being public", async ({ expect }) => {
    const organization = await pushImages(["shop/web", "shop/cart", "web"]);
    const path = `/api/images?organization=${organization}`;
    const found = async (query: string) => (await walk(asAdministrator, `${path}&${query}`)).flat();
    expect(await found("q=web")).toEqual(["shop/web", "web"]);
    expect(await found("q=SHOP/W")).toEqual(["shop/web"]);
    expect(await found(`q=${organization}/w`)).toEqual(["web"]);
    for (const nothing of ["%25", "s%25b", "_eb", "%3Cscript%3E", "'", "%22%22%22", "web%00", "web%22"])
      expect(await found(`q=${nothing}`)).toEqual([]);
    await makePublic(`${organization}/web`);
    await env.DB.prepare("UPDATE repositories SET category = 'arm' WHERE name = ?").bind(`${organization}/web`).run();
    expect(await found("public=true")).toEqual(["web"]);
    expect(await found("public=false")).toEqual(["shop/cart", "shop/web"]);
    expect(await found("category=arm")).toEqual(["web"]);
    expect(await found("category=arms")).toEqual(["web"]);
    expect(await found("category=linux")).toEqual([]);
    expect(await walk(asAdministrator, `/api/images?organization=${newName("none")}`)).toEqual([[]]);
  });

  it("shows the beginning of a description and the rest whole", async ({ expect }) => {
    const organization = await pushImages(["web"]);
    const description = "<script>é".repeat(3000);
    await env.DB.prepare("UPDATE repositories SET description = ? WHERE name = ?")
      .bind(description, `${organization}/web`)
      .run();
    const { images } = await read(asAdministrator, `/api/images?organization=${organization}`);
    expect(images[0]).toMatchObject({
      organization,
      image: "web",
      account: "admin",
      public: false,
      category: "other",
      description: description.slice(0, 200),
      level: "manage",
      tags: 1,
      size: 200,
      pulls: 0,
      architectures: [],
    });
    const detail = await send("GET", `/api/organizations/${organization}/images/web`);
    expect(await detail.json()).toMatchObject({ description });
  });

  it.for([
    ["limit=0", "PARAMETER_INVALID"],
    ["limit=101", "PARAMETER_INVALID"],
    ["limit=1.5", "PARAMETER_INVALID"],
    ["limit=-1", "PARAMETER_INVALID"],
    ["sort=size", "PARAMETER_INVALID"],
    ["order=down", "PARAMETER_INVALID"],
    ["scope=everything", "PARAMETER_INVALID"],
    ["public=yes", "PARAMETER_INVALID"],
    ["q=", "PARAMETER_INVALID"],
    [`q=${"a".repeat(194)}`, "PARAMETER_INVALID"],
    ["architecture=", "PARAMETER_INVALID"],
    [`architecture=${"a".repeat(65)}`, "PARAMETER_INVALID"],
    ["oragnization=acme", "PARAMETER_INVALID"],
    ["category=games", "CATEGORY_INVALID"],
    ["organization=Acme", "ORGANIZATION_INVALID"],
    ["organization=manage", "ORGANIZATION_INVALID"],
    [`organization=${"a".repeat(65)}`, "ORGANIZATION_INVALID"],
    ["cursor=%3Cscript%3E", "PAGINATION_INVALID"],
    [`cursor=${btoa('["updated desc",1,1]')}`, "PAGINATION_INVALID"],
    [`sort=updated&cursor=${btoa('["updated desc","x",1]')}`, "PAGINATION_INVALID"],
  ] as const)("is refused with %s", async ([query, code], { expect }) => {
    const response = await send("GET", `/api/images?${query}`);
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]?.code).toBe(code);
  });

  it.for([
    "limit=1",
    "limit=100",
    `q=${"a".repeat(193)}`,
    `architecture=${"a".repeat(64)}`,
    `organization=${"a".repeat(64)}`,
  ])("is answered with %s", async (query, { expect }) => {
    expect((await send("GET", `/api/images?${query}`)).status).toBe(200);
  });
});

describe("who finds an image", () => {
  /** How each scope shows an image: its level, or undefined. */
  async function levels(get: Get, organization: string): Promise<Record<string, string | undefined>> {
    const found: Record<string, string | undefined> = {};
    for (const scope of ["own", "shared", "public", "all"]) {
      const { images } = await read(get, `/api/images?scope=${scope}&organization=${organization}`);
      if (images.length > 1) throw new Error(`${scope} has the image ${images.length} times`);
      found[scope] = images[0]?.level;
    }
    return found;
  }
  const NOWHERE = { own: undefined, shared: undefined, public: undefined, all: undefined };

  it("of its own account: who administers that or has a permission", async ({ expect }) => {
    const organization = await pushImages(["web"]);
    const [onImage, onOrganization, both, none] = [
      await newUser("admin"),
      await newUser("admin"),
      await newUser("admin"),
      await newUser("admin"),
    ];
    const administrator = await newUser("admin", { role: "administrator" });
    await grantOnImage(`${organization}/web`, onImage.name, "read");
    await grantOnOrganization(organization, onOrganization.name, "edit");
    await grantOnImage(`${organization}/web`, both.name, "manage");
    await grantOnOrganization(organization, both.name, "read");
    expect(await levels(asClient(administrator), organization)).toEqual({ ...NOWHERE, own: "manage", all: "manage" });
    expect(await levels(asClient(onImage), organization)).toEqual({ ...NOWHERE, own: "read", all: "read" });
    expect(await levels(asClient(onOrganization), organization)).toEqual({ ...NOWHERE, own: "edit", all: "edit" });
    expect(await levels(asClient(both), organization)).toEqual({ ...NOWHERE, own: "manage", all: "manage" });
    expect(await levels(asClient(none), organization)).toEqual(NOWHERE);
    // A public one of one's own is one image, not two.
    await makePublic(`${organization}/web`);
    expect(await levels(asClient(onOrganization), organization)).toEqual({
      own: "edit",
      shared: undefined,
      public: "edit",
      all: "edit",
    });
    expect(await levels(asClient(none), organization)).toEqual({ ...NOWHERE, public: "read", all: "read" });
  });

  it("of another account: with whom it is shared, until the share ends or the image is public", async ({ expect }) => {
    const organization = await pushImages(["web"]);
    const [shared, ended, other] = [await newAccount(), await newAccount(), await newAccount()];
    const operator = await newUser(newName("account"), { role: "operator" });
    await shareWith(`${organization}/web`, shared.account, new Date(Date.now() + 60_000));
    await shareWith(`${organization}/web`, ended.account, new Date(Date.now() - 1));
    for (const client of [shared.member, shared.administrator]) {
      expect(await levels(asClient(client), organization)).toEqual({ ...NOWHERE, shared: "read", all: "read" });
    }
    for (const client of [ended.member, ended.administrator, other.administrator, operator]) {
      expect(await levels(asClient(client), organization)).toEqual(NOWHERE);
    }
    await makePublic(`${organization}/web`);
    for (const client of [shared.member, ended.member, other.member, operator]) {
      expect(await levels(asClient(client), organization)).toEqual({ ...NOWHERE, public: "read", all: "read" });
    }
  });

  it("among those that were shared: who has a right to it, also when the share has ended", async ({ expect }) => {
    const { account, member, administrator } = await newAccount();
    const organization = await pushImages(["kept", "ended", "shared", "public"]);
    for (const image of ["ended", "shared", "public"]) {
      await shareWith(`${organization}/${image}`, account, image === "ended" ? new Date(1) : null);
    }
    await makePublic(`${organization}/public`);
    const path = `/api/images?scope=sent&organization=${organization}`;
    expect(await walk(asAdministrator, path)).toEqual([["ended", "public", "shared"]]);
    expect(await walk(asAdministrator, `${path}&limit=2`)).toEqual([["ended", "public"], ["shared"]]);
    expect(await walk(asAdministrator, `${path}&q=sha`)).toEqual([["shared"]]);
    const reader = await newUser("admin");
    await grantOnImage(`${organization}/ended`, reader.name, "read");
    await grantOnImage(`${organization}/kept`, reader.name, "read");
    expect(await walk(asClient(reader), path)).toEqual([["ended"]]);
    for (const client of [member, administrator]) expect(await walk(asClient(client), path)).toEqual([[]]);
  });

  it("nobody without credentials, except in the image centre, and there public ones only", async ({ expect }) => {
    const organization = await pushImages(["hidden", "shown"]);
    await makePublic(`${organization}/shown`);
    expect((await fetchAnonymously("/api/images")).status).toBe(401);
    expect(await walk(asAnybody, `/api/image-centre?q=${organization}`)).toEqual([["shown"]]);
    const { administrator } = await newAccount();
    expect(await walk(asClient(administrator), `/api/image-centre?q=${organization}`)).toEqual([["shown"]]);
    // One's own private images are not public either.
    expect(await walk(asAdministrator, `/api/image-centre?q=${organization}`)).toEqual([["shown"]]);
  });

  it("nobody anonymous in the image centre where the operator lets nobody pull without credentials", async ({
    expect,
  }) => {
    const stores = lastingStores();
    const closed = { ...stores, settings: { ...stores.settings, allowsAnonymousPull: false } };
    const page = { sort: "name", isDescending: false, after: undefined, limit: 10 } as const;
    const user: User = { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" };
    const search = (credentials: Credentials) => searchImageCentre(callOf(closed, visitorOf(credentials)), {}, page);
    const anybody = { user: undefined, address: undefined, reach: "registry" } as const;
    await expect(search(anybody)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(search({ ...anybody, user, reach: "account" })).resolves.toMatchObject({ end: undefined });
    // A login command's credentials push and pull only.
    expect(() => search({ ...anybody, user })).toThrow(expect.objectContaining({ code: "DENIED" }));
  });
});

describe("the image centre", () => {
  it("finds public images by architecture, category and name, in any order", async ({ expect }) => {
    const organization = newName("org");
    const config = (architecture: string) => ({ os: "linux", architecture, seed: newName("seed") });
    await pushConfigured(`${organization}/arm`, "1.0", config("arm64"));
    await pushConfigured(`${organization}/intel`, "1.0", config("amd64"));
    const children = [];
    for (const architecture of ["amd64", "arm64"]) {
      const { mediaType, digest, size } = await pushConfigured(`${organization}/both`, "", config(architecture));
      children.push({ mediaType, digest, size, platform: { os: "linux", architecture } });
    }
    await pushIndex(`${organization}/both`, "1.0", children);
    for (const image of ["arm", "intel", "both"]) await makePublic(`${organization}/${image}`);
    const path = `/api/image-centre?q=${organization}`;
    const all = await eventually(
      () => read(asAnybody, path),
      ({ images }) => images.every(({ architectures }) => architectures.length > 0),
    );
    expect(all.images.map(({ image, architectures }) => [image, architectures])).toEqual([
      ["arm", ["arm64"]],
      ["both", ["amd64", "arm64"]],
      ["intel", ["amd64"]],
    ]);
    expect(await walk(asAnybody, `${path}&architecture=arm64`)).toEqual([["arm", "both"]]);
    expect(await walk(asAnybody, `${path}&architecture=amd64&limit=1&order=desc`)).toEqual([["intel"], ["both"]]);
    expect(await walk(asAnybody, `${path}&architecture=ARM64`)).toEqual([[]]);
    expect(await walk(asAnybody, `${path}&category=linux`)).toEqual([[]]);
    expect(await walk(asAnybody, `${path}&sort=updated&order=asc`)).toEqual([["arm", "intel", "both"]]);
    expect(await walk(asAnybody, `${path}&sort=tags&limit=2`)).toHaveLength(2);
    expect(await walk(asAdministrator, `/api/images?organization=${organization}&architecture=arm64`)).toEqual([
      ["arm", "both"],
    ]);
    // What no tag leads to any more is not offered.
    await pushConfigured(`${organization}/arm`, "1.0", config("riscv64"));
    const moved = await eventually(
      () => walk(asAnybody, `${path}&architecture=riscv64`),
      (pages) => pages[0]?.length === 1,
    );
    expect(moved).toEqual([["arm"]]);
    expect(await walk(asAnybody, `${path}&architecture=arm64`)).toEqual([["both"]]);
    expect((await read(asAnybody, path)).images[0]).toMatchObject({ image: "arm", architectures: ["riscv64"] });
  });

  it.for(["scope=own", "organization=acme", "public=true", "limit=101"])(
    "is not searched by %s",
    async (query, { expect }) => {
      expect((await fetchAnonymously(`/api/image-centre?${query}`)).status).toBe(400);
    },
  );
});

describe("the plan", () => {
  const OWNER: User = { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "administrator" };
  const MEMBER: User = { ...OWNER, role: "member" };

  function searchOf(
    sort: ImageSort,
    user: User | undefined,
    filter: ImageFilter = {},
    isFurtherOn = false,
  ): ImageSearch {
    const after = isFurtherOn ? ([sort === "name" ? "a" : 1, 1] as const) : undefined;
    return {
      user,
      sources: ["own", "shared", "public"],
      filter,
      sort,
      isDescending: sort !== "name",
      after,
      limit: 51,
    };
  }

  const OWN = { name: "repositories_by_name", updated: "repositories_by_update", tags: "repositories_by_tag_count" };
  const SHARED = {
    name: "repositories_shared_by_name",
    updated: "repositories_shared_by_update",
    tags: "repositories_shared_by_tag_count",
  };
  const INDEXES: Record<ImageSource, Record<ImageSort, string>> = {
    own: OWN,
    sent: SHARED,
    shared: SHARED,
    public: {
      name: "repositories_public",
      updated: "repositories_public_by_update",
      tags: "repositories_public_by_tag_count",
    },
  };
  const OF_ORGANIZATION: Record<ImageSort, string> = {
    name: "repositories_by_organization",
    updated: "repositories_by_organization_update",
    tags: "repositories_by_organization_tag_count",
  };
  const WALKS = (["own", "sent", "shared", "public"] as const).flatMap((source) =>
    (["name", "updated", "tags"] as const).flatMap((sort) =>
      ([OWNER, MEMBER] as const).flatMap((user) =>
        [false, true].map((isFurtherOn) => ({ source, sort, user, isFurtherOn, role: user.role })),
      ),
    ),
  );
  const FILTERS: ImageFilter[] = [{}, { text: "web", category: "arm", isPublic: true, architecture: "arm64" }];

  it.for(WALKS)(
    "for $source images by $sort (further on: $isFurtherOn, $role) walks one index in its order",
    async ({ source, sort, user, isFurtherOn }, { expect }) => {
      for (const filter of FILTERS) {
        const search = { ...searchOf(sort, user, filter, isFurtherOn), sources: [source] };
        // Of what is public, or shared, there is an index that has nothing else: the first page begins where that does.
        const isWhole = source !== "own" && !isFurtherOn;
        const plain = await walkOf((db) => searchImages(db, search), INDEXES[source][sort], { isWhole });
        expect(plain.faults).toEqual([]);
        // The page, and where it ends.
        expect(plain.walks).toHaveLength(2);
        const organization = parseOrganizationName("acme");
        const within = { ...search, filter: { ...filter, organization } };
        const ofOrganization = await walkOf((db) => searchImages(db, within), OF_ORGANIZATION[sort]);
        expect(ofOrganization.faults).toEqual([]);
        expect(ofOrganization.walks.length).toBeGreaterThanOrEqual(2);
      }
    },
  );

  it("asks each filter for its images by an index of its own", async ({ expect }) => {
    const filter = { text: "web", category: "arm", isPublic: true, architecture: "arm64" };
    const search: ImageSearch = { ...searchOf("name", MEMBER, filter), sources: ["own"] };
    const plan = (await planOf((db) => searchImages(db, search))).join("\n");
    for (const index of [
      "repositories_text VIRTUAL TABLE INDEX",
      "repositories_by_category (account_id=? AND category=?)",
      "repositories_by_visibility (account_id=? AND is_public=?)",
      "manifest_platforms_by_architecture (architecture=?",
      "organization_permissions_by_user (user_id=?)",
    ]) {
      expect(plan).toContain(index);
    }
  });

  it("for architectures jumps along an index", async ({ expect }) => {
    const plan = (await planOf((db) => listArchitectures(db, [1]))).filter(
      (step) => !/^SCAN (json_each|found)/.test(step),
    );
    expect(plan.filter((step) => step.startsWith("SCAN"))).toEqual([]);
    expect(plan.filter((step) => step.includes("manifest_platforms_of_tags")).length).toBeGreaterThan(1);
  });
});
