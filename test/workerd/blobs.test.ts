import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { twoMinutesLater } from "../support/workerd/clock.ts";
import {
  addUser,
  basic,
  digestOf,
  errorCodes,
  fetchAnonymously,
  newRepository,
  pushBlob,
  pushImage,
  putManifest,
  imageManifest,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";

async function mount(to: string, query: string): Promise<Response> {
  return send("POST", `/v2/${to}/blobs/uploads/?${query}`);
}

describe("pulling a blob", () => {
  it("answers HEAD like GET, without the bytes", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository, someBytes(1234));
    const head = await send("HEAD", `/v2/${repository}/blobs/${digest}`);
    expect(head.status).toBe(200);
    expect(head.headers.get("Content-Length")).toBe("1234");
    expect(head.headers.get("Content-Type")).toBe("application/octet-stream");
    expect(head.headers.get("Accept-Ranges")).toBe("bytes");
    expect(head.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(head.headers.get("ETag")).toBe(`"${digest}"`);
    expect(head.headers.get("Cache-Control")).toBe("private, max-age=31536000, immutable");
  });

  it.for([
    ["bytes=0-0", 206, [0, 1]],
    ["bytes=10-19", 206, [10, 20]],
    ["bytes=90-", 206, [90, 100]],
    ["bytes=-10", 206, [90, 100]],
    ["bytes=-1000", 206, [0, 100]],
    ["bytes=90-1000", 206, [90, 100]],
    ["bytes=100-", 416, undefined],
    ["bytes=-0", 416, undefined],
    ["bytes=20-10", 416, undefined],
    ["bytes=40-49, 200-300", 206, [40, 50]],
    ["bytes=,40-49,", 206, [40, 50]],
    ["bytes=200-300,-0", 416, undefined],
    // More bytes than the blob has: the whole costs less.
    ["bytes=0-98,1-99", 200, [0, 100]],
    ["bytes=0-1,x", 200, [0, 100]],
    ["bytes=-", 200, [0, 100]],
    ["lines=1-2", 200, [0, 100]],
  ] as const)("answers the range %s with %i", async ([range, status, part], { expect }) => {
    const repository = newRepository();
    const bytes = someBytes(100);
    const { digest } = await pushBlob(repository, bytes);
    const response = await send("GET", `/v2/${repository}/blobs/${digest}`, { headers: { Range: range } });
    expect(response.status).toBe(status);
    if (!part) {
      expect(response.headers.get("Content-Range")).toBe("bytes */100");
      expect(await errorCodes(response)).toEqual(["RANGE_INVALID"]);
      return;
    }
    const [from, to] = part;
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(from, to));
    expect(response.headers.get("Content-Length")).toBe(String(to - from));
    if (status === 206) expect(response.headers.get("Content-Range")).toBe(`bytes ${from}-${to - 1}/100`);
  });

  it.for([
    [
      "bytes=0-1,5-6",
      [
        [0, 2],
        [5, 7],
      ],
    ],
    [
      "bytes=90-,0-0, -5",
      [
        [90, 100],
        [0, 1],
        [95, 100],
      ],
    ],
    [
      "bytes=0-49,200-,50-99",
      [
        [0, 50],
        [50, 100],
      ],
    ],
    [
      `bytes=${Array.from({ length: 100 }, (_, at) => `${at}-${at}`).join()}`,
      Array.from({ length: 100 }, (_, at) => [at, at + 1]),
    ],
  ] as [string, [number, number][]][])(
    "answers the ranges %s with a part for each",
    async ([range, parts], { expect }) => {
      const repository = newRepository();
      const bytes = someBytes(100);
      const { digest } = await pushBlob(repository, bytes);
      const response = await send("GET", `/v2/${repository}/blobs/${digest}`, { headers: { Range: range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBeNull();
      const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(response.headers.get("Content-Type") ?? "")?.[1];
      const body = new Uint8Array(await response.arrayBuffer());
      expect(response.headers.get("Content-Length")).toBe(String(body.byteLength));
      const text = (some: Uint8Array) => String.fromCharCode(...some);
      const wanted = parts.map(
        ([from, to]) =>
          `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
          `Content-Range: bytes ${from}-${to - 1}/100\r\n\r\n${text(bytes.slice(from, to))}`,
      );
      expect(text(body)).toBe(`${wanted.join("")}\r\n--${boundary}--\r\n`);
    },
  );

  it("refuses more ranges than it reads for one request", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository, someBytes(1000));
    const Range = `bytes=${Array.from({ length: 101 }, (_, at) => `${at * 2}-${at * 2}`).join()}`;
    const response = await send("GET", `/v2/${repository}/blobs/${digest}`, { headers: { Range } });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["RANGE_INVALID"]);
  });

  it("heeds a range only of the content that the client has a part of", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository);
    const get = (ifRange: string) =>
      send("GET", `/v2/${repository}/blobs/${digest}`, { headers: { Range: "bytes=0-9", "If-Range": ifRange } });
    expect((await get(`"${digest}"`)).status).toBe(206);
    expect((await get('"other"')).status).toBe(200);
  });

  it.for(["*", "exact", "weak"])("is not repeated to a client that has it (%s)", async (form, { expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository);
    const etag = { "*": "*", exact: `"${digest}"`, weak: `W/"${digest}"` }[form] ?? "";
    for (const method of ["GET", "HEAD"]) {
      const response = await send(method, `/v2/${repository}/blobs/${digest}`, { headers: { "If-None-Match": etag } });
      expect(response.status).toBe(304);
      expect(response.headers.get("ETag")).toBe(`"${digest}"`);
    }
  });

  it("tells an unknown blob and repository apart, and what is no digest", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository);
    const get = async (path: string) => errorCodes(await send("GET", path));
    expect(await get(`/v2/${repository}/blobs/${digestOf("absent")}`)).toEqual(["BLOB_UNKNOWN"]);
    expect(await get(`/v2/${repository}-other/blobs/${digest}`)).toEqual(["NAME_UNKNOWN"]);
    expect(await get(`/v2/${newRepository()}/blobs/${digest}`)).toEqual(["NAME_UNKNOWN"]);
    expect(await get(`/v2/${repository}/blobs/sha256:xyz`)).toEqual(["DIGEST_INVALID"]);
  });

  it("is refused from another repository than it was pushed to", async ({ expect }) => {
    const { digest } = await pushBlob(newRepository());
    const other = newRepository();
    await pushBlob(other);
    for (const method of ["GET", "HEAD"]) expect((await send(method, `/v2/${other}/blobs/${digest}`)).status).toBe(404);
  });
});

describe("an existence check", () => {
  it("counts as use, at most once an hour", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository);
    const lastUse = async () =>
      (
        await env.DB.prepare("SELECT last_used_at AS at FROM blobs WHERE digest = ?")
          .bind(digest)
          .first<{ at: number }>()
      )?.at;
    const fresh = await lastUse();
    await send("HEAD", `/v2/${repository}/blobs/${digest}`);
    expect(await lastUse()).toBe(fresh);
    await env.DB.prepare("UPDATE blobs SET last_used_at = 1 WHERE digest = ?").bind(digest).run();
    await twoMinutesLater(() => send("HEAD", `/v2/${repository}/blobs/${digest}`));
    expect(await lastUse()).toBeGreaterThanOrEqual(fresh ?? Infinity);
  });
});

describe("mounting a blob", () => {
  it("makes it a blob of the other repository, of its own size and digest", async ({ expect }) => {
    const [from, to] = [newRepository(), newRepository()];
    const bytes = someBytes(321);
    const { digest } = await pushBlob(from, bytes);
    const response = await mount(to, `mount=${digest}&from=${from}`);
    expect(response.status).toBe(201);
    expect(response.headers.get("Location")).toBe(`/v2/${to}/blobs/${digest}`);
    const head = await send("HEAD", `/v2/${to}/blobs/${digest}`);
    expect(head.headers.get("Content-Length")).toBe("321");
    expect(head.headers.get("Docker-Content-Digest")).toBe(digest);
    expect((await mount(to, `mount=${digest}&from=${from}`)).status).toBe(201);

    await send("DELETE", `/v2/${from}/blobs/${digest}`);
    expect(new Uint8Array(await (await send("GET", `/v2/${to}/blobs/${digest}`)).arrayBuffer())).toEqual(bytes);
  });

  it("needs no source when the caller may pull it from anywhere", async ({ expect }) => {
    const { digest } = await pushBlob(newRepository());
    const to = newRepository();
    expect((await mount(to, `mount=${digest}`)).status).toBe(201);
    expect((await send("HEAD", `/v2/${to}/blobs/${digest}`)).status).toBe(200);
  });

  it("falls back to an upload when the source does not have it", async ({ expect }) => {
    const { digest } = await pushBlob(newRepository());
    const empty = newRepository();
    await pushBlob(empty);
    for (const source of [empty, newRepository(), "Not/A/Name", "manage"]) {
      const response = await mount(newRepository(), `mount=${digest}&from=${source}`);
      expect(response.status).toBe(202);
      expect(response.headers.get("Location")).toContain("/blobs/uploads/");
    }
    expect((await mount(newRepository(), `mount=${digestOf("nowhere")}`)).status).toBe(202);
  });

  it("refuses what is no digest", async ({ expect }) => {
    expect(await errorCodes(await mount(newRepository(), "mount=latest"))).toEqual(["DIGEST_INVALID"]);
  });

  it("asks for a token that covers the source, and gives nothing away without", async ({ expect }) => {
    const [from, to] = [newRepository(), newRepository()];
    const { digest } = await pushBlob(from);
    const path = `/v2/${to}/blobs/uploads/?mount=${digest}&from=${from}`;
    const both = `repository:${to}:pull,push repository:${from}:pull`;
    const withToken = async (query: string) => {
      const { token } = await (await send("GET", `/token?${query}`)).json<{ token: string }>();
      return fetchAnonymously(path, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    };
    const anonymous = await fetchAnonymously(path, { method: "POST" });
    const narrow = await withToken(`scope=repository:${to}:pull,push`);
    for (const refused of [anonymous, narrow]) {
      expect(refused.status).toBe(401);
      expect(refused.headers.get("WWW-Authenticate")).toContain(`scope="${both}"`);
    }
    expect((await withToken(`scope=${both}`)).status).toBe(201);
  });
});

describe("deleting a blob", () => {
  it("removes it from that repository", async ({ expect }) => {
    const [first, second] = [newRepository(), newRepository()];
    const bytes = someBytes();
    const { digest } = await pushBlob(first, bytes);
    await pushBlob(second, bytes);
    expect((await send("DELETE", `/v2/${first}/blobs/${digest}`)).status).toBe(202);
    expect((await send("HEAD", `/v2/${first}/blobs/${digest}`)).status).toBe(404);
    expect((await send("HEAD", `/v2/${second}/blobs/${digest}`)).status).toBe(200);
    expect(await errorCodes(await send("DELETE", `/v2/${first}/blobs/${digest}`))).toEqual(["BLOB_UNKNOWN"]);
  });

  it("is refused while a manifest of the repository needs it", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const { digest } = manifest.config;
    await putManifest(repository, "latest", manifest);
    const refused = await send("DELETE", `/v2/${repository}/blobs/${digest}`);
    expect(refused.status).toBe(405);
    expect(await errorCodes(refused)).toEqual(["UNSUPPORTED"]);
    await send("DELETE", `/v2/${repository}/manifests/${digestOf(JSON.stringify(manifest))}`);
    expect((await send("DELETE", `/v2/${repository}/blobs/${digest}`)).status).toBe(202);
  });
});

describe("a user without any right", () => {
  it("is denied, and learns nothing of what exists", async ({ expect }) => {
    await addUser("stranger", "strange password");
    const repository = newRepository();
    const { digest } = await pushImage(repository, "1.0");
    const headers = { Authorization: basic("stranger", "strange password") };
    const paths = [
      ["GET", `/v2/${repository}/manifests/1.0`],
      ["HEAD", `/v2/${repository}/blobs/${digest}`],
      ["GET", `/v2/${repository}/tags/list`],
      ["GET", `/v2/${repository}/referrers/${digest}`],
      ["POST", `/v2/${repository}/blobs/uploads/`],
      ["PUT", `/v2/${repository}/manifests/1.0`],
      ["DELETE", `/v2/${repository}/manifests/1.0`],
      ["DELETE", `/v2/${repository}/blobs/${digest}`],
      ["GET", `/v2/${newRepository()}/manifests/1.0`],
    ] as const;
    for (const [method, path] of paths) expect((await fetchAnonymously(path, { method, headers })).status).toBe(403);
    const catalog = await (await fetchAnonymously("/v2/_catalog", { headers })).json();
    expect(catalog).toEqual({ repositories: [] });
  });
});
