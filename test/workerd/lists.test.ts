import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  digestOf,
  errorCodes,
  newRepository,
  OCI_INDEX,
  pushImage,
  putManifest,
  imageManifest,
  send,
} from "../support/workerd/registry-requests.ts";

interface Listed {
  entries: string[];
  next: string | undefined;
}

async function list(path: string): Promise<Listed> {
  const response = await send("GET", path);
  const body = await response.json<{ tags?: string[]; repositories?: string[] }>();
  const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("Link") ?? "")?.[1];
  return { entries: body.tags ?? body.repositories ?? [], next };
}

async function listAll(path: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = path; next;) {
    const page: Listed = await list(next);
    pages.push(page.entries);
    next = page.next;
  }
  return pages;
}

async function repositoryWithTags(...names: string[]): Promise<string> {
  const repository = newRepository();
  const manifest = await imageManifest(repository);
  const digest = digestOf(JSON.stringify(manifest));
  await putManifest(repository, `${digest}?${names.map((name) => `tag=${name}`).join("&")}`, manifest);
  return repository;
}

describe("the list of tags", () => {
  it("is in byte order", async ({ expect }) => {
    const repository = await repositoryWithTags("b", "a", "B", "_", "10", "9", "a.1", "a-1", "a_1");
    const { entries, next } = await list(`/v2/${repository}/tags/list`);
    expect(entries).toEqual(["10", "9", "B", "_", "a", "a-1", "a.1", "a_1", "b"]);
    expect(next).toBe(undefined);
  });

  it("comes in pages that a client follows by their links", async ({ expect }) => {
    const repository = await repositoryWithTags("a", "b", "c", "d", "e");
    expect(await listAll(`/v2/${repository}/tags/list?n=2`)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(await listAll(`/v2/${repository}/tags/list?n=5`)).toEqual([["a", "b", "c", "d", "e"]]);
    expect(await listAll(`/v2/${repository}/tags/list?n=2&last=c`)).toEqual([["d", "e"]]);
    expect(await listAll(`/v2/${repository}/tags/list?last=bb`)).toEqual([["c", "d", "e"]]);
    expect(await listAll(`/v2/${repository}/tags/list?last=e`)).toEqual([[]]);
    expect(await list(`/v2/${repository}/tags/list?n=0`)).toEqual({ entries: [], next: undefined });
    expect((await list(`/v2/${repository}/tags/list?n=99999`)).entries).toHaveLength(5);
  });

  it.for(["-1", "x", "1.5", ""])("refuses n=%s", async (n, { expect }) => {
    const repository = await repositoryWithTags("a");
    const response = await send("GET", `/v2/${repository}/tags/list?n=${n}`);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["PAGINATION_NUMBER_INVALID"]);
  });

  it("of a repository that does not exist is an error, of an empty one is empty", async ({ expect }) => {
    const unknown = await send("GET", `/v2/${newRepository()}/tags/list`);
    expect(unknown.status).toBe(404);
    expect(await errorCodes(unknown)).toEqual(["NAME_UNKNOWN"]);
    const repository = await repositoryWithTags("a");
    await send("DELETE", `/v2/${repository}/manifests/a`);
    expect(await (await send("GET", `/v2/${repository}/tags/list`)).json()).toEqual({ name: repository, tags: [] });
  });
});

describe("the catalogue", () => {
  it("lists repositories in byte order and in pages", async ({ expect }) => {
    const repositories: string[] = [];
    for (let count = 0; count < 5; count += 1) repositories.push(await repositoryWithTags("a"));
    const pages = await listAll("/v2/_catalog?n=2");
    const names = pages.flat();
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(repositories));
  });
});

