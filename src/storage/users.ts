import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { users } from "./schema.ts";

export type UserRecord = typeof users.$inferSelect;

export async function findUserByName(db: Database, name: string): Promise<UserRecord | undefined> {
  const [row] = await db.select().from(users).where(eq(users.name, name));
  return row;
}

export async function findUserById(db: Database, id: number): Promise<UserRecord | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row;
}
