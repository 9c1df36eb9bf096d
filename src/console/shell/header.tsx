import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session.ts";
import { IconButton, LinkButton } from "../ui/index.ts";
import { IconMenu } from "../ui/icons.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { Brand } from "./brand.tsx";
import styles from "./header.module.css";
import { LanguageMenu } from "./language-menu.tsx";
import { ThemeMenu } from "./theme-menu.tsx";

/** The bar on top of all pages. */
export function Header({ onOpenNavigation }: { onOpenNavigation: () => void }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  const user = useSession().data;
  return (
    <header className={styles.header}>
      {user && (
        <div className={styles.menuButton}>
          <IconButton label={t("openNavigation")} icon={<IconMenu size={20} />} onPress={onOpenNavigation} />
        </div>
      )}
      <Link href="/" className={styles.brand}>
        <Brand />
      </Link>
      <div className={styles.tools}>
        <LanguageMenu />
        <ThemeMenu />
        {user && <AccountMenu user={user} />}
        {user === null && path !== "/sign-in" && <LinkButton href="/sign-in">{t("signIn")}</LinkButton>}
      </div>
    </header>
  );
}
