/** The pages below `/docs`: what they load, how they hang together, and that both languages have every text. */
import { createHash } from "node:crypto";
import { describe, it } from "vitest";
import { app } from "../../src/app.ts";
import { CHINESE } from "../../src/http/docs/chinese-texts.ts";
import { ERROR_TEXTS } from "../../src/http/docs/error-texts.ts";
import { INTRODUCTIONS } from "../../src/http/docs/introductions.ts";
import { WORDS } from "../../src/http/docs/languages.ts";
import { PAGE_PATHS } from "../../src/http/docs/pages.ts";
import { SECTIONS, sectionOf } from "../../src/http/docs/sections.ts";
import { describeApi, operationsOf } from "../../src/http/openapi-document.ts";
import { GUIDE_TITLES } from "../../src/kernel/guides.ts";
import { textsIn } from "../support/workerd/openapi.ts";
import { withSettings } from "../support/workerd/managing-clients.ts";

const document = describeApi(app);
const operations = operationsOf(document);

/** What the console's build leaves, as far as the pages read it. */
const FILES: Readonly<Record<string, unknown>> = {
  "/guides/en/ci.json": {
    html: '<h2 id="robots">Robots</h2><p>https://registry.example.com and registry.example.com/acme</p>',
  },
  "/guides/zh/ci.json": { html: '<h2 id="robots">机器人</h2>' },
  "/guides/en/parts.json": [{ guide: "ci", anchor: "robots", title: "Robots", text: "machines" }],
  "/guides/zh/parts.json": [{ guide: "ci", anchor: "robots", title: "机器人", text: "机器" }],
};
const ASSETS = {
  fetch: async (address: string) => {
    const file = FILES[new URL(address).pathname];
    return file === undefined ? new Response("", { status: 404 }) : Response.json(file);
  },
};
const request = withSettings({ ASSETS });

const LANGUAGES = ["en", "zh"] as const;
const ADDRESSES = LANGUAGES.flatMap((language) => [
  `/docs/${language}`,
  ...PAGE_PATHS.map((path) => `/docs/${language}/${path}`),
]);

/** Bytes of the longest page, before compression: the one page of before had 800,000. */
const MAX_PAGE_BYTES = 150_000;

const pages = new Map<string, string>();
async function pageAt(address: string): Promise<string> {
  const known = pages.get(address);
  if (known !== undefined) return known;
  const text = await (await request(address)).text();
  pages.set(address, text);
  return text;
}

function anchorsOf(page: string): string[] {
  return [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => id);
}

