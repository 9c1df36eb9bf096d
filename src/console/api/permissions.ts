/** Rights of users on organizations and on single images (guide 6). Both are asked for and changed alike. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { components } from "./schema.d.ts";
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

type UserAuth = components["schemas"]["UserAuth"];

const LEVEL_OF = { 1: "read", 3: "edit", 7: "manage" } as const;
const AUTH_OF = { read: 1, edit: 3, manage: 7 } as const;

const OF_ORGANIZATION = "/v2/manage/namespaces/{namespace}/access";
const OF_IMAGE = "/v2/manage/namespaces/{namespace}/repos/{repository}/access";

function keyOf(target: PermissionTarget) {
  return [target.image === undefined ? OF_ORGANIZATION : OF_IMAGE, target] as const;
}

function readAuth({ user_id, user_name, auth }: UserAuth): Permission {
  return { userId: user_id, name: user_name, level: LEVEL_OF[auth] };
}

function writeAuths(permissions: readonly Permission[]) {
  return permissions.map(({ userId, name, level }) => ({ user_id: userId, user_name: name, auth: AUTH_OF[level] }));
}

/** The path's parameters for either kind of target; what an organization does not need is left out of its path. */
function pathOf({ organization, image = "" }: PermissionTarget) {
  return { namespace: organization, repository: image };
}

/** Who has rights on the target, for everybody with a right to it. Refused where one sees it for other reasons. */
export function usePermissions(target: PermissionTarget, { isEnabled = true } = {}) {
  return useQuery({
    queryKey: keyOf(target),
    queryFn: async ({ signal }): Promise<Permissions> => {
      const options = { params: { path: pathOf(target) }, signal };
      const answer =
        target.image === undefined
          ? unwrap(await api.GET(OF_ORGANIZATION, options))
          : unwrap(await api.GET(OF_IMAGE, options));
      return { own: readAuth(answer.self_auth), others: answer.others_auths.map(readAuth) };
    },
    enabled: isEnabled,
  });
}

/** What one can do with rights on the target; each call takes effect for all named users or for none. */
export function usePermissionChanges(target: PermissionTarget) {
  const client = useQueryClient();
  const params = { path: pathOf(target) };
  const isImage = target.image !== undefined;
  const onSettled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: keyOf(target) }),
      // How many users an organization has is told there.
      client.invalidateQueries({ queryKey: ["/api/organizations"] }),
      client.invalidateQueries({ queryKey: ["/api/organizations/{organization}"] }),
    ]);
  const grant = useMutation({
    mutationFn: async (permissions: readonly Permission[]) => {
      const body = writeAuths(permissions);
      unwrap(isImage ? await api.POST(OF_IMAGE, { params, body }) : await api.POST(OF_ORGANIZATION, { params, body }));
    },
    onSettled,
  });
  const change = useMutation({
    mutationFn: async (permission: Permission) => {
      const body = writeAuths([permission]);
      unwrap(
        isImage ? await api.PATCH(OF_IMAGE, { params, body }) : await api.PATCH(OF_ORGANIZATION, { params, body }),
      );
    },
    onSettled,
  });
  const revoke = useMutation({
    mutationFn: async ({ userId }: Permission) => {
      const body = [userId];
      unwrap(
        isImage ? await api.DELETE(OF_IMAGE, { params, body }) : await api.DELETE(OF_ORGANIZATION, { params, body }),
      );
    },
    onSettled,
  });
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
  return useQuery({
    queryKey: ["/api/users", query],
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/users", { params: { query }, signal })).users,
    placeholderData: (before) => before,
  });
}
