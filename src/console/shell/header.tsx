import { Suspense, useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Self, useSession, useSignOut } from "../api/session.ts";
import { readStored, writeStored } from "../browser-storage.ts";
import { currentLanguage, type Language, LANGUAGES, setLanguage } from "../i18n/index.ts";
import { PATHS } from "../paths.ts";
import { IconKey, IconLanguage, IconLock, IconMenu, IconMoon, IconSignOut, IconSun, IconUser } from "../ui/icons.tsx";
import { Button, IconButton, LinkButton, Menu } from "../ui/index.ts";
import { areUploadsKnown, setUploadOwner, subscribeToPresence } from "../uploads/presence.ts";
import { lazyPart } from "./lazy-page.ts";
import styles from "./shell.module.css";

const UploadStatus = lazyPart(() => import("../uploads/upload-status.tsx"));

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
      <Link href={PATHS.overview} className={styles.home}>
        <Brand />
      </Link>
      <div className={styles.tools}>
        {user && <Uploads user={user} />}
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

/** Chooses the language. Each is named in itself, for those who do not read the one on screen. */
function LanguageMenu() {
  const { t } = useTranslation();
  const current = currentLanguage();
  return (
    <Menu
      trigger={<IconButton label={t("language")} icon={<IconLanguage />} />}
      label={t("language")}
      selected={current}
      items={(Object.entries(LANGUAGES) as [Language, string][]).map(([language, name]) => ({
        id: language,
        label: name,
        onAction: () => void setLanguage(language),
      }))}
    />
  );
}

/** Chooses between light and dark. */
function ThemeMenu() {
  const { t } = useTranslation();
  const [theme, setTheme] = useTheme();
  const items = [
    { id: "system", label: t("themeSystem") },
    { id: "light", label: t("themeLight") },
    { id: "dark", label: t("themeDark") },
  ] as const;
  return (
    <Menu
      trigger={<IconButton label={t("theme")} icon={theme === "dark" ? <IconMoon /> : <IconSun />} />}
      label={t("theme")}
      selected={theme}
      items={items.map(({ id, label }) => ({
        id,
        label,
        onAction: () => setTheme(id),
      }))}
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
          {user.name}
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

type Theme = "system" | "light" | "dark";

/** `public/theme.js` reads it before the first paint. */
const THEME_KEY = "berth.theme";

const themeListeners = new Set<() => void>();
let chosenTheme = readTheme();

/** The chosen theme, and a call that changes it, now and for the next visits. */
function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribeToTheme, () => chosenTheme), changeTheme];
}

function changeTheme(theme: Theme): void {
  chosenTheme = theme;
  writeStored("local", THEME_KEY, theme === "system" ? undefined : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of themeListeners) listener();
}

function readTheme(): Theme {
  const stored = readStored("local", THEME_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function subscribeToTheme(listener: () => void): () => void {
  themeListeners.add(listener);
  return () => {
    themeListeners.delete(listener);
  };
}
