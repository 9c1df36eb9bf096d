/** The frames that a page's content stands in, and what stands there while there is no content. */
import { type ReactNode, useEffect, useId } from "react";
import { useTranslation } from "react-i18next";
import { IconChevronEnd } from "./icons.tsx";
import styles from "./layout.module.css";
import { Link } from "./link.tsx";

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
      <header className={styles.pageHeader}>
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
          <div className={styles.pageText}>
            <div className={styles.pageHeading}>
              <h1 className={styles.pageTitle}>
                <bdi>{title}</bdi>
              </h1>
              {titleAddition}
            </div>
            {description && <div className={styles.pageDescription}>{description}</div>}
          </div>
          {actions && <div className={styles.pageActions}>{actions}</div>}
        </div>
      </header>
      {children}
    </div>
  );
}

export interface CardProps {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** The content reaches the edges: for a table or a list with lines of its own. */
  isFlush?: boolean;
}

/** A part of a page with a heading. */
export function Card({ title, description, actions, children, isFlush = false }: CardProps) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <header className={styles.cardHeader}>
          <div className={styles.cardHeading}>
            {title && (
              <h2 id={id} className={styles.cardTitle}>
                {title}
              </h2>
            )}
            {description && <div className={styles.cardDescription}>{description}</div>}
          </div>
          {actions && <div className={styles.cardActions}>{actions}</div>}
        </header>
      )}
      <div className={isFlush ? styles.flush : styles.cardBody}>{children}</div>
    </section>
  );
}

export interface DescriptionItem {
  term: string;
  value: ReactNode;
}

/** Properties of one thing: what, and its value. */
export function DescriptionList({ items }: { items: readonly DescriptionItem[] }) {
  return (
    <dl className={styles.list}>
      {items.map(({ term, value }) => (
        <div key={term} className={styles.item}>
          <dt className={styles.term}>{term}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface DisclosureProps {
  title: ReactNode;
  children: ReactNode;
  isOpenAtFirst?: boolean;
}

/** Something that is there for those who look for it. The page search of a browser finds and opens it. */
export function Disclosure({ title, children, isOpenAtFirst = false }: DisclosureProps) {
  return (
    <details className={styles.disclosure} open={isOpenAtFirst || undefined}>
      <summary className={styles.summary}>
        <IconChevronEnd />
        <span className={styles.disclosureTitle}>{title}</span>
      </summary>
      <div className={styles.disclosureBody}>{children}</div>
    </details>
  );
}

export interface EmptyProps {
  title: string;
  /** What to do about it. */
  children?: ReactNode;
  /** A button or link that does it. */
  action?: ReactNode;
  icon?: ReactNode;
}

/** Stands where there is nothing, and says what to do next. */
export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {icon && <div className={styles.icon}>{icon}</div>}
      <p className={styles.emptyTitle}>{title}</p>
      {children && <div className={styles.emptyText}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export interface SkeletonProps {
  /** Lines of text that will stand here; the last of several is shorter. */
  lines?: number;
  /** CSS height of a block that will stand here, in place of lines. */
  height?: string;
}

/** Keeps the place of what is being loaded, so that nothing jumps when it arrives. */
export function Skeleton({ lines = 3, height }: SkeletonProps) {
  const { t } = useTranslation("kit");
  if (height !== undefined) {
    return <div className={styles.bone} style={{ blockSize: height }} role="img" aria-label={t("loading")} />;
  }
  return (
    <div role="img" aria-label={t("loading")}>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={styles.line}>
          <div className={styles.bone} />
        </div>
      ))}
    </div>
  );
}
