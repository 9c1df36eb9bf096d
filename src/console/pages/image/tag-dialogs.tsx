import { DeleteTagsDialog } from "./delete-tags-dialog.tsx";
import { PullDialog } from "./pull-dialog.tsx";
import { RetagDialog } from "./retag-dialog.tsx";

/** What somebody wants to do with tags, in a dialog. */
export type TagTask =
  | { kind: "pull"; tag: string; artifactType: string | null }
  | { kind: "retag"; tag: string }
  | { kind: "delete"; tags: readonly string[] };

export interface TagDialogsProps {
  /** Undefined: none is open. */
  task: TagTask | undefined;
  onClose: () => void;
  /** Called with the tags that are gone. */
  onDeleted?: (tags: readonly string[]) => void;
}

/** The dialogs for tags, of which one at most is open. */
export function TagDialogs({ task, onClose, onDeleted }: TagDialogsProps) {
  return (
    <>
      <PullDialog
        isOpen={task?.kind === "pull"}
        onClose={onClose}
        target={task?.kind === "pull" ? { reference: task.tag, artifactType: task.artifactType } : undefined}
      />
      <RetagDialog isOpen={task?.kind === "retag"} onClose={onClose} source={task?.kind === "retag" ? task.tag : ""} />
      <DeleteTagsDialog
        isOpen={task?.kind === "delete"}
        onClose={onClose}
        tags={task?.kind === "delete" ? task.tags : []}
        onDeleted={onDeleted}
      />
    </>
  );
}
