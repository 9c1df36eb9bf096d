import { useTranslation } from "react-i18next";
import { Empty, LinkButton } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { imagePath } from "../../paths.ts";

/** In place of a tab that there is not, or that is not for the user (`isKnown`). */
export function TabMissing({ isKnown }: { isKnown: boolean }) {
  const { t } = useTranslation("image");
  const image = useImage();
  return (
    <Empty
      title={isKnown ? t("tabDeniedTitle") : t("tabUnknownTitle")}
      action={<LinkButton href={imagePath(image)}>{t("goToTags")}</LinkButton>}
    >
      {isKnown ? t("tabDeniedText") : t("tabUnknownText")}
    </Empty>
  );
}