/** As HTML has it. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

describe("the address /docs", () => {
  it.for([
    [{}, "/docs/en"],
    [{ "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8" }, "/docs/zh"],
    [{ "Accept-Language": "fr, en;q=0.5, zh;q=0.8" }, "/docs/zh"],
    [{ "Accept-Language": "zh;q=0, fr" }, "/docs/en"],
    [{ "Accept-Language": "zh", Cookie: "berth_language=en-US" }, "/docs/en"],
    [{ "Accept-Language": "en", Cookie: "berth_language=zh-CN" }, "/docs/zh"],
    [{ Cookie: "berth_language=../../api" }, "/docs/en"],
  ] as const)("leads who sends %j to %s", async ([headers, address], { expect }) => {
    const response = await request("/docs", { headers, redirect: "manual" });
    expect(response.status).toBe(302);
    expect(response.headers.get("Location")).toBe(address);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });

  it.for(["/docs/fr", "/docs/en/nothing", "/docs/en/guides/nothing", "/docs/fr/search.json", "/docs/en/guides"])(
    "has nothing at %s",
    async (address, { expect }) => {
      const response = await request(address);
      expect(response.status).toBe(404);
      expect(response.headers.get("Content-Type")).toContain("application/json");
    },
  );
});

describe("a page", () => {
  it.for(ADDRESSES)("%s loads the registry's own script and nothing else", async (address, { expect }) => {
    const response = await request(address);
    const page = await response.text();
    pages.set(address, page);
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const styles = [...page.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = ""]) => style);
    expect(styles).toHaveLength(1);
    const hash = createHash("sha256")
      .update(styles[0] ?? "")
      .digest("base64");
    expect(response.headers.get("Content-Security-Policy")?.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'sha256-${hash}'`,
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]);
    expect([...page.matchAll(/<script[^>]*>[^<]*/g)].map(([script]) => script)).toEqual([
      '<script src="/theme.js">',
      '<script src="/docs.js" defer>',
    ]);
    expect(page).not.toMatch(/<iframe|<img|\son\w+=|\sstyle=|@import|url\(/i);
    expect(page).not.toContain("[object Object]");
    expect(page).not.toMatch(/\bundefined\b/);
    expect(page.length).toBeLessThan(MAX_PAGE_BYTES);
    expect(page).toContain(`<html\n      lang="${address.startsWith("/docs/zh") ? "zh-CN" : "en-US"}"`);
  });

  it.for(ADDRESSES)("%s links only to what is there", async (address, { expect }) => {
    const page = await pageAt(address);
    const ids = anchorsOf(page);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    for (const [, link = ""] of page.matchAll(/<a[^>]*\shref="([^"]*)"/g)) {
      const [path = "", anchor] = link.split("#");
      if (path.startsWith("/docs")) expect(ADDRESSES).toContain(path);
      if (anchor !== undefined) {
        const target = path === "" ? ids : anchorsOf(await pageAt(path));
        expect([address, link, target.includes(anchor)]).toEqual([address, link, true]);
      }
    }
  });

  it.for(ADDRESSES)("%s says where it is, and leads on", async (address, { expect }) => {
    const page = await pageAt(address);
    const [, language = "", ...rest] = address.split("/").slice(1);
    expect(page).toContain(
      `href="/docs/${language === "en" ? "zh" : "en"}${rest.length > 0 ? `/${rest.join("/")}` : ""}"`,
    );
    expect(page.match(/<h1>/g)).toHaveLength(1);
    if (rest.length === 0) return;
    expect(page).toContain('class="breadcrumb"');
    // In the list for small windows, and in the one for large ones.
    expect(page.match(/aria-current="page"\s*>/g)).toHaveLength(3);
    const at = PAGE_PATHS.indexOf(rest.join("/"));
    const neighbours = [PAGE_PATHS[at - 1], PAGE_PATHS[at + 1]].filter((path) => path !== undefined);
    for (const path of neighbours)
      expect(page).toMatch(new RegExp(`rel="(?:prev|next)"\\s+href="/docs/${language}/${path}"`));
  });

  it.for(operations)("describes $method $path, in both languages", async (described, { expect }) => {
    const { operationId = "", summary = "" } = described.operation;
    const { id } = sectionOf(described);
    for (const [language, title] of [
      ["en", summary],
      ["zh", CHINESE[summary] ?? ""],
    ] as const) {
      const page = await pageAt(`/docs/${language}/${id}`);
      expect(page).toContain(`<article id="${operationId}"`);
      expect(page).toContain(`<a href="#${operationId}">${escaped(title)}</a>`);
      expect(page).toContain(`<code>${described.path}</code>`);
    }
  });

  it.for(SECTIONS)("$id has operations", ({ holds }, { expect }) => {
    expect(operations.filter(holds).length).toBeGreaterThan(0);
  });

  it("shows limits, and commands of the registry's own address", async ({ expect }) => {
    expect(await pageAt("/docs/en/tags")).toMatch(/1 to 64\s+characters/);
    expect(await pageAt("/docs/zh/tags")).toMatch(/1 到 64\s+个字符/);
    expect(await pageAt("/docs/en/images")).toContain("http://registry.test/api/organizations/acme/images/shop$web");
    const guide = await pageAt("/docs/en/guides/ci");
    expect(guide).toContain("http://registry.test and registry.test/acme");
    expect(await pageAt("/docs/en/guides/aging")).toContain(WORDS.en.guideMissing);
  });

  it("escapes the address at which the registry is", async ({ expect }) => {
    const other = await withSettings({ ASSETS, PUBLIC_URL: "http://a.test" })("/docs/en/images");
    expect(await other.text()).toContain("&#39;http://a.test/api/images&#39;");
  });
});

