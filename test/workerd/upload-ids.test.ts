/** What the id of an upload is good for, and for how long. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, it, vi } from "vitest";
import { UPLOAD_DONE_MS, UPLOAD_IDLE_MS, UPLOAD_PART_BYTES } from "../../src/kernel/limits.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import {
  accessPath,
  grant,
  newAccount,
  newOrganization,
  newUser,
  pushAs,
  sendWithToken,
  tokenFor,
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import {
  digestOf,
  errorCodes,
  newRepository,
  openUpload,
  pushBlob,
  send,
  someBytes,
  streamOf,
  type UploadHandle,
} from "../support/workerd/registry-requests.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const sessionOf = ({ session }: UploadHandle) => env.UPLOADS.get(env.UPLOADS.idFromName(session));

function putWhole({ location }: UploadHandle, bytes: Bytes, digest = digestOf(bytes)): Promise<Response> {
  return send("PUT", `${location}?digest=${digest}`, { body: bytes });
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

/** What each request to an upload answers that does not exist for it. */
async function answersOf(upload: UploadHandle): Promise<number[]> {
  const bytes = someBytes();
  return [
    await statusOf(send("GET", upload.location)),
    await statusOf(send("PATCH", upload.location, { body: bytes })),
    await statusOf(putWhole(upload, bytes)),
    await statusOf(send("PUT", `${upload.location}?digest=${digestOf(bytes)}`, { body: streamOf(bytes) })),
    await statusOf(send("PUT", `${upload.location}?digest=${digestOf("")}`)),
    await statusOf(send("DELETE", upload.location)),
  ];
}
const ALL_UNKNOWN = [404, 404, 404, 404, 404, 404];

/** Objects that no blob has. */
async function orphans(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT object_key AS key FROM blobs").all<{ key: string }>();
  const named = new Set(results.map(({ key }) => key));
  return (await env.BUCKET.list()).objects.map(({ key }) => key).filter((key) => !named.has(key));
}

async function openRows(): Promise<number> {
  return (await env.DB.prepare("SELECT count(*) AS count FROM open_uploads").first<number>("count")) ?? 0;
}

function later(ms: number): void {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + ms);
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe("an upload that no bytes have come for", () => {
  it("has none, and leaves nothing however it ends", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    const status = await send("GET", upload.location);
    expect([status.status, status.headers.get("Range"), status.headers.get("Location")]).toEqual([
      204,
      "0-0",
      upload.location,
    ]);
    expect(await openRows()).toBe(0);
    await runInDurableObject(sessionOf(upload), (_, { storage }) => {
      expect([...storage.kv.list()]).toEqual([]);
    });
  });

  it("is dead once it was cancelled, until it would be anyway", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    expect(await statusOf(send("DELETE", upload.location))).toBe(204);
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
    await evictDurableObject(sessionOf(upload));
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
    expect(await orphans()).toEqual([]);
    expect(await openRows()).toBe(0);
    later(UPLOAD_DONE_MS - 60_000);
    await runDurableObjectAlarm(sessionOf(upload));
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
    later(UPLOAD_DONE_MS + 60_000);
    await runDurableObjectAlarm(sessionOf(upload));
    await runInDurableObject(sessionOf(upload), (_, { storage }) => {
      expect([...storage.kv.list()]).toEqual([]);
    });
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
  });

  it("is dead after a wrong digest", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    expect(await statusOf(putWhole(upload, someBytes(), digestOf("other")))).toBe(400);
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
    expect(await orphans()).toEqual([]);
  });

  it("expires after an hour", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    later(UPLOAD_DONE_MS - 60_000);
    expect(await statusOf(send("GET", upload.location))).toBe(204);
    later(120_000);
    expect(await answersOf(upload)).toEqual(ALL_UNKNOWN);
  });

  it("does not come to be while it is cancelled", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    const bytes = someBytes();
    const { readable, writable } = new FixedLengthStream(bytes.byteLength);
    const whole = send("PUT", `${upload.location}?digest=${digestOf(bytes)}`, { body: readable });
    const writer = writable.getWriter();
    await writer.write(bytes.subarray(0, 10));
    expect(await statusOf(send("DELETE", upload.location))).toBe(204);
    await writer.write(bytes.subarray(10));
    await writer.close();
    const refused = await whole;
    expect([refused.status, await errorCodes(refused)]).toEqual([404, ["BLOB_UPLOAD_UNKNOWN"]]);
    expect(await orphans()).toEqual([]);
  });
});

