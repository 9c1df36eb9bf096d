import { describe, it } from "vitest";
import { firstLine } from "./first-line.ts";

describe("the first line of a description", () => {
  it.for([
    ["", ""],
    ["Plain text.\nMore.", "Plain text."],
    ["\n\n# Web shop\n\nThe shop.", "Web shop"],
    ["> - quoted item", "quoted item"],
    ["1. first\n2. second", "first"],
    ["The **shop** of [Acme](https://acme.example.com), *really* `fast`", "The shop of Acme, really fast"],
    ["![logo](logo.png)\ntext", "logo"],
    ["![](logo.png)\ntext", "text"],
    ["---\n***\ntext", "text"],
    ["```sh\ndocker run\n```\ntext", "text"],
    ["| tag | for |\n|---|---|\ntext", "text"],
    ["snake_case_name and 2*3*4", "snake_case_name and 2*3*4"],
    ["<script>alert(1)</script>", "<script>alert(1)</script>"],
    ["镜像仓库", "镜像仓库"],
  ])("of %j is %j", ([markdown = "", line], { expect }) => {
    expect(firstLine(markdown)).toBe(line);
  });

  it("is cut after 200 characters, none of them in half", ({ expect }) => {
    const cut = firstLine(`a${"🚢".repeat(300)}`);
    expect(Array.from(cut)).toHaveLength(200);
    expect(cut.endsWith("🚢…")).toBe(true);
  });
});
