import { describe, it, vi } from "vitest";
import { markdownToHtml } from "./markdown-html.ts";

describe("a description", () => {
  it.for([
    ["text", "<p>text</p>\n"],
    ["# Title", "<h3>Title</h3>\n"],
    ["###### Small", "<h6>Small</h6>\n"],
    ["**bold** ~~gone~~", "<p><strong>bold</strong> <s>gone</s></p>\n"],
    ["```sh\na < b\n```", '<div><pre tabindex="0"><code>a &lt; b\n</code></pre></div>\n'],
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

  it("shows images of this registry, but asks no API for one", ({ expect }) => {
    vi.stubGlobal("location", { origin: "https://registry.example.com" });
    const shown = ["/icon.svg", "https://registry.example.com/icon.svg"];
    for (const source of shown)
      expect(markdownToHtml(`![icon](${source})`)).toBe(`<p><img src="${source}" alt="icon"></p>\n`);
    for (const source of [
      "/api/audit/export",
      "/%61pi/audit/export",
      "/./api/audit/export",
      "/v2/acme/web/blobs/x",
      "//other.example.com/x.png",
      "/\\other.example.com/x.png",
      "https://registry.example.com.other.example.com/x.png",
      "http://registry.example.com/icon.svg",
      "icon.svg",
    ]) {
      expect(markdownToHtml(`![icon](${source})`)).not.toContain("<img");
    }
    vi.unstubAllGlobals();
  });

  it("links from one guide to another, where it is a guide", ({ expect }) => {
    const text = "## A `part`\n[x](triggers.md#webhooks) [y](../README.md)";
    expect(markdownToHtml(text, { isGuide: true })).toBe(
      '<h2 id="a-part">A <code>part</code></h2>\n<p><a href="/help/triggers#webhooks">x</a> <a>y</a></p>\n',
    );
    expect(markdownToHtml(text)).toBe("<h4>A <code>part</code></h4>\n<p><a>x</a> <a>y</a></p>\n");
  });

  it("has boxes for tasks, and for nothing else that is in brackets", ({ expect }) => {
    const html = markdownToHtml("- [ ] open\n- [x] **done**\n- [y] text\n- x [ ] text\n\n[ ] no item");
    expect(html).toContain('<li class="task"><span class="box">☐</span> open</li>');
    expect(html).toContain('<li class="task"><span class="box">☑</span> <strong>done</strong></li>');
    expect(html).toContain("<li>[y] text</li>");
    expect(html).toContain("<li>x [ ] text</li>");
    expect(html).toContain("<p>[ ] no item</p>");
    expect(html.match(/class="box"/g)).toHaveLength(2);
  });

  it("aligns columns without a style", ({ expect }) => {
    const html = markdownToHtml("| a | b |\n|---|--:|\n| 1 | 2 |");
    expect(html).toContain('<table tabindex="0">');
    expect(html).toContain('<td align="right">2</td>');
    expect(html).not.toContain("style");
  });
});
