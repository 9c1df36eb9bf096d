import type { RepositoryName } from "../../../src/kernel/reference.ts";
import type { Actor } from "../../../src/model/rights/access.ts";
import { batchIn } from "../../../src/storage/images/repositories.ts";
import { repositories } from "../../../src/storage/schema.ts";
import type { Stores } from "../../../src/storage/stores.ts";
import { eq } from "drizzle-orm";
import { send } from "./registry-requests.ts";

/** Creates a repository, and its organization, as a first push does; one that exists stays. Answers its id. */
export async function createRepository({ db }: Stores, actor: Actor, name: RepositoryName): Promise<number> {
  const creation = { actor, organizationQuota: Number.MAX_SAFE_INTEGER, isImage: true };
  const [[row]] = await batchIn(db, name, creation, [
    db.select({ id: repositories.id }).from(repositories).where(eq(repositories.name, name)),
  ]);
  if (!row) throw new Error(`repository ${name} was not created`);
  return row.id;
}

/** Makes a name that has had blobs alone an image, as somebody does by hand: otherwise its first manifest would (ADR 34). */
export async function makeImage(repository: string): Promise<void> {
  const [organization, ...image] = repository.split("/");
  const body = JSON.stringify({ image: image.join("/") });
  const headers = { "Content-Type": "application/json" };
  const created = await send("POST", `/api/organizations/${organization}/images`, { body, headers });
  if (created.status !== 201) throw new Error(`creating ${repository}: ${created.status} ${await created.text()}`);
}
