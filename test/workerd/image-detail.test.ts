import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { digestOf as modelDigestOf } from "../../src/model/hash.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { findManifestFacts, listTagDetails, type TagSearch } from "../../src/storage/images/image-detail.ts";
import {
  bytesOf,
  type ConfiguredImage,
  pushConfigured,
  pushIndex,
  pushManifestOf,
} from "../support/workerd/configured-images.ts";
import { eventually } from "../support/workerd/waiting.ts";
import { grantOnImage, grantOnOrganization, makePublic, shareWith } from "../support/workerd/stored-rights.ts";
import { asUser, newAccount, newName, newUser } from "../support/workerd/managing-clients.ts";
import { plansOf, statementsOf, walkOf } from "../support/workerd/query-plans.ts";
import {
  ADMINISTRATOR,
  errorsOf,
  fetchAnonymously,
  newRepository,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";

const CONFIG = {
  created: "2026-01-02T03:04:05.678Z",
  author: "Ada",
  architecture: "arm64",
  variant: "v8",
  os: "linux",
  config: {
    User: "app",
    Env: ["PATH=/bin", "A=b=c"],
    Entrypoint: ["/entry"],
    Cmd: ["serve", "--fast"],
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
    Volumes: { "/data": {} },
    Labels: { "org.example": "<script>alert(1)</script>" },
    WorkingDir: "/app",
    StopSignal: "SIGTERM",
  },
  history: [
    { created: "2026-01-01T00:00:00Z", created_by: "ADD base" },
    { created: "2026-01-01T00:00:01Z", created_by: "ENV A=b", empty_layer: true },
    { created: "2026-01-01T00:00:02Z", created_by: "RUN make", comment: "buildkit", author: "Bob" },
    { created_by: "CMD serve", empty_layer: true },
  ],
  rootfs: { type: "layers", diff_ids: [] },
};

/** Where the API has an image. */
function pathOf(repository: string, rest = ""): string {
  const [organization = "", ...image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image.join("$")}${rest}`;
}

async function get<T = Record<string, unknown>>(path: string): Promise<T> {
  const response = await send("GET", path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<T>();
}

interface Detail {
  digest: string;
  artifactType: string | null;
  configProblem: string | null;
  config: Record<string, unknown> | null;
  layers: { digest: string; size: number; createdBy: string | null; created: string | null }[];
  history: { createdBy: string | null; isEmptyLayer: boolean; layer: string | null }[] | null;
  children: Record<string, unknown>[] | null;
  [other: string]: unknown;
}

function detailOf(repository: string, reference = "1.0"): Promise<Detail> {
  return get<Detail>(pathOf(repository, `/manifests/${reference}`));
}

describe("an image", () => {
  it("has properties, counts and a command to pull it", async ({ expect }) => {
    const repository = `${newName("org")}/shop/web`;
    const first = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    await pushConfigured(repository, "2.0", { ...CONFIG, architecture: "amd64", variant: undefined });
    const { architectures, created, updated, ...image } = await eventually(
      () => get<{ architectures: string[] } & Record<string, unknown>>(pathOf(repository)),
      (found) => found.architectures.length === 2,
    );
    expect(architectures).toEqual(["amd64", "arm64"]);
    expect(Date.parse(String(created))).toBeLessThanOrEqual(Date.parse(String(updated)));
    expect(image).toMatchObject({
      organization: repository.split("/")[0],
      image: "shop/web",
      account: "admin",
      public: false,
      category: "other",
      description: "",
      level: "manage",
      tags: 2,
      pulls: 0,
      own: true,
      createdBy: ADMINISTRATOR.name,
      pullCommand: `docker pull registry.test/${repository}`,
    });
    await makePublic(repository);
    const { member } = await newAccount();
    expect(await (await member.get(pathOf(repository))).json()).toMatchObject({ own: false, createdBy: null });
    const colleague = await newUser("admin");
    expect(await (await colleague.get(pathOf(repository))).json()).toMatchObject({ own: false, level: "read" });
    await grantOnImage(repository, colleague.name, "read");
    expect(await (await colleague.get(pathOf(repository))).json()).toMatchObject({ own: true, level: "read" });
    expect(image["size"]).toBeGreaterThan(first.config.size + 201);
  });

  it.for([
    ["a path with slashes", "/api/organizations/acme/images/a/b", "ROUTE_UNKNOWN", 404],
    ["an upper-case name", "/api/organizations/acme/images/Web", "NAME_INVALID", 400],
    ["an upper-case organization", "/api/organizations/Acme/images/web", "ORGANIZATION_INVALID", 400],
    ["the reserved organization", "/api/organizations/manage/images/web", "ORGANIZATION_INVALID", 400],
    ["an encoded way up", "/api/organizations/acme/images/..%2fx", "NAME_INVALID", 400],
    ["a way up with $", "/api/organizations/acme/images/a$..$b", "NAME_INVALID", 400],
    ["a name of 129 characters", `/api/organizations/acme/images/${"a".repeat(129)}`, "NAME_INVALID", 400],
    ["a script", "/api/organizations/acme/images/%3Cscript%3E", "NAME_INVALID", 400],
    ["a broken digest", "/api/organizations/acme/images/web/manifests/sha256:12", "DIGEST_INVALID", 400],
    ["a tag that is none", "/api/organizations/acme/images/web/manifests/.x", "TAG_INVALID", 400],
    ["a name of 128 characters", `/api/organizations/acme/images/${"a".repeat(128)}`, "REPOSITORY_UNKNOWN", 404],
  ] as const)("refuses %s", async ([, path, code, status], { expect }) => {
    const response = await send("GET", path);
    expect((await errorsOf(response)).map((error) => error.code)).toEqual([code]);
    expect(response.status).toBe(status);
  });
});

describe("a manifest of an image", () => {
  it("shows configuration, layers and the commands that made them", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const detail = await detailOf(repository);
    expect(detail).toMatchObject({
      digest: image.digest,
      mediaType: OCI_MANIFEST,
      artifactType: null,
      size: image.size,
      imageSize: image.config.size + 100 + 101,
      tags: ["1.0"],
      tagCount: 1,
      referrers: 0,
      children: null,
      subject: null,
      configProblem: null,
      pullCommand: `docker pull registry.test/${repository}:1.0`,
    });
    expect(detail.config).toEqual({
      created: "2026-01-02T03:04:05.678Z",
      author: "Ada",
      os: "linux",
      osVersion: null,
      architecture: "arm64",
      variant: "v8",
      user: "app",
      workingDir: "/app",
      env: ["PATH=/bin", "A=b=c"],
      entrypoint: ["/entry"],
      cmd: ["serve", "--fast"],
      exposedPorts: ["80/tcp", "443/tcp"],
      volumes: ["/data"],
      labels: { "org.example": "<script>alert(1)</script>" },
      stopSignal: "SIGTERM",
      stopTimeout: null,
      healthcheck: null,
      shell: null,
      onBuild: null,
      other: null,
    });
    expect(detail.layers).toMatchObject([
      { digest: image.layers[0]?.digest, size: 100, createdBy: "ADD base", created: "2026-01-01T00:00:00Z" },
      { digest: image.layers[1]?.digest, size: 101, createdBy: "RUN make", created: "2026-01-01T00:00:02Z" },
    ]);
    expect(detail.history).toMatchObject([
      { createdBy: "ADD base", isEmptyLayer: false, layer: image.layers[0]?.digest },
      { createdBy: "ENV A=b", isEmptyLayer: true, layer: null },
      {
        createdBy: "RUN make",
        isEmptyLayer: false,
        layer: image.layers[1]?.digest,
        comment: "buildkit",
        author: "Bob",
      },
      { createdBy: "CMD serve", isEmptyLayer: true, layer: null, created: null },
    ]);
  });

  it("is the same by digest, with a command that pulls by digest", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const { pullCommand, ...byDigest } = await detailOf(repository, digest);
    expect(pullCommand).toBe(`docker pull registry.test/${repository}@${digest}`);
    const { pullCommand: _, ...byTag } = await detailOf(repository);
    expect(byDigest).toEqual(byTag);
  });

  it.for([
    ["fewer steps than layers", 3],
    ["more steps than layers", 1],
  ] as const)("claims no command for a layer when the history has %s", async ([, layers], { expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG, { layers });
    const detail = await detailOf(repository);
    expect(detail.layers.map((layer) => layer.createdBy)).toEqual(Array(layers).fill(null));
    expect(detail.history?.map((step) => step.layer)).toEqual([null, null, null, null]);
    expect(detail.history?.[0]?.createdBy).toBe("ADD base");
  });

  it.for([
    ["not JSON", "{", "not JSON"],
    ["bytes that are no text", "\u0000\u0001", "not JSON"],
    ["empty", " ", "not JSON"],
    ["one byte over the limit", `"${"x".repeat(1024 * 1024 - 1)}"`, "too large"],
  ] as const)("has no configuration when that is %s", async ([, config, problem], { expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", config);
    expect(await detailOf(repository)).toMatchObject({ config: null, configProblem: problem, history: null });
  });

  it.for([
    ["null", "null"],
    ["a number", "1"],
    ["a list", "[]"],
    ["text as large as allowed", `"${"x".repeat(1024 * 1024 - 2)}"`],
    ["of wrong types throughout", JSON.stringify(WRONG_TYPES())],
  ] as const)("has nothing but nulls when the configuration is %s", async ([, config], { expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", config);
    const detail = await detailOf(repository);
    expect(detail.configProblem).toBeNull();
    expect(new Set(Object.values(detail.config ?? { none: 1 }))).toEqual(new Set([null]));
    expect(detail.history).toBeNull();
  });

  it("shows the beginning of a configuration that is longer than an answer has room for, and says so", async ({
    expect,
  }) => {
    const repository = newRepository();
    const steps = 330_000;
    await pushConfigured(repository, "1.0", `{"os":"linux","history":[${"{},".repeat(steps)}{}]}`);
    const response = await send("GET", pathOf(repository, "/manifests/1.0"));
    const text = await response.text();
    // Of three bytes each a hundred would have become.
    expect(text.length).toBeLessThan(512 * 1024);
    const detail = JSON.parse(text) as Detail & { truncated: string[] };
    expect(detail).toMatchObject({ config: { os: "linux" }, configProblem: null, truncated: ["history"] });
    expect(detail.history?.length).toBeGreaterThan(500);
    expect(detail.history?.length).toBeLessThanOrEqual(1000);
  });

  it("shows the beginning of a manifest that is longer than an answer has room for, and says so", async ({
    expect,
  }) => {
    const repository = newRepository();
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    const layers = Array.from({ length: 5000 }, (_, at) => ({
      mediaType,
      digest: modelDigestOf(new TextEncoder().encode(String(at))),
      size: at,
      annotations: { note: "\u0001".repeat(90) },
    }));
    const config = await pushBlob(repository);
    await pushManifestOf(repository, "1.0", { config, layers, annotations: { long: "x".repeat(70_000) } });
    const text = await (await send("GET", pathOf(repository, "/manifests/1.0"))).text();
    expect(text.length).toBeLessThan(2 * 1024 * 1024);
    const detail = JSON.parse(text) as Detail & { truncated: string[]; annotations: Record<string, string> };
    expect(new Set(detail.truncated)).toEqual(new Set(["annotations", "layers"]));
    expect(detail.annotations["long"]).toHaveLength(64 * 1024);
    expect(detail.layers.length).toBeGreaterThan(500);
    expect(detail.layers.map(({ size }) => size)).toEqual(detail.layers.map((_, at) => at));
    // The text has it all.
    const whole = await get<{ layers: unknown[] }>(pathOf(repository, "/manifests/1.0/text"));
    expect(whole.layers).toHaveLength(5000);
  });

  it("shows what makes sense of a configuration that is odd in parts", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(
      repository,
      "1.0",
      {
        architecture: "amd64",
        os: 5,
        config: { Cmd: ["ok"], Env: ["A=b", 5], Labels: { a: 1 }, ExposedPorts: ["80"] },
        history: ["odd", { created_by: "RUN make", empty_layer: "yes" }],
        __proto__: { author: "nobody" },
      },
      { layers: 2 },
    );
    const detail = await detailOf(repository);
    expect(detail.config).toMatchObject({
      architecture: "amd64",
      os: null,
      cmd: ["ok"],
      env: null,
      labels: null,
      exposedPorts: null,
      author: null,
    });
    expect(detail.layers.map((layer) => layer.createdBy)).toEqual([null, "RUN make"]);
  });

  it("goes without a configuration whose bytes R2 has lost", async ({ expect }) => {
    const repository = newRepository();
    const { config } = await pushConfigured(repository, "1.0", { ...CONFIG, author: "Nobody" });
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(config.digest)
      .first<string>("object_key");
    await env.BUCKET.delete(key ?? "");
    expect(await detailOf(repository)).toMatchObject({ config: null, configProblem: "not available" });
  });

  it("answers MANIFEST_UNKNOWN for a tag and a digest that are not there", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    for (const reference of ["none", modelDigestOf(someBytes())]) {
      const response = await send("GET", pathOf(repository, `/manifests/${reference}`));
      expect(response.status).toBe(404);
      expect((await errorsOf(response))[0]?.code).toBe("MANIFEST_UNKNOWN");
    }
  });
});

function WRONG_TYPES() {
  const wrong = { created: 1, author: [], architecture: {}, variant: 1, os: null, "os.version": true };
  const config = Object.fromEntries(Object.keys(CONFIG.config).map((key) => [key, 5]));
  return { ...wrong, config, history: { 0: {} }, rootfs: 1 };
}

describe("an index", () => {
  async function pushPlatforms(repository: string): Promise<ConfiguredImage[]> {
    const images: ConfiguredImage[] = [];
    for (const architecture of ["amd64", "arm64"]) {
      images.push(await pushConfigured(repository, "", { ...CONFIG, architecture, history: undefined }));
    }
    return images;
  }
  const describeImage = ({ mediaType, digest, size }: ConfiguredImage) => ({ mediaType, digest, size });

  it("shows the platform, digest and sizes of each child, and what an attestation is about", async ({ expect }) => {
    const repository = newRepository();
    const [amd, arm] = (await pushPlatforms(repository)) as [ConfiguredImage, ConfiguredImage];
    const attestation = await pushConfigured(repository, "", { architecture: "unknown", os: "unknown" });
    await pushIndex(repository, "1.0", [
      { ...describeImage(amd), platform: { os: "linux", architecture: "amd64", "os.version": "10.0" } },
      { ...describeImage(arm), platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      {
        ...describeImage(attestation),
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": amd.digest },
      },
    ]);
    const detail = await detailOf(repository);
    expect(detail).toMatchObject({ layers: null, config: null, configProblem: null, history: null });
    expect(detail.children).toMatchObject([
      {
        digest: amd.digest,
        size: amd.size,
        imageSize: amd.config.size + 100,
        platform: { os: "linux", architecture: "amd64", variant: null, osVersion: "10.0" },
        attests: null,
      },
      { digest: arm.digest, platform: { os: "linux", architecture: "arm64", variant: "v8", osVersion: null } },
      { digest: attestation.digest, attests: amd.digest },
    ]);
    expect(Object.keys(detail.children?.[0]?.["platform"] ?? {}).sort()).toEqual([
      "architecture",
      "os",
      "osVersion",
      "variant",
    ]);
    // The unknown platform is none that anybody could search for.
    const { tags } = await get<{ tags: { platforms: unknown[]; size: number }[] }>(pathOf(repository, "/tags"));
    expect(tags[0]?.platforms).toEqual([
      { os: "linux", architecture: "amd64", variant: null },
      { os: "linux", architecture: "arm64", variant: "v8" },
    ]);
    expect(tags[0]?.size).toBe(detail["imageSize"]);
  });

  it("says which tags are the same, the first few of many, and leaves companions out", async ({ expect }) => {
    const repository = newRepository();
    const [amd, arm] = (await pushPlatforms(repository)) as [ConfiguredImage, ConfiguredImage];
    for (const tag of ["a", "b", "c"]) await pushIndex(repository, tag, [describeImage(amd)]);
    await pushIndex(repository, "alone", [describeImage(arm)]);
    interface Row {
      name: string;
      sameDigest: string[];
      moreSameDigest: boolean;
    }
    const rows = async () => {
      const { tags } = await get<{ tags: Row[] }>(pathOf(repository, "/tags?sort=name&limit=3"));
      return tags.map(({ name, sameDigest, moreSameDigest }) => [name, sameDigest, moreSameDigest]);
    };
    expect(await rows()).toEqual([
      ["a", ["b", "c"], false],
      ["alone", [], false],
      ["b", ["a", "c"], false],
    ]);
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       SELECT repository_id, 'x' || value, manifest_id, 1, 1 FROM tags
       JOIN (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 5000) SELECT value FROM n)
       WHERE name = 'a' AND repository_id = (SELECT id FROM repositories WHERE name = ?)`,
    )
      .bind(repository)
      .run();
    expect(await rows()).toEqual([
      ["a", ["b", "c", "x1", "x2", "x3"], true],
      ["alone", [], false],
      ["b", ["a", "c", "x1", "x2", "x3"], true],
    ]);
  });

  it("takes a platform in no form for none", async ({ expect }) => {
    const repository = newRepository();
    const [amd, arm] = (await pushPlatforms(repository)) as [ConfiguredImage, ConfiguredImage];
    await pushIndex(repository, "1.0", [
      { ...describeImage(amd), platform: "linux/amd64" },
      { ...describeImage(arm), platform: { os: "linux", architecture: 5 } },
    ]);
    expect((await detailOf(repository)).children?.map((child) => child["platform"])).toEqual([null, null]);
  });

  it("notes at most 100 platforms, and none with a name that is too long", async ({ expect }) => {
    const repository = newRepository();
    const [image] = (await pushPlatforms(repository)) as [ConfiguredImage];
    const child = (architecture: string) => ({ ...describeImage(image), platform: { os: "linux", architecture } });
    await pushIndex(repository, "1.0", [child("a".repeat(65)), child("a".repeat(64))]);
    await pushIndex(
      repository,
      "2.0",
      Array.from({ length: 101 }, (_, at) => child(`cpu${at}`)),
    );
    const { tags } = await get<{ tags: { platforms: unknown[]; platformCount: number }[] }>(
      pathOf(repository, "/tags"),
    );
    expect(tags.map((tag) => tag.platformCount)).toEqual([1, 100]);
    // A list names the first of them only.
    expect(tags.map((tag) => tag.platforms.length)).toEqual([1, 20]);
  });
});

