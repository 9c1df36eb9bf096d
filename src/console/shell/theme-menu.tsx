import { useTranslation } from "react-i18next";
import { IconMoon, IconSun } from "../ui/icons.tsx";
import { IconButton, Menu } from "../ui/index.ts";
import { useTheme } from "./theme.ts";

/** Chooses between light and dark. */
export function ThemeMenu() {
  const { t } = useTranslation();
  const [theme, setTheme] = useTheme();
  const items = [
    { id: "system", label: t("themeSystem") },
    { id: "light", label: t("themeLight") },
    { id: "dark", label: t("themeDark") },
  ] as const;
  return (
    <Menu
      trigger={<IconButton label={t("theme")} icon={theme === "dark" ? <IconMoon /> : <IconSun />} />}
      label={t("theme")}
      selected={theme}
      items={items.map(({ id, label }) => ({
        id,
        label,
        onAction: () => setTheme(id),
      }))}
    />
  );
}
