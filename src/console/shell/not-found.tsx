import { useTranslation } from "react-i18next";
import { Card, LinkButton, Page } from "../ui/index.ts";
import styles from "./not-found.module.css";

/** For an address that no page has. */
export function NotFound() {
  const { t } = useTranslation();
  return <Dead title={t("notFoundTitle")} text={t("notFoundText")} />;
}

/** For a page that is not for the role of the user. */
export function NotAllowed() {
  const { t } = useTranslation();
  return <Dead title={t("notAllowedTitle")} text={t("notAllowedText")} />;
}

function Dead({ title, text }: { title: string; text: string }) {
  const { t } = useTranslation();
  return (
    <Page title={title}>
      <Card>
        <p className={styles.text}>{text}</p>
        <LinkButton href="/">{t("goToOverview")}</LinkButton>
      </Card>
    </Page>
  );
}