describe("the search", () => {
  it.for(LANGUAGES)("finds operations, parameters, errors and guides in %s", async (language, { expect }) => {
    const response = await request(`/docs/${language}/search.json`);
    const entries = await response.json<{ title: string; detail: string; href: string; words: string }[]>();
    for (const { href, title } of entries) {
      const [path = "", anchor] = href.split("#");
      expect(ADDRESSES).toContain(path);
      expect(title).not.toBe("");
      if (anchor !== undefined) expect(anchorsOf(await pageAt(path))).toContain(anchor);
    }
    const found = (word: string) =>
      entries.filter((entry) => JSON.stringify(entry).includes(word)).map(({ href }) => href);
    expect(found("createTrigger")).toContain(`/docs/${language}/swr-automation#createTrigger`);
    expect(found("remoteOrganization")).toContain(`/docs/${language}/synchronization#createSyncRule`);
    expect(found("TAG_IMMUTABLE")).toContain(`/docs/${language}/errors#TAG_IMMUTABLE`);
    expect(found(language === "en" ? "machines" : "机器")).toContain(`/docs/${language}/guides/ci#robots`);
    expect(entries.length).toBeGreaterThan(operations.length + Object.keys(ERROR_TEXTS).length + PAGE_PATHS.length);
  });
});

describe("Chinese", () => {
  it("has every text of the API's description, and no other", ({ expect }) => {
    const texts = textsIn(document);
    expect([...texts].filter((text) => !Object.hasOwn(CHINESE, text))).toEqual([]);
    expect(Object.keys(CHINESE).filter((text) => !texts.has(text))).toEqual([]);
  });

  it("keeps the code of the English texts", ({ expect }) => {
    const codeIn = (text: string) => [...text.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code);
    // What stands for something, and so is a word of the language.
    const isCode = (code: string) => !/<|^organization\/image$/.test(code);
    for (const [english, chinese] of Object.entries(CHINESE)) {
      const lost = codeIn(english).filter((code) => isCode(code) && !codeIn(chinese).includes(code));
      expect([english, lost, chinese.split("`").length % 2]).toEqual([english, [], 1]);
      expect(chinese).toMatch(/\p{Script=Han}/u);
    }
  });

  it("is written where pages have texts of their own", ({ expect }) => {
    const texts = [
      ...Object.values(ERROR_TEXTS),
      ...SECTIONS.flatMap(({ title, summary }) => [title, summary]),
      ...INTRODUCTIONS.flatMap(({ title, summary, parts }) => [
        title,
        summary,
        ...parts.flatMap((part) => [part.title, part.text]),
      ]),
      ...Object.values(GUIDE_TITLES),
    ];
    for (const { en, zh } of texts) {
      expect(en).not.toMatch(/\p{Script=Han}/u);
      expect(zh).toMatch(/\p{Script=Han}/u);
    }
    const same = Object.keys(WORDS.en).filter((key) => Reflect.get(WORDS.en, key) === Reflect.get(WORDS.zh, key));
    expect(same).toEqual(["api"]);
  });

  it("leaves no English sentence on its pages", async ({ expect }) => {
    const pagesOfOperations = SECTIONS.map(({ id }) => `/docs/zh/${id}`);
    for (const address of [...pagesOfOperations, "/docs/zh", "/docs/zh/errors", "/docs/zh/conventions"]) {
      const text = (await pageAt(address)).replaceAll(/<(style|pre|code|summary)\b.*?<\/\1>|<[^>]*>/gs, " ");
      // Four English words in a row are a sentence; names of products and fields are not.
      expect([address, /(?:\b[a-z]{2,}\b[ ,]+){4}/.exec(text)?.[0] ?? ""]).toEqual([address, ""]);
    }
  });
});
