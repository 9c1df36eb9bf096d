import { describe, it } from "vitest";
import { anchorOf, GUIDES } from "../kernel/guides.ts";
import { guideLink, HELP, helpFor } from "./help.ts";
import { PATHS } from "./paths.ts";

const TEXTS = import.meta.glob<string>("../../docs/*.md", { query: "?raw", import: "default", eager: true });
const textOf = (guide: string) => TEXTS[`../../docs/${guide}.md`] ?? "";

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
