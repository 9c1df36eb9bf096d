/**
 * The guides of `docs/` and of its folders of languages as the pages below `/docs` show and search them: the build of the console leaves them as
 * `guides/<language>/<guide>.json` and `guides/<language>/parts.json`, which the Worker reads (`src/http/docs.ts`).
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { guideFolder, languageCode } from "../../src/console/guides.ts";
import { LANGUAGES } from "../../src/console/i18n/languages.ts";
import { guideParts, markdownToHtml } from "../../src/console/pages/image/markdown-html.ts";
import { GUIDES } from "../../src/kernel/guides.ts";

const DOCS = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "docs");

/** Adds the guides to a build. */
export function guides(): Plugin {
  return {
    name: "berth-guides",
    generateBundle() {
      for (const tag of Object.keys(LANGUAGES)) {
        const language = languageCode(tag);
        const folder = join(DOCS, guideFolder(tag));
        const texts = GUIDES.map((guide) => ({ guide, text: readFileSync(join(folder, `${guide}.md`), "utf8") }));
        for (const { guide, text } of texts) {
          const html = guideHtml(text, language);
          this.emitFile({
            type: "asset",
            fileName: `guides/${language}/${guide}.json`,
            source: JSON.stringify({ html }),
          });
        }
        const parts = texts.flatMap(({ guide, text }) => guideParts(text).map((part) => ({ guide, ...part })));
        this.emitFile({ type: "asset", fileName: `guides/${language}/parts.json`, source: JSON.stringify(parts) });
      }
    },
  };
}

/** Without its title, which the page has. Links to other guides stay among the pages of the language. */
function guideHtml(text: string, language: string): string {
  return markdownToHtml(text.replace(/^# .*\n/, ""), { isGuide: true }).replaceAll(
    'href="/help/',
    `href="/docs/${language}/guides/`,
  );
}
