import { describe, it } from "vitest";
import { anchorOf, GUIDES } from "../kernel/guides.ts";
import { apiPageFor, guideLink } from "./guides.ts";
import { HELP, helpFor } from "./help.ts";
import { PATHS } from "./paths.ts";

const TEXTS = import.meta.glob<string>("../../docs/{,zh/}*.md", { query: "?raw", import: "default", eager: true });
const textOf = (guide: string, folder = "") => TEXTS[`../../docs/${folder}${guide}.md`] ?? "";

const CODE = /^[ ]*```[^]*?^[ ]*```/gm;
const codeIn = (text: string) => text.match(CODE) ?? [];

/** Where links of a text lead, each once. */
function linksIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = ""]) => href))].sort();
}

/** The levels and anchors of all headings but the title. */
function headingsOf(text: string): string[] {
  return [...text.replaceAll(CODE, "").matchAll(/^(##+) (.*)$/gm)].map(
    ([, level = "", title = ""]) => `${level} ${/\{#([\w-]+)\}$/.exec(title)?.[1] ?? anchorOf(title)}`,
  );
}

describe("help", () => {
  it.for(HELP)("for %s is there: %s", ([, topic], { expect }) => {
    const [guide = "", anchor] = topic.split("#");
    const headings = [...textOf(guide).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
    expect(headings.length).toBeGreaterThan(0);
    if (anchor !== undefined) expect(headings).toContain(anchor);
  });

  it("is there for each page by itself", ({ expect }) => {
    for (const path of Object.values(PATHS)) {
      expect([path, HELP.some(([pattern]) => pattern === path)]).toEqual([path, true]);
    }
  });

  it.for([
    ["/", "clients"],
    ["/images/acme/web", "clients"],
    ["/images/acme/team%2Fapi/triggers/notify", "triggers"],
    ["/images/acme/web/tags/1.0", "signed-images#kinds-of-tags"],
    ["/organizations/acme", "management#organizations-and-rights"],
    ["/organizations/acme/upstream", "pull-through"],
    ["/nothing", "clients"],
  ] as const)("for %s is %s", ([path, topic], { expect }) => {
    expect(helpFor(path)).toBe(topic);
  });

  it("leads from one guide to another, and to no file that the console does not bring", ({ expect }) => {
    expect(guideLink("triggers.md#webhooks")).toBe("/help/triggers#webhooks");
    expect(guideLink("#robots")).toBe("#robots");
    for (const href of ["../README.md", "decisions/0001-x.md", "javascript:alert(1)", "architecture.md", "//x.md"]) {
      expect(guideLink(href)).toBeUndefined();
    }
  });

  it.for(GUIDES)("%s links to headings that are there", (guide, { expect }) => {
    for (const [, href = ""] of textOf(guide).matchAll(/\]\(([^)\s]+)\)/g)) {
      const [, name = guide, anchor] = /^(?:\/help\/([a-z-]+))?(?:#(.*))?$/.exec(guideLink(href) ?? "") ?? [];
      if (anchor === undefined) continue;
      const headings = [...textOf(name).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
      expect([href, headings.includes(anchor)]).toEqual([href, true]);
    }
  });
});

describe("a Chinese guide", () => {
  it.for(GUIDES)("%s has the parts, the code and the links of the English one", (guide, { expect }) => {
    const english = textOf(guide);
    const chinese = textOf(guide, "zh/");
    expect(headingsOf(chinese)).toEqual(headingsOf(english));
    expect(codeIn(chinese)).toEqual(codeIn(english));
    expect(linksIn(chinese)).toEqual(linksIn(english));
  });

  it.for(GUIDES)("%s is in Chinese", (guide, { expect }) => {
    const text = textOf(guide, "zh/")
      .replaceAll(CODE, "")
      .replaceAll(/`[^`]*`/g, "");
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.replace(/\{#.*/, ""));
    // Names of products are the same in both.
    const names = /^(?:GitHub Actions|GitLab CI|ServiceAccount|Terraform|Harbor|SDK|SWR API|Webhook)? *$/;
    expect(headings.filter((title) => !/\p{Script=Han}/u.test(title) && !names.test(title))).toEqual([]);
    for (const paragraph of text.split("\n\n").filter((part) => /[a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,}/.test(part))) {
      // Commands that are indented, and what others have written in English.
      expect([paragraph, /^ {4}|\p{Script=Han}|^\s*$/u.test(paragraph)]).toEqual([paragraph, true]);
    }
  });
});

describe("the operations for a guide", () => {
  it("are on a page of the reader's language", ({ expect }) => {
    expect(apiPageFor("aging", "zh-CN")).toBe("/docs/zh/aging");
    expect(apiPageFor("cli", "en-US")).toBe("/docs/en");
  });
});