describe("an upload with a session", () => {
  it("goes on by the address that its chunks answer, and by the first one", async ({ expect }) => {
    const bytes = someBytes(3000);
    const repository = newRepository();
    const upload = await openUpload(repository);
    const first = await send("PATCH", upload.location, { body: bytes.subarray(0, 1000) });
    const location = first.headers.get("Location") ?? "";
    expect(location).not.toBe(upload.location);
    expect(first.headers.get("Docker-Upload-UUID")).toBe(upload.session);
    const second = await send("PATCH", upload.location, { body: bytes.subarray(1000, 2000) });
    expect([second.status, second.headers.get("Location")]).toEqual([202, location]);
    expect((await send("GET", upload.location)).headers.get("Location")).toBe(location);
    // Without a range: by that address it is the last chunk, and not all of the blob.
    expect(await statusOf(putWhole({ ...upload, location }, bytes.subarray(2000), digestOf(bytes)))).toBe(201);
  });

  it("is not opened anew once it has ended", async ({ expect }) => {
    for (const end of ["finished", "cancelled", "idle"]) {
      const upload = await openUpload(newRepository());
      const bytes = someBytes();
      expect(await statusOf(send("PATCH", upload.location, { body: bytes }))).toBe(202);
      if (end === "finished") await send("PUT", `${upload.location}?digest=${digestOf(bytes)}`);
      if (end === "cancelled") await send("DELETE", upload.location);
      if (end === "idle") await sessionOf(upload).endIfIdle(Date.now() + 1000);
      await evictDurableObject(sessionOf(upload));
      await runDurableObjectAlarm(sessionOf(upload));
      expect([end, await statusOf(send("PATCH", upload.location, { body: bytes }))]).toEqual([end, 404]);
      expect([end, await statusOf(send("DELETE", upload.location))]).toEqual([end, 404]);
      expect(await openRows()).toBe(0);
    }
    expect(await orphans()).toEqual([]);
  });

  it("of an older version goes on by the id that it has", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(2000);
    await pushBlob(repository);
    const id = env.UPLOADS.newUniqueId();
    const [organization] = repository.split("/");
    await env.DB.prepare(
      `INSERT INTO open_uploads (id, organization_id, user_id, seen_at)
       SELECT ?, organizations.id, users.id, 0 FROM organizations CROSS JOIN users
       WHERE organizations.name = ? AND users.name = 'admin'`,
    )
      .bind(id.toString(), organization)
      .run();
    const userId = await env.DB.prepare("SELECT id FROM users WHERE name = 'admin'").first<number>("id");
    await runInDurableObject(env.UPLOADS.get(id), (_, { storage }) => {
      const opening = { repository, userId, algorithm: "sha256", room: 10_000 };
      storage.kv.put("session", { ...opening, offset: 0, lastUsedAt: Date.now() });
    });
    const location = `/v2/${repository}/blobs/uploads/${id.toString()}`;
    const chunk = await send("PATCH", location, { body: bytes.subarray(0, 1500) });
    expect([chunk.status, chunk.headers.get("Location"), chunk.headers.get("Docker-Upload-UUID")]).toEqual([
      202,
      location,
      id.toString(),
    ]);
    const range = { "Content-Range": "1500-1999" };
    const finished = await send("PUT", `${location}?digest=${digestOf(bytes)}`, {
      body: bytes.subarray(1500),
      headers: range,
    });
    expect(finished.status).toBe(201);
    expect(await openRows()).toBe(0);
    expect(await statusOf(send("DELETE", location))).toBe(404);
  });
});

