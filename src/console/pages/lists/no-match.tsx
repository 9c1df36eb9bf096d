import { useTranslation } from "react-i18next";
import { Button, Empty } from "../../ui/index.ts";

/** Stands in place of a list of which the filters leave nothing. */
export function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation("lists");
  return (
    <Empty title={t("noMatchTitle")} action={<Button onPress={onClear}>{t("clear")}</Button>}>
      {t("noMatchText")}
    </Empty>
  );
}
