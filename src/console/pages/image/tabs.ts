import type { ParseKeys } from "i18next";
import type { ComponentType } from "react";
import { lazyPage } from "../../shell/lazy-page.ts";
import type { CurrentImage } from "./image-context.ts";

/** A part of an image's page, with an address of its own: `/images/<organization>/<image>/<id>`. */
export interface ImageTab {
  id: string;
  /** Its label in the area `image`. */
  label: ParseKeys<"image">;
  /** What it shows; finds its image by `useImage()`. */
  page: ComponentType;
  /** Whether it is there for the user. */
  isFor: (image: CurrentImage) => boolean;
}

/** The tabs from left to right. The first one is what the page shows at first. */
export const IMAGE_TABS: readonly ImageTab[] = [
  { id: "tags", label: "tabTags", page: lazyPage(() => import("./tags-tab.tsx")), isFor: () => true },
  {
    id: "description",
    label: "tabDescription",
    page: lazyPage(() => import("./description-tab.tsx")),
    isFor: () => true,
  },
  {
    id: "history",
    label: "tabHistory",
    page: lazyPage(() => import("./history-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "permissions",
    label: "tabPermissions",
    page: lazyPage(() => import("../image-settings/permissions-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "sharing",
    label: "tabSharing",
    page: lazyPage(() => import("../image-settings/sharing-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "triggers",
    label: "tabTriggers",
    page: lazyPage(() => import("../triggers/triggers-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "aging",
    label: "tabAging",
    page: lazyPage(() => import("../image-settings/aging-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "immutable-tags",
    label: "tabImmutableTags",
    page: lazyPage(() => import("../image-settings/immutable-tags-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
];