describe("bytes that come whole", () => {
  it.for([100, UPLOAD_PART_BYTES + 100])(
    "of a user who lost the right meanwhile (%i) leave no object",
    async (size, { expect }) => {
      const { account, administrator } = await newAccount();
      const organization = await newOrganization(administrator);
      const user = await newUser(account);
      await grant(administrator, organization, user.name, 3);
      const repository = `${organization}/image`;
      await pushAs(administrator, repository);
      const token = await tokenFor(user, `repository:${repository}:pull,push`);
      const opened = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
      expect(opened.status).toBe(202);
      await administrator.delete(accessPath(organization), [await userIdOf(user.name)]);
      const bytes = someBytes(size);
      const path = `${opened.headers.get("Location")}?digest=${digestOf(bytes)}`;
      const refused = await sendWithToken(token, "PUT", path, { body: bytes });
      expect([refused.status, await errorCodes(refused)]).toEqual([403, ["DENIED"]]);
      expect(await orphans()).toEqual([]);
    },
  );

  it.for([1000, UPLOAD_PART_BYTES + 1000])(
    "beyond a quota (%i) leave no object, and no organization where that would be the first",
    async (size, { expect }) => {
      const { account, administrator } = await newAccount();
      const organization = await newOrganization(administrator);
      await pushAs(administrator, `${organization}/image`);
      const limit = { storedBytes: 500 };
      await send("PATCH", `/api/accounts/${account}/quota`, {
        body: JSON.stringify(limit),
        headers: { "Content-Type": "application/json" },
      });
      const bytes = someBytes(size);
      for (const repository of [`${organization}/image`, `${organization}/new`, `${organization}2/new`]) {
        const token = await tokenFor(administrator, `repository:${repository}:pull,push`);
        const opened = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
        const path = `${opened.headers.get("Location")}?digest=${digestOf(bytes)}`;
        const refused = await sendWithToken(token, "PUT", path, { body: bytes });
        expect([refused.status, await errorCodes(refused)]).toEqual([403, ["DENIED"]]);
      }
      expect(await orphans()).toEqual([]);
      const made = await env.DB.prepare("SELECT name FROM repositories WHERE name LIKE ?")
        .bind(`${organization}%new`)
        .all();
      expect(made.results).toEqual([]);
    },
  );

  it("beyond a quota are refused while they come", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/image`);
    await send("PATCH", `/api/accounts/${account}/quota`, {
      body: JSON.stringify({ storedBytes: 500 }),
      headers: { "Content-Type": "application/json" },
    });
    const token = await tokenFor(administrator, `repository:${organization}/image:pull,push`);
    const opened = await sendWithToken(token, "POST", `/v2/${organization}/image/blobs/uploads/`);
    const { readable, writable } = new FixedLengthStream(UPLOAD_PART_BYTES * 2);
    const writer = writable.getWriter();
    const path = `${opened.headers.get("Location")}?digest=${digestOf("never")}`;
    const refused = sendWithToken(token, "PUT", path, { body: readable });
    // The rest never comes.
    await writer.write(someBytes(100_000));
    expect((await refused).status).toBe(403);
    await writer.abort(new Error("refused")).catch(() => undefined);
    expect(await orphans()).toEqual([]);
  });

  it.for(["PUT", "POST"])("leave nothing when their client vanishes (%s)", async (method, { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(UPLOAD_PART_BYTES * 2);
    const { location } = await openUpload(repository);
    const path = method === "PUT" ? location : `/v2/${repository}/blobs/uploads/`;
    const { readable, writable } = new FixedLengthStream(bytes.byteLength);
    const writer = writable.getWriter();
    const lost = send(method, `${path}?digest=${digestOf(bytes)}`, { body: readable });
    await writer.write(bytes.subarray(0, UPLOAD_PART_BYTES));
    await writer.abort(new Error("connection lost")).catch(() => undefined);
    await lost.catch(() => undefined); // nobody is there for the answer
    expect(await orphans()).toEqual([]);
    expect((await send(method, `${path}?digest=${digestOf(bytes)}`, { body: bytes })).status).toBe(201);
    expect(await orphans()).toEqual([]);
  });

  it("and were stored when the registry died are found by the collection", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    const bytes = someBytes();
    const batch = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "batch");
    batch.mockRejectedValueOnce(new Error("the process died"));
    expect(await statusOf(putWhole(upload, bytes))).toBe(500);
    batch.mockRestore();
    expect(await orphans()).toHaveLength(1);
    const collect = async () => {
      const stores = lastingStores();
      await collectGarbage(stores, new Budget(stores.db, 400, 60_000));
    };
    later(UPLOAD_IDLE_MS);
    await collect();
    expect(await orphans()).toHaveLength(1);
    later(UPLOAD_IDLE_MS + 60_000);
    await collect();
    expect(await orphans()).toEqual([]);
  });
});
