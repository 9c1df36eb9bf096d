/** Which guide explains what is on screen. Guides are files of `docs/` and `docs/zh/`, which the console brings with it. */
import { type Guide, isGuide } from "../kernel/guides.ts";

/** A guide, or the part of one below a heading: `ci` or `ci#robots`. */
export type HelpTopic = Guide | `${Guide}#${string}`;

/** By the beginning of a page's path; the first that fits counts. A `*` is one part of a path, which has a name. */
export const HELP: readonly (readonly [path: string, topic: HelpTopic])[] = [
  ["/sign-in", "troubleshooting#why-does-the-login-command-fail"],
  ["/password", "security#credentials"],
  ["/images/*/*/tags", "signed-images#kinds-of-tags"],
  ["/images/*/*/triggers", "triggers"],
  ["/images/*/*/aging", "aging"],
  ["/images/*/*/sync", "synchronization"],
  ["/images/*/*/sharing", "management#sharing-with-other-accounts"],
  ["/images/*/*/permissions", "management#organizations-and-rights"],
  ["/images/*/*/immutable-tags", "management#images"],
  ["/images/*/*/description", "management#images"],
  ["/images/*/*/history", "management#images"],
  ["/images/*/*/compare", "management#images"],
  ["/images/shared-by-me", "management#sharing-with-other-accounts"],
  ["/images/shared-with-me", "management#sharing-with-other-accounts"],
  ["/images", "clients"],
  ["/upload", "troubleshooting#how-do-i-make-an-archive-of-an-image"],
  ["/organizations/*/clusters", "kubernetes#adding-the-cluster"],
  ["/organizations/*/upstream", "pull-through"],
  ["/organizations/*/sync", "synchronization"],
  ["/organizations", "management#organizations-and-rights"],
  ["/image-centre", "management#images"],
  ["/access-keys", "management#login-commands"],
  ["/logins", "security#credentials"],
  ["/users", "management#accounts-users-access-keys"],
  ["/accounts", "management#accounts-users-access-keys"],
  ["/remotes", "synchronization"],
  ["/trusted-issuers", "ci"],
  ["/quotas", "quotas"],
  ["/audit", "management#quotas-numbers-audit"],
  ["/garbage-collection", "garbage-collection"],
  ["/api-reference", "management#credentials-for-the-apis"],
  ["/", "clients"],
];

/** The guide for the page at a path. */
export function helpFor(path: string): HelpTopic {
  const parts = path.split("/").filter((part) => part !== "");
  const found = HELP.find(([pattern]) => {
    const wanted = pattern.split("/").filter((part) => part !== "");
    return wanted.every((part, at) => part === parts[at] || (part === "*" && parts[at] !== undefined));
  });
  return found?.[1] ?? "clients";
}

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
 * @param language of the reader, as the console has it: `zh-CN`.
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
