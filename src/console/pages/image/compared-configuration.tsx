import { useTranslation } from "react-i18next";
import { Card, Empty, formatDate, Name, Table } from "../../ui/index.ts";
import type { ComparedSide } from "./compared-layers.tsx";
import styles from "./compared-configuration.module.css";
import { compareConfigurations, type ComparedField, type Difference } from "./comparison.ts";

/** What two configurations say differently, before and after. */
export function ComparedConfiguration({ from, to }: { from: ComparedSide; to: ComparedSide }) {
  const { t } = useTranslation("image");
  const rows = compareConfigurations(from.manifest.config, to.manifest.config);
  const value = (text: string | undefined, { group, name }: Difference) => {
    if (text === undefined) return <span className={styles.none}>{t("notSet")}</span>;
    const isTime = group === "field" && name === "built";
    return isTime ? formatDate(text, "full") : <Value text={text} />;
  };
  return (
    <Card title={t("configurationDifferences")} isFlush>
      <Table
        label={t("configurationDifferences")}
        columns={[
          { id: "name", header: t("setting"), width: "30%", isRowHeader: true, cell: (row) => <Setting row={row} /> },
          { id: "before", header: from.tag, width: "35%", cell: (row) => value(row.before, row) },
          { id: "after", header: to.tag, width: "35%", cell: (row) => value(row.after, row) },
        ]}
        rows={rows}
        rowKey={({ group, name }) => `${group} ${name}`}
        emptyState={<Empty title={t("sameConfiguration")} />}
      />
    </Card>
  );
}

function Value({ text }: { text: string }) {
  return (
    <code className={styles.value} dir="ltr">
      {text === "" ? '""' : text}
    </code>
  );
}

function Setting({ row: { group, name } }: { row: Difference }) {
  const { t } = useTranslation("image");
  if (group === "field") return t(name as ComparedField);
  return (
    <span className={styles.setting}>
      <span className={styles.none}>{group === "env" ? t("variable") : t("label")}</span> <Name>{name}</Name>
    </span>
  );
}
