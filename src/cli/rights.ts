/** Rights of users: guide 4.6 has three, which SWR's API numbers. */
import type { Argv } from "yargs";
import { type Api, unwrap } from "./api.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { printTable } from "./output.ts";

export const RIGHTS = ["read", "edit", "manage"] as const;
export type Right = (typeof RIGHTS)[number];

const NUMBERS = { read: 1, edit: 3, manage: 7 } as const satisfies Record<Right, number>;

/** As the API writes it. */
export function numberOf(right: Right): 1 | 3 | 7 {
  return NUMBERS[right];
}

/** As people call a number of the API. */
export function rightOf(auth: number): string {
  return RIGHTS.find((right) => NUMBERS[right] === auth) ?? String(auth);
}

/** Adds the argument `user`. */
export function withUser<T>(yargs: Argv<T>): Argv<T & { user: string }> {
  return yargs.positional("user", { type: "string", demandOption: true, describe: "A user of your account" });
}

/** Adds the argument `right`. */
export function withRight<T>(yargs: Argv<T>): Argv<T & { right: Right }> {
  const describe = "To pull; also to push; also to delete, grant and share";
  return yargs.positional("right", { choices: RIGHTS, demandOption: true, describe });
}

interface UserRight {
  user_id: string;
  user_name: string;
  auth: number;
}

/** Prints who may do what. */
export function printRights({
  self_auth: own,
  others_auths: others,
}: {
  self_auth: UserRight;
  others_auths: UserRight[];
}): void {
  printTable(
    [
      { heading: "USER", value: (user) => user.user_name },
      { heading: "RIGHT", value: (user) => rightOf(user.auth) },
      { heading: "ID", value: (user) => user.user_id },
    ],
    [own, ...others],
    "Nobody has a right.",
  );
}

/**
 * Finds a user of one's account by name.
 *
 * @throws Failure (not found).
 */
export async function findUser(api: Api, name: string): Promise<{ id: string; name: string }> {
  for (let cursor: string | null = null; ;) {
    const query: { search: string; limit: number; cursor?: string } = {
      search: name,
      limit: 100,
      ...(cursor !== null && { cursor }),
    };
    const { users, next } = unwrap(await api.GET("/api/users", { params: { query } }));
    const user = users.find((each) => each.name === name);
    if (user) return user;
    if (next === null) throw new Failure(EXIT.notFound, `there is no user ${name} in your account`);
    cursor = next;
  }
}
