/**
 * Where guides are, and where their links lead. The header of each page asks `help.ts` which one explains the page: what is here is
 * loaded by pages that show guides.
 */
import { type Guide, isGuide } from "../kernel/guides.ts";

/**
 * Where a link of a guide leads in the console.
 *
 * @returns undefined for a file that the console does not bring.
 */
export function guideLink(href: string): string | undefined {
  if (href.startsWith("#")) return href;
  const [, name, anchor = ""] = /^([a-z-]+)\.md(#.*)?$/.exec(href) ?? [];
  return name !== undefined && isGuide(name) ? `/help/${name}${anchor}` : undefined;
}

/** Guides whose subject is a page of `/docs` too; all others are explained by its first page. */
const API_PAGES: Readonly<Partial<Record<Guide, string>>> = {
  clients: "log-in",
  ci: "trusted-issuers",
  troubleshooting: "errors",
  management: "organizations",
  "signed-images": "contents",
  triggers: "triggers",
  kubernetes: "clusters",
  synchronization: "synchronization",
  "pull-through": "pull-through-caches",
  aging: "aging",
  quotas: "quotas",
  "garbage-collection": "operation",
  security: "logins",
};

/**
 * The page of `/docs` that describes the API for what a guide explains.
 *
 * @param language of the reader: its tag.
 */
export function apiPageFor(guide: Guide, language: string): string {
  const page = API_PAGES[guide];
  return `${docsPath(language)}${page === undefined ? "" : `/${page}`}`;
}

/** The first page of `/docs` in a language. */
export function docsPath(language: string): string {
  return `/docs/${languageCode(language)}`;
}

/** What stands for a language in the addresses of `/docs` and in the names of folders: the first part of its tag. */
export function languageCode(language: string): string {
  return language.split("-", 1)[0] ?? language;
}

/** Where below `docs/` the guides of a language are: those in English are in that folder itself. */
export function guideFolder(language: string): string {
  const code = languageCode(language);
  return code === "en" ? "" : `${code}/`;
}
