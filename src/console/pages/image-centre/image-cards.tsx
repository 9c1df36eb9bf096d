import { useTranslation } from "react-i18next";
import type { FoundImage } from "../../api/images.ts";
import { Chips, formatNumber, Link, Name, Skeleton, Time } from "../../ui/index.ts";
import { firstLine } from "../image/first-line.ts";
import { imagePath } from "../../paths.ts";
import styles from "./image-cards.module.css";

export interface ImageCardsProps {
  images: readonly FoundImage[];
  /** They answer an earlier question: shown paler. */
  isStale: boolean;
}

/** Images as cards: what each is, and for which architectures. */
export function ImageCards({ images, isStale }: ImageCardsProps) {
  const { t } = useTranslation("centre");
  return (
    <ul className={styles.cards} aria-label={t("results")} aria-busy={isStale}>
      {images.map((image) => (
        <li key={`${image.organization}/${image.image}`} className={styles.card}>
          <ImageCard image={image} />
        </li>
      ))}
    </ul>
  );
}

function ImageCard({ image }: { image: FoundImage }) {
  const { t } = useTranslation(["centre", "images"]);
  const summary = firstLine(image.description);
  return (
    <article className={styles.content}>
      <h2 className={styles.name}>
        <Link href={imagePath(image)}>
          <Name>
            <span className={styles.organization}>{image.organization}/</span>
            {image.image}
          </Name>
        </Link>
      </h2>
      <p className={styles.summary}>{summary ? <bdi>{summary}</bdi> : t("noDescription")}</p>
      {image.architectures.length > 0 && (
        <Chips label={t("architectures")} items={image.architectures.map((id) => ({ id, label: id }))} />
      )}
      <ul className={styles.facts}>
        <li>{t(`images:category.${image.category}`)}</li>
        <li>{t("tags", { count: image.tags, number: formatNumber(image.tags) })}</li>
        <li>{t("pulls", { count: image.pulls, number: formatNumber(image.pulls) })}</li>
        <li className={styles.time}>
          <Time value={image.updated} />
        </li>
      </ul>
    </article>
  );
}

/** As many as fill the first screen. */
const SKELETONS = 6;

/** Keeps the place of the cards. */
export function ImageCardsLoading() {
  return (
    <div className={styles.cards}>
      {Array.from({ length: SKELETONS }, (_, index) => (
        <Skeleton key={index} height="9.5rem" />
      ))}
    </div>
  );
}
