import type { Audience } from "../routes.ts";
import {
  type Icon,
  IconAudit,
  IconChart,
  IconCode,
  IconGlobe,
  IconHome,
  IconImage,
  IconKey,
  IconLock,
  IconOrganization,
  IconRecycle,
  IconServer,
  IconUsers,
} from "../ui/icons.tsx";

/** A place in the navigation. Its label is a key of the area `common`. */
export interface Section {
  label:
    | "overview"
    | "images"
    | "imageCentre"
    | "organizations"
    | "accessKeys"
    | "logins"
    | "users"
    | "audit"
    | "accounts"
    | "quotas"
    | "garbageCollection"
    | "apiReference";
  href: string;
  icon: Icon;
  audience: Audience;
}

/** Places that belong together, under a heading that is a key of the area `common`. */
export interface SectionGroup {
  heading?: "sectionAccount" | "sectionRegistry";
  sections: readonly Section[];
}

/** The navigation, from top to bottom. */
export const SECTION_GROUPS: readonly SectionGroup[] = [
  {
    sections: [
      { label: "overview", href: "/", icon: IconHome, audience: "user" },
      { label: "images", href: "/images", icon: IconImage, audience: "user" },
      { label: "organizations", href: "/organizations", icon: IconOrganization, audience: "user" },
      { label: "imageCentre", href: "/image-centre", icon: IconGlobe, audience: "anyone" },
    ],
  },
  {
    heading: "sectionAccount",
    sections: [
      { label: "accessKeys", href: "/access-keys", icon: IconKey, audience: "user" },
      { label: "logins", href: "/logins", icon: IconLock, audience: "user" },
      { label: "users", href: "/users", icon: IconUsers, audience: "administrator" },
      { label: "audit", href: "/audit", icon: IconAudit, audience: "user" },
    ],
  },
  {
    heading: "sectionRegistry",
    sections: [
      { label: "accounts", href: "/accounts", icon: IconServer, audience: "operator" },
      { label: "quotas", href: "/quotas", icon: IconChart, audience: "operator" },
      { label: "garbageCollection", href: "/garbage-collection", icon: IconRecycle, audience: "operator" },
      { label: "apiReference", href: "/api-reference", icon: IconCode, audience: "user" },
    ],
  },
];

/** Whether a place, or something below it, is at this path. */
export function isCurrent({ href }: Section, path: string): boolean {
  return path === href || (href !== "/" && path.startsWith(`${href}/`));
}
