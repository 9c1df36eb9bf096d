/**
 * Which database has what (ADR 48). There is one, and all of Berth asks here for it: a database of D1 ends at 10 GB, and beyond that
 * each would have the organizations of some accounts.
 */
import type { Env } from "../env.ts";

/** The bindings that databases are among. */
export type Databases = Pick<Env, "DB">;

/**
 * The database of an organization's images, tags and manifests, of what is counted of them, and of who may use them.
 *
 * @param organization its name, as it is in a path; undefined for what belongs to none: accounts, users, logins, settings.
 */
export function databaseOf({ DB }: Databases, _organization: string | undefined): D1Database {
  return DB;
}
