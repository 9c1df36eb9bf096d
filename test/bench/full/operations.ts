/** What is asked of a full registry. */
import { FULL } from "./size.ts";

/** Rows that a list may read for each entry that it shows, and besides. */
export const PER_ROW = 50;
const CONSTANT = 25_000;
/** SWR's lists go by offset, and count what a filter finds: of these, as many as it looks at. */
const SWR_CONSTANT = 90_000;
/** What is asked every few seconds may read few. */
const SCRAPE_CONSTANT = 2500;

export interface Operation {
  /** `scraper` is what has the token of the metrics. */
  who: "admin" | "member" | "guest" | "partner" | "scraper" | "nobody";
  path: string;
  /** Rows that it may read besides {@link PER_ROW}. */
  constant: number;
}

const DIGEST = `sha256:${"77".padStart(64, "0")}`;

/** What stands for the parameters of paths. */
const PARAMETERS: Readonly<Record<string, string>> = {
  organization: FULL.organization,
  namespace: FULL.organization,
  image: "large",
  repository: "large",
  tag: "v77",
  reference: "v77",
  name: "admin",
  user_id: "1",
  project_id: "p",
  resource_type: "downflow",
  frequency: "daily",
};
/** Downloads, which have as many rows as there are. */
const DOWNLOADS = /\/(audit\/export|archive|dockyard\/v2\/repositories)$/;

/** Each question that the registry's own description has, so that no route is forgotten. */
export function describedOperations(description: unknown): Operation[] {
  const { paths } = description as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths)
    .filter(([path, methods]) => "get" in methods && !DOWNLOADS.test(path))
    .map(([path]) => ({
      who: "admin" as const,
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? "1"),
      constant: /^\/v[23]\/manage/.test(path) ? SWR_CONSTANT : CONSTANT,
    }));
}

/** Every combination of the values of parameters; undefined leaves one out. */
function combinations(parameters: Record<string, readonly (string | undefined)[]>): string[] {
  return Object.entries(parameters).reduce<string[]>(
    (queries, [name, values]) =>
      queries.flatMap((query) =>
        values.map((value) => {
          if (value === undefined) return query;
          return `${query}${query === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`;
        }),
      ),
    [""],
  );
}

