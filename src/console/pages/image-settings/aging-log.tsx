import { useTranslation } from "react-i18next";
import { type AgingLogEntry, useAgingLog } from "../../api/aging.ts";
import { Card, Digest, Empty, LinkButton, Name, type TableColumn, Time } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { imagePath } from "../../paths.ts";
import { CursorTable } from "../lists/cursor-table.tsx";

/** The tags that rules have deleted. */
export function AgingLog() {
  const { t } = useTranslation("aging");
  const { organization, image, canEdit } = useImage();
  const list = useAgingLog({ organization, image });
  const columns: TableColumn<AgingLogEntry>[] = [
    { id: "tag", header: t("tag"), isRowHeader: true, cell: ({ tag }) => <Name>{tag}</Name> },
    { id: "run", header: t("run"), width: "160px", cell: ({ run }) => <Time value={run} /> },
    {
      id: "rule",
      header: t("rule"),
      width: "160px",
      cell: ({ rule: { kind, amount } }) =>
        kind === "date_rule" ? t("ruleAge", { count: amount }) : t("ruleCount", { count: amount }),
    },
    {
      id: "digest",
      header: t("digest"),
      width: "240px",
      hideBelow: "medium",
      cell: ({ digest }) => <Digest value={digest} />,
    },
  ];
  return (
    <Card
      title={t("log")}
      description={t("logIntro")}
      actions={
        canEdit &&
        list.rows.length > 0 && (
          <LinkButton href={imagePath({ organization, image }, "history")}>{t("restore")}</LinkButton>
        )
      }
      isFlush
    >
      <CursorTable
        label={t("log")}
        list={list}
        columns={columns}
        rowKey={({ run, tag, digest }) => `${run} ${tag} ${digest}`}
        emptyState={<Empty title={t("logEmpty")} />}
      />
    </Card>
  );
}
