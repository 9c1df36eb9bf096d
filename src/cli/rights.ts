/** Rights of users on organizations and images: guide 4.6 has three. */
import type { Argv } from "yargs";
import { RegistryRefusal } from "../client/errors.ts";
import type { components } from "../client/api/schema.d.ts";
import { printTable } from "./output.ts";

export const RIGHTS = ["read", "edit", "manage"] as const satisfies readonly Permission["level"][];
export type Right = (typeof RIGHTS)[number];

type Permission = components["schemas"]["Permission"];

/** Adds the argument `user`. */
export function withUser<T>(yargs: Argv<T>): Argv<T & { user: string }> {
  return yargs.positional("user", { type: "string", demandOption: true, describe: "A user of your account" });
}

/** Adds the argument `right`. */
export function withRight<T>(yargs: Argv<T>): Argv<T & { right: Right }> {
  const describe = "To pull; also to push; also to delete, grant and share";
  return yargs.positional("right", { choices: RIGHTS, demandOption: true, describe });
}

/** Prints who may do what, oneself first. */
export function printRights({ own, permissions }: components["schemas"]["PermissionList"]): void {
  printTable(
    [
      { heading: "USER", value: (permission) => permission.user },
      { heading: "RIGHT", value: (permission) => permission.level },
      { heading: "ID", value: (permission) => permission.id },
    ],
    [own, ...permissions],
    "Nobody has a right.",
  );
}

/** Changes the right that a user has, or grants it to one who has none. */
export async function changeOrGrant<T>(change: () => Promise<T>, grant: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof RegistryRefusal && error.code === "PERMISSION_UNKNOWN") return grant();
    throw error;
  }
}
