import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session.ts";
import type { Audience } from "../routes.ts";
import { PATHS } from "../paths.ts";
import {
  type Icon,
  IconAudit,
  IconChart,
  IconCode,
  IconExternal,
  IconGlobe,
  IconHome,
  IconImage,
  IconKey,
  IconLock,
  IconOrganization,
  IconRecycle,
  IconServer,
  IconSuccess,
  IconUsers,
} from "../ui/icons.tsx";
import { isFor } from "./audience.ts";
import styles from "./shell.module.css";

/** The links to all places that the user may go to. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  const groups = useSectionGroups();
  return (
    <nav aria-label={t("navigation")} className={styles.navigation}>
      {groups.map(({ heading, sections }) => (
        <div key={heading ?? ""}>
          {heading && <h2 className={styles.heading}>{t(heading)}</h2>}
          <ul>
            {sections.map(({ page, icon: SectionIcon }) => (
              <li key={page}>
                <Link
                  href={PATHS[page]}
                  className={styles.link}
                  aria-current={isCurrent(PATHS[page], path) ? "page" : undefined}
                  onClick={onNavigate}
                >
                  <SectionIcon />
                  {t(page)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** The places that the signed-in user may go to; groups without any are left out. */
export function useSectionGroups(): readonly SectionGroup[] {
  const user = useSession().data ?? null;
  return SECTION_GROUPS.map(({ sections, ...group }) => ({
    ...group,
    sections: sections.filter(({ audience }) => isFor(audience, user)),
  })).filter(({ sections }) => sections.length > 0);
}

/** A place in the navigation: a page, whose name in `PATHS` is the key of its label in the area `common`. */
interface Section {
  page: Exclude<keyof typeof PATHS, "signIn" | "password" | "upload">;
  icon: Icon;
  audience: Audience;
}

/** Places that belong together, under a heading that is a key of the area `common`. */
interface SectionGroup {
  heading?: "sectionAccount" | "sectionRegistry";
  sections: readonly Section[];
}

/** The navigation, from top to bottom. */
const SECTION_GROUPS: readonly SectionGroup[] = [
  {
    sections: [
      { page: "overview", icon: IconHome, audience: "user" },
      { page: "images", icon: IconImage, audience: "user" },
      { page: "organizations", icon: IconOrganization, audience: "user" },
      { page: "imageCentre", icon: IconGlobe, audience: "anyone" },
    ],
  },
  {
    heading: "sectionAccount",
    sections: [
      { page: "accessKeys", icon: IconKey, audience: "user" },
      { page: "logins", icon: IconLock, audience: "user" },
      { page: "users", icon: IconUsers, audience: "administrator" },
      { page: "remotes", icon: IconExternal, audience: "administrator" },
      { page: "trustedIssuers", icon: IconSuccess, audience: "administrator" },
      { page: "audit", icon: IconAudit, audience: "user" },
    ],
  },
  {
    heading: "sectionRegistry",
    sections: [
      { page: "accounts", icon: IconServer, audience: "operator" },
      { page: "quotas", icon: IconChart, audience: "operator" },
      { page: "garbageCollection", icon: IconRecycle, audience: "operator" },
      { page: "apiReference", icon: IconCode, audience: "user" },
    ],
  },
];

/** Whether a page, or something below it, is at this path. */
function isCurrent(href: string, path: string): boolean {
  return path === href || (href !== PATHS.overview && path.startsWith(`${href}/`));
}
