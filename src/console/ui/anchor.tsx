import type { ReactNode } from "react";
import { Link } from "wouter";

/** Where a link of the console leads. */
export interface RouteOrFile {
  href: string;
  /** The address is no page of the console: `/docs`, an export. The browser goes there by itself. */
  isFile?: boolean;
  /** With `isFile`: what is there is saved rather than shown; a text is the name of the file. */
  download?: boolean | string;
}

export interface AnchorProps extends RouteOrFile {
  className?: string | undefined;
  children: ReactNode;
  "aria-current"?: "page" | "true" | undefined;
  "aria-label"?: string | undefined;
}

/** An `<a>` that knows what the router can do by itself and what only the browser can. */
export function Anchor({ isFile = false, download, children, ...props }: AnchorProps) {
  if (!isFile) return <Link {...props}>{children}</Link>;
  return (
    <a {...props} download={download}>
      {children}
    </a>
  );
}
