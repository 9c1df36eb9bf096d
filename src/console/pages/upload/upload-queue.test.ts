import { beforeEach, describe, expect, it } from "vitest";
import { mayStart, UploadQueue } from "./upload-queue.ts";
import type { FoundImage, UploadNews, UploadOrder } from "./worker-protocol.ts";

const MAX_BYTES = 1000;
const NGINX: FoundImage = {
  names: [
    { reference: "docker.io/library/nginx:1", name: "nginx", tag: "1" },
    { reference: "docker.io/library/nginx:latest", name: "nginx", tag: "latest" },
  ],
  id: "sha256:1",
  content: "sha256:a1",
  platforms: ["linux/amd64"],
  size: 100,
  missingPlatforms: 0,
  joinedPlatforms: 0,
};
const NAMELESS: FoundImage = { ...NGINX, names: [], id: "sha256:2", content: "sha256:a2", size: 50 };

let orders: UploadOrder[];
let hear: (news: UploadNews) => void;
let now: number;
let queue: UploadQueue;

beforeEach(() => {
  orders = [];
  now = 0;
  queue = new UploadQueue(
    (onNews) => {
      hear = onNews;
      return { send: (order) => orders.push(order) };
    },
    () => now,
  );
});

const files = () => queue.snapshot().files;
const states = () => files().map(({ state }) => state);
const fileOf = (name: string) => new File(["bytes"], name);
const lastOrder = () => orders.at(-1);

/** Adds files whose archives hold these images, and checks them. */
function add(...archives: FoundImage[][]): void {
  queue.add(
    archives.map((_, at) => fileOf(`${at}.tar`)),
    MAX_BYTES,
  );
  for (const [at, images] of archives.entries()) hear({ news: "read", id: at + 1, images });
}

describe("files", () => {
  it("are checked one after the other, as soon as they are there", () => {
    queue.add([fileOf("a.tar"), fileOf("b.tar")], MAX_BYTES);
    expect(states()).toEqual(["reading", "waiting"]);
    expect(lastOrder()).toMatchObject({ order: "read", id: 1, maxBytes: MAX_BYTES });
    hear({ news: "reading", id: 1, fraction: 0.5 });
    expect(files()[0]?.read).toBe(0.5);
    hear({ news: "read", id: 1, images: [NGINX] });
    expect(states()).toEqual(["ready", "reading"]);
    const failure = { kind: "archive", code: "empty", message: "The file is empty.", particulars: {} } as const;
    hear({ news: "failed", id: 2, failure });
    expect(states()).toEqual(["ready", "refused"]);
    expect(files()[1]?.failure).toEqual(failure);
  });

  it("that are taken out meanwhile are forgotten", () => {
    queue.add([fileOf("a.tar"), fileOf("b.tar")], MAX_BYTES);
    queue.remove(1);
    expect(orders.slice(1, 3).map(({ order, id }) => `${order} ${id}`)).toEqual(["stop 1", "forget 1"]);
    hear({ news: "stopped", id: 1 });
    expect(states()).toEqual(["reading"]);
  });
});

const taken = () => files().map(({ names }) => names.map(({ isTaken }) => isTaken));