describe("referrers", () => {
  interface Index {
    schemaVersion: number;
    mediaType: string;
    manifests: { digest: string; artifactType?: string; annotations?: Record<string, string>; size: number }[];
  }

  const refer = async (repository: string, subject: object, extra: Record<string, unknown> = {}) => {
    const manifest = await imageManifest(repository, { subject, ...extra });
    const response = await putManifest(repository, digestOf(JSON.stringify(manifest)), manifest);
    return { response, manifest, digest: digestOf(JSON.stringify(manifest)) };
  };

  it("are listed with type and annotations, filtered on request", async ({ expect }) => {
    const repository = newRepository();
    const subject = await pushImage(repository, "subject");
    const signature = await refer(repository, subject, {
      artifactType: "application/vnd.test.signature",
      annotations: { by: "me" },
    });
    const image = await refer(repository, subject);
    expect(signature.response.headers.get("OCI-Subject")).toBe(subject.digest);

    const all = await send("GET", `/v2/${repository}/referrers/${subject.digest}`);
    expect(all.headers.get("Content-Type")).toBe(OCI_INDEX);
    const index = await all.json<Index>();
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: OCI_INDEX });
    expect(new Set(index.manifests.map(({ digest }) => digest))).toEqual(new Set([signature.digest, image.digest]));
    expect(index.manifests.find(({ digest }) => digest === image.digest)?.artifactType).toBe(
      "application/vnd.oci.image.config.v1+json",
    );

    const filtered = await send(
      "GET",
      `/v2/${repository}/referrers/${subject.digest}?artifactType=application/vnd.test.signature`,
    );
    expect(filtered.headers.get("OCI-Filters-Applied")).toBe("artifactType");
    expect((await filtered.json<Index>()).manifests).toEqual([
      {
        mediaType: signature.manifest.mediaType,
        digest: signature.digest,
        size: JSON.stringify(signature.manifest).length,
        artifactType: "application/vnd.test.signature",
        annotations: { by: "me" },
      },
    ]);
  });

  it("may come before their subject, and none is no error", async ({ expect }) => {
    const repository = newRepository();
    const subject = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf("later"), size: 5 };
    const early = await refer(repository, subject);
    expect(early.response.status).toBe(201);
    const found = await (await send("GET", `/v2/${repository}/referrers/${subject.digest}`)).json<Index>();
    expect(found.manifests.map(({ digest }) => digest)).toEqual([early.digest]);
    for (const path of [
      `${repository}/referrers/${digestOf("none")}`,
      `${newRepository()}/referrers/${digestOf("none")}`,
    ]) {
      const none = await send("GET", `/v2/${path}`);
      expect(none.status).toBe(200);
      expect((await none.json<Index>()).manifests).toEqual([]);
    }
    expect((await send("GET", `/v2/${repository}/referrers/latest`)).status).toBe(400);
  });

  it("come in pages, by number and by length of their annotations", async ({ expect }) => {
    const repository = newRepository();
    const subject = await pushImage(repository, "subject");
    const long = "x".repeat(400_000);
    for (let count = 0; count < 7; count += 1)
      await refer(repository, subject, { annotations: { count: `${count}`, long } });
    const id = (
      await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<{ id: number }>()
    )?.id;
    await env.DB.prepare(
      `INSERT INTO manifests (repository_id, digest, media_type, size, subject, created_at)
       SELECT ?1, 'sha256:' || printf('%064x', value), 'a', 1, ?2, 0 FROM json_each(?3)`,
    )
      .bind(id, subject.digest, JSON.stringify(Array.from({ length: 250 }, (_, number) => number + 1)))
      .run();
    const digests: string[] = [];
    let pages = 0;
    for (let next: string | undefined = `/v2/${repository}/referrers/${subject.digest}`; next; pages += 1) {
      const response = await send("GET", next);
      const text = await response.text();
      expect(text.length).toBeLessThan(2 * 1024 * 1024);
      digests.push(...(JSON.parse(text) as Index).manifests.map(({ digest }) => digest));
      next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("Link") ?? "")?.[1];
    }
    expect(digests).toHaveLength(257);
    expect(new Set(digests).size).toBe(257);
    expect(pages).toBeGreaterThan(3);
  });

  it("refuses annotations that would not fit into the list", async ({ expect }) => {
    const repository = newRepository();
    const subject = await pushImage(repository, "subject");
    const { response } = await refer(repository, subject, { annotations: { long: "x".repeat(1024 * 1024) } });
    expect(response.status).toBe(413);
  });
});
