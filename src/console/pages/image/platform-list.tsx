import { useTranslation } from "react-i18next";
import { Tooltip } from "../../ui/index.ts";
import { formatPlatform, type ShownPlatform } from "./platforms.ts";
import styles from "./tags-tab.module.css";

/** As many as fit in one or two lines of a table. */
const MAX_SHOWN = 3;

/** The platforms of a tag, the first few of many. @param count how many there are. */
export function PlatformList({ platforms, count }: { platforms: readonly ShownPlatform[]; count: number }) {
  const { t } = useTranslation("image");
  const names = platforms.map(formatPlatform);
  const hidden = names.slice(MAX_SHOWN);
  if (names.length === 0) return <span className={styles.platforms}>—</span>;
  return (
    <span className={styles.platforms}>
      {names.slice(0, MAX_SHOWN).map((name) => (
        <span key={name}>{name}</span>
      ))}
      {hidden.length > 0 && (
        <Tooltip content={hidden.join(", ")}>{t("morePlatforms", { count: count - MAX_SHOWN })}</Tooltip>
      )}
    </span>
  );
}
