import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, type ExpectStatic, it, vi } from "vitest";
import { UPLOAD_IDLE_MS, UPLOAD_PART_BYTES } from "../../src/kernel/limits.ts";
import { keepHouse } from "../../src/registry/housekeeping/housekeeping.ts";
import { openStores } from "../../src/storage/stores.ts";
import {
  asUser,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  swrProblem,
} from "../support/workerd/managing-clients.ts";
import { miscounted, setLimits, type ShownQuota, usedBy } from "../support/workerd/quota-counts.ts";
import {
  basic,
  digestOf,
  errorsOf,
  fetchAnonymously,
  OCI_MANIFEST,
  someBytes,
  streamOf,
} from "../support/workerd/registry-requests.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;

/** An organization of an account of its own, and who works in it. */
/** Creates an image by hand, which is one before a manifest comes. */
async function createImage(client: Client, organization: string, image: string): Promise<void> {
  const response = await client.post(`/api/organizations/${organization}/images`, { image, public: false });
  if (response.status !== 201) throw new Error(`creating ${image}: ${response.status} ${await response.text()}`);
}

async function newTenant() {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  return { account, administrator, member, organization, image: `${organization}/web` };
}

function authorization({ name, password }: Client): Record<string, string> {
  return { Authorization: basic(name, password) };
}

function pushBytes(client: Client, image: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetchAnonymously(`/v2/${image}/blobs/uploads/?digest=${digestOf(bytes)}`, {
    method: "POST",
    headers: { ...authorization(client), "Content-Length": String(bytes.byteLength) },
    body: bytes,
  });
}

/** Opens an upload with a first chunk, which takes its place; a chunk may be empty. */
async function open(client: Client, image: string): Promise<Response> {
  return fetchAnonymously(await locationOf(await client.send("POST", `/v2/${image}/blobs/uploads/`)), {
    method: "PATCH",
    headers: authorization(client),
  });
}

/** The id of an upload in its address. */
function idIn(location: string): string {
  return location.split("/").at(-1)?.replace(".open", "") ?? "";
}

async function locationOf(response: Response): Promise<string> {
  const location = response.headers.get("Location");
  if (response.status !== 202 || location === null) throw new Error(`${response.status} ${await response.text()}`);
  return location;
}

function putImage(client: Client, image: string, tag: string, layers: readonly Uint8Array[]): Promise<Response> {
  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  const descriptorOf = (bytes: Uint8Array) => ({ mediaType, digest: digestOf(bytes), size: bytes.byteLength });
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, layers: layers.map(descriptorOf) };
  const [first] = layers;
  const config = first && { ...descriptorOf(first), mediaType: "application/vnd.oci.image.config.v1+json" };
  return client.send("PUT", `/v2/${image}/manifests/${tag}`, JSON.stringify({ ...manifest, config }), {
    "Content-Type": OCI_MANIFEST,
  });
}

/** What docker prints after "denied: ". */
async function denialOf(response: Response, expect: ExpectStatic): Promise<string> {
  expect(response.status).toBe(403);
  const [error] = await errorsOf(response);
  expect(error?.code).toBe("DENIED");
  return error?.message ?? "";
}

async function objectCount(): Promise<number> {
  return (await env.BUCKET.list()).objects.length;
}

afterEach(async ({ expect }) => {
  expect(await miscounted()).toEqual([]);
});

