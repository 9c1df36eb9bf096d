import { beforeEach, describe, expect, it } from "vitest";
import { isChecking, mayStart, shareOf, UploadQueue } from "./upload-queue.ts";
import type { UploadJournal, UploadRecord } from "./upload-records.ts";
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

/** News without the number of the task, which is the file's last one. */
type Untold<T = UploadNews> = T extends unknown ? Omit<T, "task"> : never;

const FINGERPRINT = "5 sha256:f";

let orders: UploadOrder[];
let hearOfTask: (news: UploadNews) => void;
let written: Map<string, Omit<UploadRecord, "user">>;
let journal: UploadJournal;
let now: number;
let queue: UploadQueue;

beforeEach(() => {
  orders = [];
  now = 0;
  queue = new UploadQueue(
    (onNews) => {
      hearOfTask = onNews;
      return { send: (order) => orders.push(order) };
    },
    () => now,
  );
  written = new Map();
  journal = { write: (record) => written.set(record.id, record), remove: (id) => written.delete(id) };
  queue.begin(journal);
});

/** The number of the last task of a file. */
const taskOf = (id: number): number =>
  orders.reduce((last, order) => ("task" in order && "id" in order && order.id === id ? order.task : last), 0);
const hear = (news: Untold) => hearOfTask({ ...news, task: taskOf(news.id) });

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
  for (const [at, images] of archives.entries()) hear({ news: "read", id: at + 1, images, fingerprint: FINGERPRINT });
}

