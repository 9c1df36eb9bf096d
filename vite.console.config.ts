import type { IncomingMessage } from "node:http";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { CONSOLE_DIRECTORY } from "./scripts/local/console.ts";
import { guides } from "./scripts/local/guides.ts";
import { LANGUAGE_TAGS } from "./src/console/i18n/languages.ts";
import { API_PATHS } from "./src/kernel/api-paths.ts";

/** The registry that `npm run console:dev` sends requests to. */
const REGISTRY = process.env.REGISTRY || "http://127.0.0.1:8787";

/** The console: `npm run console:build` and `npm run console:dev` (docs/console.md). */
export default defineConfig({
  root: "src/console",
  plugins: [react(), guides(), optimizeLocales.vite({ locales: LANGUAGE_TAGS })],
  // Without PostCSS, which would warn of CSS modules that compose each other.
  css: { transformer: "lightningcss" },
  build: {
    // Browsers of mid-2024: light-dark(), URL.parse().
    target: ["chrome126", "edge126", "firefox126", "safari18"],
    outDir: CONSOLE_DIRECTORY,
    emptyOutDir: true,
    // Data URLs and the polyfill's inline script would be against the Content-Security-Policy.
    assetsInlineLimit: 0,
    // One file of 14 KB, compressed, for all pages: one of each part was a request each, and a page waits for all of its own.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // The pages below /docs, which the Worker writes, know their script by this name.
      input: { index: "src/console/index.html", docs: "src/console/docs.ts" },
      output: {
        entryFileNames: ({ name }) => (name === "docs" ? "docs.js" : "assets/[name]-[hash].js"),
        codeSplitting: {
          groups: [
            // They change with package-lock.json only, so browsers keep them from one deployment to the next.
            { name: "react", test: /\/node_modules\/(?:react|react-dom|scheduler)\/|rolldown\/runtime/, priority: 3 },
            {
              name: "data",
              test: /\/node_modules\/(?:@tanstack|i18next|react-i18next|wouter|regexparam|openapi-fetch|openapi-react-query)\//,
              priority: 3,
            },
            // On a slow line a request costs more than the bytes of a small file that a page does not need. So these are files by what
            // needs them: every page, those with forms or tables, several pages. A group takes along what its modules import, unless
            // that is in one of a higher priority.
            {
              name: "kit",
              test: /\/src\/console\/(?:api\/(?:activity|change|client|error|overview|query-client|quotas|session|use-settled)|pages\/(?:quotas\/quota-card|usage\/day-chart)|shell\/(?!overlays|search-dialog)|ui\/(?!choice|csv|date-field|dialog|draft|fields|file-drop|form\.|pager|select|table))|\/src\/kernel\/guides/,
              priority: 2,
            },
            {
              name: "forms",
              test: /\/src\/console\/(?:api\/|ui\/(?:choice|dialog|draft|fields|file-drop|form\.|pager|select|table(?!-file)))/,
              priority: 1,
            },
            { name: "dates", test: /\/src\/console\/ui\/date-field/, priority: 1 },
            {
              name: "shared",
              test: /\/src\/console\/(?:login-command\/|pages\/(?!account\/|images\/push-steps|permissions\/|quotas\/|session\/|sync\/|triggers\/|image-settings\/share-))/,
              minShareCount: 2,
            },
          ],
        },
      },
      treeshake: {
        // So a page that uses a part of the kit brings that part, and not the first view all of them.
        moduleSideEffects: [{ test: /\/src\/console\/ui\/[^/]+\.tsx?$/, sideEffects: false }],
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      API_PATHS.map((path) => [
        `^${path.replaceAll(".", "\\.")}(?:[/?]|$)`,
        {
          target: REGISTRY,
          // The registry checks that requests come from a page of its own.
          changeOrigin: false,
          // The console's modules are at such paths too: `api/client.ts`.
          bypass: (request: IncomingMessage) =>
            request.headers["sec-fetch-dest"] === "script" ? request.url : undefined,
        },
      ]),
    ),
  },
});
