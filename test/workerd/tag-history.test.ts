import { env } from "cloudflare:workers";
import { it } from "vitest";
import { digestOf, imageManifest, newRepository, putManifest, send } from "../support/workerd/registry-requests.ts";

async function historyOf(repository: string, tag: string): Promise<(string | null)[]> {
  const { results } = await env.DB.prepare(
    `SELECT digest FROM tag_history JOIN repositories ON repositories.id = repository_id
     WHERE name = ? AND tag = ? AND user_id IS NOT NULL ORDER BY tag_history.id`,
  )
    .bind(repository, tag)
    .all<{ digest: string | null }>();
  return results.map((row) => row.digest);
}

it("a tag's history has each manifest that it was moved to, and its deletions", async ({ expect }) => {
  const repository = newRepository();
  const manifests = [await imageManifest(repository), await imageManifest(repository)];
  const [first = "", second = ""] = manifests.map((manifest) => digestOf(JSON.stringify(manifest)));
  await putManifest(repository, "moving", manifests[0]);
  await putManifest(repository, "moving", manifests[0]); // the same again moves nothing
  await putManifest(repository, `${second}?tag=moving&tag=other`, manifests[1]);
  await send("DELETE", `/v2/${repository}/manifests/moving`);
  await send("DELETE", `/v2/${repository}/manifests/moving`); // there is nothing left to delete
  await putManifest(repository, "moving", manifests[0]);
  await send("DELETE", `/v2/${repository}/manifests/${first}`);
  expect(await historyOf(repository, "moving")).toEqual([first, second, null, first, null]);
  expect(await historyOf(repository, "other")).toEqual([second]);
});
