import { useTranslation } from "react-i18next";
import { Badge, Bytes, formatNumber, Name, Time } from "../../ui/index.ts";
import { firstLine } from "./first-line.ts";
import { useImage } from "./image-context.ts";
import styles from "./image-facts.module.css";

/** Whether everybody may pull an image. */
export function ImageBadge({ isPublic }: { isPublic: boolean }) {
  const { t } = useTranslation();
  return <Badge tone={isPublic ? "info" : "neutral"}>{isPublic ? t("public") : t("private")}</Badge>;
}

/** What is said of an image under its name. */
export function ImageFacts() {
  const { t } = useTranslation(["image", "images"]);
  const { properties, isOwn } = useImage();
  const summary = firstLine(properties.description);
  return (
    <div className={styles.facts}>
      {summary && (
        <p className={styles.summary}>
          <bdi>{summary}</bdi>
        </p>
      )}
      <ul className={styles.list} aria-label={t("facts")}>
        {!isOwn && (
          <li>
            {t("ofAccount")} <Name>{properties.account}</Name>
          </li>
        )}
        <li>{t(`images:category.${properties.category}`)}</li>
        <li>
          <Bytes value={properties.size} />
        </li>
        {properties.companions > 0 && (
          <li>{t("companions", { count: properties.companions, number: formatNumber(properties.companions) })}</li>
        )}
        <li>{t("pulls", { count: properties.pulls, number: formatNumber(properties.pulls) })}</li>
        <li>
          {t("updated")} <Time value={properties.updated} />
        </li>
      </ul>
    </div>
  );
}
