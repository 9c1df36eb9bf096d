import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import {
  type Descriptor,
  newRepository,
  OCI_INDEX,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { waitFor } from "../support/workerd/waiting.ts";

/** Longer than a flush takes to begin, with its first retry. */
const DATABASE = Object.getPrototypeOf(env.DB) as D1Database;

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

interface Counts {
  /** Of the repository. */
  pulls: number;
  /** Of its days. */
  daily: number;
  bytes: number;
}

async function countsOf(repository: string): Promise<Counts | null> {
  return env.DB.prepare(
    "SELECT pull_count AS pulls, ifnull(sum(pulls), 0) AS daily, ifnull(sum(bytes), 0) AS bytes FROM repositories " +
      "LEFT JOIN daily_pulls ON repository_id = repositories.id AND daily_pulls.account_id = repositories.account_id " +
      "WHERE name = ?",
  )
    .bind(repository)
    .first<Counts>();
}

async function lastPullOf(digest: string): Promise<number | null> {
  return env.DB.prepare("SELECT last_pulled_at FROM manifests WHERE digest = ?").bind(digest).first("last_pulled_at");
}

/** Waits until nothing that was pulled so far is still to be written. */
async function settle(): Promise<void> {
  const marker = newRepository();
  const { digest } = await pushImage(marker);
  await pull(marker, digest);
  await waitFor(async () => {
    if ((await countsOf(marker))?.pulls !== 1) throw new Error("not written yet");
  });
}

async function pull(repository: string, reference: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await send("GET", `/v2/${repository}/manifests/${reference}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

async function pullBlob(repository: string, digest: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await send("GET", `/v2/${repository}/blobs/${digest}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** An index of two images, which it answers with. */
async function pushIndex(
  repository: string,
  mediaType = OCI_MANIFEST,
): Promise<{ index: Descriptor; children: Descriptor[] }> {
  const children = [await pushImage(repository, "", { mediaType }), await pushImage(repository, "", { mediaType })];
  const platforms = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" },
  ];
  const manifests = children.map((child, position) => ({ ...child, mediaType, platform: platforms[position] }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  const response = await putManifest(repository, "multi", text);
  const digest = response.headers.get("Docker-Content-Digest") ?? "";
  return { index: { mediaType: OCI_INDEX, digest, size: text.length }, children };
}

describe("a pull", () => {
  it("counts once for each manifest that is got, by tag or by digest", async ({ expect }) => {
    const repository = newRepository();
    const { digest, size } = await pushImage(repository, "1.0");
    const before = Date.now();
    expect(await pull(repository, "1.0")).toBe(200);
    expect(await pull(repository, digest)).toBe(200);
    await waitFor(async () => {
      expect(await countsOf(repository)).toEqual({ pulls: 2, daily: 2, bytes: 2 * size });
    });
    expect(await lastPullOf(digest)).toBeGreaterThanOrEqual(before);
  });

  it("does not count when nothing is sent: HEAD, 304, 404", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository);
    const layer = await pushBlob(repository);
    expect((await send("HEAD", `/v2/${repository}/manifests/latest`)).status).toBe(200);
    expect((await send("HEAD", `/v2/${repository}/blobs/${layer.digest}`)).status).toBe(200);
    expect(await pull(repository, "latest", { "If-None-Match": `"${digest}"` })).toBe(304);
    expect(await pullBlob(repository, layer.digest, { "If-None-Match": `"${layer.digest}"` })).toBe(304);
    expect(await pull(repository, "absent")).toBe(404);
    await settle();
    expect(await countsOf(repository)).toEqual({ pulls: 0, daily: 0, bytes: 0 });
    expect(await lastPullOf(digest)).toBeNull();
  });

  it("of several platforms counts once, but the bytes of all parts", async ({ expect }) => {
    const repository = newRepository();
    const { index, children } = await pushIndex(repository);
    const [child] = children;
    await pull(repository, index.digest);
    await pull(repository, child?.digest ?? "");
    await waitFor(async () => {
      const bytes = index.size + (child?.size ?? 0);
      expect(await countsOf(repository)).toEqual({ pulls: 1, daily: 1, bytes });
    });
    expect(await lastPullOf(index.digest)).not.toBeNull();
    expect(await lastPullOf(child?.digest ?? "")).not.toBeNull();
    expect(await lastPullOf(children[1]?.digest ?? "")).toBeNull();
  });

  it("of one platform that has a tag of its own counts by that tag", async ({ expect }) => {
    const repository = newRepository();
    const { children } = await pushIndex(repository);
    const text = await (await send("GET", `/v2/${repository}/manifests/${children[0]?.digest}`)).text();
    expect((await putManifest(repository, "1.0-amd64", text)).status).toBe(201);
    await pull(repository, "1.0-amd64");
    await waitFor(async () => expect(await countsOf(repository)).toMatchObject({ pulls: 1 }));
  });

  it("counts once for an old client that gets a platform in the place of the index", async ({ expect }) => {
    const repository = newRepository();
    const { index, children } = await pushIndex(repository, DOCKER_MANIFEST);
    await pull(repository, "multi", { Accept: DOCKER_MANIFEST });
    await waitFor(async () => {
      expect(await countsOf(repository)).toEqual({ pulls: 1, daily: 1, bytes: children[0]?.size });
    });
    expect(await lastPullOf(index.digest)).not.toBeNull();
  });

  it("counts the bytes of blobs as far as they are sent", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushBlob(repository, someBytes(1000));
    expect(await pullBlob(repository, digest)).toBe(200);
    expect(await pullBlob(repository, digest, { Range: "bytes=0-9" })).toBe(206);
    expect(await pullBlob(repository, digest, { Range: "bytes=990-" })).toBe(206);
    expect(await pullBlob(repository, digest, { Range: "bytes=1000-" })).toBe(416);
    await waitFor(async () => {
      expect(await countsOf(repository)).toEqual({ pulls: 0, daily: 0, bytes: 1020 });
    });
  });

  it("is not lost among others at the same time", async ({ expect }) => {
    const repositories = [newRepository(), newRepository(), newRepository()];
    for (const repository of repositories) await pushImage(repository);
    await Promise.all(Array.from({ length: 60 }, (_, index) => pull(repositories[index % 3] ?? "", "latest")));
    await waitFor(async () => {
      for (const repository of repositories) expect(await countsOf(repository)).toMatchObject({ pulls: 20, daily: 20 });
    });
  });

  it("counts for the day in UTC on which it happens", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    await settle();
    const time = vi.spyOn(Date.prototype, "toISOString").mockReturnValue("2031-05-06T23:59:59.999Z");
    await pull(repository, "latest");
    time.mockReturnValue("2031-05-07T00:00:00.000Z");
    await pull(repository, "latest");
    await pull(repository, "latest");
    time.mockRestore();
    await waitFor(async () => {
      const { results } = await env.DB.prepare(
        "SELECT day, pulls FROM daily_pulls JOIN repositories ON repositories.id = repository_id WHERE name = ? ORDER BY day",
      )
        .bind(repository)
        .all();
      expect(results).toEqual([
        { day: "2031-05-06", pulls: 1 },
        { day: "2031-05-07", pulls: 2 },
      ]);
    });
    expect(await countsOf(repository)).toMatchObject({ pulls: 3, daily: 3 });
  });

  it("of an image that is deleted meanwhile still counts for the account", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
    await pull(repository, "latest");
    await env.DB.batch(
      [
        "DELETE FROM tags WHERE repository_id = ?",
        "DELETE FROM manifests WHERE repository_id = ?",
        "DELETE FROM repository_blobs WHERE repository_id = ?",
        "DELETE FROM tag_history WHERE repository_id = ?",
        "DELETE FROM repositories WHERE id = ?",
      ].map((text) => env.DB.prepare(text).bind(id)),
    );
    await waitFor(async () => {
      const pulls = await env.DB.prepare("SELECT pulls FROM daily_pulls WHERE repository_id = ?")
        .bind(id)
        .first("pulls");
      expect(pulls).toBe(1);
    });
  });
});

