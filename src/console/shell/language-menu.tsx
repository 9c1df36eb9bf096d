import { useTranslation } from "react-i18next";
import { currentLanguage, type Language, LANGUAGES, setLanguage } from "../i18n/index.ts";
import { IconLanguage } from "../ui/icons.tsx";
import { IconButton, Menu } from "../ui/index.ts";

/** Chooses the language. Each is named in itself, for those who do not read the one on screen. */
export function LanguageMenu() {
  const { t } = useTranslation();
  const current = currentLanguage();
  return (
    <Menu
      trigger={<IconButton label={t("language")} icon={<IconLanguage />} />}
      label={t("language")}
      selected={current}
      items={(Object.entries(LANGUAGES) as [Language, string][]).map(([language, name]) => ({
        id: language,
        label: name,
        onAction: () => void setLanguage(language),
      }))}
    />
  );
}
