import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  digestOf,
  errorCodes,
  errorsOf,
  imageManifest,
  newRepository,
  OCI_INDEX,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  send,
  someBytes,
} from "../support/workerd/registry-requests.ts";

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

describe("pushing a manifest", () => {
  it("is answered with its digest and a location to pull it from", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const response = await putManifest(repository, "1.0", manifest);
    const digest = digestOf(JSON.stringify(manifest));
    expect(response.status).toBe(201);
    expect(response.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(response.headers.get("Location")).toBe(`/v2/${repository}/manifests/${digest}`);
    expect(response.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
  });

  it("keeps the exact bytes, odd white space and all", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository, { annotations: { emoji: "🚢", escaped: "\u0000" } });
    const text = `\n${JSON.stringify(manifest, null, "\t")}  \n`;
    await putManifest(repository, "odd", text);
    const pulled = await send("GET", `/v2/${repository}/manifests/odd`);
    expect(await pulled.text()).toBe(text);
    expect(pulled.headers.get("Content-Length")).toBe(String(new TextEncoder().encode(text).length));
    expect(pulled.headers.get("Docker-Content-Digest")).toBe(digestOf(text));
  });

  it("takes 4 MiB, in several rows, and gives them back whole", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const bare = JSON.stringify({ ...manifest, filling: "" });
    const odd = "x🚢"; // an odd length puts piece boundaries into surrogate pairs
    const room = 4 * 1024 * 1024 - bare.length;
    const filling = odd.repeat(Math.floor(room / 5)) + "y".repeat(room % 5);
    const text = JSON.stringify({ ...manifest, filling });
    expect(new TextEncoder().encode(text).length).toBe(4 * 1024 * 1024);
    expect((await putManifest(repository, "large", text)).status).toBe(201);
    const pulled = await send("GET", `/v2/${repository}/manifests/large`);
    expect(digestOf(await pulled.text())).toBe(digestOf(text));

    const larger = await putManifest(repository, "larger", JSON.stringify({ ...manifest, filling: `${filling}z` }));
    expect(larger.status).toBe(413);
    expect(await errorCodes(larger)).toEqual(["SIZE_INVALID"]);
  });

  it("names every blob that is missing, and stores nothing", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const absent = [digestOf(someBytes()), digestOf(someBytes())];
    const layers = absent.map((digest) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: 1 }));
    const refused = await putManifest(repository, "broken", { ...manifest, layers: [...manifest.layers, ...layers] });
    expect(refused.status).toBe(404);
    const errors = await errorsOf(refused);
    expect(errors.map(({ code, detail }) => ({ code, detail }))).toEqual(
      absent.map((digest) => ({ code: "MANIFEST_BLOB_UNKNOWN", detail: { digest } })),
    );
    expect((await send("GET", `/v2/${repository}/manifests/broken`)).status).toBe(404);
  });

  it("does not take a blob that only another repository has", async ({ expect }) => {
    const manifest = await imageManifest(newRepository());
    expect((await putManifest(newRepository(), "stolen", manifest)).status).toBe(404);
  });

  it("takes non-distributable layers that were never pushed", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const foreign = [
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ].map((mediaType) => ({ mediaType, digest: digestOf(someBytes()), size: 5, urls: ["https://layers.test/1"] }));
    const layers = [...foreign, ...manifest.layers];
    expect((await putManifest(repository, "foreign", { ...manifest, layers })).status).toBe(201);
  });

  it("takes the index of blobs in which BuildKit keeps its cache, when the blobs are there", async ({ expect }) => {
    const repository = newRepository();
    const cache = (manifests: unknown[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    const blob = await pushBlob(repository, someBytes(), "application/vnd.buildkit.cacheconfig.v0");
    expect((await putManifest(repository, "cache", cache([blob]))).status).toBe(201);
    const missing = { ...blob, digest: digestOf(someBytes()) };
    expect((await putManifest(repository, "cache", cache([missing]))).status).toBe(404);
  });

  it.for([
    ["an image", { config: 0, layers: [] }, OCI_MANIFEST],
    ["an index", { manifests: [] }, OCI_INDEX],
  ] as const)("knows %s without mediaType and Content-Type by its shape", async ([, shape, type], { expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository);
    const text = JSON.stringify({ schemaVersion: 2, ...shape, ...("config" in shape && { config }) });
    const pushed = await send("PUT", `/v2/${repository}/manifests/plain`, { body: new TextEncoder().encode(text) });
    expect(pushed.status).toBe(201);
    expect((await send("GET", `/v2/${repository}/manifests/plain`)).headers.get("Content-Type")).toBe(type);
  });

  it.for([
    ["what is not JSON", "{", undefined, "not JSON"],
    ["what is no object", "[]", OCI_MANIFEST, "not a JSON object"],
    ["Docker schema 1", '{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[]}', undefined, "schema 1"],
    ["an unknown type", '{"schemaVersion":2}', "application/vnd.oci.artifact.manifest.v1+json", "not a manifest type"],
    ["a type unlike its own", `{"schemaVersion":2,"mediaType":"${OCI_INDEX}"}`, OCI_MANIFEST, "mediaType is"],
    [
      "a bad digest",
      '{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:1","size":1},"layers":[]}',
      OCI_MANIFEST,
      "config.digest",
    ],
    [
      "a negative size",
      `{"schemaVersion":2,"config":{"mediaType":"a","digest":"${digestOf("")}","size":-1},"layers":[]}`,
      OCI_MANIFEST,
      "config.size",
    ],
    ["an image without configuration", '{"schemaVersion":2,"layers":[]}', OCI_MANIFEST, "config"],
    ["another schemaVersion", '{"schemaVersion":3,"manifests":[]}', OCI_INDEX, "schemaVersion"],
    ["a mediaType that is no text", '{"mediaType":2,"manifests":[]}', OCI_INDEX, "mediaType: is not text"],
    ["an image that is called an index", '{"config":{},"layers":[]}', OCI_INDEX, "config: an index must not"],
    ["an index that is called an image", '{"manifests":[]}', OCI_MANIFEST, "manifests: an image manifest must not"],
    ["an image with manifests", '{"config":{},"layers":[],"manifests":[]}', undefined, "manifests"],
    ["an index with layers", `{"mediaType":"${OCI_INDEX}","manifests":[],"layers":[]}`, undefined, "layers"],
    ["fields of schema 1", '{"schemaVersion":2,"config":{},"layers":[],"fsLayers":[]}', OCI_MANIFEST, "fsLayers"],
    [
      "a key in other letters",
      '{"config":{},"layers":[],"Layers":[]}',
      OCI_MANIFEST,
      'Layers must be written "layers"',
    ],
    ["a key twice", '{"config":{},"layers":[],"layers":[]}', OCI_MANIFEST, "layers is there twice"],
    [
      "a media type longer than any",
      `{"artifactType":"${"a".repeat(256)}","manifests":[]}`,
      OCI_INDEX,
      "artifactType: has more than 255",
    ],
    [
      "a media type of a configuration that is longer than any",
      `{"config":{"mediaType":"${"a".repeat(256)}","digest":"${digestOf("")}","size":0}}`,
      OCI_MANIFEST,
      "config.mediaType: has more than 255",
    ],
    [
      "a platform longer than any",
      `{"manifests":[{"mediaType":"a","digest":"${digestOf("")}","size":0,"platform":{"os":"${"a".repeat(256)}","architecture":"b"}}]}`,
      OCI_INDEX,
      "manifests.0.platform: a field of it has more than 255",
    ],
    [
      "an annotation's name that is longer than any",
      `{"manifests":[],"annotations":{"${"a".repeat(1025)}":"b"}}`,
      OCI_INDEX,
      "the name has more than 1024",
    ],
    [
      "more entries than any",
      `{"manifests":[${Array.from({ length: 10_001 }, () => "{}").join()}]}`,
      OCI_INDEX,
      "manifests has more than 10000 entries",
    ],
    [
      "more values than any",
      `{"manifests":[],"other":[${"{},".repeat(199_998)}{}]}`,
      OCI_INDEX,
      "more than 200000 values",
    ],
    [
      "annotations that are no text",
      '{"schemaVersion":2,"manifests":[],"annotations":{"a":1}}',
      OCI_INDEX,
      "annotations.a",
    ],
  ] as const)("refuses %s and says why", async ([, text, type, why], { expect }) => {
    const repository = newRepository();
    const response = await send("PUT", `/v2/${repository}/manifests/bad`, {
      body: new TextEncoder().encode(text),
      headers: type ? { "Content-Type": type } : {},
    });
    expect(response.status).toBe(400);
    const errors = await errorsOf(response);
    expect(errors[0]?.code).toBe("MANIFEST_INVALID");
    expect(errors.map((error) => error.message).join("\n")).toContain(why);
  });

  it("refuses bytes that are not UTF-8", async ({ expect }) => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    const response = await send("PUT", `/v2/${newRepository()}/manifests/bad`, { body });
    expect(await errorCodes(response)).toEqual(["MANIFEST_INVALID"]);
  });

  it("by digest refuses other bytes than the digest's", async ({ expect }) => {
    const repository = newRepository();
    const response = await putManifest(repository, digestOf("other"), await imageManifest(repository));
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["DIGEST_INVALID"]);
  });

  it("by sha512 keeps it under that digest", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const digest = digestOf(JSON.stringify(manifest), "sha512");
    expect((await putManifest(repository, digest, manifest)).headers.get("Docker-Content-Digest")).toBe(digest);
    expect((await send("HEAD", `/v2/${repository}/manifests/${digest}`)).status).toBe(200);
  });

  it("by digest sets the tags of its tag parameters", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const digest = digestOf(JSON.stringify(manifest));
    const response = await putManifest(repository, `${digest}?tag=a&tag=b&tag=a`, manifest);
    expect(response.status).toBe(201);
    expect(response.headers.get("OCI-Tag")).toBe("a, b");
    for (const tag of ["a", "b"]) {
      const tagged = await send("HEAD", `/v2/${repository}/manifests/${tag}`);
      expect(tagged.headers.get("Docker-Content-Digest")).toBe(digest);
    }
    expect((await putManifest(repository, "c?tag=d", manifest)).status).toBe(400);
    const many = Array.from({ length: 101 }, (_, number) => `tag=t${number}`).join("&");
    expect((await putManifest(repository, `${digest}?${many}`, manifest)).status).toBe(414);
  });

  it("moves a tag, and keeps what it pointed to before", async ({ expect }) => {
    const repository = newRepository();
    const first = await pushImage(repository, "moving");
    const second = await pushImage(repository, "moving");
    const now = await send("HEAD", `/v2/${repository}/manifests/moving`);
    expect(now.headers.get("Docker-Content-Digest")).toBe(second.digest);
    expect((await send("HEAD", `/v2/${repository}/manifests/${first.digest}`)).status).toBe(200);
  });

  it("may be repeated", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await putManifest(repository, "again", manifest)).status),
    );
    expect(statuses).toEqual([201, 201, 201]);
    expect((await putManifest(repository, "again", manifest)).status).toBe(201);
  });

  it("takes an image of 300 layers", async ({ expect }) => {
    const repository = newRepository();
    const layer = await pushBlob(repository);
    const manifest = await imageManifest(repository, { layers: Array.from({ length: 300 }, () => layer) });
    expect((await putManifest(repository, "many", manifest)).status).toBe(201);
    const others = Array.from({ length: 300 }, (_, number) => ({ ...layer, digest: digestOf(`absent ${number}`) }));
    const refused = await putManifest(repository, "many", { ...manifest, layers: others });
    const errors = await errorsOf(refused);
    expect(errors.slice(0, 100).map(({ detail }) => detail)).toEqual(
      others.slice(0, 100).map(({ digest }) => ({ digest })),
    );
    expect(errors.slice(100)).toMatchObject([
      { message: "and 200 more are missing, 300 in all", detail: { missing: 300 } },
    ]);
  });

  it("takes as many layers as it may have, with the longest digests, in parameters that D1 takes", async ({
    expect,
  }) => {
    const repository = newRepository();
    const config = await pushBlob(repository);
    const layers = Array.from({ length: 10_000 }, (_, number) => ({
      mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar",
      digest: digestOf(String(number), "sha512"),
      size: 1,
    }));
    const manifest = { schemaVersion: 2, config, layers };
    expect((await putManifest(repository, "many", manifest)).status).toBe(201);
  });

  it.for([
    ["an image without layers", {}],
    ["an image whose layers are null", { layers: null }],
    ["an image whose manifests are null", { manifests: null, layers: [] }],
    ["an image without schemaVersion", { schemaVersion: undefined, layers: [] }],
    ["a subject with an artifactType", { layers: [], artifactType: "a/b", subject: "self" }],
    ["fields that no specification has", { layers: [], Extra: 1, extra: { layers: [{ Digest: 1, digest: 2 }] } }],
  ] as const)("takes %s", async ([, fields], { expect }) => {
    const repository = newRepository();
    const config = await pushBlob(repository, someBytes(), "application/vnd.oci.image.config.v1+json");
    const subject = "subject" in fields ? { subject: config } : {};
    const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, ...fields, ...subject };
    expect((await putManifest(repository, "odd", manifest)).status).toBe(201);
    expect((await send("GET", `/api/organizations/${repository.replace("/", "/images/")}/manifests/odd`)).status).toBe(
      200,
    );
  });

  it.for([
    ["an index without manifests", {}],
    ["an index whose manifests are null", { manifests: null }],
    ["an index whose layers and configuration are null", { manifests: [], layers: null, config: null }],
  ] as const)("takes %s", async ([, fields], { expect }) => {
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, ...fields };
    expect((await putManifest(newRepository(), "odd", index)).status).toBe(201);
  });

  it("never changes what bytes are stored as", async ({ expect }) => {
    const repository = newRepository();
    // Without mediaType, and without anything to tell an OCI index from a Docker manifest list.
    const text = '{"schemaVersion":2,"manifests":[]}';
    expect((await putManifest(repository, "one", text, OCI_INDEX)).status).toBe(201);
    for (const reference of ["one", "two", digestOf(text)]) {
      const refused = await putManifest(repository, reference, text, DOCKER_LIST);
      expect(refused.status).toBe(400);
      expect(await errorsOf(refused)).toMatchObject([
        { code: "MANIFEST_INVALID", message: expect.stringContaining(`is stored as ${OCI_INDEX} already`) as unknown },
      ]);
    }
    expect((await putManifest(repository, "two", text, OCI_INDEX)).status).toBe(201);
    expect((await send("GET", `/v2/${repository}/manifests/one`)).headers.get("Content-Type")).toBe(OCI_INDEX);
  });
});

