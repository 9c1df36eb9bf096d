import { useTranslation } from "react-i18next";
import { useTagHistory } from "../../api/image-tags.ts";
import { Card } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { RestorableTags } from "./restorable-tags.tsx";
import { TagHistory } from "./tag-history.tsx";

/** `/images/:organization/:image/history`: where tags were moved, and those that can be brought back. */
export default function HistoryTab() {
  const { t } = useTranslation("image");
  const list = useTagHistory(useImage());
  return (
    <>
      <RestorableTags />
      <Card title={t("historyTitle")} description={t("historyText")} isFlush>
        <TagHistory list={list} showsTag />
      </Card>
    </>
  );
}
