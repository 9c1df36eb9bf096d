import { useTranslation } from "react-i18next";
import { Redirect, useLocation, useSearch } from "wouter";
import { lastUser, useSession } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { nextPath } from "../../shell/sign-in-path.ts";
import { Card, Link, Notice, Page } from "../../ui/index.ts";
import { SignInForm } from "./sign-in-form.tsx";
import styles from "./sign-in.module.css";

/** `/sign-in?next=<path>`. */
export default function SignIn() {
  const { t } = useTranslation("session");
  const user = useSession().data;
  const [, navigate] = useLocation();
  const next = nextPath(useSearch());
  const isPublic = useSettings().data?.anonymousPull === true;
  if (user) return <Redirect to={next} replace />;
  return (
    <div className={styles.page}>
      <Page title={t("title")}>
        {user === null && lastUser() !== undefined && <Notice tone="info">{t("ended")}</Notice>}
        <Card>
          <SignInForm onSignedIn={() => navigate(next, { replace: true })} />
        </Card>
        {isPublic && (
          <p className={styles.aside}>
            {t("lookAround")} <Link href="/image-centre">{t("imageCentre")}</Link>
          </p>
        )}
      </Page>
    </div>
  );
}
