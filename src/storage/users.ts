import { eq, type SQL } from "drizzle-orm";
import type { User } from "../model/access.ts";
import type { Database } from "./database.ts";
import { accounts, users } from "./schema.ts";

export interface UserRecord extends User {
  passwordHash: string;
}

/** The columns of {@link UserRecord}, for queries that join `accounts`. */
export const USER_COLUMNS = {
  id: users.id,
  name: users.name,
  accountId: users.accountId,
  accountName: accounts.name,
  role: users.role,
  passwordHash: users.passwordHash,
};

export function findUserByName(db: Database, name: string): Promise<UserRecord | undefined> {
  return findUser(db, eq(users.name, name));
}

export function findUserById(db: Database, id: number): Promise<UserRecord | undefined> {
  return findUser(db, eq(users.id, id));
}

async function findUser(db: Database, condition: SQL): Promise<UserRecord | undefined> {
  const [row] = await db
    .select(USER_COLUMNS)
    .from(users)
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(condition);
  return row;
}