describe("a condition of a change", () => {
  const put = (path: string, text: string, headers: Record<string, string>) =>
    send("PUT", path, { headers: { "Content-Type": OCI_MANIFEST, ...headers }, body: text });

  const textOf = async (repository: string, digest: string) =>
    (await send("GET", `/v2/${repository}/manifests/${digest}`)).text();

  it("moves a tag only from where the client saw it", async ({ expect }) => {
    const repository = newRepository();
    const first = await pushImage(repository, "t");
    const second = await pushImage(repository, "other");
    const text = await textOf(repository, second.digest);
    const path = `/v2/${repository}/manifests/t`;
    for (const [headers, status] of [
      [{ "If-None-Match": "*" }, 412],
      [{ "If-Match": `"${second.digest}"` }, 412],
      [{ "If-Match": `W/"${first.digest}"` }, 412],
      [{ "If-None-Match": `"${first.digest}"` }, 412],
      [{ "If-Match": `"${first.digest}"` }, 201],
      [{ "If-Match": `"${first.digest}"` }, 412],
      [{ "If-Match": "*", "If-None-Match": `"${first.digest}"` }, 201],
    ] as const) {
      const answer = await put(path, text, headers);
      expect(answer.status, JSON.stringify(headers)).toBe(status);
      if (status === 412) expect(await errorCodes(answer)).toEqual(["PRECONDITION_FAILED"]);
    }
    expect((await send("HEAD", path)).headers.get("Docker-Content-Digest")).toBe(second.digest);
    // What was refused has left nothing: no event, no history.
    const { results } = await env.DB.prepare(
      "SELECT h.tag FROM tag_history h JOIN repositories r ON r.id = h.repository_id WHERE r.name = ? AND h.tag = 't'",
    )
      .bind(repository)
      .all();
    expect(results).toHaveLength(2);
  });

  it("makes a tag only where there is none, for one of many at once", async ({ expect }) => {
    const repository = newRepository();
    const images = await Promise.all(["a", "b", "c", "d"].map((tag) => pushImage(repository, tag)));
    const texts = await Promise.all(images.map(({ digest }) => textOf(repository, digest)));
    const path = `/v2/${repository}/manifests/new`;
    const answers = await Promise.all(texts.map((text) => put(path, text, { "If-None-Match": "*" })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412, 412, 412]);
  });

  it("of a push that asks for what is not there makes no image", async ({ expect }) => {
    const repository = newRepository();
    const other = newRepository();
    const { digest } = await pushImage(other, "t");
    const text = await textOf(other, digest);
    const answer = await put(`/v2/${repository}/manifests/t`, text, { "If-Match": "*" });
    expect([answer.status, await errorCodes(answer)]).toEqual([412, ["PRECONDITION_FAILED"]]);
    expect((await send("GET", `/v2/${repository}/tags/list`)).status).toBe(404);
  });

  it.for([
    ["If-None-Match", (digest: string) => digest],
    ["If-Match", (digest: string) => digest],
    ["If-Match", (digest: string) => `"${digest}" and more`],
  ] as const)(
    "is refused when it is no list of entity tags, in place of protecting nothing: %s",
    async ([name, written], { expect }) => {
      const repository = newRepository();
      const { digest } = await pushImage(repository, "t");
      const text = await (await send("GET", `/v2/${repository}/manifests/t`)).text();
      const answer = await put(`/v2/${repository}/manifests/t`, text, { [name]: written(digest) });
      expect(answer.status).toBe(400);
      expect((await errorsOf(answer))[0]?.message).toContain(`${name} must be * or a list of entity tags`);
    },
  );

  it("holds for deletions too, by tag and by digest", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "t");
    const other = `"sha256:${"0".repeat(64)}"`;
    const remove = async (reference: string, headers: Record<string, string>) =>
      (await send("DELETE", `/v2/${repository}/manifests/${reference}`, { headers })).status;
    expect(await remove("t", { "If-Match": other })).toBe(412);
    expect(await remove("t", { "If-None-Match": "*" })).toBe(412);
    expect(await remove("absent", { "If-Match": other })).toBe(404);
    expect(await remove(`sha256:${"1".repeat(64)}`, { "If-Match": other })).toBe(404);
    expect(await remove(digest, { "If-Match": other })).toBe(412);
    expect((await send("HEAD", `/v2/${repository}/manifests/t`)).status).toBe(200);
    expect(await remove("t", { "If-Match": `"${digest}"` })).toBe(202);
    expect(await remove(digest, { "If-Match": `"${digest}"` })).toBe(202);
  });
});

