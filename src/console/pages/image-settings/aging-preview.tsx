import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { agingPreview, type AgingRuleContent, type PreviewedTag, useAgingChanges } from "../../api/aging.ts";
import { useSettings } from "../../api/settings.ts";
import {
  Button,
  Card,
  ConfirmDialog,
  Disclosure,
  ErrorNotice,
  errorText,
  LoadMore,
  Name,
  Notice,
  Table,
  type TableColumn,
  Time,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import styles from "./image-settings.module.css";

export interface AgingPreviewProps {
  /** Its preview has been fetched. */
  rule: AgingRuleContent;
  onSaved: () => void;
}

/** What a rule would delete now, what it would keep, why, and the button that lets it. */
export function AgingPreview({ rule, onSaved }: AgingPreviewProps) {
  const { t } = useTranslation("aging");
  const { organization, image } = useImage();
  const preview = useInfiniteQuery(agingPreview({ organization, image }, rule));
  const { save } = useAgingChanges({ organization, image });
  const { data: settings } = useSettings();
  const [isConfirming, setConfirming] = useState(false);
  const tags = preview.data?.pages.flatMap((page) => page.tags) ?? [];
  const going = tags.filter(({ expired }) => expired);
  const staying = tags.filter(({ expired }) => !expired);
  const hasMore = preview.hasNextPage;

  async function saveRule() {
    await save.mutateAsync(rule);
    toast(t("saved"));
    onSaved();
  }
  function saveAtOnce() {
    saveRule().catch((error: unknown) => toast(errorText(error), { tone: "danger" }));
  }
  // Of tags that are not counted yet, some may go.
  const isHarmless = going.length === 0 && !hasMore;
  const count = going.length;
  return (
    <Card
      title={t("previewing")}
      actions={
        <Button
          variant={isHarmless ? "primary" : "danger"}
          isPending={save.isPending}
          onPress={isHarmless ? saveAtOnce : () => setConfirming(true)}
        >
          {t("save")}
        </Button>
      }
    >
      <div className={styles.stack}>
        <Notice
          tone={isHarmless ? "success" : "warning"}
          title={count === 0 ? t("nothingGoes") : t("goes", { count })}
          role="status"
        >
          {tags.length === 0 ? t("noTags") : t("stays", { count: staying.length })}
          {hasMore && ` ${t("ofNewest", { count: tags.length })}`}
        </Notice>
        {preview.error && <ErrorNotice error={preview.error} onRetry={preview.fetchNextPage} />}
        {hasMore && (
          <div>
            <Button isPending={preview.isFetchingNextPage} onPress={() => void preview.fetchNextPage()}>
              {t("countRest")}
            </Button>
          </div>
        )}
        {count > 0 && <TagTable label={t("goesTable")} tags={going} />}
        {staying.length > 0 && (
          <Disclosure title={t("stays", { count: staying.length })}>
            <TagTable label={t("staysTable")} tags={staying} />
          </Disclosure>
        )}
      </div>
      <ConfirmDialog
        title={hasMore ? t("saveTitleAtLeast", { count }) : t("saveTitle", { count })}
        isOpen={isConfirming}
        onClose={() => setConfirming(false)}
        confirmLabel={t("saveConfirm")}
        danger
        onConfirm={saveRule}
      >
        {t("saveText")} {settings && t("restorable", { count: settings.graceDays })}
      </ConfirmDialog>
    </Card>
  );
}

/** As many rows as are drawn at a time: an image may have thousands of tags. */
const ROWS = 100;

function TagTable({ label, tags }: { label: string; tags: readonly PreviewedTag[] }) {
  const { t } = useTranslation("aging");
  const [shown, setShown] = useState(ROWS);
  const columns: TableColumn<PreviewedTag>[] = [
    { id: "tag", header: t("tag"), isRowHeader: true, cell: ({ tag }) => <Name>{tag}</Name> },
    { id: "pushed", header: t("pushed"), width: "160px", cell: ({ pushed }) => <Time value={pushed} /> },
    { id: "reason", header: t("reason"), width: "200px", cell: ({ reason }) => t(`reasons.${reason}`) },
  ];
  return (
    <div>
      <Table label={label} columns={columns} rows={tags.slice(0, shown)} rowKey={({ tag }) => tag} maxHeight="26rem" />
      <LoadMore hasMore={shown < tags.length} isLoading={false} onLoadMore={() => setShown(shown + ROWS)} />
    </div>
  );
}