describe("an artifact", () => {
  const EMPTY = "application/vnd.oci.empty.v1+json";
  const LAYER = "application/vnd.oci.image.layer.v1.tar";
  const CASES = [
    [
      "a helm chart",
      "application/vnd.cncf.helm.config.v1+json",
      "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
      {},
      "application/vnd.cncf.helm.config.v1+json",
    ],
    [
      "a cosign signature",
      "application/vnd.oci.image.config.v1+json",
      "application/vnd.dev.cosign.simplesigning.v1+json",
      {},
      "application/vnd.dev.cosign.simplesigning.v1+json",
    ],
    [
      "one with a type and an empty configuration",
      EMPTY,
      "text/plain",
      { artifactType: "application/vnd.example+type" },
      "application/vnd.example+type",
    ],
    ["one without a type, known by its file", EMPTY, "text/spdx", {}, "text/spdx"],
    [
      "one of layers with a type",
      "application/vnd.oci.image.config.v1+json",
      LAYER,
      { artifactType: "application/vnd.wasm" },
      "application/vnd.wasm",
    ],
  ] as const;

  it.for(CASES)("like %s is shown with its type", async ([, config, file, extra, type], { expect }) => {
    const repository = newRepository();
    await pushManifestOf(repository, "1.0", {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: await pushBlob(repository, bytesOf("{}"), config),
      layers: [await pushBlob(repository, someBytes(), file)],
      annotations: { title: "<b>" },
      ...extra,
    });
    const detail = await detailOf(repository);
    expect(detail).toMatchObject({ artifactType: type, annotations: { title: "<b>" }, configProblem: null });
    expect(detail.layers.map((layer) => layer.createdBy)).toEqual([null]);
  });

  it("counts as a referrer of what it is about", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const { mediaType, digest, size } = image;
    const signature = await pushImage(repository, "", { subject: { mediaType, digest, size } });
    expect(await detailOf(repository)).toMatchObject({ referrers: 1 });
    expect(await detailOf(repository, signature.digest)).toMatchObject({ subject: digest, tags: [], tagCount: 0 });
  });
});

