import { useTranslation } from "react-i18next";
import { Card, Table } from "../../ui/index.ts";
import styles from "./value-table.module.css";

export interface ValueTableProps {
  title: string;
  /** What the names are. */
  nameLabel: string;
  values: readonly (readonly [name: string, value: string])[];
  /** Said where there are none. */
  emptyText?: string;
}

/** Names and their values: variables, labels, annotations. */
export function ValueTable({ title, nameLabel, values, emptyText }: ValueTableProps) {
  const { t } = useTranslation("image");
  return (
    <Card title={title} isFlush>
      <Table
        label={title}
        columns={[
          {
            id: "name",
            header: nameLabel,
            width: "34%",
            isRowHeader: true,
            cell: ([name]) => (
              <code className={styles.text} dir="ltr">
                {name}
              </code>
            ),
          },
          {
            id: "value",
            header: t("value"),
            cell: ([, value]) => (
              <code className={styles.text} dir="ltr">
                {value}
              </code>
            ),
          },
        ]}
        rows={values}
        rowKey={([name]) => name}
        emptyState={<p className={styles.none}>{emptyText}</p>}
      />
    </Card>
  );
}
