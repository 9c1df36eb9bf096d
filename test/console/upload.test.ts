/** Uploading archives in the page (guide 4.3 and 7.3.3), with archives of real tools, which a real docker pulls back. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  descriptorOf,
  dockerFiles,
  layerOf,
  layoutFiles,
  ociImage,
  packed,
  zstdOf,
} from "../../src/client/testing/images.ts";
import { tarOf } from "../../src/client/testing/tar.ts";
import { type HoldingProxy, startHoldingProxy } from "../support/holding-proxy.ts";
import { MIB, writeMultiPlatformImage } from "../support/image-layouts.ts";
import { addUser } from "../support/server-people.ts";
import { PASSWORD } from "../support/server.ts";
import { choose, expectUploaded, made, ORGANIZATION, start, UPLOAD_MS, useUploading } from "./upload-page.ts";
import type { Visitor } from "./visitor.ts";
import { expectShown } from "./widgets.ts";

const MAX_BYTES = 64 * MIB;

const uploading = useUploading({ UPLOAD_ARCHIVE_BYTES: String(MAX_BYTES) });
const { setting, isWithoutDocker, path, run, docker, skopeo, newImage, pack, pulled, visitUpload } = uploading;

/** Loads an image into docker under these names. */
async function load({ layout }: { layout: string }, ...names: string[]): Promise<void> {
  const loaded = await docker("load", "-i", await pack(layout, "load.tar"));
  for (const name of names) await docker("tag", /sha256:[0-9a-f]{64}/.exec(loaded)?.[0] ?? "", name);
}

describe.skipIf(isWithoutDocker)("archives of", () => {
  test("docker save: several images in one, with several names, in tar and tar.gz", { timeout: 180_000 }, async () => {
    const [one, two] = [await newImage("one"), await newImage("two")];
    await load(one, "registry.example.com/team/one:1", "one:latest");
    await load(two, "two:2");
    await docker("save", "-o", path("both.tar"), "registry.example.com/team/one:1", "one:latest", "two:2");
    await docker("save", "-o", path("zipped.tar"), "two:2");
    await run("gzip", path("zipped.tar"));

    const visitor = await visitUpload();
    await choose(visitor, [path("both.tar"), path("zipped.tar.gz")]);
    const names = visitor.page.getByLabel("Image name");
    const tags = visitor.page.getByLabel("Tag");
    const found = await Promise.all(
      Array.from({ length: await names.count() }, async (_, at) => {
        return `${await names.nth(at).inputValue()}:${await tags.nth(at).inputValue()}`;
      }),
    );
    expect(found.toSorted()).toEqual(["one:1", "one:latest", "two:2", "two:2"]);
    await names.last().fill("renamed");
    await visitor.screenshot("upload/ready");
    await start(visitor);
    await expectUploaded(visitor, 2);
    await visitor.screenshot("upload/done");

    for (const name of ["one:1", "one:latest"]) expect(await pulled(name)).toEqual(made(one));
    for (const name of ["two:2", "renamed:2"]) expect(await pulled(name)).toEqual(made(two));
  });

  test("skopeo: docker-archive, oci-archive, and an index", { timeout: 180_000 }, async () => {
    const image = await newImage("plain");
    await skopeo("copy", `oci:${image.layout}:latest`, `docker-archive:${path("docker.tar")}:tool:docker`);
    await skopeo("copy", `oci:${image.layout}:latest`, `oci-archive:${path("oci.tar")}:oci`);
    const recipe = (architecture: string) => ({ seed: architecture, layers: [1000], architecture });
    const { index, images } = await writeMultiPlatformImage(path("index"), [recipe("amd64"), recipe("arm64")]);
    await skopeo(
      "copy",
      "--all",
      "--preserve-digests",
      `oci:${path("index")}:latest`,
      `oci-archive:${path("index.tar")}:all`,
    );

    const visitor = await visitUpload();
    await choose(visitor, [path("docker.tar"), path("oci.tar"), path("index.tar")]);
    const names = visitor.page.getByLabel("Image name");
    // OCI archives tell a tag and no name.
    expect(await names.nth(1).inputValue()).toBe("");
    await names.nth(1).fill("tool");
    await names.nth(2).fill("tool");
    await start(visitor);
    await expectUploaded(visitor, 3);

    for (const tag of ["docker", "oci"]) expect(await pulled(`tool:${tag}`)).toEqual(made(image));
    const [amd64] = images;
    expect(await pulled("tool:all")).toEqual(amd64 && made(amd64));
    const response = await setting.operator.send("HEAD", `/v2/${ORGANIZATION}/tool/manifests/all`, undefined, {
      Accept: "*/*",
    });
    expect(response.headers.get("Docker-Content-Digest")).toBe(index.digest);
  });

  test("an image of 40 layers, of which a second upload sends none", { timeout: 180_000 }, async () => {
    const image = await newImage(
      "many",
      Array.from({ length: 40 }, (_, at) => 1000 + at),
    );
    await skopeo("copy", `oci:${image.layout}:latest`, `docker-archive:${path("many.tar")}:many:1`);
    const visitor = await visitUpload();
    await choose(visitor, [path("many.tar")]);
    await start(visitor);
    await expectUploaded(visitor, 1);
    expect(await pulled("many:1")).toEqual(made(image));

    // Another window remembers nothing; the registry does.
    const again = await visitUpload();
    const sent: string[] = [];
    again.page.on("request", (request) => {
      if (request.method() === "PATCH" || (request.method() === "PUT" && request.url().includes("/blobs/"))) {
        sent.push(request.url());
      }
    });
    await choose(again, [path("many.tar")]);
    await again.page.getByLabel("Tag").fill("2");
    await start(again);
    await expectUploaded(again, 1);
    expect(sent).toEqual([]);
    expect(await pulled("many:2")).toEqual(made(image));
  });
});