describe("an index", () => {
  it("needs its children in the repository, nested ones too", async ({ expect }) => {
    const repository = newRepository();
    const child = await pushImage(repository, "");
    const inner = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] };
    expect((await putManifest(repository, "inner", inner)).status).toBe(201);
    const text = JSON.stringify(inner);
    const innerDescriptor = { mediaType: OCI_INDEX, digest: digestOf(text), size: text.length };
    const outer = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [innerDescriptor, child] };
    expect((await putManifest(repository, "outer", outer)).status).toBe(201);

    const sparse = { ...outer, manifests: [child, { ...child, digest: digestOf("absent") }] };
    const refused = await putManifest(repository, "sparse", sparse);
    expect(refused.status).toBe(404);
    expect((await errorsOf(refused)).map((error) => error.detail)).toEqual([{ digest: digestOf("absent") }]);
  });

  it("keeps its children from being deleted before it", async ({ expect }) => {
    const repository = newRepository();
    const child = await pushImage(repository, "child");
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] };
    await putManifest(repository, "index", index);
    const refused = await send("DELETE", `/v2/${repository}/manifests/${child.digest}`);
    expect(refused.status).toBe(405);
    expect((await errorsOf(refused))[0]?.message).toContain(digestOf(JSON.stringify(index)));
    expect((await send("HEAD", `/v2/${repository}/manifests/child`)).status).toBe(200);
    expect((await send("DELETE", `/v2/${repository}/manifests/${digestOf(JSON.stringify(index))}`)).status).toBe(202);
    expect((await send("DELETE", `/v2/${repository}/manifests/${child.digest}`)).status).toBe(202);
  });

  it("gives a client that knows no index the image for linux/amd64", async ({ expect }) => {
    const repository = newRepository();
    const platforms = ["arm64", "amd64"];
    const manifests = await Promise.all(
      platforms.map(async (architecture) => {
        const image = await pushImage(repository, architecture, { mediaType: DOCKER_MANIFEST });
        return { ...image, mediaType: DOCKER_MANIFEST, platform: { os: "linux", architecture } };
      }),
    );
    await putManifest(repository, "list", { schemaVersion: 2, mediaType: DOCKER_LIST, manifests });
    const pull = (accept: string, method = "GET") =>
      send(method, `/v2/${repository}/manifests/list`, { headers: { Accept: accept } });
    const amd64 = manifests[1]?.digest;
    expect((await pull(DOCKER_MANIFEST)).headers.get("Docker-Content-Digest")).toBe(amd64);
    expect((await pull(DOCKER_MANIFEST, "HEAD")).headers.get("Docker-Content-Digest")).toBe(amd64);
    for (const accept of ["*/*", `${DOCKER_MANIFEST}, ${DOCKER_LIST};q=0.5`, "text/html"]) {
      expect((await pull(accept)).headers.get("Content-Type")).toBe(DOCKER_LIST);
    }
  });
});