describe("files", () => {
  it("are checked one after the other, as soon as they are there", () => {
    queue.add([fileOf("a.tar"), fileOf("b.tar")], MAX_BYTES);
    expect(states()).toEqual(["reading", "waiting"]);
    expect(lastOrder()).toMatchObject({ order: "read", id: 1, maxBytes: MAX_BYTES });
    hear({ news: "reading", id: 1, fraction: 0.5 });
    expect(files()[0]?.read).toBe(0.5);
    hear({ news: "read", id: 1, images: [NGINX], fingerprint: FINGERPRINT });
    expect(states()).toEqual(["ready", "reading"]);
    const failure = { kind: "archive", code: "empty", message: "The file is empty.", particulars: {} } as const;
    hear({ news: "failed", id: 2, failure });
    expect(states()).toEqual(["ready", "refused"]);
    expect(files()[1]?.failure).toEqual(failure);
  });

  it("that are taken out meanwhile are forgotten", () => {
    queue.add([fileOf("a.tar"), fileOf("b.tar")], MAX_BYTES);
    queue.remove(1);
    expect(orders.slice(1, 3)).toEqual([
      { order: "stop", task: 1 },
      { order: "forget", id: 1 },
    ]);
    hear({ news: "reading", id: 1, fraction: 1 });
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
    hear({ news: "read", id: 3, images: [OTHER], fingerprint: FINGERPRINT });
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
      task: 2,
      arrived: { open: {}, packed: {} },
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

  it("that is stopped ends at once, and can be sent again", () => {
    add([NGINX], [NGINX]);
    queue.start("acme");
    const first = taskOf(1);
    queue.stop(1);
    expect(states()).toEqual(["ready", "sending"]);
    expect(orders.at(-2)).toEqual({ order: "stop", task: first });
    queue.stop(2);
    expect(states()).toEqual(["ready", "ready"]);
    expect(queue.isBusy).toBe(false);
    queue.retry(1, "acme");
    // What the task that was stopped still tells is of the past.
    hearOfTask({ news: "failed", id: 1, task: first, failure: { kind: "network" } });
    expect(states()).toEqual(["sending", "ready"]);
  });

  it("of a file that changed cannot go on", () => {
    add([NGINX]);
    queue.start("acme");
    const failure = { kind: "archive", code: "source-changed", message: "", particulars: {} } as const;
    hear({ news: "failed", id: 1, failure });
    expect(states()).toEqual(["refused"]);
  });
});

const sent = (id: number, done: number) =>
  hear({ news: "blob", id, target: 0, blob: { digest: "sha256:a", state: "sending", size: 300, done } });

describe("the share of all files", () => {
  const big: FoundImage = { ...NGINX, size: 300, content: "sha256:big", names: [] };
  it("counts the bytes of those that are sent together", () => {
    add([NGINX], [big]);
    expect(shareOf(queue.snapshot())).toBeUndefined();
    queue.rename(2, 0, { name: "big" });
    queue.start("acme");
    expect(shareOf(queue.snapshot())).toEqual({ fraction: 0, count: 2 });
    hear({ news: "pushed", id: 1 });
    expect(shareOf(queue.snapshot())).toEqual({ fraction: 0.25, count: 2 });
    hear({
      news: "image-started",
      id: 2,
      target: 0,
      blobs: [{ digest: "sha256:a", state: "waiting", size: 300, done: 0 }],
    });
    sent(2, 100);
    expect(shareOf(queue.snapshot())).toEqual({ fraction: 0.5, count: 2 });
    hear({ news: "pushed", id: 2 });
    expect(shareOf(queue.snapshot())).toBeUndefined();
  });

  it("begins anew once all of them have ended", () => {
    add([NGINX]);
    queue.start("acme");
    hear({ news: "pushed", id: 1 });
    queue.add([fileOf("b.tar")], MAX_BYTES);
    hear({ news: "read", id: 2, images: [NGINX], fingerprint: FINGERPRINT });
    queue.start("acme");
    expect(shareOf(queue.snapshot())).toEqual({ fraction: 0, count: 1 });
  });
});

const build = (at: number): FoundImage => ({
  ...NGINX,
  content: `sha256:build${at}`,
  names: NGINX.names.slice(0, 1),
});

describe("archives of one batch that carry one name", () => {
  it("are all noticed, once all are checked", () => {
    queue.add(["a.tar", "b.tar", "c.tar"].map(fileOf), MAX_BYTES);
    for (const id of [1, 2, 3]) {
      expect(isChecking(queue.snapshot())).toBe(true);
      hear({ news: "read", id, images: [build(id)], fingerprint: FINGERPRINT });
    }
    expect(isChecking(queue.snapshot())).toBe(false);
    expect(taken()).toEqual([[true], [true], [true]]);
    expect(files().filter(mayStart)).toEqual([]);
    queue.rename(1, 0, { tag: "2" });
    queue.rename(2, 0, { tag: "3" });
    expect(files().map(mayStart)).toEqual([true, true, true]);
  });

  it("are noticed when one of them has arrived already", () => {
    queue.add([fileOf("a.tar"), fileOf("b.tar")], MAX_BYTES);
    hear({ news: "read", id: 1, images: [build(1)], fingerprint: FINGERPRINT });
    queue.retry(1, "acme");
    hear({ news: "pushed", id: 1 });
    hear({ news: "read", id: 2, images: [build(2)], fingerprint: FINGERPRINT });
    expect(files().map(mayStart)).toEqual([false, false]);
    expect(taken()[1]).toEqual([true]);
  });
});

describe("a window that is closed in the middle", () => {
  const layer = { digest: "sha256:z", size: 9 };
  let record: UploadRecord;

  beforeEach(() => {
    add([NGINX, NAMELESS]);
    queue.rename(1, 1, { isWanted: false });
    queue.rename(1, 2, { name: "tool" });
    queue.start("acme");
    hear({ news: "upload-moved", id: 1, key: "acme/nginx sha256:b", location: "/v2/uploads/gone" });
    hear({ news: "upload-moved", id: 1, key: "acme/nginx sha256:a", location: "/v2/uploads/1" });
    hear({ news: "upload-moved", id: 1, key: "acme/nginx sha256:b", location: undefined });
    hear({ news: "layer-packed", id: 1, diffId: "sha256:d", layer });
    now = 5000;
    hear({
      news: "image-started",
      id: 1,
      target: 0,
      blobs: [{ digest: "sha256:a", state: "waiting", size: 100, done: 0 }],
    });
    hear({ news: "blob", id: 1, target: 0, blob: { digest: "sha256:a", state: "sending", size: 100, done: 30 } });
    const [kept] = written.values();
    if (!kept) throw new Error("nothing was written down");
    record = { ...kept, user: "7" };
    // The next window.
    queue.begin(journal);
    orders = [];
    queue.restore(record);
  });

  it("leaves where everything stands", () => {
    expect(record).toMatchObject({
      name: "0.tar",
      fingerprint: FINGERPRINT,
      organization: "acme",
      progress: { total: 150, done: 30 },
      open: { "acme/nginx sha256:a": "/v2/uploads/1" },
      packed: { "sha256:d": layer },
    });
    expect(Object.keys(record.open)).toHaveLength(1);
    expect(files()[0]).toMatchObject({ state: "interrupted", organization: "acme", progress: { done: 30 } });
    expect(queue.isBusy).toBe(false);
    expect(shareOf(queue.snapshot())).toBeUndefined();
  });

  it("goes on by itself once the same file is chosen", () => {
    const { id } = files()[0] ?? { id: 0 };
    queue.resume(id, fileOf("0.tar"), MAX_BYTES);
    expect(lastOrder()).toMatchObject({ order: "read", fingerprint: FINGERPRINT });
    expect(queue.isBusy).toBe(true);
    hear({ news: "read", id, images: [NAMELESS, NGINX], fingerprint: FINGERPRINT });
    expect(states()).toEqual(["sending"]);
    expect(lastOrder()).toMatchObject({
      order: "push",
      targets: [
        { image: 1, repository: "acme/nginx", tags: ["1"] },
        { image: 0, repository: "acme/tool", tags: ["latest"] },
      ],
      arrived: { open: record.open, packed: record.packed },
    });
    hear({ news: "pushed", id });
    expect(written.size).toBe(0);
  });

  it("waits on when another file is chosen", () => {
    const { id } = files()[0] ?? { id: 0 };
    queue.resume(id, fileOf("other.tar"), MAX_BYTES);
    hear({ news: "failed", id, failure: { kind: "other-file" } });
    expect(files()[0]).toMatchObject({ state: "interrupted", failure: { kind: "other-file" } });
    expect(written.size).toBe(1);
  });

  it("does not start a file by itself that holds other images than before", () => {
    const { id } = files()[0] ?? { id: 0 };
    queue.resume(id, fileOf("0.tar"), MAX_BYTES);
    hear({ news: "read", id, images: [NGINX], fingerprint: FINGERPRINT });
    expect(states()).toEqual(["ready"]);
    expect(written.size).toBe(0);
  });

  it("leaves nothing of what is taken out or cancelled", () => {
    const { id } = files()[0] ?? { id: 0 };
    queue.remove(id);
    expect(written.size).toBe(0);
    queue.add([fileOf("b.tar")], MAX_BYTES);
    hear({ news: "read", id: id + 1, images: [NGINX], fingerprint: FINGERPRINT });
    queue.start("acme");
    expect(written.size).toBe(1);
    queue.stop(id + 1);
    expect(written.size).toBe(0);
  });
});