describe("odd archives that docker or podman load", () => {
  const LAYERS = [layerOf("base"), layerOf("application")] as const;
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(path(name), bytes);
    return path(name);
  };
  const tagsOf = async (name: string) => {
    const { tags } = await setting.operator.ask<{ tags: string[] }>("GET", `/v2/${ORGANIZATION}/${name}/tags/list`);
    return tags.toSorted();
  };

  test("several gzip members, zstd around all or a layer, index.json of null", async () => {
    const named = (tag: string) => tarOf(dockerFiles([{ layers: LAYERS, tags: [`odd:${tag}`] }]));
    const members = named("members");
    const starGz = await Promise.all([packed(LAYERS[0].slice(0, 99)), packed(LAYERS[0].slice(99))]);
    const repacked = (tag: string, first: Uint8Array) =>
      tarOf(
        dockerFiles([{ layers: LAYERS, tags: [`odd:${tag}`] }]).map((file) =>
          file.contents === LAYERS[0] ? { ...file, contents: first } : file,
        ),
      );
    const described = tarOf([
      ...dockerFiles([{ layers: LAYERS, tags: ["odd:null"] }]),
      { path: "index.json", contents: '{"schemaVersion":2,"manifests":null}' },
    ]);
    const files = [
      write(
        "members.tar.gz",
        Buffer.concat(await Promise.all([members.slice(0, 800), members.slice(800)].map(packed))),
      ),
      write("odd.tar.zst", zstdOf(named("zst"))),
      write("layer.tar", repacked("layer", zstdOf(LAYERS[0]))),
      write("stargz.tar", repacked("stargz", Buffer.concat(starGz))),
      write("null.tar", described),
    ];
    const visitor = await visitUpload();
    await choose(visitor, files);
    await start(visitor);
    await expectUploaded(visitor, files.length);
    expect(await tagsOf("odd")).toEqual(["layer", "members", "null", "stargz", "zst"]);
    const { layers } = await setting.operator.ask<{ layers: { mediaType: string }[] }>(
      "GET",
      `/v2/${ORGANIZATION}/odd/manifests/layer`,
    );
    expect(layers.map(({ mediaType }) => mediaType.split(".").at(-1))).toEqual(["tar+zstd", "tar+gzip"]);
  });

  test("an image for each platform: one index, which the page says", async () => {
    const images = await Promise.all(
      ["amd64", "arm64"].map((architecture) => ociImage([layerOf(architecture)], { config: { architecture } })),
    );
    const annotations = { "io.containerd.image.name": "docker.io/team/flat:1" };
    const roots = images.map(({ manifest }) => descriptorOf(manifest, { annotations }));
    const blobs = images.flatMap(({ manifest, blobs: own }) => [manifest, ...own]);
    const visitor = await visitUpload();
    await choose(visitor, [write("flat.tar", tarOf(layoutFiles(roots, blobs)))]);
    await visitor.page
      .getByText(/linux\/amd64 · linux\/arm64 .* 2 platforms one by one, which become one index/)
      .waitFor();
    await start(visitor);
    await expectUploaded(visitor, 1);
    const index = await setting.operator.ask("GET", `/v2/${ORGANIZATION}/flat/manifests/1`);
    expect(index).toMatchObject({ manifests: images.map(({ manifest: { digest } }) => ({ digest })) });
  });

  test("two images of one name wait until they have two", async () => {
    const tags = ["rival:1"];
    const archive = tarOf(
      dockerFiles([
        { layers: [layerOf("one")], tags },
        { layers: [layerOf("other")], tags },
      ]),
    );
    const visitor = await visitUpload();
    await choose(visitor, [write("rivals.tar", archive)]);
    const warning = visitor.page.getByText(/Another image in this list is uploaded as rival:1 as well/);
    await expect.poll(() => warning.count()).toBe(2);
    expect(await visitor.page.getByRole("button", { name: /Start the upload/ }).count()).toBe(0);
    await visitor.screenshot("upload/rivals");
    expect(await visitor.accessibilityProblems()).toEqual([]);
    await visitor.page.getByLabel("Tag").last().fill("2");
    await start(visitor);
    await expectUploaded(visitor, 1);
    expect(await tagsOf("rival")).toEqual(["1", "2"]);
  });
});

