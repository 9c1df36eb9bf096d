import { env } from "cloudflare:workers";
import { unpackTar } from "modern-tar";
import { describe, it, vi } from "vitest";
import { findArchiveParts } from "../../src/storage/images/image-archive.ts";
import {
  bytesOf,
  IMAGE_CONFIG,
  pushConfigured,
  pushIndex,
  pushManifestOf,
} from "../support/workerd/configured-images.ts";
import { eventually } from "../support/workerd/waiting.ts";
import { makePublic } from "../support/workerd/stored-rights.ts";
import { openSession } from "../support/workerd/signed-requests.ts";
import { newAccount, newName } from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import {
  ADMINISTRATOR,
  digestOf,
  errorsOf,
  fetchAnonymously,
  newRepository,
  OCI_MANIFEST,
  pushBlob,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";

const CONFIG = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } };
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Where an image's archive is. */
function pathOf(repository: string, reference: string, query = ""): string {
  const [organization = "", ...image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image.join("$")}/manifests/${reference}/archive${query}`;
}

/** The files of an archive, whose length has to be the one that was announced. */
async function filesOf(response: Response): Promise<Map<string, Uint8Array>> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const bytes = await response.bytes();
  if (String(bytes.byteLength) !== response.headers.get("Content-Length")) {
    throw new Error(`${response.headers.get("Content-Length")} bytes were announced, ${bytes.byteLength} came`);
  }
  const entries = await unpackTar(new Blob([bytes]).stream(), { strict: true });
  const files = new Map(entries.map(({ header, data }) => [header.name, data ?? new Uint8Array()]));
  if (files.size < entries.length) throw new Error("a file is in the archive twice");
  return files;
}

function jsonOf(files: Map<string, Uint8Array>, path: string): unknown {
  return JSON.parse(new TextDecoder().decode(files.get(path)));
}

/** The digests of what is in `blobs/`; a file that does not have its name's makes it fail. */
function blobsOf(files: Map<string, Uint8Array>): string[] {
  return [...files].flatMap(([path, bytes]) => {
    const [folder, algorithm = "", hex = ""] = path.split("/");
    if (folder !== "blobs") return [];
    if (digestOf(bytes, algorithm) !== `${algorithm}:${hex}`) throw new Error(`${path} has other bytes`);
    return [`${algorithm}:${hex}`];
  });
}

const fileOf = (digest: string) => `blobs/${digest.replace(":", "/")}`;

describe("an image's archive", () => {
  it("is an OCI layout with docker's manifest beside it, under the image's own name", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "1.0", CONFIG, { layers: 3 });
    const response = await send("GET", pathOf(repository, "1.0"));
    expect(response.headers.get("Content-Type")).toBe("application/x-tar");
    expect(response.headers.get("Content-Disposition")).toBe(
      `attachment; filename="${repository.replace("/", "_")}_1.0.tar"`,
    );
    const files = await filesOf(response);
    expect([...files.keys()].slice(0, 4)).toEqual(["oci-layout", "index.json", "manifest.json", fileOf(image.digest)]);
    expect(jsonOf(files, "oci-layout")).toEqual({ imageLayoutVersion: "1.0.0" });
    const name = `registry.test/${repository}:1.0`;
    expect(jsonOf(files, "index.json")).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [
        {
          mediaType: image.mediaType,
          digest: image.digest,
          size: image.size,
          annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": "1.0" },
        },
      ],
    });
    expect(jsonOf(files, "manifest.json")).toEqual([
      {
        Config: fileOf(image.config.digest),
        RepoTags: [name],
        Layers: image.layers.map(({ digest }) => fileOf(digest)),
      },
    ]);
    const expected = [image.digest, image.config.digest, ...image.layers.map(({ digest }) => digest)];
    expect(blobsOf(files).toSorted()).toEqual(expected.toSorted());
  });

  it("by digest has no name", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushConfigured(repository, "1.0", CONFIG);
    const response = await send("GET", pathOf(repository, digest));
    expect(response.headers.get("Content-Disposition")).toContain(`_${digest.slice(7, 19)}.tar"`);
    const files = await filesOf(response);
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ RepoTags: null }]);
    expect(JSON.stringify(jsonOf(files, "index.json"))).not.toContain("annotations");
  });

  it("holds a layer once that the image has twice, and blobs of both algorithms", async ({ expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository, bytesOf(JSON.stringify(CONFIG)), IMAGE_CONFIG);
    const layer = await pushBlob(repository, someBytes(100), LAYER);
    const bytes = someBytes(700);
    const long = { mediaType: LAYER, digest: digestOf(bytes, "sha512"), size: bytes.byteLength };
    const uploaded = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${long.digest}`, {
      headers: { "Content-Length": String(bytes.byteLength) },
      body: bytes,
    });
    expect(uploaded.status).toBe(201);
    const layers = [layer, long, layer];
    await pushManifestOf(repository, "1.0", { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
    const files = await filesOf(await send("GET", pathOf(repository, "1.0")));
    expect(blobsOf(files)).toContain(long.digest);
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ Layers: layers.map(({ digest }) => fileOf(digest)) }]);
  });

  it("tells its size without being sent", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG);
    const head = await send("HEAD", pathOf(repository, "1.0"));
    expect(head.status).toBe(200);
    const whole = await send("GET", pathOf(repository, "1.0"));
    expect((await whole.bytes()).byteLength).toBe(Number(head.headers.get("Content-Length")));
    for (const name of ["Content-Length", "Content-Type", "Content-Disposition"]) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    }
  });

  it("is the same bytes each time", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const digests = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      digests.add(digestOf(await (await send("GET", pathOf(repository, "1.0"))).bytes()));
    }
    expect(digests.size).toBe(1);
  });

  it("counts as one pull, with all its bytes; asking for the size does not", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG);
    await send("HEAD", pathOf(repository, "1.0"));
    const size = (await (await send("GET", pathOf(repository, "1.0"))).bytes()).byteLength;
    const counted = await eventually(
      () =>
        env.DB.prepare(
          `SELECT pull_count AS pulls, (SELECT sum(bytes) FROM daily_pulls WHERE repository_id = repositories.id) AS bytes,
                  (SELECT count(*) FROM manifests WHERE repository_id = repositories.id AND last_pulled_at > 0) AS pulled
           FROM repositories WHERE name = ?`,
        )
          .bind(repository)
          .first<{ pulls: number; bytes: number; pulled: number }>(),
      (row) => (row?.pulls ?? 0) > 0,
    );
    expect(counted).toEqual({ pulls: 1, bytes: size, pulled: 1 });
  });

  it("is cut short, and no archive, when an object is lost", async ({ expect }) => {
    const repository = newRepository();
    const { layers } = await pushConfigured(repository, "1.0", CONFIG);
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(layers[0]?.digest ?? "")
      .first<string>("object_key");
    await env.BUCKET.delete(key ?? "");
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const response = await send("GET", pathOf(repository, "1.0"));
    expect(response.status).toBe(200);
    await expect(response.bytes()).rejects.toThrow();
    expect(String(warning.mock.calls[0])).toContain("is not in R2");
  });
});

describe("an index's archive", () => {
  const platform = (architecture: string, variant?: string) => ({
    os: "linux",
    architecture,
    ...(variant !== undefined && { variant }),
  });

  async function pushPlatforms(repository: string, tag: string, architectures: string[]) {
    const images = [];
    for (const architecture of architectures) {
      const image = await pushConfigured(repository, "", { ...CONFIG, architecture, of: newName("image") });
      images.push(image);
    }
    const children = images.map(({ mediaType, digest, size }, at) => ({
      mediaType,
      digest,
      size,
      platform: platform(architectures[at] ?? "", architectures[at] === "arm64" ? "v8" : undefined),
    }));
    return { images, index: await pushIndex(repository, tag, children) };
  }

  it("holds all platforms, of which docker loads linux/amd64", async ({ expect }) => {
    const repository = newRepository();
    const { images, index } = await pushPlatforms(repository, "1.0", ["arm64", "amd64"]);
    const files = await filesOf(await send("GET", pathOf(repository, "1.0")));
    expect(jsonOf(files, "index.json")).toMatchObject({ manifests: [{ digest: index.digest }] });
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ Config: fileOf(images[1]?.config.digest ?? "") }]);
    const manifests = [index.digest, ...images.map(({ digest }) => digest)];
    expect(blobsOf(files).slice(0, 3)).toEqual(manifests);
    expect(blobsOf(files)).toEqual(
      expect.arrayContaining(images.flatMap(({ config, layers }) => [config, ...layers]).map(({ digest }) => digest)),
    );
  });

  it("has docker load the first image where there is none for linux/amd64, but no attestation", async ({ expect }) => {
    const repository = newRepository();
    const attestation = await pushConfigured(repository, "", { ...CONFIG, architecture: "unknown", os: "unknown" });
    const image = await pushConfigured(repository, "", { ...CONFIG, architecture: "riscv64" });
    await pushIndex(repository, "1.0", [
      { ...descriptorOf(attestation), platform: { os: "unknown", architecture: "unknown" } },
      { ...descriptorOf(image), platform: platform("riscv64") },
    ]);
    const files = await filesOf(await send("GET", pathOf(repository, "1.0")));
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ Config: fileOf(image.config.digest) }]);
    expect(blobsOf(files)).toContain(attestation.digest);
  });

  it("of one platform is that image's alone", async ({ expect }) => {
    const repository = newRepository();
    const { images } = await pushPlatforms(repository, "1.0", ["amd64", "arm64"]);
    for (const wanted of ["linux/arm64", "linux/arm64/v8"]) {
      const response = await send("GET", pathOf(repository, "1.0", `?platform=${wanted}`));
      expect(response.headers.get("Content-Disposition")).toContain(`_1.0_${wanted.replaceAll("/", "_")}.tar"`);
      const files = await filesOf(response);
      expect(jsonOf(files, "index.json")).toMatchObject({ manifests: [{ digest: images[1]?.digest }] });
      expect(jsonOf(files, "manifest.json")).toMatchObject([{ RepoTags: [`registry.test/${repository}:1.0`] }]);
      expect(blobsOf(files)).not.toContain(images[0]?.digest);
    }
  });

  it.for([
    ["linux/s390x", "platform: there is no linux/s390x in the index"],
    ["linux/amd64/v3", "platform: there is no linux/amd64/v3 in the index"],
    ["linux", 'platform: "linux" is not of the form os/architecture or os/architecture/variant'],
    ["a/b/c/d", 'platform: "a/b/c/d" is not of the form os/architecture or os/architecture/variant'],
    ['linux/"', `platform: "linux/"" is not of the form os/architecture or os/architecture/variant`],
  ] as const)("has no %s", async ([wanted, message], { expect }) => {
    const repository = newRepository();
    await pushPlatforms(repository, "1.0", ["amd64"]);
    const response = await send("GET", pathOf(repository, "1.0", `?platform=${encodeURIComponent(wanted)}`));
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]).toMatchObject({ code: "PARAMETER_INVALID", message });
  });

  it("holds what an index in it names", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "", CONFIG);
    const inner = await pushIndex(repository, "inner", [descriptorOf(image)]);
    const outer = await pushIndex(repository, "outer", [inner, descriptorOf(image)]);
    const files = await filesOf(await send("GET", pathOf(repository, "outer")));
    expect(blobsOf(files)).toEqual(expect.arrayContaining([outer.digest, inner.digest, image.digest]));
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ Config: fileOf(image.config.digest) }]);
  });

  it("that has too many parts is refused, but not one of its platforms", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "", CONFIG);
    const index = await pushIndex(repository, "1.0", [{ ...descriptorOf(image), platform: platform("amd64") }]);
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE number (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number LIMIT 900)
         INSERT INTO manifests (repository_id, digest, media_type, size, created_at)
         SELECT repository_id, 'sha256:' || printf('%064x', value), ?2, 1, 0 FROM manifests, number WHERE digest = ?1`,
      ).bind(index.digest, OCI_MANIFEST),
      env.DB.prepare(
        `INSERT INTO manifest_children SELECT parent.id, child.id FROM manifests AS parent JOIN manifests AS child
         ON child.repository_id = parent.repository_id AND child.size = 1 WHERE parent.digest = ?`,
      ).bind(index.digest),
    ]);
    const response = await send("GET", pathOf(repository, "1.0"));
    expect(response.status).toBe(413);
    expect((await errorsOf(response))[0]).toMatchObject({
      code: "ARCHIVE_TOO_LARGE",
      message: expect.stringContaining("ask for one platform"),
    });
    await filesOf(await send("GET", pathOf(repository, "1.0", "?platform=linux/amd64")));
  });
});

function descriptorOf({ mediaType, digest, size }: { mediaType: string; digest: string; size: number }) {
  return { mediaType, digest, size };
}

describe("what docker cannot load", () => {
  it("has an archive all the same, for who reads layouts", async ({ expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository, bytesOf("{}"), "application/vnd.cncf.helm.config.v1+json");
    const chart = await pushBlob(repository, someBytes(100), "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
    await pushManifestOf(repository, "1.0", { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [chart] });
    const files = await filesOf(await send("GET", pathOf(repository, "1.0")));
    expect([...files.keys()]).not.toContain("manifest.json");
    expect(blobsOf(files)).toContain(chart.digest);
  });

  it.for(["GET", "HEAD"])(
    "is refused before any bytes when a layer of an image is elsewhere: %s",
    async (method, { expect }) => {
      const repository = newRepository();
      const config = await pushBlob(repository, bytesOf(JSON.stringify(CONFIG)), IMAGE_CONFIG);
      const foreign = {
        mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        digest: digestOf("elsewhere"),
        size: 9,
      };
      await pushManifestOf(repository, "1.0", { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [foreign] });
      const response = await send(method, pathOf(repository, "1.0"));
      expect(response.status).toBe(409);
      if (method === "HEAD") return;
      expect((await errorsOf(response))[0]).toMatchObject({
        code: "ARCHIVE_INCOMPLETE",
        message: expect.stringMatching(
          new RegExp(`^${repository}:1\\.0 .*${foreign.digest}.*docker pull.*berth pull`, "s"),
        ),
      });
    },
  );

  it("is no image whose layers that may not be distributed are here", async ({ expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository, bytesOf(JSON.stringify(CONFIG)), IMAGE_CONFIG);
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const layer = await pushBlob(repository, someBytes(100), mediaType);
    await pushManifestOf(repository, "1.0", { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
    const files = await filesOf(await send("GET", pathOf(repository, "1.0")));
    expect(jsonOf(files, "manifest.json")).toMatchObject([{ Layers: [fileOf(layer.digest)] }]);
    expect(blobsOf(files)).toContain(layer.digest);
  });

  it("is refused with what to do when an image has too many layers", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "1.0", CONFIG);
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE number (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number LIMIT 1200)
         INSERT INTO blobs (digest, size, object_key, created_at, last_used_at)
         SELECT 'sha256:' || substr(?1, 8, 48) || printf('%016x', value), 1, ?1 || value, 0, 0 FROM number`,
      ).bind(image.digest),
      env.DB.prepare(
        `INSERT INTO manifest_blobs (manifest_id, blob_id) SELECT manifests.id, blobs.id FROM manifests, blobs
         WHERE manifests.digest = ?1 AND substr(blobs.object_key, 1, length(?1)) = ?1`,
      ).bind(image.digest),
    ]);
    const response = await send("GET", pathOf(repository, "1.0"));
    expect(response.status).toBe(413);
    const [error] = await errorsOf(response);
    expect(error).toMatchObject({ code: "ARCHIVE_TOO_LARGE", message: expect.stringContaining("`berth pull`") });
    expect(error).not.toMatchObject({ message: expect.stringContaining("platform") });
  });
});

