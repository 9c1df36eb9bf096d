import { describe, it } from "vitest";
import { fileNameOf, MAX_FILE_ROWS, writeTable } from "./table-file.ts";

const COLUMNS = [
  { header: "Name", value: (row: { name: string }) => row.name },
  { header: "Size", value: () => 1 },
];

function nothing(): void {
  // Nobody follows how far it is.
}

function* pagesOf(...names: string[][]) {
  for (const page of names) yield page.map((name) => ({ name }));
}

async function linesOf(content: Blob): Promise<string[]> {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await content.arrayBuffer());
  if (!text.startsWith("\uFEFF")) throw new Error("no byte order mark");
  return text.slice(1).split("\r\n");
}

describe("the file of a table", () => {
  it("has the headings and the rows of all pages, and says how far it is", async ({ expect }) => {
    const counts: number[] = [];
    const pages = pagesOf(["a", "镜像"], [], ["=b"]);
    const { content, isCut } = await writeTable(COLUMNS, pages, new AbortController().signal, (n) => counts.push(n));
    expect(await linesOf(content)).toEqual(["Name,Size", "a,1", "镜像,1", "'=b,1", ""]);
    expect(counts).toEqual([2, 2, 3]);
    expect(isCut).toBe(false);
  });

  it("ends where a spreadsheet ends, and says that it is not all", async ({ expect }) => {
    let asked = 0;
    function* pages() {
      for (;;) {
        asked += 1;
        yield Array.from({ length: 100_000 }, () => ({ name: "x" }));
      }
    }
    const { content, isCut } = await writeTable(COLUMNS, pages(), new AbortController().signal, nothing);
    expect((await linesOf(content)).length).toBe(1 + MAX_FILE_ROWS + 1);
    expect(isCut).toBe(true);
    expect(asked).toBe(11);
  });

  it("is not written on once it was stopped", async ({ expect }) => {
    const controller = new AbortController();
    let asked = 0;
    function* pages() {
      for (;;) {
        asked += 1;
        if (asked === 3) controller.abort(new Error("stopped"));
        yield [{ name: "x" }];
      }
    }
    await expect(writeTable(COLUMNS, pages(), controller.signal, nothing)).rejects.toThrow("stopped");
    expect(asked).toBe(3);
  });
});

it.for([
  ["My images", "My images 2026-12-01.csv"],
  ["我的镜像", "我的镜像 2026-12-01.csv"],
  ["a/b:c\u202E", "a b c 2026-12-01.csv"],
])("the file of %s is called %s", ([label, name], { expect }) => {
  expect(fileNameOf(label ?? "", new Date("2026-12-01T23:59:59Z"))).toBe(name);
});

describe("all tables of the console", () => {
  const files = import.meta.glob<string>("../**/*.tsx", { query: "?raw", import: "default", eager: true });
  const sources = Object.entries(files).map(([file, text]) => ({ file, text }));

  it("are drawn by the table that offers a file, but for the values of a chart, which a page of charts saves", ({
    expect,
  }) => {
    const drawing = sources.filter(({ text }) => /<table\b/.test(text)).map(({ file }) => file);
    expect(drawing.toSorted()).toEqual(["./charts.tsx", "./table.tsx"]);
    const saving = sources.filter(({ text }) => text.includes("<TableDownload")).map(({ file }) => file);
    expect(saving).toEqual(expect.arrayContaining(["./table.tsx", "../pages/usage/usage-by-day.tsx"]));
  });

  it("and all lists that have pages offer one", ({ expect }) => {
    const paged = sources.filter(({ text }) => /<Pager\b/.test(text));
    expect(paged.length).toBeGreaterThan(1);
    expect(paged.filter(({ text }) => !text.includes("<TableDownload")).map(({ file }) => file)).toEqual([]);
  });

  it("leave out of it only columns without a heading, which have buttons", ({ expect }) => {
    const left = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/\{[^{}]*?value: null[^{}]*/g)]
        .filter(([column]) => !/header: ""/.test(column))
        .map(([column]) => `${file}: ${column}`),
    );
    expect(sources.filter(({ text }) => text.includes("value: null")).length).toBeGreaterThan(5);
    expect(left).toEqual([]);
  });
});
