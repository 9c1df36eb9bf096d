import { unpackTar } from "modern-tar";
import { describe, it } from "vitest";
import { TAR_END, tarEntryBytes, tarHeader, tarPadding } from "./tar.ts";

const LONG = `blobs/sha512/${"0123456789abcdef".repeat(8)}`;

function textOf(size: number): string {
  return new TextDecoder().decode(tarHeader("layer", size));
}

describe("an archive", () => {
  it("comes back from a reader as its files were", async ({ expect }) => {
    const files = [
      ["oci-layout", "{}"],
      ["empty", ""],
      ["block", "x".repeat(512)],
      ["more", "x".repeat(513)],
      ["a".repeat(100), "name that just fits"],
      ["b".repeat(101), "name that does not"],
      [LONG, "sha512"],
    ] as const;
    const parts = files.flatMap(([name, text]) => {
      const bytes = new TextEncoder().encode(text);
      return [tarHeader(name, bytes.byteLength), bytes, tarPadding(bytes.byteLength)];
    });
    const archive = new Blob([...parts, TAR_END]);
    const expected = files.map(([name, text]) => tarEntryBytes(name, text.length));
    expect(archive.size).toBe(expected.reduce((one, other) => one + other) + TAR_END.byteLength);
    const entries = await unpackTar(archive.stream(), { strict: true });
    expect(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)])).toEqual(files);
    expect(entries.map(({ header }) => [header.type, header.mode, header.uid])).toEqual(
      files.map(() => ["file", 0o644, 0]),
    );
  });

  it("tells sizes that eleven octal digits do not hold by a record of their own", ({ expect }) => {
    const GIB = 1024 ** 3;
    expect(tarHeader("layer", 8 * GIB - 1).byteLength).toBe(512);
    expect(textOf(8 * GIB - 1).slice(124, 136)).toBe("77777777777\0");
    expect(textOf(8 * GIB).slice(512)).toMatch(/^19 size=8589934592\n\0/);
    expect(textOf(10 * GIB).slice(512)).toMatch(/^20 size=10737418240\n\0/);
    expect(tarEntryBytes("layer", 10 * GIB + 1)).toBe(3 * 512 + 10 * GIB + 512);
  });

  it("counts the digits of a record's length with it", ({ expect }) => {
    // Lengths that have one digit more only because of that digit.
    for (const length of [101, 980, 981, 982, 983, 984, 985, 986, 987, 988, 989, 990, 991]) {
      const header = tarHeader("n".repeat(length), 0);
      const text = new TextDecoder().decode(header.subarray(512));
      const written = Number(/^\d+/.exec(text)?.[0]);
      expect(text.slice(0, written)).toBe(`${written} path=${"n".repeat(length)}\n`);
    }
  });
});
