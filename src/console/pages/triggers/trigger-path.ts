import type { ImageName } from "../../../kernel/reference.ts";
import { imagePath } from "../image/image-paths.ts";

/** The page of a trigger. */
export function triggerPath(image: ImageName, trigger: string): string {
  return `${imagePath(image, "triggers")}/${encodeURIComponent(trigger)}`;
}