describe("pulling a manifest", () => {
  it("answers HEAD like GET, without the text", async ({ expect }) => {
    const repository = newRepository();
    const { digest, size } = await pushImage(repository, "1.0");
    for (const reference of ["1.0", digest]) {
      const response = await send("HEAD", `/v2/${repository}/manifests/${reference}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Length")).toBe(String(size));
      expect(response.headers.get("Content-Type")).toBe(OCI_MANIFEST);
      expect(response.headers.get("ETag")).toBe(`"${digest}"`);
      expect(await response.text()).toBe("");
    }
  });

  it("may be cached for ever by digest, but not by tag", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "1.0");
    const caching = async (reference: string) =>
      (await send("GET", `/v2/${repository}/manifests/${reference}`)).headers.get("Cache-Control");
    expect(await caching(digest)).toContain("immutable");
    expect(await caching("1.0")).toContain("no-cache");
  });

  it("is not repeated to a client that has it", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "1.0");
    const headers = { "If-None-Match": `"other", W/"${digest}"` };
    expect((await send("GET", `/v2/${repository}/manifests/1.0`, { headers })).status).toBe(304);
    await pushImage(repository, "1.0");
    expect((await send("GET", `/v2/${repository}/manifests/1.0`, { headers })).status).toBe(200);
  });

  it("tells an unknown tag, digest and repository apart", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const codes = async (path: string) => errorCodes(await send("GET", path));
    expect(await codes(`/v2/${repository}/manifests/absent`)).toEqual(["MANIFEST_UNKNOWN"]);
    expect(await codes(`/v2/${repository}/manifests/${digestOf("absent")}`)).toEqual(["MANIFEST_UNKNOWN"]);
    expect(await codes(`/v2/${newRepository()}/manifests/latest`)).toEqual(["NAME_UNKNOWN"]);
  });
});

describe("deleting", () => {
  it("by tag removes that tag only", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "one");
    await send("PUT", `/v2/${repository}/manifests/two`, {
      body: await (await send("GET", `/v2/${repository}/manifests/one`)).text(),
      headers: { "Content-Type": OCI_MANIFEST },
    });
    expect((await send("DELETE", `/v2/${repository}/manifests/one`)).status).toBe(202);
    expect((await send("HEAD", `/v2/${repository}/manifests/one`)).status).toBe(404);
    expect((await send("HEAD", `/v2/${repository}/manifests/two`)).status).toBe(200);
    expect((await send("HEAD", `/v2/${repository}/manifests/${digest}`)).status).toBe(200);
    expect((await send("DELETE", `/v2/${repository}/manifests/one`)).status).toBe(404);
  });

  it("by digest removes the manifest and all of its tags", async ({ expect }) => {
    const repository = newRepository();
    const manifest = await imageManifest(repository);
    const digest = digestOf(JSON.stringify(manifest));
    await putManifest(repository, `${digest}?tag=a&tag=b`, manifest);
    expect((await send("DELETE", `/v2/${repository}/manifests/${digest}`)).status).toBe(202);
    const list = await (await send("GET", `/v2/${repository}/tags/list`)).json();
    expect(list).toEqual({ name: repository, tags: [] });
    expect((await send("GET", `/v2/${repository}/manifests/${digest}`)).status).toBe(404);
    expect((await send("DELETE", `/v2/${repository}/manifests/${digest}`)).status).toBe(404);
  });
});