describe("stored bytes", () => {
  it("count each blob once per organization, until no image has it", async ({ expect }) => {
    const { account, administrator, organization, image } = await newTenant();
    for (const name of ["web", "other"]) await createImage(administrator, organization, name);
    const bytes = someBytes(1000);
    expect((await pushBytes(administrator, image, bytes)).status).toBe(201);
    expect((await pushBytes(administrator, image, bytes)).status).toBe(201);
    expect((await pushBytes(administrator, `${organization}/other`, bytes)).status).toBe(201);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 1000, images: 2 });
    const second = await newOrganization(administrator);
    await createImage(administrator, second, "web");
    await pushBytes(administrator, `${second}/web`, bytes);
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ storedBytes: 2000, images: 3 });

    const remove = (name: string) => administrator.delete(`/v2/${name}/blobs/${digestOf(bytes)}`);
    expect((await remove(image)).status).toBe(202);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 1000 });
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/other`);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 0, images: 1 });
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ storedBytes: 1000, images: 2 });
  });

  it("are refused with the numbers, before anything is stored", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await setLimits(`organizations/${organization}`, { storedBytes: 3 * MIB });
    expect((await pushBytes(administrator, image, someBytes(2 * MIB))).status).toBe(201);
    const objects = await objectCount();
    const message = `quota exceeded: organization ${organization} stores 2 MiB of 3 MiB; this layer needs 1.5 MiB`;
    const bytes = someBytes(1.5 * MIB);
    expect(await denialOf(await pushBytes(administrator, image, bytes), expect)).toBe(message);

    // In a chunk of known length, in the closing request, and in a body whose length shows as it comes.
    const headers = { ...authorization(administrator), "Content-Length": String(bytes.byteLength) };
    const chunk = await locationOf(await open(administrator, image));
    expect(await denialOf(await fetchAnonymously(chunk, { method: "PATCH", headers, body: bytes }), expect)).toBe(
      message,
    );
    expect((await administrator.get(chunk)).status).toBe(404);
    const whole = `${await locationOf(await open(administrator, image))}?digest=${digestOf(bytes)}`;
    expect(await denialOf(await fetchAnonymously(whole, { method: "PUT", headers, body: bytes }), expect)).toBe(
      message,
    );
    const stream = await locationOf(await open(administrator, image));
    const body = streamOf(bytes);
    const sent = await fetchAnonymously(stream, { method: "PATCH", headers: authorization(administrator), body });
    expect(await denialOf(sent, expect)).toBe(message);
    expect(await objectCount()).toBe(objects);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 2 * MIB, openUploads: 0 });

    expect((await pushBytes(administrator, image, someBytes(MIB))).status).toBe(201);
  });

  it("are refused as soon as a body of unknown length has gone too far, and what came is removed", async ({
    expect,
  }) => {
    const { administrator, organization, image } = await newTenant();
    await setLimits(`organizations/${organization}`, { storedBytes: UPLOAD_PART_BYTES + 10 });
    const objects = await objectCount();
    const location = await locationOf(await open(administrator, image));
    const body = streamOf(...[1, 2, 3].map(() => someBytes(UPLOAD_PART_BYTES)));
    const response = await fetchAnonymously(location, { method: "PATCH", headers: authorization(administrator), body });
    expect(await denialOf(response, expect)).toContain("stores 0 B of 5 MiB; this layer needs 10 MiB");
    expect((await administrator.get(location)).status).toBe(404);
    expect(await objectCount()).toBe(objects);
  });

  it("are exact where uploads end at once, and who comes too late leaves nothing", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await pushAs(administrator, image);
    const { storedBytes } = await usedBy(`organizations/${organization}`);
    await setLimits(`organizations/${organization}`, { storedBytes: storedBytes + 3500 });
    const objects = await objectCount();
    const pieces = Array.from({ length: 8 }, () => someBytes(1000));
    const locations = await Promise.all(pieces.map(async () => locationOf(await open(administrator, image))));
    const answers = await Promise.all(
      pieces.map((bytes, at) =>
        administrator.send("GET", "/v2/").then(() =>
          fetchAnonymously(`${locations[at]}?digest=${digestOf(bytes)}`, {
            method: "PUT",
            headers: { ...authorization(administrator), "Content-Length": "1000" },
            body: bytes,
          }),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(5);
    expect(await objectCount()).toBe(objects + 3);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({
      storedBytes: storedBytes + 3000,
      openUploads: 0,
    });
  });

  it("take no room for what the organization has, however full it is", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    const bytes = someBytes(5000);
    await pushBytes(administrator, image, bytes);
    await setLimits(`organizations/${organization}`, { storedBytes: 1000 });
    expect((await pushBytes(administrator, image, bytes)).status).toBe(201);
    expect((await pushBytes(administrator, `${organization}/other`, bytes)).status).toBe(201);
    const mount = `/v2/${organization}/third/blobs/uploads/?mount=${digestOf(bytes)}&from=${image}`;
    expect((await administrator.send("POST", mount)).status).toBe(201);
    expect((await putImage(administrator, image, "v1", [bytes])).status).toBe(201);
    // That it names such a digest lets nobody send other bytes.
    const location = `${await locationOf(await open(administrator, image))}?digest=${digestOf(bytes)}`;
    const headers = authorization(administrator);
    const larger = { method: "PUT", headers, body: streamOf(someBytes(5001)) };
    expect(await denialOf(await fetchAnonymously(location, larger), expect)).toContain("stores 4.88 KiB of 0.98 KiB");
    expect((await pushBytes(administrator, image, someBytes(10))).status).toBe(403);
  });

  it("are counted and refused where a blob is mounted from another organization", async ({ expect }) => {
    const { account, administrator, organization, image } = await newTenant();
    const bytes = someBytes(5000);
    await pushBytes(administrator, image, bytes);
    const second = await newOrganization(administrator);
    await setLimits(`accounts/${account}`, { storedBytes: 9999 });
    const mount = () =>
      administrator.send("POST", `/v2/${second}/web/blobs/uploads/?mount=${digestOf(bytes)}&from=${image}`);
    expect(await denialOf(await mount(), expect)).toBe(
      `quota exceeded: account ${account} stores 4.88 KiB of 9.76 KiB; this layer needs 4.88 KiB`,
    );
    await setLimits(`accounts/${account}`, { storedBytes: 10_000 });
    expect((await mount()).status).toBe(201);
    expect((await mount()).status).toBe(201);
    expect(await usedBy(`organizations/${second}`)).toMatchObject({ storedBytes: 5000 });
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ storedBytes: 10_000 });
    expect(organization).not.toBe(second);
  });
});

describe("what a deleted tag alone led to", () => {
  const DAY_MS = 24 * HOUR_MS;
  let now = Date.UTC(2040, 0, 1);
  beforeEach(() => {
    now += 1000 * DAY_MS;
    vi.useFakeTimers({ toFake: ["Date"], now });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const collect = async () => {
    // Each is noted, waits for the grace period, and goes.
    for (let run = 0; run < 4; run += 1) {
      await keepHouse(openStores(env), new Date(now));
      now += 8 * DAY_MS;
      vi.setSystemTime(now);
    }
  };

  it("takes no room any more once it is collected, although another organization has the same layers", async ({
    expect,
  }) => {
    const { account, administrator, organization, image } = await newTenant();
    const [other, base, own] = [await newOrganization(administrator), someBytes(5000), someBytes(300)];
    for (const name of [image, `${other}/web`]) {
      for (const bytes of [base, own]) await pushBytes(administrator, name, bytes);
    }
    expect((await putImage(administrator, image, "v1", [own, base])).status).toBe(201);
    expect((await putImage(administrator, `${other}/web`, "v1", [own, base])).status).toBe(201);
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web/tags/v1`);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 5300, tags: 0 });
    await collect();
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({
      storedBytes: 0,
      manifestBytes: 0,
      images: 1,
    });
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ storedBytes: 5300, tags: 1 });
    expect((await administrator.get(`/v2/${image}/blobs/${digestOf(base)}`)).status).toBe(404);
    expect((await administrator.get(`/v2/${other}/web/blobs/${digestOf(base)}`)).status).toBe(200);
  });

  it("stays for who asks for it, and names it within the grace period", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    const [other, base] = [await newOrganization(administrator), someBytes(5000)];
    await pushBytes(administrator, image, base);
    await pushBytes(administrator, `${other}/web`, base);
    expect((await putImage(administrator, `${other}/web`, "v1", [base])).status).toBe(201);
    for (let day = 0; day < 30; day += 5) {
      await keepHouse(openStores(env), new Date(now));
      now += 5 * DAY_MS;
      vi.setSystemTime(now);
      // Everybody asks for it there, and this client here: the first must not hide the second.
      expect((await administrator.send("HEAD", `/v2/${other}/web/blobs/${digestOf(base)}`)).status).toBe(200);
      expect((await administrator.send("HEAD", `/v2/${image}/blobs/${digestOf(base)}`)).status).toBe(200);
    }
    expect((await putImage(administrator, image, "v1", [base])).status).toBe(201);
    await collect();
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ storedBytes: 5000, tags: 1 });
  });
});

