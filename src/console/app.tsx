import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { createQueryClient } from "./api/query-client.ts";
import { Shell } from "./shell/shell.tsx";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { ToastRegion } from "./ui/index.ts";

/** The console: what every page needs around it. */
export function App() {
  const [queryClient] = useState(createQueryClient);
  const { i18n } = useTranslation();
  return (
    <QueryClientProvider client={queryClient}>
      <I18nProvider locale={i18n.language}>
        <ErrorBoundary>
          <Shell />
        </ErrorBoundary>
        <ToastRegion />
      </I18nProvider>
    </QueryClientProvider>
  );
}
