import { ApiError } from "../../api/client.ts";
import type { ImageName } from "../../api/image-name.ts";
import { archivePath } from "./image-paths.ts";

/**
 * Has the browser download a tag or manifest as an archive. It is asked for first: a browser that follows a link to a
 * refusal would show it in place of the console.
 *
 * @param platform only this platform of an index, `os/architecture[/variant]`.
 * @throws ApiError when the registry refuses it, TypeError when it does not answer.
 */
export async function downloadArchive(name: ImageName, reference: string, platform?: string): Promise<void> {
  const path = archivePath(name, reference, platform);
  const { ok, status, statusText } = await fetch(path, { method: "HEAD" });
  if (!ok) throw new ApiError(status, [{ code: `HTTP_${status}`, message: `${status} ${statusText}`.trim() }]);
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