describe("counting", () => {
  it("asks the database for nothing before the answer", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository);
    const layer = await pushBlob(repository);
    await settle();
    const prepare = vi.spyOn(DATABASE, "prepare");
    const batch = vi.spyOn(DATABASE, "batch");
    try {
      const paths = [`manifests/latest`, `manifests/${digest}`, `blobs/${layer.digest}`];
      for (const path of paths) await send("HEAD", `/v2/${repository}/${path}`);
      const statements = prepare.mock.calls.length;
      prepare.mockClear();
      for (const path of paths) await (await send("GET", `/v2/${repository}/${path}`)).arrayBuffer();
      expect(prepare.mock.calls.map(([text]) => text).filter((text) => !text.startsWith("select"))).toEqual([]);
      // The manifest that came by its tag is near when it is asked for by its digest. The blob is found in the nearest copy of
      // the database; HEAD of one that was just pushed asks none.
      expect(prepare).toHaveBeenCalledTimes(statements - 1);
      expect(batch).not.toHaveBeenCalled();
      await waitFor(() => expect(batch).toHaveBeenCalledTimes(1));
    } finally {
      prepare.mockRestore();
      batch.mockRestore();
    }
  });

  it("loses nothing when the database fails", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    await settle();
    const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const batch = vi.spyOn(DATABASE, "batch").mockRejectedValueOnce(new Error("D1 is away"));
    try {
      await pull(repository, "latest");
      await waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
      expect(await countsOf(repository)).toMatchObject({ pulls: 0 });
      // Goes with those before, in the place of their next attempt.
      await pull(repository, "latest");
      await waitFor(async () => expect(await countsOf(repository)).toMatchObject({ pulls: 2, daily: 2 }));
    } finally {
      batch.mockRestore();
      warn.mockRestore();
    }
  });

  it("goes on with the next pull after the database was away for long", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    await settle();
    const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const batch = vi.spyOn(DATABASE, "batch").mockRejectedValue(new Error("D1 is away"));
    try {
      await pull(repository, "latest");
      await waitFor(() => expect(warn).toHaveBeenCalledTimes(3));
    } finally {
      batch.mockRestore();
      warn.mockRestore();
    }
    await pull(repository, "latest");
    await waitFor(async () => expect(await countsOf(repository)).toMatchObject({ pulls: 2, daily: 2 }));
  });
});