/** Every list, report and search, by everybody and with the filters and orders that there are. */
export function operations(now: number): Operation[] {
  const list = (who: Operation["who"], path: string, queries: string[], constant = CONSTANT) =>
    queries.map((query) => ({ who, path: `${path}${query}`, constant }));
  const texts = [undefined, "image-1", "image-77", "nothing-of-this", "x"];
  const days = (count: number) => new Date(now - count * 24 * 60 * 60 * 1000).toISOString();
  const large = `/api/organizations/${FULL.organization}/images/large`;
  const swrLarge = `/v2/manage/namespaces/${FULL.organization}/repos/large`;
  const images = (extra: Record<string, readonly (string | undefined)[]> = {}) => ({
    sort: ["name", "updated", "tags"],
    q: texts,
    category: [undefined, FULL.rareCategory, "other"],
    architecture: [undefined, FULL.rareArchitecture, "amd64"],
    ...extra,
  });
  return [
    ...list(
      "admin",
      "/api/images",
      combinations({
        scope: ["own"],
        ...images({ organization: [undefined, "big", "small"], public: [undefined, "true"] }),
      }),
    ),
    ...list("admin", "/api/images", combinations({ scope: ["sent", "shared", "public", "all"], ...images() })),
    ...list("member", "/api/images", combinations({ scope: ["own", "sent"], ...images() })),
    ...list("guest", "/api/images", combinations({ scope: ["own", "all"], ...images({ category: [undefined] }) })),
    ...list(
      "partner",
      "/api/images",
      combinations({ scope: ["own", "shared", "all"], ...images({ category: [undefined, FULL.rareCategory] }) }),
    ),
    ...list("nobody", "/api/image-centre", combinations({ ...images(), order: [undefined, "asc"] })),
    ...list(
      "admin",
      "/api/audit",
      combinations({
        organization: [undefined, "small", "none"],
        user: [undefined, FULL.guest],
        account: [undefined, "admin"],
        action: [undefined, "image.delete", "user.delete"],
        result: [undefined, "denied", "success"],
        since: [undefined, days(150)],
        until: [undefined, days(20), days(165)],
      }),
    ),
    ...list(
      "member",
      "/api/audit",
      combinations({
        organization: [undefined, "big"],
        action: [undefined, "user.delete"],
        result: [undefined, "denied"],
      }),
    ),
    ...(["admin", "member", "guest"] as const).flatMap((who) => [
      ...list(
        who,
        "/api/organizations",
        combinations({ search: [undefined, "org-1", "org-77", "nothing", "x"], level: [undefined, "edit"] }),
      ),
      ...list(who, "/v2/manage/namespaces", combinations({ mode: [undefined, "visible"] })),
      ...list(who, "/v2/manage/namespaces", combinations({ namespace: ["big", "small"] })),
      ...list(who, "/v2/manage/overview", [""]),
      ...list(who, "/v2/manage/reports/downflow/daily", [""]),
      ...list(who, "/v2/manage/projects/p/quotas", [""]),
      ...list(who, "/api/activity", [""]),
      ...list(who, "/api/changes", [""]),
      ...list(who, "/api/users", combinations({ search: [undefined, "user-1", "user-77", "nothing", "x"] })),
      ...list(who, "/v2/_catalog", combinations({ n: [undefined, "10"] })),
      ...list(who, "/api/shares", combinations({ direction: ["sent", "received"], q: texts })),
    ]),
    ...list("partner", "/api/shares", combinations({ direction: ["sent", "received"], q: texts })),
    ...list("admin", "/v2/manage/reports/store/daily", [""]),
    ...list("admin", "/api/accounts", combinations({ search: [undefined, "part", "nothing", "x"] })),
    ...list("admin", "/api/garbage-collection", [""]),
    ...list("scraper", "/metrics", [""], SCRAPE_CONSTANT),
    ...list("nobody", "/healthz", [""], SCRAPE_CONSTANT),
    ...list("admin", `/api/organizations/${FULL.organization}/usage`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}/usage/daily`, combinations({ days: [undefined, "365"] })),
    ...list("admin", `/api/organizations/${FULL.organization}/quota`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}/clusters`, [""]),
    ...list("admin", large, [""]),
    ...list("admin", `${large}/usage/daily`, combinations({ days: [undefined, "365"] })),
    ...list(
      "admin",
      `${large}/tags`,
      combinations({
        sort: [undefined, "name", "updated", "size"],
        order: [undefined, "asc", "desc"],
        // Few, many, none, and texts that are too short for the index.
        q: [undefined, "9998", "v99", "V1", "99999999", "w"],
      }),
    ),
    ...list("admin", `${large}/history`, combinations({ limit: [undefined, "10"] })),
    ...list("admin", `${large}/restorable-tags`, [""]),
    ...list("admin", `${large}/aging/log`, [""]),
    ...list("admin", `${large}/shares`, [""]),
    ...list("admin", `${large}/triggers`, [""]),
    ...list("admin", `${large}/immutable-tag-rules`, [""]),
    ...list(
      "admin",
      `/v2/${FULL.largeImage}/tags/list`,
      combinations({ n: [undefined, "10"], last: [undefined, "v5"] }),
    ),
    ...list(
      "admin",
      "/v2/manage/repos",
      combinations({
        order_column: [undefined, "name", "updated_time", "tag_count", "namespace", "is_public"],
        order_type: [undefined, "desc"],
        namespace: [undefined, "big", "small"],
        name: [undefined, "image-77", "image-1", "nothing"],
        category: [undefined, FULL.rareCategory, "other"],
        is_public: [undefined, "true"],
      }),
      SWR_CONSTANT,
    ),
    ...list(
      "member",
      "/v2/manage/repos",
      combinations({ namespace: [undefined, "big"], name: [undefined, "image-77"] }),
      SWR_CONSTANT,
    ),
    ...list(
      "guest",
      "/v2/manage/repos",
      combinations({ namespace: [undefined, "big"], name: [undefined, "image-77"] }),
      SWR_CONSTANT,
    ),
    ...list(
      "admin",
      "/v2/manage/repos",
      combinations({ offset: ["5000", "10000"], limit: ["10", "1000"] }),
      SWR_CONSTANT,
    ),
    ...(["admin", "partner"] as const).flatMap((who) =>
      list(
        who,
        "/v2/manage/shared-repositories",
        combinations({
          center: ["self", "thirdparty"],
          order_column: [undefined, "name", "updated_time", "tag_count", "namespace", "domain_name"],
          namespace: [undefined, "big"],
          name: [undefined, "image-77", "nothing"],
          status: [undefined, "true", "false"],
        }),
        SWR_CONSTANT,
      ),
    ),
    ...(["admin", "member", "guest"] as const).flatMap((who) =>
      list(
        who,
        "/v3/manage/repos",
        combinations({
          namespace: [undefined, "big", "small"],
          name: [undefined, "image-77", "nothing"],
          is_public: [undefined, "true"],
          marker: [undefined, "3000"],
        }),
        SWR_CONSTANT,
      ),
    ),
    ...(["admin", "partner"] as const).flatMap((who) =>
      list(
        who,
        "/v3/manage/shared-repositories",
        combinations({
          shared_by: ["self", "thirdparty"],
          name: [undefined, "image-77", "nothing"],
          status: [undefined, "true", "false"],
        }),
        SWR_CONSTANT,
      ),
    ),
    ...list(
      "admin",
      `${swrLarge}/tags`.replace("/v2/", "/v3/"),
      combinations({
        order_column: [undefined, "tag"],
        order_type: [undefined, "asc"],
        marker: [undefined, "v5"],
        with_manifest: [undefined, "true"],
      }).filter((query) => query.includes("order_column") || !query.includes("marker")),
      20_000,
    ),
    ...list("admin", `${swrLarge}/v77/accessories`, combinations({ limit: [undefined, "100"] }), 20_000),
    ...list("admin", `${swrLarge}/v77/references`, [""], 20_000),
    ...list(
      "admin",
      `${swrLarge}/tags`,
      combinations({
        order_column: [undefined, "tag", "updated_at"],
        order_type: [undefined, "asc", "desc"],
        tag: [undefined, "v77"],
        offset: [undefined, "10000"],
      }),
      20_000,
    ),
    ...list("admin", `${swrLarge}/retentions/histories`, combinations({ offset: [undefined, "10000"] }), 20_000),
    ...list("admin", `/v2/${FULL.largeImage}/manifests/v77`, [""]),
    ...list("admin", `/v2/${FULL.largeImage}/referrers/${DIGEST}`, [""]),
    ...list("admin", "/v3/auth/domains", [""]),
    ...list("admin", "/v3/projects", [""]),
  ];
}

/** The length of the longest list in an answer. */
export function entriesOf(body: unknown): number {
  if (Array.isArray(body)) return body.length;
  if (typeof body !== "object" || body === null) return 0;
  return Math.max(0, ...Object.values(body).map((value) => (Array.isArray(value) ? value.length : 0)));
}