describe("manifests' bytes", () => {
  it("are those of the exact text, once, and come back with its deletion", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    const config = someBytes();
    await pushBytes(administrator, image, config);
    expect((await putImage(administrator, image, "v1", [config])).status).toBe(201);
    const { manifestBytes } = await usedBy(`organizations/${organization}`);
    expect(manifestBytes).toBeGreaterThan(300);
    for (const tag of ["v1", "v2"]) await putImage(administrator, image, tag, [config]);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ manifestBytes, tags: 2 });

    await setLimits(`organizations/${organization}`, { manifestBytes: manifestBytes + 10 });
    const other = await putImage(administrator, image, "v3", [config, config]);
    expect(await denialOf(other, expect)).toMatch(
      new RegExp(
        `^quota exceeded: organization ${organization} has \\d+ B of manifests, of \\d+ B; this one needs \\d+ B$`,
      ),
    );
    expect((await putImage(administrator, image, "v3", [config])).status).toBe(201);
    const listed = await administrator.get(`/v2/${image}/manifests/v1`);
    const digest = listed.headers.get("Docker-Content-Digest");
    expect((await administrator.delete(`/v2/${image}/manifests/${digest}`)).status).toBe(202);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ manifestBytes: 0, tags: 0 });
  });
});

describe("images", () => {
  it("are refused wherever one would be created", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await pushAs(administrator, image);
    await setLimits(`organizations/${organization}`, { images: 1 });
    const message = `quota exceeded: organization ${organization} has 1 of 1 images`;
    expect(await denialOf(await open(administrator, `${organization}/two`), expect)).toBe(message);
    expect(await denialOf(await pushBytes(administrator, `${organization}/two`, someBytes()), expect)).toBe(message);
    expect(await denialOf(await putImage(administrator, `${organization}/two`, "v1", [someBytes()]), expect)).toBe(
      message,
    );
    const created = await administrator.post(`/v2/manage/namespaces/${organization}/repos`, {
      repository: "two",
      category: "other",
      is_public: false,
    });
    expect(await swrProblem(created)).toBe("403 SVCSTG.SWR.4030000");
    expect((await open(administrator, image)).status).toBe(202);
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`);
    await pushAs(administrator, `${organization}/two`);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ images: 1, tags: 1, openUploads: 1 });
  });

  it("of an organization that a push creates count against the account, and neither is left behind", async ({
    expect,
  }) => {
    const { account, administrator } = await newAccount();
    await setLimits(`accounts/${account}`, { images: 0 });
    const organization = newName("org");
    expect(await denialOf(await open(administrator, `${organization}/web`), expect)).toBe(
      `quota exceeded: account ${account} has 0 of 0 images`,
    );
    expect((await administrator.get(`/v2/manage/namespaces/${organization}`)).status).toBe(404);
  });
});

describe("tags", () => {
  it("are refused when they are new, by a push, a second name or a restoration; not when they move", async ({
    expect,
  }) => {
    const { administrator, organization, image } = await newTenant();
    await pushAs(administrator, image, "v1");
    await pushAs(administrator, image, "v2");
    const tagPath = `/v2/manage/namespaces/${organization}/repos/web/tags`;
    expect((await administrator.delete(`${tagPath}/v2`)).status).toBe(204);
    await setLimits(`organizations/${organization}`, { tags: 1 });
    const message = `quota exceeded: organization ${organization} has 1 of 1 tags`;
    const digest = await pushAs(administrator, image, "v1");
    const bytes = someBytes();
    await pushBytes(administrator, image, bytes);
    expect(await denialOf(await putImage(administrator, image, "v3", [bytes]), expect)).toBe(message);
    const { manifestBytes } = await usedBy(`organizations/${organization}`);
    expect((await putImage(administrator, image, digestOf("x"), [bytes])).status).toBe(400);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ manifestBytes });
    const retag = { source_tag: "v1", destination_tag: "v4", override: false };
    const renamed = await administrator.post(tagPath, retag);
    expect(await renamed.json()).toMatchObject({ error_msg: message });
    const restored = await administrator.post(`/api/organizations/${organization}/images/web/tags/v2/restore`);
    expect([restored.status, await restored.json()]).toMatchObject([
      403,
      {
        errors: [
          {
            code: "QUOTA_EXCEEDED",
            message,
            detail: { resource: "tags", holder: "organization", name: organization, used: 1, limit: 1, needed: 1 },
          },
        ],
      },
    ]);
    expect(digest).toMatch(/^sha256:/);
    await setLimits(`organizations/${organization}`, { tags: 2 });
    expect((await administrator.post(tagPath, retag)).status).toBeLessThan(300);
  });

  it("named together are stored together or not at all", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    const bytes = someBytes();
    await pushBytes(administrator, image, bytes);
    await setLimits(`organizations/${organization}`, { tags: 2 });
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: digestOf(bytes),
        size: bytes.byteLength,
      },
      layers: [],
    });
    const put = (query: string) =>
      administrator.send("PUT", `/v2/${image}/manifests/${digestOf(manifest)}${query}`, manifest, {
        "Content-Type": OCI_MANIFEST,
      });
    expect((await put("?tag=a&tag=b&tag=c")).status).toBe(403);
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ tags: 0, manifestBytes: 0 });
    expect((await put("?tag=a&tag=b")).status).toBe(201);
  });
});

describe("open uploads", () => {
  let now = Date.now();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now });
  });
  afterEach(() => {
    vi.useRealTimers();
    now = Date.now();
  });
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it("take a place each until they end, however they end", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await createImage(administrator, organization, "web");
    const used = async () => (await usedBy(`organizations/${organization}`)).openUploads;
    const [finished, cancelled, wrong, gone] = await Promise.all(
      [1, 2, 3, 4].map(async () => locationOf(await open(administrator, image))),
    );
    expect(await used()).toBe(4);
    const bytes = someBytes();
    const headers = { ...authorization(administrator), "Content-Length": String(bytes.byteLength) };
    const finish = (location: string | undefined, digest: string) =>
      fetchAnonymously(`${location}?digest=${digest}`, { method: "PUT", headers, body: bytes });
    expect((await finish(finished, digestOf(bytes))).status).toBe(201);
    expect((await finish(finished, digestOf(bytes))).status).toBe(201);
    expect(await used()).toBe(3);
    expect((await administrator.delete(cancelled ?? "")).status).toBe(204);
    expect((await finish(wrong, digestOf("other"))).status).toBe(400);
    expect(await used()).toBe(1);
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`);
    expect(await used()).toBe(1);
    expect((await finish(gone, digestOf(bytes))).status).toBe(404);
    expect(await used()).toBe(0);
    // A request that is refused leaves none behind.
    const short = { method: "POST", headers: authorization(administrator), body: streamOf(someBytes(10)) };
    expect((await fetchAnonymously(`/v2/${image}/blobs/uploads/?digest=${digestOf("x")}`, short)).status).toBe(400);
    expect(await used()).toBe(0);
  });

  it("are refused beyond the organization's, and beyond half of them for one user", async ({ expect }) => {
    const { administrator, member, organization, image } = await newTenant();
    await grant(administrator, organization, member.name, 3);
    await pushAs(administrator, image);
    await setLimits(`organizations/${organization}`, { openUploads: 5 });
    for (let count = 0; count < 3; count += 1) await locationOf(await open(administrator, image));
    expect(await denialOf(await open(administrator, image), expect)).toBe(
      `quota exceeded: you have 3 of 3 uploads under way that one user may have in organization ${organization}`,
    );
    for (let count = 0; count < 2; count += 1) await locationOf(await open(member, image));
    expect(await denialOf(await open(member, image), expect)).toBe(
      `quota exceeded: organization ${organization} has 5 of 5 uploads under way`,
    );
    // What comes whole needs no place; what has to be cut into parts does.
    expect((await pushBytes(member, image, someBytes())).status).toBe(201);
    const bytes = someBytes();
    const streamed = { method: "POST", headers: authorization(member), body: streamOf(bytes) };
    expect(
      await denialOf(await fetchAnonymously(`/v2/${image}/blobs/uploads/?digest=${digestOf(bytes)}`, streamed), expect),
    ).toContain("5 of 5 uploads under way");
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ openUploads: 5 });
  });

  it("are exact when many begin at once", async ({ expect }) => {
    const { account, administrator, image } = await newTenant();
    await setLimits(`accounts/${account}`, { openUploads: 7 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => open(administrator, image)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(4);
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ openUploads: 4, images: 0 });
    expect(await denialOf(await open(administrator, image), expect)).toContain(`may have in account ${account}`);
  });

  it("that nobody has continued for an hour give way where there is no place left", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await setLimits(`organizations/${organization}`, { openUploads: 4 });
    const [idle, used] = [
      await locationOf(await open(administrator, image)),
      await locationOf(await open(administrator, image)),
    ];
    expect((await open(administrator, image)).status).toBe(403);
    pass(2 * HOUR_MS);
    const chunk = { method: "PATCH", headers: authorization(administrator), body: streamOf(someBytes(10)) };
    expect((await fetchAnonymously(used, chunk)).status).toBe(202);
    const next = await locationOf(await open(administrator, image));
    expect((await administrator.get(idle)).status).toBe(404);
    expect((await administrator.get(used)).status).toBe(204);
    expect((await administrator.get(next)).status).toBe(204);
    expect((await open(administrator, image)).status).toBe(403);
  });

  it("whose sessions never came to be give their places back", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await pushAs(administrator, image);
    await env.DB.prepare(
      `INSERT INTO open_uploads (id, organization_id, user_id, seen_at)
       SELECT ?, organizations.id, users.id, ? FROM organizations CROSS JOIN users
       WHERE organizations.name = ? AND users.name = ?`,
    )
      .bind(env.UPLOADS.newUniqueId().toString(), Date.now(), organization, administrator.name)
      .run();
    await setLimits(`organizations/${organization}`, { openUploads: 1 });
    expect((await open(administrator, image)).status).toBe(403);
    pass(2 * HOUR_MS);
    const location = await locationOf(await open(administrator, image));
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ openUploads: 1 });

    // A session that is there is known anew every day, and one that is not is cleared away after two.
    pass(UPLOAD_IDLE_MS - HOUR_MS);
    const session = env.UPLOADS.get(env.UPLOADS.idFromName(idIn(location)));
    await runInDurableObject(session, (upload) => upload.append({ repository: image, userId: -1 } as never, {}, null));
    await fetchAnonymously(location, {
      method: "PATCH",
      headers: authorization(administrator),
      body: streamOf(someBytes(1)),
    });
    pass(2 * HOUR_MS);
    await runInDurableObject(session, (upload) => upload.alarm());
    pass(2 * UPLOAD_IDLE_MS - HOUR_MS);
    await keepHouse(openStores(env), new Date());
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ openUploads: 1 });
    pass(2 * HOUR_MS);
    await keepHouse(openStores(env), new Date());
    expect(await usedBy(`organizations/${organization}`)).toMatchObject({ openUploads: 0 });
  });

  it("go with their organization", async ({ expect }) => {
    const { account, administrator, organization, image } = await newTenant();
    await createImage(administrator, organization, "web");
    await locationOf(await open(administrator, image));
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`);
    expect((await administrator.delete(`/v2/manage/namespaces/${organization}`)).status).toBeLessThan(300);
    expect(await usedBy(`accounts/${account}`)).toMatchObject({ openUploads: 0, images: 0 });
  });
});

describe("a limit", () => {
  it("below what is there refuses growth only", async ({ expect }) => {
    const { administrator, organization, image } = await newTenant();
    await pushAs(administrator, image, "v1");
    await pushAs(administrator, image, "v2");
    await setLimits(`organizations/${organization}`, { storedBytes: 0, manifestBytes: 0, images: 0, tags: 0 });
    const pulled = await administrator.get(`/v2/${image}/manifests/v1`);
    const text = await pulled.text();
    const again = await administrator.send("PUT", `/v2/${image}/manifests/v2`, text, { "Content-Type": OCI_MANIFEST });
    expect(again.status).toBe(201);
    const tagPath = `/v2/manage/namespaces/${organization}/repos/web/tags`;
    expect((await administrator.delete(`${tagPath}/v1`)).status).toBe(204);
    expect((await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`)).status).toBeLessThan(300);
    expect(await usedBy(`organizations/${organization}`)).toEqual({
      storedBytes: 0,
      manifestBytes: 0,
      images: 0,
      tags: 0,
      openUploads: 0,
    });
  });

  it("is the default until there is one of its own, and again when that is taken away", async ({ expect }) => {
    const { organization } = await newTenant();
    const path = `organizations/${organization}`;
    const common = await setLimits(path, {});
    expect(common.tags).toEqual({ used: 0, limit: 100_000, source: "default" });
    expect((await setLimits(path, { tags: null, images: 7 })).tags).toEqual({ used: 0, limit: null, source: "own" });
    const changed = await setLimits(path, { tags: "default" });
    expect([changed.tags, changed.images]).toEqual([common.tags, { used: 0, limit: 7, source: "own" }]);
    const { results } = await env.DB.prepare(
      "SELECT detail FROM audit_events WHERE action = 'quota.update' AND resource = ? ORDER BY id",
    )
      .bind(organization)
      .all<{ detail: string }>();
    expect(results.map(({ detail }) => JSON.parse(detail) as unknown)).toEqual([
      { holder: "organization", quota: "images", from: "default", to: 7 },
      { holder: "organization", quota: "tags", from: "default", to: "unlimited" },
      { holder: "organization", quota: "tags", from: "unlimited", to: "default" },
    ]);
  });

  it("for all is set by operators, and holds at once for those who have none of their own", async ({ expect }) => {
    const operator = asUser("admin", "correct horse");
    const before = await (await operator.get("/api/quotas")).json<{ organization: { tags: number } }>();
    const { administrator, organization } = await newTenant();
    const changed = await operator.patch("/api/quotas", { organization: { tags: 3 }, account: { images: null } });
    try {
      expect(await changed.json()).toMatchObject({ organization: { tags: 3 }, account: { images: null } });
      const shown = await administrator.get(`/api/organizations/${organization}/quota`);
      const { quotas } = await shown.json<{ quotas: Record<string, ShownQuota> }>();
      expect(quotas["tags"]).toEqual({ used: 0, limit: 3, source: "default" });
    } finally {
      await operator.patch("/api/quotas", before);
    }
    expect(await (await operator.get("/api/quotas")).json()).toEqual(before);
  });

  it.for([[{ tags: -1 }], [{ tags: 1.5 }], [{ tags: "many" }], [{ unknown: 1 }], [{ tags: 2 ** 60 }], [[]]])(
    "is not %j",
    async ([changes], { expect }) => {
      const { organization } = await newTenant();
      const response = await asUser("admin", "correct horse").patch(
        `/api/organizations/${organization}/quota`,
        changes,
      );
      expect(response.status).toBe(400);
    },
  );
});

describe("SWR's quotas", () => {
  it("tell administrators what the account has, in numbers of 32 bits", async ({ expect }) => {
    const { account, administrator, member, organization, image } = await newTenant();
    await pushAs(administrator, image);
    await setLimits(`accounts/${account}`, { tags: null });
    const shown = async (client: Client) =>
      (await (await client.get("/v2/manage/projects/0123abc/quotas")).json<{ quotas: unknown[] }>()).quotas;
    expect(await shown(administrator)).toEqual([
      { quota_key: "namespace", quota_limit: 100_000, used: 1, unit: "" },
      { quota_key: "stored_bytes", quota_limit: 1024 * 1024, used: 1, unit: "MiB" },
      { quota_key: "manifest_bytes", quota_limit: 512, used: 1, unit: "MiB" },
      { quota_key: "image", quota_limit: 5000, used: 1, unit: "" },
      { quota_key: "tag", quota_limit: -1, used: 1, unit: "" },
      { quota_key: "open_upload", quota_limit: 500, used: 0, unit: "" },
    ]);
    await grant(administrator, organization, member.name, 7);
    expect(await shown(member)).toEqual([{ quota_key: "namespace", quota_limit: 100_000, used: 0, unit: "" }]);
  });
});
