import { Suspense, useRef, useState } from "react";
import { RouterProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useSession } from "../api/session.ts";
import { Header } from "./header.tsx";
import { lazyPart } from "./lazy-page.ts";
import { Navigation } from "./navigation.tsx";
import { Outlet } from "./outlet.tsx";
import { SessionEnded } from "./session-ended.tsx";
import styles from "./shell.module.css";
import { useHeadingFocus } from "./use-heading-focus.ts";

const NavigationDrawer = lazyPart(() => import("./navigation-drawer.tsx"));

/** What is around every page: the bar on top, the navigation beside it (a drawer where there is no room). */
export function Shell() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const user = useSession().data;
  const [isNavigationOpen, setNavigationOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  useHeadingFocus(main);
  return (
    <RouterProvider navigate={navigate}>
      <a href="#main" className={styles.skip}>
        {t("skipToContent")}
      </a>
      <Header onOpenNavigation={() => setNavigationOpen(true)} />
      <div className={styles.body}>
        {user && (
          <div className={styles.side}>
            <div className={styles.navigation}>
              <Navigation />
            </div>
          </div>
        )}
        <main id="main" ref={main} tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
      {isNavigationOpen && (
        <Suspense>
          <NavigationDrawer onClose={() => setNavigationOpen(false)} />
        </Suspense>
      )}
      {user && <SessionEnded user={user} />}
    </RouterProvider>
  );
}
