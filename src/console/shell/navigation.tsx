import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session.ts";
import { isFor } from "./audience.ts";
import styles from "./navigation.module.css";
import { isCurrent, SECTION_GROUPS } from "./sections.ts";

/** The links to all places that the user may go to. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  const user = useSession().data ?? null;
  return (
    <nav aria-label={t("navigation")} className={styles.navigation}>
      {SECTION_GROUPS.map(({ heading, sections }) => {
        const visible = sections.filter(({ audience }) => isFor(audience, user));
        if (visible.length === 0) return null;
        return (
          <div key={heading ?? ""} className={styles.group}>
            {heading && <h2 className={styles.heading}>{t(heading)}</h2>}
            <ul>
              {visible.map((section) => (
                <li key={section.href}>
                  <Link
                    href={section.href}
                    className={styles.link}
                    aria-current={isCurrent(section, path) ? "page" : undefined}
                    onClick={onNavigate}
                  >
                    <section.icon />
                    {t(section.label)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
