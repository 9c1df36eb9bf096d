import { useTranslation } from "react-i18next";
import { Card, Link } from "../../ui/index.ts";
import { PushSteps } from "../images/push-steps.tsx";
import styles from "./first-push.module.css";

/** In place of charts that would be empty: how the first image gets here. */
export default function FirstPush() {
  const { t } = useTranslation("overview");
  return (
    <Card title={t("firstTitle")}>
      <div className={styles.steps}>
        <PushSteps />
        <p>
          {t("firstUpload")} <Link href="/upload">{t("upload")}</Link>
        </p>
      </div>
    </Card>
  );
}
