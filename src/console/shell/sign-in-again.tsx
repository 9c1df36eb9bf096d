import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import type { Self } from "../api/session.ts";
import { SignInForm } from "../pages/session/sign-in-form.tsx";
import { Dialog } from "../ui/index.ts";
import styles from "./sign-in-again.module.css";
import { signInPath } from "./sign-in-path.ts";

export interface SignInAgainProps {
  /** Whose session has ended. */
  user: Self;
  /** The user has signed in again, or would rather see the page first. */
  onClose: () => void;
}

/** Signs the same user in again. */
export default function SignInAgain({ user, onClose }: SignInAgainProps) {
  const { t } = useTranslation("session");
  const [path] = useLocation();
  const search = useSearch();
  return (
    <Dialog title={t("endedTitle")} isOpen onClose={onClose} size="small">
      <p className={styles.text}>{t("endedText")}</p>
      <SignInForm name={user.name} onSignedIn={onClose} />
      <p className={styles.leave}>
        {/* Everything on screen is of this user: somebody else begins with a new document. */}
        <a href={signInPath(path, search)}>{t("somebodyElse")}</a>
      </p>
    </Dialog>
  );
}