describe("downloading", () => {
  it("works from a link on a page of the registry, and for anybody from a public image", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG);
    const cookie = await openSession(ADMINISTRATOR.name, ADMINISTRATOR.password);
    await filesOf(await fetchAnonymously(pathOf(repository, "1.0"), { headers: { Cookie: cookie } }));
    expect((await fetchAnonymously(pathOf(repository, "1.0"))).status).toBe(404);
    await makePublic(repository);
    await filesOf(await fetchAnonymously(pathOf(repository, "1.0")));
  });

  it("takes the right to pull, and a manifest that is there", async ({ expect }) => {
    const { administrator } = await newAccount();
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG);
    expect((await administrator.get(pathOf(repository, "1.0"))).status).toBe(404);
    const absent = await send("GET", pathOf(repository, "2.0"));
    expect(absent.status).toBe(404);
    expect((await errorsOf(absent))[0]?.code).toBe("MANIFEST_UNKNOWN");
  });

  it("reads indexes only", async ({ expect }) => {
    const plans = await plansOf((db) => findArchiveParts(db, 1, 900));
    expect(plans).toHaveLength(2);
    for (const plan of plans) {
      // The set that is being found is walked, and no table.
      expect(plan.filter((step) => step.startsWith("SCAN") && !/^SCAN (?:part|CONSTANT ROW)$/.test(step))).toEqual([]);
    }
  });
});
