import { useTranslation } from "react-i18next";
import { type Level, LEVELS } from "../../api/permissions.ts";
import type { Choice } from "../../ui/index.ts";

/** The guide's words for rights, and what each of them allows (guide 6). */
export function useLevelNames() {
  const { t } = useTranslation(["permissions", "common"]);
  const names: Readonly<Record<Level, string>> = {
    read: t("common:permissionRead"),
    edit: t("common:permissionEdit"),
    manage: t("common:permissionManage"),
  };
  const meanings: Readonly<Record<Level, string>> = {
    read: t("readMeans"),
    edit: t("editMeans"),
    manage: t("manageMeans"),
  };
  const choices: Choice<Level>[] = LEVELS.map((value) => ({
    value,
    label: names[value],
    description: meanings[value],
  }));
  return { names, choices };
}
