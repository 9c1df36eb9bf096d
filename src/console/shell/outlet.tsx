import { Suspense } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { useSession } from "../api/session.ts";
import { type ConsoleRoute, ROUTES } from "../routes.ts";
import { ErrorNotice } from "../ui/index.ts";
import { isFor } from "./audience.ts";
import { ErrorBoundary } from "./error-boundary.tsx";
import { NotAllowed, NotFound } from "./not-found.tsx";
import { PageLoading } from "./page-loading.tsx";
import { signInPath } from "./sign-in-path.ts";

/** The page at the current address. */
export function Outlet() {
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
