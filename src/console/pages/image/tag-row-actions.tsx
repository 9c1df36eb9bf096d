import { useTranslation } from "react-i18next";
import type { Tag } from "../../api/image-tags.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import { CopyButton, IconButton, IconMore, IconTerminal, Menu } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { clientsFor, pullCommands } from "./pull-commands.ts";
import type { TagTask } from "./tag-dialogs.tsx";
import styles from "./tags-tab.module.css";
import { useTagEntries } from "./use-tag-entries.tsx";

/** What can be done with one tag: copy the command that pulls it (guide 4.4), and the rest in a menu. */
export function TagRowActions({ tag, onTask }: { tag: Tag; onTask: (task: TagTask) => void }) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const entries = useTagEntries(tag.name, onTask, { isImmutable: tag.immutable });
  const target = { ...thisRegistry(), name, reference: tag.name, user: undefined };
  const { pull } = pullCommands(clientsFor(tag.artifactType)[0], target);
  const label = t("moreActionsFor", { name: tag.name });
  return (
    <span className={styles.buttons}>
      <CopyButton value={pull} label={t("copyPullOf", { name: tag.name })} />
      <Menu
        label={label}
        trigger={<IconButton label={label} icon={<IconMore />} size="small" />}
        items={[
          {
            id: "pull",
            label: t("pullOtherClients"),
            icon: <IconTerminal />,
            onAction: () => onTask({ kind: "pull", tag: tag.name, artifactType: tag.artifactType }),
          },
          ...entries,
        ]}
      />
    </span>
  );
}
