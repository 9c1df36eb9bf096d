import { readProblems } from "../../../client/api/problems.ts";
import { refusalOf } from "../../api/error.ts";
import type { ImageName } from "../../api/image-name.ts";
import { archivePath } from "./image-paths.ts";

/**
 * Has the browser download a tag or manifest as an archive. It is asked for first: a browser that follows a link to a
 * refusal would show it in place of the console.
 *
 * @throws ApiError when the registry refuses it, TypeError when it does not answer.
 */
export async function downloadArchive(name: ImageName, reference: string): Promise<void> {
  const path = archivePath(name, reference);
  const { ok } = await fetch(path, { method: "HEAD" });
  if (!ok) await explainRefusal(path);
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

/** An answer to HEAD has no body that would say why. */
async function explainRefusal(path: string): Promise<void> {
  const answer = await fetch(path);
  if (answer.ok) return answer.body?.cancel();
  const body: unknown = await answer.json().catch(() => undefined);
  throw refusalOf(answer, readProblems(body));
}
