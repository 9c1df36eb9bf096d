import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Anchor, type RouteOrFile } from "./anchor.tsx";
import { IconExternal } from "./icons.tsx";
import styles from "./link.module.css";

export interface LinkProps extends RouteOrFile {
  children: ReactNode;
  /** "page" where the link leads to what is on screen. */
  "aria-current"?: "page" | "true";
  /** Where the text alone is that of other links as well; it begins or ends with the text. */
  "aria-label"?: string;
}

/** A link within the console; the page isn't loaded anew. With `isFile` to something else of the registry's. */
export function Link(props: LinkProps) {
  return <Anchor {...props} className={styles.link} />;
}

export interface ExternalLinkProps {
  href: string;
  children: ReactNode;
}

/** A link out of the console, in a new tab that cannot reach back. */
export function ExternalLink({ href, children }: ExternalLinkProps) {
  const { t } = useTranslation("kit");
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" className={styles.external}>
      {children}
      <IconExternal />
      <span className="visually-hidden"> ({t("opensInNewTab")})</span>
    </a>
  );
}
