import { useTranslation } from "react-i18next";
import { Empty, IconImage, IconUpload, LinkButton } from "../../ui/index.ts";
import { PushSteps } from "./push-steps.tsx";
import styles from "./no-images.module.css";

/** Stands in place of a list without images, and says how the first one gets there. */
export function NoImages({ scope }: { scope: "own" | "public" }) {
  const { t } = useTranslation("images");
  if (scope === "public") {
    return (
      <Empty title={t("emptyPublicTitle")} icon={<IconImage size={20} />}>
        {t("emptyPublicText")}
      </Empty>
    );
  }
  return (
    <Empty
      title={t("emptyTitle")}
      icon={<IconImage size={20} />}
      action={
        <LinkButton href="/upload" icon={<IconUpload />}>
          {t("upload")}
        </LinkButton>
      }
    >
      <p>{t("emptyText")}</p>
      <div className={styles.steps}>
        <PushSteps />
      </div>
    </Empty>
  );
}
