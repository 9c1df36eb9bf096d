import { useTranslation } from "react-i18next";
import type { GarbageCounts } from "../../api/garbage.ts";
import { Bytes, Card, formatNumber } from "../../ui/index.ts";
import styles from "./garbage-collection.module.css";

export interface GarbageCardProps {
  title: string;
  description: string;
  counts: GarbageCounts;
}

/** An amount of garbage, in numbers. */
export function GarbageCard({ title, description, counts }: GarbageCardProps) {
  const { t } = useTranslation("operations");
  const { manifests, blobs, objects, bytes, exact } = counts;
  const count = (value: number) => {
    const number = formatNumber(value);
    return exact ? number : t("garbage.atLeast", { number });
  };
  const items = [
    { term: t("garbage.bytes"), value: <Bytes value={bytes} /> },
    { term: t("garbage.manifests"), value: count(manifests) },
    { term: t("garbage.blobs"), value: count(blobs) },
    { term: t("garbage.objects"), value: count(objects) },
  ];
  return (
    <Card title={title}>
      <dl className={styles.counts}>
        {items.map(({ term, value }) => (
          <div key={term} className={styles.count}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.description}>{description}</p>
    </Card>
  );
}
