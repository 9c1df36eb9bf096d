/** Rights of users on organizations and on single images (guide 6). Both are asked for and changed alike. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import { useSettled } from "./use-settled.ts";

export const LEVELS = ["read", "edit", "manage"] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a right includes another. */
export function isAtLeast(level: Level | null | undefined, wanted: Level): boolean {
  return level !== null && level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

/** What rights are on: an organization, or one of its images. */
export interface PermissionTarget {
  organization: string;
  image?: string;
}

export interface Permission {
  userId: string;
  name: string;
  level: Level;
}

/** Who may do what: one's own right, by whatever permission, and what others were granted on the target itself. */
export interface Permissions {
  own: Permission;
  others: Permission[];
}

const OF_ORGANIZATION = "/api/organizations/{organization}/permissions";
const OF_IMAGE = "/api/organizations/{organization}/images/{image}/permissions";

function keyOfTarget({ organization, image }: PermissionTarget) {
  return image === undefined ? keyOf(OF_ORGANIZATION, { organization }) : keyOf(OF_IMAGE, { organization, image });
}

function readPermission({ id, user, level }: components["schemas"]["Permission"]): Permission {
  return { userId: id, name: user, level };
}

/** The path's parameters for either kind of target; what an organization does not need is left out of its path. */
function pathOf({ organization, image = "" }: PermissionTarget) {
  return { organization, image };
}

/** Who has rights on the target, for everybody with a right to it. Refused where one sees it for other reasons. */
export function usePermissions(target: PermissionTarget, { isEnabled = true } = {}) {
  return useQuery({
    queryKey: keyOfTarget(target),
    queryFn: async ({ signal }): Promise<Permissions> => {
      const options = { params: { path: pathOf(target) }, signal };
      const answer =
        target.image === undefined
          ? unwrap(await api.GET(OF_ORGANIZATION, options))
          : unwrap(await api.GET(OF_IMAGE, options));
      return { own: readPermission(answer.own), others: answer.permissions.map(readPermission) };
    },
    enabled: isEnabled,
  });
}

/** What one can do with rights on the target; what is granted takes effect for all named users or for none. */
export function usePermissionChanges(target: PermissionTarget) {
  const path = pathOf(target);
  const isImage = target.image !== undefined;
  // How many users an organization has is told there.
  const stale = [keyOfTarget(target), keyOf("/api/organizations"), keyOf("/api/organizations/{organization}")];
  const grant = useChange(
    (permissions: readonly Permission[]) => {
      const body = { permissions: permissions.map(({ name, level }) => ({ user: name, level })) };
      const request = { params: { path }, body };
      return isImage ? api.POST(OF_IMAGE, request) : api.POST(OF_ORGANIZATION, request);
    },
    ...stale,
  );
  const change = useChange(
    ({ name, level, before }: Permission & { before: Level }) => {
      const request = { params: { path: { ...path, user: name } }, body: { level }, ...ifUnchanged(before) };
      return isImage ? api.PATCH(`${OF_IMAGE}/{user}`, request) : api.PATCH(`${OF_ORGANIZATION}/{user}`, request);
    },
    ...stale,
  );
  const revoke = useChange(
    ({ name }: Permission) => {
      const request = { params: { path: { ...path, user: name } } };
      return isImage ? api.DELETE(`${OF_IMAGE}/{user}`, request) : api.DELETE(`${OF_ORGANIZATION}/{user}`, request);
    },
    ...stale,
  );
  return { grant, change, revoke };
}

/** How many users are proposed at once. */
const PROPOSALS = 20;

/**
 * Users of one's account whose name contains a text, by name; all of them for none. What was found before stays until the
 * answer comes.
 */
export function useUserSearch(text: string) {
  const search = useSettled(text.trim());
  const query = { limit: PROPOSALS, ...(search !== "" && { search }) };
  return queries.useQuery(
    "get",
    "/api/users",
    { params: { query } },
    { select: ({ users }) => users, placeholderData: keepPreviousData },
  );
}
