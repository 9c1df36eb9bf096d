/** The console's languages. Each has a file of all its texts; what the first view needs in English is built in. */
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { readStored, writeStored } from "../browser-storage.ts";
import common from "./en/common.ts";
import errors from "./en/errors.ts";
import kit from "./en/kit.ts";
import overview from "./en/overview.ts";
import session from "./en/session.ts";

/** The languages by the tags that browsers and `Intl` know them by, in their own names. */
export const LANGUAGES = { "en-US": "English", "zh-CN": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const STORAGE_KEY = "berth.language";

/** Areas of texts that are there from the start. */
const BUILT_IN = { common, errors, kit, overview, session };

/** All areas of a language. */
const ALL = {
  "en-US": async () => (await import("./en/index.ts")).default,
  "zh-CN": async () => (await import("./zh/index.ts")).default,
};

const loader: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, area, done) => {
    ALL[isLanguage(language) ? language : "en-US"]().then(
      (areas) => done(null, areas[area as keyof typeof areas]),
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
  });
  await i18next
    .use(loader)
    .use(initReactI18next)
    .init({
      lng: preferredLanguage(),
      // Each language has all texts, which is a rule of types; so nobody has to load another one besides.
      fallbackLng: false,
      supportedLngs: Object.keys(LANGUAGES),
      load: "currentOnly",
      ns: Object.keys(BUILT_IN),
      defaultNS: "common",
      resources: { "en-US": BUILT_IN },
      partialBundledLanguages: true,
      // React escapes by itself.
      interpolation: { escapeValue: false },
      returnNull: false,
    });
  // Its file did not come. English is built in.
  if (!i18next.hasResourceBundle(i18next.language, "common")) await i18next.changeLanguage("en-US");
}

/** Loads the texts that are not built in, in the current language. Whoever draws something without them waits for them. */
export async function loadTexts(): Promise<void> {
  await startI18n();
  await i18next.loadNamespaces(Object.keys(await ALL[currentLanguage()]()));
}

/** Changes the language, now and for the next visits. */
export async function setLanguage(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  writeStored("local", STORAGE_KEY, language);
}

/** The current one. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en-US";
}

function preferredLanguage(): Language {
  const wanted = [readStored("local", STORAGE_KEY), ...navigator.languages];
  for (const tag of wanted) {
    if (tag === undefined) continue;
    if (isLanguage(tag)) return tag;
    if (tag.startsWith("zh")) return "zh-CN";
    if (tag.startsWith("en")) return "en-US";
  }
  return "en-US";
}

function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}
