import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { makePublic } from "../support/workerd/stored-rights.ts";
import { pushIndex } from "../support/workerd/configured-images.ts";
import { newAccount } from "../support/workerd/managing-clients.ts";
import {
  digestOf,
  errorsOf,
  fetchAnonymously,
  imageManifest,
  newRepository,
  OCI_INDEX,
  OCI_MANIFEST,
  putManifest,
  send,
} from "../support/workerd/registry-requests.ts";

function pathOf(repository: string, reference: string): string {
  const [organization, image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image}/manifests/${reference}/text`;
}

/** Pushes a manifest whose text no other program would write so. */
async function pushOdd(repository: string): Promise<{ text: string; digest: string }> {
  const manifest = await imageManifest(repository, { annotations: { name: "é <script>" } });
  const text = `${JSON.stringify(manifest, undefined, 3)}\n\n`;
  const response = await putManifest(repository, "1.0", text, OCI_MANIFEST);
  if (response.status !== 201) throw new Error(`pushing a manifest: ${response.status} ${await response.text()}`);
  return { text, digest: digestOf(text) };
}

describe("a manifest's text", () => {
  it("is what was pushed, byte for byte, under its own type", async ({ expect }) => {
    const repository = newRepository();
    const { text, digest } = await pushOdd(repository);
    for (const reference of ["1.0", digest]) {
      const response = await send("GET", pathOf(repository, reference));
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Type")).toBe(OCI_MANIFEST);
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("Docker-Content-Digest")).toBe(digest);
      expect(await response.text()).toBe(text);
    }
    await pushIndex(repository, "index", []);
    const index = await send("GET", pathOf(repository, "index"));
    expect(index.headers.get("Content-Type")).toBe(OCI_INDEX);
  });

  it("is no pull", async ({ expect }) => {
    const repository = newRepository();
    await pushOdd(repository);
    await send("GET", pathOf(repository, "1.0"));
    await new Promise((resolve) => setTimeout(resolve, 1500)); // pulls are counted a second later
    const counted = await env.DB.prepare(
      `SELECT pull_count AS pulls, (SELECT max(last_pulled_at) FROM manifests WHERE repository_id = repositories.id) AS pulled
       FROM repositories WHERE name = ?`,
    )
      .bind(repository)
      .first();
    expect(counted).toEqual({ pulls: 0, pulled: null });
  });

  it("is for everybody who may pull the image", async ({ expect }) => {
    const repository = newRepository();
    await pushOdd(repository);
    const { administrator } = await newAccount();
    expect((await administrator.get(pathOf(repository, "1.0"))).status).toBe(404);
    await makePublic(repository);
    expect((await fetchAnonymously(pathOf(repository, "1.0"))).status).toBe(200);
    const absent = await fetchAnonymously(pathOf(repository, "2.0"));
    expect(absent.status).toBe(404);
    expect((await errorsOf(absent))[0]?.code).toBe("MANIFEST_UNKNOWN");
  });
});
