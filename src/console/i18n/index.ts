/** The texts on screen, in one of the languages. What the first view needs in the language that others fall back to is built in. */
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { readStored, writeStored } from "../browser-storage.ts";
import BUILT_IN from "./en/first.ts";
import { bestLanguage, type Language, LANGUAGE_TAGS, LANGUAGES } from "./languages.ts";

export { type Language, LANGUAGE_TAGS, LANGUAGES };

const STORAGE_KEY = "berth.language";

/** The tags of all languages, that of the built-in texts first. */
const [FALLBACK] = LANGUAGE_TAGS;

/** All areas of a language. */
async function textsOf(language: string) {
  return (await LANGUAGES[isLanguage(language) ? language : FALLBACK].load()).default;
}

/** An area of a language. Those of the first view come without the others. */
async function areaOf(language: string, area: string) {
  if (area in BUILT_IN) {
    const { default: first } = await LANGUAGES[isLanguage(language) ? language : FALLBACK].first();
    return first[area as keyof typeof BUILT_IN];
  }
  const all = await textsOf(language);
  return all[area as keyof typeof all];
}

const loader: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, area, done) => {
    areaOf(language, area).then(
      (texts) => done(null, texts),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
    );
  },
};

let started: Promise<void> | undefined;

/** Starts with the language that was chosen before, or else the browser's. Resolves once the first view has its texts. */
export function startI18n(): Promise<void> {
  return (started ??= start());
}

async function start(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
    document.documentElement.dir = i18next.dir(language);
  });
  await i18next
    .use(loader)
    .use(initReactI18next)
    .init({
      lng: preferredLanguage(),
      // Each language has all texts, which is a rule of types; so nobody has to load another one besides.
      fallbackLng: false,
      supportedLngs: LANGUAGE_TAGS,
      load: "currentOnly",
      ns: Object.keys(BUILT_IN),
      defaultNS: "common",
      resources: { [FALLBACK]: BUILT_IN },
      partialBundledLanguages: true,
      // React escapes by itself.
      interpolation: { escapeValue: false },
      returnNull: false,
    });
  // Its file did not come. The texts of the fallback are built in.
  if (!i18next.hasResourceBundle(i18next.language, "common")) await i18next.changeLanguage(FALLBACK);
}

/** Loads the texts that are not built in, in the current language. A part that draws without them waits for them. */
export async function loadTexts(): Promise<void> {
  await startI18n();
  await i18next.loadNamespaces(Object.keys(await textsOf(currentLanguage())));
}

/** Changes the language, now and for the next visits. */
export async function setLanguage(language: Language): Promise<void> {
  // All of its texts, since those of the page on screen may be any of them.
  for (const [area, texts] of Object.entries(await textsOf(language))) i18next.addResourceBundle(language, area, texts);
  await i18next.changeLanguage(language);
  writeStored("local", STORAGE_KEY, language);
  // `/docs` is written by the registry, which sees no storage: `LANGUAGE_COOKIE` of `src/http/docs/languages.ts`.
  document.cookie = `berth_language=${language}; Path=/docs; Max-Age=31536000; SameSite=Lax`;
}

/** The current one. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : FALLBACK;
}

function preferredLanguage(): Language {
  return bestLanguage([readStored("local", STORAGE_KEY), ...navigator.languages], LANGUAGE_TAGS);
}

function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}