describe("what an image runs on", () => {
  it("is noted after the push, and again when that failed and somebody looks", async ({ expect }) => {
    const repository = newRepository();
    await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const platforms = async () =>
      (await get<{ tags: { platforms: unknown[] }[] }>(pathOf(repository, "/tags"))).tags[0]?.platforms;
    const expected = [{ os: "linux", architecture: "arm64", variant: "v8" }];
    expect(await eventually(platforms, (found) => found?.length === 1)).toEqual(expected);
    await env.DB.prepare("DELETE FROM manifest_platforms").run();
    expect(await platforms()).toEqual([]);
    await detailOf(repository);
    expect(await platforms()).toEqual(expected);
  });

  it("goes with the manifest", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    await detailOf(repository);
    const response = await send("DELETE", `/v2/${repository}/manifests/${digest}`);
    expect(response.status).toBe(202);
    expect(await get(pathOf(repository))).toMatchObject({ architectures: [], tags: 0 });
  });
});

describe("the tags of an image", () => {
  interface TagPage {
    tags: {
      name: string;
      pushedBy: string | null;
      digest: string;
      size: number;
      lastPulled: string | null;
      platforms: unknown[];
    }[];
    next: string | null;
  }

  async function walk(repository: string, query: string): Promise<string[][]> {
    const pages: string[][] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: TagPage = await get(pathOf(repository, `/tags?${query}${cursor && `&cursor=${cursor}`}`));
      pages.push(page.tags.map((tag) => tag.name));
      cursor = page.next;
    }
    return pages;
  }

  it("page in either order by name and by update, also when updates are equal", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushConfigured(repository, "", CONFIG, { layers: 2 });
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const query = names.map((name) => `tag=${name}`).join("&");
    const text = await (await send("GET", `/v2/${repository}/manifests/${digest}`)).text();
    await send("PUT", `/v2/${repository}/manifests/${digest}?${query}`, {
      body: text,
      headers: { "Content-Type": OCI_MANIFEST },
    });
    expect(await walk(repository, "limit=3")).toEqual([["a", "b", "c"], ["d", "e", "f"], ["g"]]);
    expect(await walk(repository, "limit=3&order=desc")).toEqual([["g", "f", "e"], ["d", "c", "b"], ["a"]]);
    const equal = await walk(repository, "limit=2&sort=updated");
    expect(equal.map((page) => page.length)).toEqual([2, 2, 2, 1]);
    expect(equal.flat().sort()).toEqual(names);
    await pushImage(repository, "d");
    expect((await walk(repository, "sort=updated"))[0]?.[0]).toBe("d");
    expect((await walk(repository, "sort=updated&order=asc"))[0]?.at(-1)).toBe("d");
    expect(await walk(repository, "limit=7")).toHaveLength(1);
  });

  it("stay in place while others are pushed", async ({ expect }) => {
    const repository = newRepository();
    for (const tag of ["b", "d", "f", "h"]) await pushImage(repository, tag);
    const first: TagPage = await get(pathOf(repository, "/tags?limit=2&sort=updated"));
    expect(first.tags.map((tag) => tag.name)).toEqual(["h", "f"]);
    await pushImage(repository, "z");
    await pushImage(repository, "h");
    const second: TagPage = await get(pathOf(repository, `/tags?limit=2&sort=updated&cursor=${first.next}`));
    expect(second).toMatchObject({ tags: [{ name: "d" }, { name: "b" }], next: null });
  });

  it("are found by any part of their names, in upper and lower case", async ({ expect }) => {
    const repository = newRepository();
    const image = await pushImage(repository, "v1");
    const text = await (await send("GET", `/v2/${repository}/manifests/${image.digest}`)).text();
    const query = ["v1.0", "v1.1", "v10", "v2", "V1", "w", "1.0-Alpine_3", "sha-0ABCDEF"].map((tag) => `tag=${tag}`);
    await send("PUT", `/v2/${repository}/manifests/${image.digest}?${query.join("&")}`, {
      body: text,
      headers: { "Content-Type": OCI_MANIFEST },
    });
    expect(await walk(repository, "q=v1&limit=3")).toEqual([
      ["V1", "v1", "v1.0"],
      ["v1.1", "v10"],
    ]);
    expect((await walk(repository, "q=V1.&sort=updated")).flat().sort()).toEqual(["v1.0", "v1.1"]);
    expect(await walk(repository, "q=1.0")).toEqual([["1.0-Alpine_3", "v1.0"]]);
    expect(await walk(repository, "q=.0")).toEqual([["1.0-Alpine_3", "v1.0"]]);
    for (const part of ["ALPINE_3", "alpine_3", "0-alpine", "_3"])
      expect(await walk(repository, `q=${part}`)).toEqual([["1.0-Alpine_3"]]);
    expect(await walk(repository, "q=0abcdef&sort=size")).toEqual([["sha-0ABCDEF"]]);
    // What means something to LIKE, GLOB or FTS5 is what it is; a name may not even have it.
    for (const nothing of [
      "%25",
      "v_",
      "v__",
      "*",
      "v1*",
      "v%25",
      "%3Cscript%3E",
      "%C3%A9",
      "%22",
      "%22%22%22",
      "v1%22",
      "v1 OR w",
      "name:v1",
      "v1%00",
      "%00%00%00",
      "%E2%84%AA%E2%84%AA%E2%84%AA",
    ])
      expect([nothing, await walk(repository, `q=${nothing}`)]).toEqual([nothing, [[]]]);
  });

  it("are found by their whole names", async ({ expect }) => {
    const repository = newRepository();
    for (const tag of ["v1", "V1", "v1.0"]) await pushImage(repository, tag);
    for (const sort of ["name", "updated", "size"]) {
      expect(await walk(repository, `name=v1&sort=${sort}`)).toEqual([["v1"]]);
      expect(await walk(repository, `name=v&sort=${sort}`)).toEqual([[]]);
    }
    expect(await walk(repository, "name=v1&q=V")).toEqual([["v1"]]);
    expect(await walk(repository, "name=v1&q=w")).toEqual([[]]);
  });

  it("come by size, with those of equal size in the order in which they were made", async ({ expect }) => {
    const repository = newRepository();
    const digests = new Map<string, string>();
    for (const [tag, layers] of [
      ["large", 3],
      ["small", 1],
      ["middle", 2],
    ] as const)
      digests.set(tag, (await pushConfigured(repository, tag, CONFIG, { layers })).digest);
    const { tags } = await get<TagPage>(pathOf(repository, "/tags?sort=size"));
    expect(tags.map((tag) => tag.name)).toEqual(["large", "middle", "small"]);
    expect(tags.map((tag) => tag.size)).toEqual(tags.map((tag) => tag.size).toSorted((a, b) => b - a));
    expect(await walk(repository, "sort=size&order=asc&limit=1")).toEqual([["small"], ["middle"], ["large"]]);
    expect(await walk(repository, "sort=size&limit=2")).toEqual([["large", "middle"], ["small"]]);

    // A tag that moves weighs what it leads to now.
    const text = await (await send("GET", `/v2/${repository}/manifests/${digests.get("small")}`)).text();
    await send("PUT", `/v2/${repository}/manifests/large`, { body: text, headers: { "Content-Type": OCI_MANIFEST } });
    expect(await walk(repository, "sort=size")).toEqual([["middle", "small", "large"]]);
  });

  it("tell who pushed them and when they were pulled", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushConfigured(repository, "1.0", CONFIG, { layers: 2 });
    const { tags } = await get<TagPage>(pathOf(repository, "/tags"));
    expect(tags[0]).toMatchObject({ name: "1.0", digest, pushedBy: "admin", lastPulled: null });
    const at = Date.UTC(2026, 0, 1);
    await env.DB.prepare("UPDATE manifests SET last_pulled_at = ? WHERE digest = ?").bind(at, digest).run();
    expect((await get<TagPage>(pathOf(repository, "/tags"))).tags[0]?.lastPulled).toBe("2026-01-01T00:00:00.000Z");
  });

  it.for([
    ["limit=0", "PARAMETER_INVALID"],
    ["limit=101", "PARAMETER_INVALID"],
    ["limit=ten", "PARAMETER_INVALID"],
    ["limit=", "PARAMETER_INVALID"],
    ["limit=1&limit=2", "PARAMETER_INVALID"],
    ["sort=pulls", "PARAMETER_INVALID"],
    ["name=", "TAG_INVALID"],
    ["order=up", "PARAMETER_INVALID"],
    ["q=", "PARAMETER_INVALID"],
    [`q=${"a".repeat(129)}`, "PARAMETER_INVALID"],
    ["prefix=a", "PARAMETER_INVALID"],
    ["cursor=x", "PAGINATION_INVALID"],
    [`cursor=${btoa('["updated desc",1,1]')}`, "PAGINATION_INVALID"],
    [`cursor=${btoa('["name asc",1,1]')}`, "PAGINATION_INVALID"],
    [`cursor=${"a".repeat(1001)}`, "PARAMETER_INVALID"],
  ] as const)("are not listed by %s", async ([query, code], { expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const response = await send("GET", pathOf(repository, `/tags?${query}`));
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]?.code).toBe(code);
  });

  it.for(["limit=1", "limit=100", `q=${"a".repeat(128)}`])("are listed by %s", async (query, { expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    expect((await send("GET", pathOf(repository, `/tags?${query}`))).status).toBe(200);
  });

  const SEARCH: TagSearch = {
    repositoryId: 1,
    sort: "name",
    isDescending: false,
    after: undefined,
    limit: 51,
  };
  it.for([
    ["by name", SEARCH, "tags_by_name"],
    ["by name, further on", { ...SEARCH, after: ["a", 1] as const }, "tags_by_name"],
    ["by name with a text", { ...SEARCH, text: "v1" }, "tags_by_name"],
    ["by update", { ...SEARCH, sort: "updated" as const, isDescending: true }, "tags_by_update"],
    ["by update with a text", { ...SEARCH, sort: "updated" as const, text: "v1" }, "tags_by_update"],
    ["by size", { ...SEARCH, sort: "size" as const, isDescending: true }, "tags_by_size"],
    ["by size, further on", { ...SEARCH, sort: "size" as const, after: [5, 1] as const }, "tags_by_size"],
    ["by size with a text", { ...SEARCH, sort: "size" as const, text: "v1." }, "tags_by_size"],
    [
      "by update, further on",
      { ...SEARCH, sort: "updated" as const, isDescending: true, after: [5, 1] as const },
      "tags_by_update",
    ],
  ] as const)("come %s off an index, unsorted", async ([, search, index], { expect }) => {
    const { walks, faults } = await walkOf((db) => listTagDetails(db, search), index);
    // The page, and where it ends.
    expect(walks).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  it("with a common text come by time from a bounded number of rows", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository, "w");
    // In the order of time: 700 that begin with v, 2,500 that do not, and 2 more that do.
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3202)
       SELECT repository_id, iif(i <= 700 OR i > 3200, 'v', 'x') || i, manifest_id, i, i
       FROM n, tags JOIN repositories r ON r.id = repository_id WHERE r.name = ?`,
    )
      .bind(repository)
      .run();
    const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
    const search: TagSearch = {
      ...SEARCH,
      repositoryId: id ?? 0,
      text: "v",
      sort: "updated",
      isDescending: true,
    };
    const [list] = await statementsOf((db) => listTagDetails(db, search));
    const { meta } = await env.DB.prepare(list?.sql ?? "")
      .bind(...(list?.values ?? []))
      .all();
    expect(meta.rows_read).toBeLessThan(5000);
    const pages = await walk(repository, "q=v&sort=updated&limit=100");
    expect(pages.map((page) => page.length).slice(0, 3)).toEqual([2, 0, 100]);
    expect(pages.flat()).toEqual(["v3202", "v3201", ...Array.from({ length: 700 }, (_, at) => `v${700 - at}`)]);
    // A rare one is found at once, wherever it is.
    expect(await walk(repository, "q=v70&sort=updated")).toEqual([["v700", "v70"]]);
  });

  it("are searched alone, among other images with tags of the same names", { timeout: 120_000 }, async ({ expect }) => {
    const repositories = [newRepository(), newRepository(), newRepository()];
    const ids: number[] = [];
    for (const repository of repositories) {
      await pushImage(repository, "first");
      const { id = 0 } =
        (await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<{ id: number }>()) ??
        {};
      ids.push(id);
    }
    const read = async (text: string, at: number, sort: TagSearch["sort"] = "updated") => {
      const search: TagSearch = { ...SEARCH, repositoryId: ids[at] ?? 0, text, sort, isDescending: true };
      const [list] = await statementsOf((db) => listTagDetails(db, search));
      const { results, meta } = await env.DB.prepare(list?.sql ?? "")
        .bind(...(list?.values ?? []))
        .all();
      return { found: results.length, rows: meta.rows_read };
    };
    const addTags = async (at: number, from: number, to: number) => {
      await env.DB.prepare(
        `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
         SELECT repository_id, 'build-' || i || '-alpine', manifest_id, i, i FROM tags, n WHERE repository_id = ? AND name = 'first'`,
      )
        .bind(ids[at])
        .run();
    };
    for (const at of ids.keys()) await addTags(at, 1, 3000);
    // The index is entered at the image's own entries, and left behind them: SQLite counts no rows within it.
    const plans = await plansOf((db) => listTagDetails(db, { ...SEARCH, text: "alpine" }));
    expect(plans.flat().join("\n")).toMatch(/tags_text VIRTUAL TABLE INDEX \d+:(?=\S*<)(?=\S*>)/);
    const before = { rare: await read("ld-2999-al", 1), common: await read("alpine", 1), none: await read("zzz", 1) };
    expect([before.rare.found, before.none.found]).toEqual([1, 0]);
    // Three times as many in the images before and behind it, and in itself.
    for (const at of [0, 2]) await addTags(at, 3001, 9000);
    await addTags(1, 3001, 8000);
    const after = { rare: await read("ld-2999-al", 1), common: await read("alpine", 1), none: await read("zzz", 1) };
    expect(after.rare.rows).toBeLessThan(before.rare.rows + 50);
    expect(after.none.rows).toBeLessThan(before.none.rows + 50);
    expect(after.common.rows).toBeLessThan(before.common.rows + 50);
  });

  it("finds out about a manifest by indexes alone", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const id = await env.DB.prepare("SELECT max(id) AS id FROM manifests").first<number>("id");
    expect(await findManifestFacts(openDatabase(env.DB), id ?? 0)).toMatchObject({ tags: ["latest"], tagCount: 1 });
    expect(await findManifestFacts(openDatabase(env.DB), -1)).toBeUndefined();
  });
});

describe("who sees an image", () => {
  const REST = ["", "/tags", "/manifests/latest"];

  async function statusesOf(read: (path: string) => Promise<Response>, repository: string): Promise<string[]> {
    return Promise.all(
      REST.map(async (rest) => {
        const response = await read(pathOf(repository, rest));
        const body = await response.json<{ errors?: { code: string }[] }>();
        return body.errors ? `${response.status} ${body.errors[0]?.code}` : String(response.status);
      }),
    );
  }
  const SEEN = REST.map(() => "200");
  const UNKNOWN = REST.map(() => "404 REPOSITORY_UNKNOWN");

  it("its own account's users with a right, and administrators", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const [organization = ""] = repository.split("/");
    const [onImage, onOrganization, none] = [await newUser("admin"), await newUser("admin"), await newUser("admin")];
    const administrator = await newUser("admin", { role: "administrator" });
    await grantOnImage(repository, onImage.name, "read");
    await grantOnOrganization(organization, onOrganization.name, "edit");
    for (const client of [onImage, onOrganization, administrator]) {
      expect(await statusesOf((path) => client.get(path), repository)).toEqual(SEEN);
    }
    expect(await (await onImage.get(pathOf(repository))).json()).toMatchObject({ level: "read", createdBy: "admin" });
    expect(await (await onOrganization.get(pathOf(repository))).json()).toMatchObject({ level: "edit" });
    expect(await statusesOf((path) => none.get(path), repository)).toEqual(UNKNOWN);
  });

  it("an account that it is shared with, until the share ends; without the names of those who made it", async ({
    expect,
  }) => {
    const repository = newRepository();
    await pushImage(repository);
    const [now, ended] = [await newAccount(), await newAccount()];
    await shareWith(repository, now.account);
    await shareWith(repository, ended.account, new Date(Date.now() - 1));
    expect(await statusesOf((path) => now.member.get(path), repository)).toEqual(SEEN);
    expect(await (await now.member.get(pathOf(repository))).json()).toMatchObject({
      level: "read",
      createdBy: null,
      account: "admin",
    });
    expect(await (await now.member.get(pathOf(repository, "/tags"))).json()).toMatchObject({
      tags: [{ pushedBy: null }],
    });
    for (const client of [ended.member, ended.administrator]) {
      expect(await statusesOf((path) => client.get(path), repository)).toEqual(UNKNOWN);
    }
  });

  it("everybody when it is public, and nobody else otherwise, operators of other accounts included", async ({
    expect,
  }) => {
    const repository = newRepository();
    await pushImage(repository);
    const other = await newUser(newName("account"), { role: "operator" });
    const anonymous = (path: string) => fetchAnonymously(path);
    expect(await statusesOf((path) => other.get(path), repository)).toEqual(UNKNOWN);
    expect(await statusesOf(anonymous, repository)).toEqual(UNKNOWN);
    expect(await statusesOf(anonymous, `${newName("org")}/none`)).toEqual(UNKNOWN);
    await makePublic(repository);
    expect(await statusesOf((path) => other.get(path), repository)).toEqual(SEEN);
    expect(await statusesOf(anonymous, repository)).toEqual(SEEN);
    expect(await (await anonymous(pathOf(repository))).json()).toMatchObject({ level: "read", createdBy: null });
  });

  it("nobody with a wrong password, not even a public one", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    await makePublic(repository);
    const response = await asUser(ADMINISTRATOR.name, "wrong").get(pathOf(repository));
    expect(response.status).toBe(401);
  });
});
