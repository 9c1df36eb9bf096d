import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { UPLOAD_DONE_MS, UPLOAD_IDLE_MS, UPLOAD_PART_BYTES } from "../../src/kernel/limits.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import type { UploadSession } from "../../src/storage/content/upload-session.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import {
  addUser,
  basic,
  digestOf,
  errorCodes,
  errorsOf,
  fetchAnonymously,
  newRepository,
  openUpload,
  pushBlob,
  send,
  someBytes,
  streamOf,
  type UploadHandle,
} from "../support/workerd/registry-requests.ts";
import { waitUntil } from "../support/workerd/waiting.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function chunk(upload: UploadHandle, body: BodyInit, range?: string, method = "PATCH") {
  return send(method, upload.location, { body, headers: range ? { "Content-Range": range } : {} });
}

function finish(upload: UploadHandle, digest: string, body?: BodyInit, headers: Record<string, string> = {}) {
  return send("PUT", `${upload.location}?digest=${digest}`, body ? { body, headers } : { headers });
}

async function rangeOf(upload: UploadHandle): Promise<string | null> {
  const response = await send("GET", upload.location);
  return response.status === 204 ? response.headers.get("Range") : null;
}

async function pull(repository: string, digest: string): Promise<Bytes> {
  const response = await send("GET", `/v2/${repository}/blobs/${digest}`);
  if (response.status !== 200) throw new Error(`pulling ${digest}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function stubOf(upload: UploadHandle): DurableObjectStub<UploadSession> {
  return env.UPLOADS.get(env.UPLOADS.idFromName(upload.session));
}

async function objectKeys(): Promise<string[]> {
  return (await env.BUCKET.list()).objects.map((object) => object.key);
}

/** What R2 holds that no blob row names: nothing may stay of an upload that ended. */
async function orphans(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT object_key AS key FROM blobs").all<{ key: string }>();
  const named = new Set(results.map((row) => row.key));
  return (await objectKeys()).filter((key) => !named.has(key));
}

async function isBlobKnown(digest: string): Promise<boolean> {
  return (await env.DB.prepare("SELECT 1 FROM blobs WHERE digest = ?").bind(digest).first()) !== null;
}

const ALGORITHMS = ["sha256", "sha512"] as const;

describe("a blob", () => {
  it.for(ALGORITHMS)("in one POST is checked and stored (%s)", async (algorithm, { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(1000);
    const digest = digestOf(bytes, algorithm);
    const response = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes });
    expect(response.status).toBe(201);
    expect(response.headers.get("Location")).toBe(`/v2/${repository}/blobs/${digest}`);
    expect(response.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(await pull(repository, digest)).toEqual(bytes);
  });

  it.for(ALGORITHMS)("in POST and PUT is checked and stored (%s)", async (algorithm, { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(1000);
    const digest = digestOf(bytes, algorithm);
    expect((await finish(await openUpload(repository), digest, bytes)).status).toBe(201);
    expect(await pull(repository, digest)).toEqual(bytes);
  });

  it.for(ALGORITHMS)(
    "streamed without length, larger than a part, is checked and stored (%s)",
    async (algorithm, { expect }) => {
      const repository = newRepository();
      const bytes = someBytes(2 * UPLOAD_PART_BYTES + 12_345);
      const digest = digestOf(bytes, algorithm);
      const upload = await openUpload(repository, `?digest-algorithm=${algorithm}`);
      const patched = await chunk(upload, streamOf(bytes.subarray(0, 77), bytes.subarray(77)));
      expect(patched.status).toBe(202);
      expect(patched.headers.get("Range")).toBe(`0-${bytes.length - 1}`);
      expect((await finish(upload, digest)).status).toBe(201);
      expect(digestOf(await pull(repository, digest), algorithm)).toBe(digest);
      expect(await orphans()).toEqual([]);
    },
  );

  it("of exactly one and two parts is stored", async ({ expect }) => {
    for (const parts of [1, 2]) {
      const repository = newRepository();
      const bytes = someBytes(parts * UPLOAD_PART_BYTES);
      const upload = await openUpload(repository);
      expect((await chunk(upload, streamOf(bytes))).status).toBe(202);
      expect((await finish(upload, digestOf(bytes))).status).toBe(201);
      expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
    }
  });

  it.for(["POST", "PUT", "PATCH"])("of no bytes is stored by %s", async (how, { expect }) => {
    const repository = newRepository();
    const digest = digestOf("");
    if (how === "POST") {
      const response = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
        headers: { "Content-Length": "0" },
      });
      expect(response.status).toBe(201);
    } else {
      const upload = await openUpload(repository);
      if (how === "PATCH") expect((await chunk(upload, new Uint8Array(0))).status).toBe(202);
      expect((await finish(upload, digest)).status).toBe(201);
    }
    const head = await send("HEAD", `/v2/${repository}/blobs/${digest}`);
    expect(head.headers.get("Content-Length")).toBe("0");
    expect(await pull(repository, digest)).toEqual(new Uint8Array(0));
  });

  it("in chunks that grow and shrink, each side of a part's size, is stored", async ({ expect }) => {
    const repository = newRepository();
    const sizes = [
      1,
      0,
      70_000,
      UPLOAD_PART_BYTES - 70_001,
      UPLOAD_PART_BYTES + 3,
      2_500_000,
      5,
      2 * UPLOAD_PART_BYTES,
      9,
    ];
    const bytes = someBytes(sizes.reduce((sum, size) => sum + size, 0));
    const upload = await openUpload(repository);
    let at = 0;
    for (const size of sizes) {
      const range = size > 0 ? `${at}-${at + size - 1}` : undefined;
      const response = await chunk(upload, bytes.subarray(at, at + size), range);
      at += size;
      expect(response.status).toBe(202);
      expect(response.headers.get("Range")).toBe(`0-${at - 1}`);
    }
    expect(await rangeOf(upload)).toBe(`0-${at - 1}`);
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
  });

  it("may end with a chunk in the closing PUT", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(UPLOAD_PART_BYTES + 500);
    const upload = await openUpload(repository);
    await chunk(upload, bytes.subarray(0, 400), "0-399");
    const range = { "Content-Range": `400-${bytes.length - 1}` };
    expect((await finish(upload, digestOf(bytes), bytes.subarray(400), range)).status).toBe(201);
    expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
  });

  it("pushed by two clients at once is stored once", async ({ expect }) => {
    const bytes = someBytes(2000);
    const repositories = [newRepository(), newRepository()];
    await Promise.all(repositories.map((repository) => pushBlob(repository, bytes)));
    const { results } = await env.DB.prepare("SELECT * FROM blobs WHERE digest = ?").bind(digestOf(bytes)).all();
    expect(results).toHaveLength(1);
    expect(await orphans()).toEqual([]);
    for (const repository of repositories) expect(await pull(repository, digestOf(bytes))).toEqual(bytes);
  });
});

describe("opening an upload", () => {
  it("tells where to go on and how large chunks should be", async ({ expect }) => {
    const repository = newRepository();
    const response = await send("POST", `/v2/${repository}/blobs/uploads/`);
    expect(response.status).toBe(202);
    expect(response.headers.get("Location")).toMatch(new RegExp(`^/v2/${repository}/blobs/uploads/[\\w-]{52}$`));
    expect(response.headers.get("Range")).toBe("0-0");
    expect(response.headers.get("OCI-Chunk-Min-Length")).toBe(String(UPLOAD_PART_BYTES));
  });

  it("refuses an algorithm that it cannot check", async ({ expect }) => {
    const response = await send("POST", `/v2/${newRepository()}/blobs/uploads/?digest-algorithm=md5`);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["DIGEST_INVALID"]);
  });

  it("takes a POST with a digest but without bytes for the start of an upload", async ({ expect }) => {
    const response = await send("POST", `/v2/${newRepository()}/blobs/uploads/?digest=${digestOf("later")}`, {
      headers: { "Content-Length": "0" },
    });
    expect(response.status).toBe(202);
  });
});

describe("a wrong digest", () => {
  it.for([
    ["whole", 100],
    ["whole", 20 * 1024 * 1024],
    ["streamed", 100],
    ["streamed", UPLOAD_PART_BYTES + 100],
  ] as const)("of a blob sent %s (%i bytes) is refused and leaves nothing", async ([how, size], { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(size);
    const upload = await openUpload(repository);
    if (how === "streamed") await chunk(upload, streamOf(bytes));
    const response = await finish(upload, digestOf("other"), how === "whole" ? bytes : undefined);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["DIGEST_INVALID"]);
    expect((await send("HEAD", `/v2/${repository}/blobs/${digestOf("other")}`)).status).toBe(404);
    expect(await isBlobKnown(digestOf("other"))).toBe(false);
    expect(await rangeOf(upload)).toBe(null);
    expect(await orphans()).toEqual([]);
  });

  it.for(["", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e", `sha256:${"A".repeat(64)}`, "latest"])(
    "that is none (%s) is refused and harms nothing",
    async (digest, { expect }) => {
      const upload = await openUpload(newRepository());
      await chunk(upload, someBytes(10));
      const response = await finish(upload, digest);
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(["DIGEST_INVALID"]);
      expect(await rangeOf(upload)).toBe("0-9");
    },
  );
});

describe("a chunk out of order", () => {
  it.for([
    ["ahead", "20-29"],
    ["twice", "0-9"],
    ["overlapping", "5-14"],
  ] as const)("(%s) is refused with the true range, and the upload goes on", async ([, range], { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(20);
    const upload = await openUpload(repository);
    await chunk(upload, bytes.subarray(0, 10), "0-9");
    for (const method of ["PATCH", "PUT"]) {
      const handle =
        method === "PUT" ? { ...upload, location: `${upload.location}?digest=${digestOf(bytes)}` } : upload;
      const refused = await chunk(handle, bytes.subarray(10), range, method);
      expect(refused.status).toBe(416);
      expect(refused.headers.get("Range")).toBe("0-9");
      expect(refused.headers.get("Location")).toBe(upload.location);
      expect(await errorCodes(refused)).toEqual(["RANGE_INVALID"]);
    }
    expect((await chunk(upload, bytes.subarray(10), "10-19")).status).toBe(202);
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect(await pull(repository, digestOf(bytes))).toEqual(bytes);
  });

  it.for(["abc", "9-0", "-5", "bytes=0-9", "0-9999999999999999999"])(
    "with the Content-Range %s is refused",
    async (range, { expect }) => {
      const upload = await openUpload(newRepository());
      const response = await chunk(upload, someBytes(10), range);
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(["BLOB_UPLOAD_INVALID"]);
      expect(await rangeOf(upload)).toBe("0-0");
    },
  );

  it("of another size than its range is refused before anything is kept", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    const response = await chunk(upload, someBytes(10), "0-10");
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["SIZE_INVALID"]);
    expect(await rangeOf(upload)).toBe("0-0");
  });

  it.for([
    ["shorter", 8, "0-7"],
    ["longer", 12, "0-9"],
  ] as const)(
    "streamed %s than its range is refused, and the status tells what is kept",
    async ([, size, kept], { expect }) => {
      const repository = newRepository();
      const bytes = someBytes(20);
      const upload = await openUpload(repository);
      const refused = await chunk(upload, streamOf(bytes.subarray(0, size)), "0-9");
      expect(refused.status).toBe(400);
      expect(await errorCodes(refused)).toEqual(["SIZE_INVALID"]);
      expect(await rangeOf(upload)).toBe(kept);
      const next = Number(kept.slice(2)) + 1;
      expect((await chunk(upload, bytes.subarray(next), `${next}-19`)).status).toBe(202);
      expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    },
  );
});

describe("two requests at once", () => {
  it("do not both write: the second is refused with the true range", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(UPLOAD_PART_BYTES + 10);
    const upload = await openUpload(repository);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const first = chunk(upload, readable, `0-${bytes.length - 1}`);
    await writer.write(bytes.subarray(0, 5));
    const second = await chunk(upload, bytes, `0-${bytes.length - 1}`);
    expect(second.status).toBe(416);
    expect(second.headers.get("Range")).toBe("0-0");
    expect((await finish(upload, digestOf(bytes))).status).toBe(416);
    expect((await send("DELETE", upload.location)).status).toBe(416);
    await writer.write(bytes.subarray(5));
    await writer.close();
    expect((await first).status).toBe(202);
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
  });

  it.for([10, UPLOAD_PART_BYTES + 10])(
    "that both bring all %i bytes are both right, one after the other or at once",
    async (size, { expect }) => {
      const repository = newRepository();
      const bytes = someBytes(size);
      const digest = digestOf(bytes);
      const upload = await openUpload(repository);
      const both = await Promise.all([1, 2].map(() => finish(upload, digest, bytes)));
      const answers = [...both, await finish(upload, digest, bytes)];
      for (const answer of answers) {
        expect(answer.status).toBe(201);
        expect(answer.headers.get("Location")).toBe(`/v2/${repository}/blobs/${digest}`);
      }
      expect(digestOf(await pull(repository, digest))).toBe(digest);
      expect(await orphans()).toEqual([]);
    },
  );

  it("that both finish chunks get the same answer, one after the other", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(10);
    const upload = await openUpload(repository);
    await chunk(upload, bytes);
    const after = { ...upload, location: `${upload.location}.open` };
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect((await finish(after, digestOf("other"), bytes)).status).toBe(404);
    expect((await finish(after, digestOf(bytes), bytes)).status).toBe(201);
    expect((await chunk(upload, bytes)).status).toBe(404);
    expect((await send("DELETE", upload.location)).status).toBe(404);
    expect(await pull(repository, digestOf(bytes))).toEqual(bytes);
    expect(await orphans()).toEqual([]);
  });
});

describe("a client that vanishes", () => {
  it("finds what was stored, and goes on from there", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(2 * UPLOAD_PART_BYTES + 10);
    const upload = await openUpload(repository);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const lost = chunk(upload, readable);
    await writer.write(bytes.subarray(0, UPLOAD_PART_BYTES + 1000));
    await writer.abort(new Error("connection lost"));
    await lost.catch(() => undefined); // nobody is there for the answer

    const range = await waitUntil(async () => {
      const now = await rangeOf(upload);
      return now === "0-0" ? undefined : now;
    });
    const stored = Number(range?.slice(2)) + 1;
    expect(stored).toBeGreaterThanOrEqual(UPLOAD_PART_BYTES);
    expect((await chunk(upload, bytes.subarray(stored), `${stored}-${bytes.length - 1}`)).status).toBe(202);
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
  });
});

describe("an evicted session", () => {
  it.for([
    ["small", 3000],
    ["large", UPLOAD_PART_BYTES + 3000],
  ] as const)("still checks the digest of a %s blob", async ([, size], { expect }) => {
    const bytes = someBytes(size);
    for (const right of [true, false]) {
      const repository = newRepository();
      const upload = await openUpload(repository);
      await chunk(upload, bytes.subarray(0, size - 1000));
      await evictDurableObject(stubOf(upload));
      await chunk(upload, bytes.subarray(size - 1000), `${size - 1000}-${size - 1}`);
      await evictDurableObject(stubOf(upload));
      const digest = right ? digestOf(bytes) : digestOf("other");
      expect((await finish(upload, digest)).status).toBe(right ? 201 : 400);
      expect((await send("HEAD", `/v2/${repository}/blobs/${digest}`)).status).toBe(right ? 200 : 404);
    }
    expect(await orphans()).toEqual([]);
  });

  it("finishes what an earlier PUT completed in R2 but died before recording", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(UPLOAD_PART_BYTES + 3000);
    const upload = await openUpload(repository);
    await chunk(upload, bytes);
    await runInDurableObject(stubOf(upload), async (_, { storage }) => {
      const session = storage.kv.get<{ multipart: { key: string; uploadId: string } }>("session");
      if (!session) throw new Error("no session");
      const multipart = env.BUCKET.resumeMultipartUpload(session.multipart.key, session.multipart.uploadId);
      const [first] = [...storage.kv.list<string>({ prefix: "part:" })];
      const tail = [...storage.kv.list<Uint8Array<ArrayBuffer>>({ prefix: "tail:" })].map(([, piece]) => piece);
      const last = await multipart.uploadPart(2, await new Blob(tail).arrayBuffer());
      await multipart.complete([{ partNumber: 1, etag: first?.[1] ?? "" }, last]);
    });
    await evictDurableObject(stubOf(upload));
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
  });
});

it("a blob whose object R2 has lost is healed by the next push of it", async ({ expect }) => {
  const [first, second] = [newRepository(), newRepository()];
  const bytes = someBytes(1234);
  const { digest } = await pushBlob(first, bytes);
  const row = await env.DB.prepare("SELECT object_key AS key FROM blobs WHERE digest = ?")
    .bind(digest)
    .first<{ key: string }>();
  await env.BUCKET.delete(row?.key ?? "");
  await pushBlob(second, bytes);
  for (const repository of [first, second]) expect(digestOf(await pull(repository, digest))).toBe(digest);
  expect(await orphans()).toEqual([]);
});

describe("an outage", () => {
  it.for([10, UPLOAD_PART_BYTES + 10])(
    "of D1 fails the closing PUT of %i bytes, which then may be repeated",
    async (size, { expect }) => {
      const repository = newRepository();
      const bytes = someBytes(size);
      for (const how of ["whole", "streamed"]) {
        const upload = await openUpload(repository);
        if (how === "streamed") await chunk(upload, streamOf(bytes));
        const body = how === "whole" ? bytes : undefined;
        const outage = vi
          .spyOn(Object.getPrototypeOf(env.DB) as D1Database, "batch")
          .mockRejectedValueOnce(new Error("outage"));
        expect((await finish(upload, digestOf(bytes), body)).status).toBe(500);
        outage.mockRestore();
        expect((await finish(upload, digestOf(bytes), body)).status).toBe(201);
        expect(digestOf(await pull(repository, digestOf(bytes)))).toBe(digestOf(bytes));
      }
      // What came whole is nobody's, as it may have been recorded all the same, until the collection looks for such objects.
      // A larger one has asked for room meanwhile, and failed by that.
      expect(await orphans()).toHaveLength(size > UPLOAD_PART_BYTES ? 0 : 1);
      const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3 * UPLOAD_IDLE_MS);
      await collectGarbage(lastingStores(), new Budget(lastingStores().db, 400, 60_000));
      clock.mockRestore();
      expect(await orphans()).toEqual([]);
    },
  );

  it("of R2 that passes is not noticed by the client", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(2 * UPLOAD_PART_BYTES);
    const upload = await openUpload(repository);
    const probe = await env.BUCKET.createMultipartUpload("probe");
    const outage = vi
      .spyOn(Object.getPrototypeOf(probe) as R2MultipartUpload, "uploadPart")
      .mockRejectedValueOnce(new Error("We encountered an internal error. Please try again. (10001)"));
    expect((await chunk(upload, streamOf(bytes))).status).toBe(202);
    expect(outage).toHaveBeenCalledTimes(3);
    outage.mockRestore();
    await probe.abort();
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
  });
});

describe("cancelling", () => {
  it.for([10, UPLOAD_PART_BYTES + 10])("an upload of %i bytes leaves nothing", async (size, { expect }) => {
    const upload = await openUpload(newRepository());
    await chunk(upload, someBytes(size));
    expect((await send("DELETE", upload.location)).status).toBe(204);
    expect((await send("DELETE", upload.location)).status).toBe(404);
    expect(await errorCodes(await chunk(upload, someBytes(10)))).toEqual(["BLOB_UPLOAD_UNKNOWN"]);
    expect(await orphans()).toEqual([]);
  });
});

describe("an upload that is not the caller's", () => {
  it("does not exist: of another repository, of another user, or made up", async ({ expect }) => {
    await addUser("other-operator", "another password", { role: "administrator" });
    const repository = newRepository();
    const upload = await openUpload(repository);
    await chunk(upload, someBytes(10));
    const elsewhere = upload.location.replace(repository, newRepository());
    const forged = upload.location.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const bytes = someBytes(5);
    const other = { Authorization: basic("other-operator", "another password") };
    const answers = await Promise.all([
      send("GET", elsewhere),
      send("PATCH", elsewhere, { body: someBytes(5) }),
      fetchAnonymously(upload.location, { headers: other }),
      fetchAnonymously(upload.location, { method: "DELETE", headers: other }),
      ...[elsewhere, forged].map((location) => send("PUT", `${location}?digest=${digestOf(bytes)}`, { body: bytes })),
      fetchAnonymously(`${upload.location}?digest=${digestOf(bytes)}`, { method: "PUT", headers: other, body: bytes }),
      send("PATCH", forged, { body: bytes }),
      send("GET", forged),
      send("DELETE", forged),
      send("GET", upload.location.replace(upload.session, "0".repeat(64))),
      send("GET", upload.location.replace(upload.session, "not-an-id")),
    ]);
    for (const response of answers) {
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(["BLOB_UPLOAD_UNKNOWN"]);
    }
    expect(await rangeOf(upload)).toBe("0-9");
    expect(await isBlobKnown(digestOf(bytes))).toBe(false);
    expect(await orphans()).toEqual([]);
  });
});

describe("the alarm", () => {
  const later = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + ms);
    try {
      return await work();
    } finally {
      clock.mockRestore();
    }
  };

  it.for([10, UPLOAD_PART_BYTES + 10])(
    "removes an abandoned upload of %i bytes, and not before its time",
    async (size, { expect }) => {
      const upload = await openUpload(newRepository());
      await chunk(upload, someBytes(size));
      await later(UPLOAD_IDLE_MS - 60_000, () => runDurableObjectAlarm(stubOf(upload)));
      expect(await rangeOf(upload)).toBe(`0-${size - 1}`);
      await later(UPLOAD_IDLE_MS + 60_000, async () => {
        await runDurableObjectAlarm(stubOf(upload));
        expect(await rangeOf(upload)).toBe(null);
      });
      expect(await runDurableObjectAlarm(stubOf(upload))).toBe(false);
      expect(await orphans()).toEqual([]);
    },
  );

  it("removes an object that was completed but never recorded", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    await chunk(upload, someBytes(10));
    const key = "blobs/completed-by-a-dying-put";
    await env.BUCKET.put(key, someBytes(10));
    await runInDurableObject(stubOf(upload), (_, { storage }) => {
      storage.kv.put(`object:${key}`, true);
    });
    await later(UPLOAD_IDLE_MS + 60_000, () => runDurableObjectAlarm(stubOf(upload)));
    expect(await objectKeys()).not.toContain(key);
  });

  it("comes again when it could not remove what it should", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    await chunk(upload, someBytes(10));
    const key = "blobs/hard-to-remove";
    await env.BUCKET.put(key, someBytes(10));
    await runInDurableObject(stubOf(upload), (_, { storage }) => {
      storage.kv.put(`object:${key}`, true);
    });
    const outage = vi
      .spyOn(Object.getPrototypeOf(env.BUCKET) as R2Bucket, "delete")
      .mockRejectedValueOnce(new Error("outage"));
    const alarm = () => later(UPLOAD_IDLE_MS + 60_000, () => runDurableObjectAlarm(stubOf(upload)));
    try {
      expect(await alarm()).toBe(true);
      expect(outage).toHaveBeenCalledOnce();
      expect(await objectKeys()).toContain(key);
      expect(await alarm()).toBe(true);
      expect(await objectKeys()).not.toContain(key);
      expect(await alarm()).toBe(false);
    } finally {
      outage.mockRestore();
    }
  });

  it("forgets a finished upload, and keeps its blob", async ({ expect }) => {
    const repository = newRepository();
    const bytes = someBytes(10);
    const upload = await openUpload(repository);
    await chunk(upload, bytes);
    await finish(upload, digestOf(bytes));
    await later(UPLOAD_DONE_MS - 60_000, () => runDurableObjectAlarm(stubOf(upload)));
    expect((await finish(upload, digestOf(bytes))).status).toBe(201);
    await later(UPLOAD_DONE_MS + 60_000, async () => {
      await runDurableObjectAlarm(stubOf(upload));
      expect((await finish(upload, digestOf(bytes))).status).toBe(404);
    });
    expect(await pull(repository, digestOf(bytes))).toEqual(bytes);
  });

  it("keeps an object that another digest's row came to name", async ({ expect }) => {
    const repository = newRepository();
    const first = someBytes(10);
    const second = someBytes(20);
    const upload = await openUpload(repository);
    await chunk(upload, first);
    await finish(upload, digestOf(first));
    // As if the object had died after the row was written, and before it noted that it was done.
    await runInDurableObject(stubOf(upload), (_, { storage }) => {
      const { done: _done, ...session } = storage.kv.get<Record<string, unknown>>("session") ?? {};
      storage.kv.put("session", { ...session, offset: 0 });
    });
    const after = { ...upload, location: `${upload.location}.open` };
    expect((await finish(after, digestOf(second), second)).status).toBe(201);
    await later(UPLOAD_IDLE_MS + 60_000, () => runDurableObjectAlarm(stubOf(upload)));
    expect(await pull(repository, digestOf(first))).toEqual(first);
    expect(await pull(repository, digestOf(second))).toEqual(second);
  });
});

describe("a layer of more than 10 GiB", () => {
  it("is refused by its announced size, before any byte is read", async ({ expect }) => {
    const upload = await openUpload(newRepository());
    const size = 10 * 1024 ** 3 + 1;
    const response = await chunk(upload, streamOf(someBytes(10)), `0-${size - 1}`);
    expect(response.status).toBe(413);
    const message = (await errorsOf(response))[0]?.message;
    expect(message).toContain("10 GiB");
    expect(message).toContain("`berth proxy`");
  });
});
