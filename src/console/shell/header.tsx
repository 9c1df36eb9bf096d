import { Suspense, useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Self, useSession, useSignOut } from "../api/session.ts";
import { currentLanguage, LANGUAGE_TAGS, LANGUAGES, setLanguage } from "../i18n/index.ts";
import { helpFor } from "../help.ts";
import { guidePath, PATHS } from "../paths.ts";
import {
  IconHelp,
  IconKey,
  IconLanguage,
  IconLock,
  IconMenu,
  IconMoon,
  IconSearch,
  IconSignOut,
  IconSun,
  IconUser,
} from "../ui/icons.tsx";
import { Button, IconButton, LinkButton, Menu } from "../ui/index.ts";
import { SEARCH_KEYS } from "./search-keys.ts";
import { areUploadsKnown, setUploadOwner, subscribeToPresence } from "../uploads/presence.ts";
import { lazyPart } from "./lazy-page.ts";
import styles from "./shell.module.css";
import { THEMES, useTheme } from "./theme.ts";

const UploadStatus = lazyPart(() => import("../uploads/upload-status.tsx"));

/** The bar on top of all pages. */
export function Header({ onOpenNavigation, onSearch }: { onOpenNavigation: () => void; onSearch: () => void }) {
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
      <Link href={PATHS.overview} className={styles.home}>
        <Brand />
      </Link>
      <div className={styles.tools}>
        {user && <SearchButton onPress={onSearch} />}
        {user && <Uploads user={user} />}
        <HelpLink path={path} />
        <LanguageMenu />
        <ThemeMenu />
        {user && <AccountMenu user={user} />}
        {user === null && path !== PATHS.signIn && <LinkButton href={PATHS.signIn}>{t("signIn")}</LinkButton>}
      </div>
    </header>
  );
}

/** What is being uploaded, once there is something: the code for it comes then. */
function Uploads({ user: { id } }: { user: Self }) {
  const areKnown = useSyncExternalStore(subscribeToPresence, areUploadsKnown);
  useEffect(() => {
    setUploadOwner(id);
    return () => setUploadOwner(undefined);
  }, [id]);
  if (!areKnown) return null;
  return (
    <Suspense>
      <UploadStatus />
    </Suspense>
  );
}

/** The product's sign and name. */
function Brand() {
  const { t } = useTranslation();
  return (
    <span className={styles.brand}>
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" className={styles.sign}>
        <rect width="32" height="32" rx="7" />
        <g fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round">
          <path d="M7 12.5 16 8l9 4.5-9 4.5z" />
          <path d="m7 17 9 4.5 9-4.5" />
          <path d="m7 21.5 9 4.5 9-4.5" opacity=".6" />
        </g>
      </svg>
      {t("product")}
    </span>
  );
}

/** Leads to the guide for what is on screen, in a tab of its own: what was typed stays. */
function HelpLink({ path }: { path: string }) {
  const { t } = useTranslation();
  return (
    <a
      href={guidePath(helpFor(path))}
      target="_blank"
      rel="noreferrer"
      className={styles.help}
      aria-label={t("help")}
      title={t("help")}
    >
      <IconHelp />
    </a>
  );
}

/** Opens the search, and tells by which keys that is quicker. On a phone, the magnifier alone. */
function SearchButton({ onPress }: { onPress: () => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className={styles.search} aria-keyshortcuts={SEARCH_KEYS.aria} onClick={onPress}>
      <IconSearch />
      <span className={styles.searchText}>{t("search")}</span>
      <kbd className={styles.searchKeys} aria-hidden="true">
        {SEARCH_KEYS.label}
      </kbd>
    </button>
  );
}

/** Chooses the language. Each is named in itself, for those who do not read the one on screen. */
function LanguageMenu() {
  const { t } = useTranslation();
  const current = currentLanguage();
  return (
    <Menu
      trigger={<IconButton label={t("language")} icon={<IconLanguage />} />}
      label={t("language")}
      selected={current}
      items={LANGUAGE_TAGS.map((language) => ({
        id: language,
        label: LANGUAGES[language].name,
        onAction: () => void setLanguage(language),
      }))}
    />
  );
}

/** Chooses between light and dark. */
function ThemeMenu() {
  const { t } = useTranslation();
  const [theme, setTheme] = useTheme();
  return (
    <Menu
      trigger={<IconButton label={t("theme")} icon={theme === "dark" ? <IconMoon /> : <IconSun />} />}
      label={t("theme")}
      selected={theme}
      items={THEMES.map((id) => ({ id, label: t(`themes.${id}`), onAction: () => setTheme(id) }))}
    />
  );
}

/** What a user does with their own account. */
function AccountMenu({ user }: { user: Self }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const signOut = useSignOut();
  return (
    <Menu
      trigger={
        <Button variant="quiet" icon={<IconUser />} isPending={signOut.isPending}>
          <span className={styles.userName}>{user.name}</span>
        </Button>
      }
      label={t("accountMenu", { name: user.name })}
      items={[
        { id: "password", label: t("changePassword"), icon: <IconKey />, onAction: () => navigate(PATHS.password) },
        { id: "logins", label: t("logins"), icon: <IconLock />, onAction: () => navigate(PATHS.logins) },
        {
          id: "sign-out",
          label: t("signOut"),
          icon: <IconSignOut />,
          onAction: () => signOut.mutate(undefined, { onSuccess: () => navigate(PATHS.signIn) }),
        },
      ]}
    />
  );
}
