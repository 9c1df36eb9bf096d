import { describe, it } from "vitest";
import type { Bytes } from "../bytes.ts";
import { contentsOf, streamOfBytes } from "../testing/images.ts";
import { bytesOf, pax, type TarFile, tarOf } from "../testing/tar.ts";
import { openBytes } from "./archive-bytes.ts";
import { SeekingCursor, StreamCursor, type Cursor } from "./cursor.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

/** Both ways to read an archive, which have to find the same. */
const CURSORS: [name: string, make: (archive: Bytes) => Cursor][] = [
  ["from its front to its end", (archive) => new StreamCursor(streamOfBytes(archive, 300))],
  ["by jumping", (archive) => new SeekingCursor(archive.byteLength, async (from, to) => archive.slice(from, to))],
];

async function entriesOf(cursor: Cursor, maxEntries = 100): Promise<{ entries: TarEntry[]; isTerminated: boolean }> {
  const entries: TarEntry[] = [];
  const reading = readTar(cursor, { maxEntries });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { entries, ...value };
    entries.push(value);
  }
}

describe.for(CURSORS)("an archive that is read %s", ([, cursorOf]) => {
  const read = async (files: readonly TarFile[]) => (await entriesOf(cursorOf(tarOf(files)))).entries;
  const long = `${"folder/".repeat(40)}file`;

  it("has its files, links and folders", async ({ expect }) => {
    const entries = await read([
      { path: "folder/", type: "5", size: 999 },
      { path: "folder/file", contents: "contents" },
      { path: "old", type: "\0", contents: "x" },
      { path: "soft", type: "2", linkName: "folder/file" },
      { path: "hard", type: "1", linkName: "folder/file", size: 8, contents: "" },
      { path: "pipe", type: "6" },
      { path: "empty" },
    ]);
    expect(entries.map(({ path, kind, size, linkName }) => [path, kind, size, linkName])).toEqual([
      ["folder/", "other", 0, ""],
      ["folder/file", "file", 8, ""],
      ["old", "file", 1, ""],
      ["soft", "symbolic-link", 0, "folder/file"],
      ["hard", "hard-link", 0, "folder/file"],
      ["pipe", "other", 0, ""],
      ["empty", "file", 0, ""],
    ]);
  });

  it("tells where contents lie", async ({ expect }) => {
    const archive = tarOf([
      { path: "one", contents: "1".repeat(700) },
      pax({ path: long }),
      { path: "two", contents: "22" },
    ]);
    const { entries } = await entriesOf(cursorOf(archive));
    const bytes = await openBytes(new Blob([archive]));
    const contents = entries.map(({ position, size }) => contentsOf(bytes.open(position, size)));
    expect(await Promise.all(contents)).toEqual([bytesOf("1".repeat(700)), bytesOf("22")]);
  });

  it("has long names, as pax, GNU and POSIX write them", async ({ expect }) => {
    const ustar: TarFile = { path: "name", contents: "x" };
    const archive = tarOf([ustar]);
    archive.set(bytesOf("prefix/of/it"), 345);
    archive.set(bytesOf("        "), 148);
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    archive.set(bytesOf(`${sum.toString(8).padStart(6, "0")}\0 `), 148);

    expect((await entriesOf(cursorOf(archive))).entries[0]?.path).toBe("prefix/of/it/name");
    expect((await read([pax({ path: long }), { path: "short" }]))[0]?.path).toBe(long);
    expect((await read([pax({ path: "ünïcödé" }), { path: "short" }]))[0]?.path).toBe("ünïcödé");
    const gnu = await read([
      { path: "././@LongLink", type: "K", contents: `${long}\0` },
      { path: "././@LongLink", type: "L", contents: `${long}.link\0` },
      { path: "short", type: "2", linkName: "cut" },
      { path: "next" },
    ]);
    expect(gnu.map(({ path, linkName }) => [path, linkName])).toEqual([
      [`${long}.link`, long],
      ["next", ""],
    ]);
    expect((await read([pax({ linkpath: long }), { path: "link", type: "2" }]))[0]?.linkName).toBe(long);
  });

  it("has what a global header says, unless a file's own says otherwise", async ({ expect }) => {
    const entries = await read([
      pax({ comment: "0123", path: "all" }, "g"),
      { path: "a" },
      pax({ path: "own" }),
      { path: "b" },
    ]);
    expect(entries.map(({ path }) => path)).toEqual(["all", "own"]);
  });

  it.for([
    ["a pax header", (file: TarFile) => [pax({ size: "3" }), { ...file, size: 0 }]],
    ["base 256", (file: TarFile) => [{ ...file, isSizeBinary: true }]],
  ] as const)("has sizes from %s", async ([, files], { expect }) => {
    const entries = await read([...files({ path: "a", contents: "abc" }), { path: "b" }]);
    expect(entries.map(({ path, size }) => [path, size])).toEqual([
      ["a", 3],
      ["b", 0],
    ]);
  });

  it("may end without saying so", async ({ expect }) => {
    const archive = tarOf([{ path: "a", contents: "abc" }], { isTerminated: false });
    expect(await entriesOf(cursorOf(archive))).toMatchObject({ isTerminated: false, entries: [{ path: "a" }] });
    expect(await entriesOf(cursorOf(tarOf([])))).toMatchObject({ isTerminated: true, entries: [] });
  });

  it("is cut short wherever it ends in the middle", async ({ expect }) => {
    const archive = tarOf([pax({ path: "long" }), { path: "a", contents: "x".repeat(600) }]);
    for (const end of [600, 1000, 1024 + 100, 1024 + 512 + 300, 1024 + 512 + 700]) {
      await expect(entriesOf(cursorOf(archive.slice(0, end))), `after ${end} bytes`).rejects.toMatchObject({
        code: "cut-short",
      });
    }
  });

  it.for<[what: string, archive: () => Bytes, code: string]>([
    ["bytes that are no archive", () => bytesOf("#!/bin/sh\n".repeat(200)), "not-an-archive"],
    ["fewer bytes than one header has", () => bytesOf("short"), "not-an-archive"],
    ["a header that is not what its checksum says", corrupted, "damaged"],
    ["a sparse file of GNU", () => tarOf([{ path: "a", type: "S" }]), "sparse"],
    ["a sparse file of pax", () => tarOf([pax({ "GNU.sparse.major": "1" }), { path: "a" }]), "sparse"],
    ["a size below zero", () => tarOf([pax({ size: "-1" }), { path: "a" }]), "damaged"],
    ["a size of 20 digits", () => tarOf([pax({ size: "9".repeat(20) }), { path: "a" }]), "damaged"],
    ["a pax record that is too long", () => tarOf([extension("x", "99 path=a\n"), { path: "a" }]), "damaged"],
    ["a pax record of no length", () => tarOf([extension("x", "0 path=a\n"), { path: "a" }]), "damaged"],
    ["a name of 2 MiB", () => tarOf([extension("L", new Uint8Array(2 * 1024 * 1024)), { path: "a" }]), "damaged"],
    [
      "more files than allowed",
      () => tarOf(Array.from({ length: 101 }, (_, at) => ({ path: String(at) }))),
      "too-many-files",
    ],
  ])("refuses %s", async ([, archive, code], { expect }) => {
    await expect(entriesOf(cursorOf(archive()))).rejects.toMatchObject({ name: "ArchiveError", code });
  });
});

function extension(type: string, contents: string | Uint8Array): TarFile {
  return { path: "extension", type, contents };
}

function corrupted(): Bytes {
  const archive = tarOf([{ path: "a", contents: "x" }, { path: "b" }]);
  archive[1024 + 3] = 0x41;
  return archive;
}

it("knows a size of more than 8 GiB", async ({ expect }) => {
  const size = 9 * 1024 ** 3;
  const archive = tarOf([{ path: "huge", size, isSizeBinary: true }]);
  const { value } = await readTar(new StreamCursor(streamOfBytes(archive)), { maxEntries: 10 }).next();
  expect(value).toMatchObject({ path: "huge", size });
});