describe("what cannot be uploaded", () => {
  test("is refused at once, each with a sentence that says what to do", async () => {
    const image = await newImage("broken", [300_000]);
    const bytes = readFileSync(await pack(image.layout, "whole.tar"));
    const write = (name: string, content: Uint8Array) => {
      writeFileSync(path(name), content);
      return path(name);
    };
    const damaged = Buffer.from(bytes);
    // In the middle of the layer.
    damaged.fill(0xff, bytes.length - 200_000, bytes.length - 199_000);
    writeFileSync(path("nothing.txt"), "not an image");
    await run("tar", "-C", setting.directory, "-cf", path("export.tar"), "nothing.txt");
    const cases: [file: string, sentence: RegExp][] = [
      [write("noise.tar", randomBytes(10_000)), /not an image archive/],
      [write("empty.tar", new Uint8Array(0)), /The file is empty/],
      [write("cut.tar", bytes.subarray(0, bytes.length - 100_000)), /ends in the middle/],
      [write("damaged.tar", damaged), /damaged/],
      [path("export.tar"), /holds no image/],
      [write("packed.tar.xz", Buffer.from("fd377a585a000004e6d6b446", "hex")), /compressed with/],
      [write("large.tar", new Uint8Array(MAX_BYTES + 1)), /too large/],
    ];

    const visitor = await visitUpload();
    await choose(
      visitor,
      cases.map(([file]) => file),
    );
    const cards = visitor.page.getByRole("list", { name: "Archives" }).getByRole("listitem");
    for (const [at, [, sentence]] of cases.entries()) {
      const card = cards.nth(at);
      await card.getByText("Cannot be uploaded").waitFor();
      expect(await card.getByRole("alert").innerText()).toMatch(sentence);
    }
    expect(await visitor.page.getByRole("button", { name: /Start the upload/ }).count()).toBe(0);
    await visitor.screenshot("upload/refused");
    expect(await visitor.accessibilityProblems()).toEqual([]);
  });

  test("names that the registry would refuse are marked before anything is sent", async () => {
    const image = await newImage("misnamed");
    const visitor = await visitUpload();
    await choose(visitor, [await pack(image.layout, "misnamed.tar")]);
    await visitor.page.getByText("The archive has no name for this image. Enter one.").waitFor();
    await visitor.page.getByLabel("Image name").fill("<script>alert(1)</script>");
    await visitor.page.getByText(/Lower-case letters and digits/).waitFor();
    expect(await visitor.page.getByRole("button", { name: /Start the upload/ }).count()).toBe(0);
  });
});

