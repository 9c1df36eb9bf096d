import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconChevronEnd } from "./icons.tsx";
import { Link } from "./link.tsx";
import styles from "./page.module.css";

export interface Breadcrumb {
  label: string;
  href?: string;
}

export interface PageProps {
  /** The heading, and the start of the window's title. */
  title: string;
  /** Stands beside the heading: a badge. */
  titleAddition?: ReactNode;
  /** From the root to the parent; the page itself is the heading. */
  breadcrumbs?: readonly Breadcrumb[];
  actions?: ReactNode;
  description?: ReactNode;
  children: ReactNode;
}

/** The frame of a page's content: where one is, what it is called, what can be done. */
export function Page({ title, titleAddition, breadcrumbs = [], actions, description, children }: PageProps) {
  const { t } = useTranslation("kit");
  useEffect(() => {
    document.title = `${title} · Berth`;
  }, [title]);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        {breadcrumbs.length > 0 && (
          <nav aria-label={t("breadcrumbs")}>
            <ol className={styles.breadcrumbs}>
              {breadcrumbs.map(({ label, href }, index) => (
                <li key={`${href} ${label}`} className={styles.breadcrumb}>
                  {index > 0 && <IconChevronEnd />}
                  {href === undefined ? (
                    <bdi>{label}</bdi>
                  ) : (
                    <Link href={href}>
                      <bdi>{label}</bdi>
                    </Link>
                  )}
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className={styles.top}>
          <div className={styles.text}>
            <div className={styles.heading}>
              <h1 className={styles.title}>
                <bdi>{title}</bdi>
              </h1>
              {titleAddition}
            </div>
            {description && <div className={styles.description}>{description}</div>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </div>
      </header>
      {children}
    </div>
  );
}
