import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { Router } from "wouter";
import { createQueryClient } from "./api/query-client.ts";
import { prefetchSession } from "./api/session.ts";
import { startI18n } from "./i18n/index.ts";
import { routeOf } from "./routes.ts";
import { ErrorBoundary } from "./shell/no-page.tsx";
import { Shell } from "./shell/shell.tsx";
import { ToastRegion } from "./ui/index.ts";
import { guardWindow, useGuardedLocation } from "./ui/leaving.ts";
import "./styles/tokens.css";
import "./styles/base.css";

const queryClient = createQueryClient();

/** The console: what every page needs around it. */
function App() {
  const { i18n } = useTranslation();
  return (
    <QueryClientProvider client={queryClient}>
      <I18nProvider locale={i18n.language}>
        <ErrorBoundary>
          <Router hook={useGuardedLocation}>
            <Shell />
          </Router>
        </ErrorBoundary>
        <ToastRegion />
      </I18nProvider>
    </QueryClientProvider>
  );
}

// All that the first page waits for, at the same time: who is there, the page's code, and texts.
void prefetchSession(queryClient);
void routeOf(location.pathname)?.page.preload();
await startI18n();
const root = document.querySelector("#root");
if (!root) throw new Error("index.html has no #root");
guardWindow();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