describe("in the middle of an upload", () => {
  /** Makes an archive whose upload takes a while, and starts it. */
  async function begin(visitor: Visitor, name: string): Promise<void> {
    const image = await newImage(name, [6 * MIB, 6 * MIB]);
    await choose(visitor, [await pack(image.layout, `${name}.tar`)]);
    await visitor.page.getByLabel("Image name").fill(name);
    await start(visitor);
  }

  test.skipIf(isWithoutDocker)("the network goes away, and the upload goes on when it is back", async () => {
    const visitor = await visitUpload();
    let isCut = false;
    await visitor.context.route("**/v2/**", async (route) => {
      const isChunk = route.request().method() === "PATCH" || route.request().method() === "PUT";
      if (isChunk && !isCut) {
        isCut = true;
        await visitor.context.setOffline(true);
        setTimeout(() => void visitor.context.setOffline(false), 3000);
        return route.abort("connectionreset");
      }
      return route.continue();
    });
    await begin(visitor, "interrupted");
    await expectUploaded(visitor, 1);
    expect(isCut).toBe(true);
    // Whether a blob is there whose last answer was lost.
    visitor.forgive(/ERR_|Failed to fetch|NetworkError|^answer 404: HEAD/);
    expect((await pulled("interrupted:latest")).diffIds).toHaveLength(2);
  });

  test("the session ends: who signs in again goes on", async () => {
    const visitor = await visitUpload();
    const endSession = async (route: Route) => {
      await visitor.context.clearCookies();
      return route.continue({ headers: { ...route.request().headers(), cookie: "berth_session=ended" } });
    };
    await visitor.context.route("**/token?**", endSession, { times: 1 });
    await begin(visitor, "session");
    await visitor.page.getByRole("dialog").getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await visitor.page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
    await visitor.page.getByRole("button", { name: "Go on" }).click();
    await expectUploaded(visitor, 1);
    expect(visitor.forgive(/^answer 401/)).toBeGreaterThan(0);
  });

  test("the right is taken away, and the page says so", async () => {
    const member = await addUser(setting.server, setting.operator, "uploader");
    const rights = [{ user_id: member.id, user_name: member.name, auth: 3 }];
    await setting.operator.ask("POST", `/v2/manage/namespaces/${ORGANIZATION}/access`, rights);
    const visitor = await visitUpload(member);
    const takeAway = async (route: Route) => {
      await setting.operator.ask("DELETE", `/v2/manage/namespaces/${ORGANIZATION}/access`, [member.id]);
      return route.continue();
    };
    await visitor.context.route("**/known-layers", takeAway, { times: 1 });
    await begin(visitor, "forbidden");
    await visitor.page.getByText(/You have no right \(any more\) to upload to acme/).waitFor({ timeout: UPLOAD_MS });
    expect(visitor.forgive(/^answer 40[34]/)).toBeGreaterThan(0);
  });

  test("it is cancelled at once, and can be started again", async () => {
    const visitor = await visitUpload();
    let isHeld = true;
    // A registry that answers neither the chunk nor the end of the upload.
    await visitor.context.route("**/blobs/uploads/*", async (route) => {
      if (!isHeld) return route.continue();
      return undefined;
    });
    await begin(visitor, "cancelled");
    await visitor.page.getByText("Uploading", { exact: true }).first().waitFor();
    await visitor.page.getByRole("button", { name: "Cancel" }).click();
    await visitor.page.getByText("Ready", { exact: true }).waitFor({ timeout: 1000 });
    expect(
      await visitor.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("upload"))),
    ).toEqual([]);
    isHeld = false;
    await start(visitor);
    await expectUploaded(visitor, 1);
    // The request that was under way when it was cancelled may have added a chunk, or ended the upload.
    visitor.forgive(/^answer 4(?:04|16): DELETE/);
  });

  describe("on a line that stops", () => {
    let line: HoldingProxy;
    beforeAll(async () => {
      line = await startHoldingProxy(setting.server.port);
    });
    afterAll(() => line.close());
    /** Opens the upload page behind the line. */
    async function visitBehindLine(): Promise<Visitor> {
      const visitor = await setting.visitAs(setting.operator, {}, line.url);
      await visitor.open(`/upload?organization=${ORGANIZATION}`);
      return visitor;
    }
    const status = ({ page }: Visitor, name: RegExp) => page.getByRole("banner").getByRole("link", { name });

    test("what has left counts, and not what was acknowledged", async () => {
      const visitor = await visitBehindLine();
      // Less than the first chunk.
      line.holdAfter(2 * MIB);
      const image = await newImage("held", [12 * MIB]);
      await choose(visitor, [await pack(image.layout, "held.tar")]);
      await visitor.page.getByLabel("Image name").fill("held");
      await start(visitor);
      await expect.poll(() => line.isHolding(), { timeout: UPLOAD_MS }).toBe(true);
      await visitor.page.getByText(/[1-9].* MiB of 12 MiB/).waitFor({ timeout: UPLOAD_MS });
      await visitor.screenshot("upload/sending");
      line.holdAfter();
      await expectUploaded(visitor, 1);
    });

    test("it goes along to other pages, and goes on after a reload", { timeout: 180_000 }, async () => {
      const visitor = await visitBehindLine();
      const { page } = visitor;
      // Of each of the two layers more than the first chunk, of 5 MiB.
      line.holdAfter(11 * MIB);
      await begin(visitor, "reloaded");
      await expect.poll(() => line.isHolding(), { timeout: UPLOAD_MS }).toBe(true);
      await page.getByRole("link", { name: "Organizations", exact: true }).click();
      await page.getByRole("heading", { name: "Organizations", level: 1 }).waitFor();
      await status(visitor, /^Uploading one archive: [1-9]\d*\s?%$/).waitFor();
      await visitor.screenshot("upload/elsewhere");
      expect(await visitor.accessibilityProblems()).toEqual([]);

      const asked: string[] = [];
      page.on("dialog", (dialog) => {
        asked.push(dialog.type());
        void dialog.accept();
      });
      await page.reload();
      expect(asked).toEqual(["beforeunload"]);
      line.holdAfter();
      const before = line.carried();
      await status(visitor, /One upload interrupted/).click();
      await page.getByText("Interrupted", { exact: true }).waitFor();
      await page.getByText(`It goes to ${ORGANIZATION}/reloaded:latest.`).waitFor();
      await visitor.screenshot("upload/interrupted");
      expect(await visitor.accessibilityProblems()).toEqual([]);

      const other = await newImage("other", [1000]);
      const chooser = page.getByRole("list", { name: "Archives" }).locator("input[type=file]");
      await chooser.setInputFiles(await pack(other.layout, "other.tar"));
      await page.getByText(/This is not the file whose upload was interrupted/).waitFor();
      await chooser.setInputFiles(path("reloaded.tar"));
      await expectUploaded(visitor, 1);
      // 12 MiB in all, of which 10 had arrived.
      expect(line.carried() - before).toBeLessThan(4 * MIB);
      await visitor.page.reload();
      expect(asked).toHaveLength(1);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await status(visitor, /upload/i).count()).toBe(0);
      visitor.forgive(/ERR_|Failed to fetch|^answer 40[49]: /);
    });
  });
});

test("a right to a single image does not do", async () => {
  const member = await addUser(setting.server, setting.operator, "outsider");
  const visitor = await setting.visitAs(member);
  await visitor.open("/upload");
  await expectShown(visitor.page.getByText("No organization to upload to"));
});
