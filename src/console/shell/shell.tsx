import { type RefObject, Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { RouterProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { useFollowedChanges } from "../api/changes.ts";
import { onSessionEnd, reportSessionEnd } from "../api/session-end.ts";
import { lastUser, type Self, useSession, useSessionExpiry } from "../api/session.ts";
import { loadTexts } from "../i18n/index.ts";
import { signInPath } from "../paths.ts";
import { type ConsoleRoute, ROUTES } from "../routes.ts";
import { ErrorNotice, Skeleton } from "../ui/index.ts";
import { openQuestion, subscribeToQuestion } from "../ui/leaving.ts";
import { isFor } from "./audience.ts";
import { Header } from "./header.tsx";
import { ErrorBoundary, NotAllowed, NotFound, PageLoading } from "./no-page.tsx";
import { lazyPart } from "./lazy-page.ts";
import { Navigation } from "./navigation.tsx";
import { useSearchKeys } from "./search-keys.ts";
import styles from "./shell.module.css";

const NavigationDrawer = lazyPart(async () => ({ default: (await import("./overlays.tsx")).NavigationDrawer }));
const SearchDialog = lazyPart(async () => {
  const [{ SearchDialog: Part }] = await Promise.all([import("./search-dialog.tsx"), loadTexts()]);
  return { default: Part };
});
const LeaveDialog = lazyPart(async () => ({ default: (await import("./overlays.tsx")).LeaveDialog }));
const SignInAgain = lazyPart(async () => ({ default: (await import("./overlays.tsx")).SignInAgain }));

/** What is around every page: the bar on top, the navigation beside it (a drawer where there is no room). */
export function Shell() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { data: user, isPending } = useSession();
  // Somebody who was signed in most likely still is: the page then does not move when the answer comes.
  const isExpected = isPending && lastUser() !== undefined;
  const [isNavigationOpen, setNavigationOpen] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const main = useRef<HTMLElement>(null);
  useHeadingFocus(main);
  useSearchKeys(() => setSearching(Boolean(user)));
  return (
    <RouterProvider navigate={navigate}>
      <a href="#main" className={styles.skip}>
        {t("skipToContent")}
      </a>
      <Header onOpenNavigation={() => setNavigationOpen(true)} onSearch={() => setSearching(true)} />
      <div className={styles.body}>
        {(user || isExpected) && (
          <div className={styles.side}>
            <div className={styles.sideContent}>{user ? <Navigation /> : <Skeleton lines={8} />}</div>
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
      {user && isSearching && (
        <Suspense>
          <SearchDialog onClose={() => setSearching(false)} />
        </Suspense>
      )}
      {user && <SessionEnded user={user} />}
      {user && <FollowedChanges />}
      <Leaving />
    </RouterProvider>
  );
}

/** Keeps what is on screen up to date. It is a part of its own, so that nothing else is drawn anew for each answer. */
function FollowedChanges() {
  useFollowedChanges();
  return null;
}

/** The page at the current address. */
function Outlet() {
  const session = useSession();
  const [path] = useLocation();
  if (session.isPending) return <PageLoading />;
  if (session.isError) return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  return (
    <Switch>
      {ROUTES.map((route) => (
        <Route key={route.path} path={route.path}>
          <ErrorBoundary place={path}>
            <Guarded route={route} />
          </ErrorBoundary>
        </Route>
      ))}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** A page for those whom it is for; others are asked to sign in first. */
function Guarded({ route: { page: Page, audience } }: { route: ConsoleRoute }) {
  const user = useSession().data ?? null;
  const [path] = useLocation();
  const search = useSearch();
  if (!isFor(audience, user)) return user ? <NotAllowed /> : <Redirect to={signInPath(path, search)} replace />;
  return (
    <Suspense fallback={<PageLoading />}>
      <Page />
    </Suspense>
  );
}

/** Asks before something that was typed, or is shown once, is left. */
function Leaving() {
  const question = useSyncExternalStore(subscribeToQuestion, openQuestion);
  if (!question) return null;
  return (
    <Suspense>
      <LeaveDialog question={question} />
    </Suspense>
  );
}

/** The longest time that a browser's timer can wait, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Asks to sign in again when a session has ended, over the page, which keeps what was typed into it. */
function SessionEnded({ user }: { user: Self }) {
  const expires = useSessionExpiry();
  const [hasEnded, setEnded] = useState(false);
  useEffect(() => onSessionEnd(() => setEnded(true)), []);
  useEffect(() => {
    if (expires === null) return undefined;
    const remaining = new Date(expires).getTime() - Date.now();
    const timer = setTimeout(reportSessionEnd, Math.min(Math.max(remaining, 0), MAX_TIMEOUT));
    return () => clearTimeout(timer);
  }, [expires]);

  if (!hasEnded) return null;
  return (
    <Suspense>
      <SignInAgain user={user} onClose={() => setEnded(false)} />
    </Suspense>
  );
}

/** For how long a page's heading is waited for, in milliseconds: its code or its data may still be on the way. */
const PATIENCE_MS = 5000;

/**
 * Moves the focus to the heading of a page that somebody goes to, so that a screen reader says where one is and Tab goes
 * on from there. A heading that stays, as between the tabs of an image, gets no focus.
 */
function useHeadingFocus(main: RefObject<HTMLElement | null>): void {
  const [path] = useLocation();
  useEffect(() => {
    const container = main.current;
    if (!container) return undefined;
    const find = () => container.querySelector("h1");
    const before = document.activeElement;
    const known = headings.get(container);
    const observer = new MutationObserver(look);
    const timer = setTimeout(() => observer.disconnect(), PATIENCE_MS);
    observer.observe(container, { childList: true, subtree: true });
    look();
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };

    function look(): void {
      const heading = find();
      if (!heading || heading === known) return;
      observer.disconnect();
      if (container) headings.set(container, heading);
      // The first page of a visit, and a focus that has moved on since, stay as they are.
      if (known === undefined || (document.activeElement !== before && document.activeElement !== document.body))
        return;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [path, main]);
}

/** The heading that was last seen in a container. */
const headings = new WeakMap<HTMLElement, HTMLElement>();
