import { parse } from "regexparam";
import { matchRoute } from "wouter";
import { PATHS } from "./paths.ts";
import { lazyFirstPage, type LazyPage, lazyPage } from "./shell/lazy-page.ts";

/** Whom a page is for; each includes those after it. */
export type Audience = "anyone" | "user" | "administrator" | "operator";

/** A page of the console and its address, in wouter's patterns. */
export interface ConsoleRoute {
  path: string;
  page: LazyPage;
  audience: Audience;
}

/** All pages; the first that fits an address counts. Each is loaded when somebody goes there. */
export const ROUTES: readonly ConsoleRoute[] = [
  { path: PATHS.overview, page: lazyFirstPage(() => import("./pages/overview/overview.tsx")), audience: "user" },
  { path: PATHS.signIn, page: lazyFirstPage(() => import("./pages/session/sign-in.tsx")), audience: "anyone" },
  { path: PATHS.password, page: lazyFirstPage(() => import("./pages/session/change-password.tsx")), audience: "user" },
  {
    path: "/images/:organization/:image/tags/:tag",
    page: lazyPage(() => import("./pages/image/tag-page.tsx")),
    audience: "anyone",
  },
  {
    path: "/images/:organization/:image/compare",
    page: lazyPage(() => import("./pages/image/compare-page.tsx")),
    audience: "anyone",
  },
  {
    path: "/images/:organization/:image/triggers/:trigger",
    page: lazyPage(() => import("./pages/triggers/trigger-page.tsx")),
    audience: "user",
  },
  {
    path: "/images/:organization/:image/:tab?",
    page: lazyPage(() => import("./pages/image/image-page.tsx")),
    audience: "anyone",
  },
  { path: PATHS.upload, page: lazyPage(() => import("./pages/upload/upload.tsx")), audience: "user" },
  { path: "/images/:list?", page: lazyPage(() => import("./pages/images/images.tsx")), audience: "user" },
  {
    path: PATHS.organizations,
    page: lazyPage(() => import("./pages/organizations/organizations.tsx")),
    audience: "user",
  },
  {
    path: "/organizations/:organization/:tab?",
    page: lazyPage(() => import("./pages/organizations/organization-page.tsx")),
    audience: "user",
  },
  {
    path: PATHS.imageCentre,
    page: lazyPage(() => import("./pages/image-centre/image-centre.tsx")),
    audience: "anyone",
  },
  { path: PATHS.accessKeys, page: lazyPage(() => import("./pages/account/access-keys.tsx")), audience: "user" },
  { path: PATHS.logins, page: lazyPage(() => import("./pages/account/logins.tsx")), audience: "user" },
  { path: PATHS.users, page: lazyPage(() => import("./pages/account/users.tsx")), audience: "administrator" },
  { path: PATHS.remotes, page: lazyPage(() => import("./pages/account/remotes.tsx")), audience: "administrator" },
  {
    path: PATHS.trustedIssuers,
    page: lazyPage(() => import("./pages/account/trusted-issuers.tsx")),
    audience: "administrator",
  },
  { path: PATHS.accounts, page: lazyPage(() => import("./pages/account/accounts.tsx")), audience: "operator" },
  { path: PATHS.quotas, page: lazyPage(() => import("./pages/quotas/quotas.tsx")), audience: "operator" },
  { path: PATHS.audit, page: lazyPage(() => import("./pages/operations/audit.tsx")), audience: "user" },
  {
    path: PATHS.garbageCollection,
    page: lazyPage(() => import("./pages/operations/garbage-collection.tsx")),
    audience: "operator",
  },
  { path: PATHS.apiReference, page: lazyPage(() => import("./pages/operations/api-reference.tsx")), audience: "user" },
];

/** The page that an address shows, as `Shell` decides; undefined if there is none. */
export function routeOf(path: string): ConsoleRoute | undefined {
  return ROUTES.find((route) => matchRoute(parse, route.path, path)[0]);
}
