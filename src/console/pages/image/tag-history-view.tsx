import { useTagHistory } from "../../api/image-tags.ts";
import { useImage } from "./image-context.ts";
import { TagHistory } from "./tag-history.tsx";

/** What one tag pointed to, newest first. */
export function TagHistoryView({ tag }: { tag: string }) {
  return <TagHistory list={useTagHistory(useImage(), tag)} showsTag={false} />;
}
