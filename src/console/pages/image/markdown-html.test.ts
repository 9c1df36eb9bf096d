import { describe, it } from "vitest";
import { markdownToHtml } from "./markdown-html.ts";

describe("a description", () => {
  it.for([
    ["text", "<p>text</p>\n"],
    ["# Title", "<h3>Title</h3>\n"],
    ["###### Small", "<h6>Small</h6>\n"],
    ["**bold** ~~gone~~", "<p><strong>bold</strong> <s>gone</s></p>\n"],
    ["```sh\na < b\n```", '<pre tabindex="0"><code>a &lt; b\n</code></pre>\n'],
  ])("%j becomes %j", ([text = "", html], { expect }) => {
    expect(markdownToHtml(text)).toBe(html);
  });

  it.for([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "![x](javascript:alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '[x](https://a.example.com/"onmouseover="alert(1))',
    '!["onerror=alert(1) x="](data:image/png;base64,AAAA)',
  ])("%j holds nothing that runs", (text, { expect }) => {
    const tags = markdownToHtml(text).match(/<[^>]*>/g) ?? [];
    for (const tag of tags)
      expect(tag).toMatch(
        /^<(?:\/?p|\/?a(?: href="https:[^"]*" [^<]*)?|img src="data:image\/png;[^"]*" alt="[^"]*")>$/,
      );
  });

  it("links out of the console in a new tab that learns nothing", ({ expect }) => {
    const attributes = 'target="_blank" rel="noopener noreferrer nofollow"';
    expect(markdownToHtml("[x](https://a.example.com/)")).toBe(
      `<p><a href="https://a.example.com/" ${attributes}>x</a></p>\n`,
    );
    expect(markdownToHtml("https://a.example.com/")).toContain(`<a href="https://a.example.com/" ${attributes}>`);
    expect(markdownToHtml("[x](mailto:a@example.com)")).toContain('<a href="mailto:a@example.com"');
    expect(markdownToHtml("[x](../other.md)")).toBe("<p><a>x</a></p>\n");
  });

  it("shows images of other hosts as links, and its own ones", ({ expect }) => {
    expect(markdownToHtml("![logo](https://a.example.com/x.png)")).toContain('<a href="https://a.example.com/x.png"');
    expect(markdownToHtml("![logo](https://a.example.com/x.png)")).not.toContain("<img");
    expect(markdownToHtml("![](https://a.example.com/x.png)")).toContain(">https://a.example.com/x.png</a>");
    expect(markdownToHtml("![logo](docs/logo.png)")).toBe("<p>logo</p>\n");
    expect(markdownToHtml("![dot](data:image/png;base64,AAAA)")).toContain(
      '<img src="data:image/png;base64,AAAA" alt="dot">',
    );
    const badge = markdownToHtml("[![build](https://a.example.com/b.svg)](https://ci.example.com/)");
    expect(badge).toContain('<a href="https://ci.example.com/"');
    expect(badge).toContain(">build</a>");
    expect(badge.match(/<a /g)).toHaveLength(1);
  });

  it("aligns columns without a style", ({ expect }) => {
    const html = markdownToHtml("| a | b |\n|---|--:|\n| 1 | 2 |");
    expect(html).toContain('<td align="right">2</td>');
    expect(html).not.toContain("style");
  });
});
