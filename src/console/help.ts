/** Which guide explains what is on screen. Guides are files of `docs/` and its folders of languages, which the console brings with it. */
import type { Guide } from "../kernel/guides.ts";

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