describe("a name that two images have", () => {
  const OTHER: FoundImage = { ...NGINX, id: "sha256:3", content: "sha256:a3", names: NGINX.names.slice(0, 1) };

  it("lets neither of them start, until one is called something else or left out", () => {
    add([NGINX, OTHER]);
    expect(taken()).toEqual([[true, false, true]]);
    expect(files().map(mayStart)).toEqual([false]);
    queue.rename(1, 2, { tag: "2" });
    expect(taken()).toEqual([[false, false, false]]);
    expect(files().map(mayStart)).toEqual([true]);
    queue.rename(1, 2, { tag: "latest" });
    expect(taken()).toEqual([[false, true, true]]);
    queue.rename(1, 2, { isWanted: false });
    expect(files().map(mayStart)).toEqual([true]);
  });

  it("is noticed in two files as well, as long as both are to be sent", () => {
    add([NGINX], [OTHER]);
    expect(taken()).toEqual([[true, false], [true]]);
    queue.start("acme");
    expect(states()).toEqual(["ready", "ready"]);
    queue.remove(2);
    queue.start("acme");
    hear({ news: "pushed", id: 1 });
    queue.add([fileOf("c.tar")], MAX_BYTES);
    hear({ news: "read", id: 3, images: [OTHER] });
    expect(files().map(mayStart)).toEqual([false, true]);
  });

  it("is noticed of two builds of one configuration, such as with other layers' compression", () => {
    add([NGINX], [{ ...NGINX, content: "sha256:b1" }]);
    expect(taken()).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it("is no concern of an image that has the same name twice, or is there twice", () => {
    add([NGINX], [NGINX]);
    queue.rename(1, 1, { tag: "1" });
    expect(files().map(mayStart)).toEqual([true, true]);
  });
});

describe("names", () => {
  it("come from the archive, and what has none cannot start", () => {
    add([NGINX, NAMELESS]);
    const [file] = files();
    expect(file?.names.map(({ image, name, tag }) => [image, name, tag])).toEqual([
      [0, "nginx", "1"],
      [0, "nginx", "latest"],
      [1, "", "latest"],
    ]);
    expect(file && mayStart(file)).toBe(false);
    queue.rename(1, 2, { name: "tool" });
    expect(files().map(mayStart)).toEqual([true]);
    queue.rename(1, 2, { name: "Tool" });
    expect(files().map(mayStart)).toEqual([false]);
    queue.rename(1, 2, { isWanted: false });
    expect(files().map(mayStart)).toEqual([true]);
  });

  it("of one image in one repository are sent as its tags", () => {
    add([NGINX, NAMELESS]);
    queue.rename(1, 2, { name: "tool" });
    queue.start("acme");
    expect(lastOrder()).toEqual({
      order: "push",
      id: 1,
      targets: [
        { image: 0, repository: "acme/nginx", tags: ["1", "latest"] },
        { image: 1, repository: "acme/tool", tags: ["latest"] },
      ],
    });
  });
});

describe("an upload", () => {
  const blob = { digest: "sha256:a", state: "waiting", size: 100, done: 0 } as const;

  it("sends one file at a time, and tells how far it is", () => {
    add([NGINX], [NGINX]);
    queue.start("acme");
    expect(states()).toEqual(["sending", "queued"]);
    expect(queue.isBusy).toBe(true);
    hear({ news: "image-started", id: 1, target: 0, blobs: [blob] });
    now = 1000;
    hear({ news: "blob", id: 1, target: 0, blob: { ...blob, state: "sending", done: 40 } });
    now = 2000;
    hear({ news: "blob", id: 1, target: 0, blob: { ...blob, state: "sending", done: 60 } });
    expect(files()[0]).toMatchObject({ progress: { total: 100, done: 60 } });
    expect(queue.snapshot()).toMatchObject({ speed: 20, movedAt: 2000 });
    hear({ news: "image-pushed", id: 1, target: 0, digest: "sha256:m" });
    hear({ news: "pushed", id: 1 });
    expect(states()).toEqual(["done", "sending"]);
    expect(files()[0]?.sent).toEqual([
      { organization: "acme", name: "nginx", tags: ["1", "latest"], digest: "sha256:m" },
    ]);
    hear({ news: "pushed", id: 2 });
    expect(states()).toEqual(["done", "done"]);
    expect(queue.isBusy).toBe(false);
    expect(queue.snapshot().movedAt).toBeUndefined();
    queue.clear();
    expect(files()).toEqual([]);
  });

  it("that fails lets the next one go on, and can be taken up again", () => {
    add([NGINX], [NGINX]);
    queue.start("acme");
    hear({ news: "failed", id: 1, failure: { kind: "network" } });
    expect(states()).toEqual(["failed", "sending"]);
    queue.retry(1, "acme");
    expect(states()).toEqual(["queued", "sending"]);
    hear({ news: "pushed", id: 2 });
    expect(states()).toEqual(["sending", "done"]);
    expect(files()[0]?.failure).toBeUndefined();
  });

  it("whose names are two images' can go on once they are mended", () => {
    add([NGINX]);
    queue.start("acme");
    const particulars = { name: "acme/nginx:1" };
    hear({ news: "failed", id: 1, failure: { kind: "archive", code: "same-target", message: "", particulars } });
    expect(states()).toEqual(["failed"]);
    queue.rename(1, 0, { tag: "" });
    queue.retry(1, "acme");
    expect(states()).toEqual(["failed"]);
    queue.rename(1, 0, { tag: "2" });
    queue.retry(1, "acme");
    expect(states()).toEqual(["sending"]);
  });

  it("that is stopped can be taken up again", () => {
    add([NGINX], [NGINX]);
    queue.start("acme");
    queue.stop(2);
    expect(states()).toEqual(["sending", "ready"]);
    queue.stop(1);
    expect(lastOrder()).toEqual({ order: "stop", id: 1 });
    hear({ news: "stopped", id: 1 });
    expect(states()).toEqual(["ready", "ready"]);
  });

  it("of a file that changed cannot go on", () => {
    add([NGINX]);
    queue.start("acme");
    const failure = { kind: "archive", code: "source-changed", message: "", particulars: {} } as const;
    hear({ news: "failed", id: 1, failure });
    expect(states()).toEqual(["refused"]);
  });
});
