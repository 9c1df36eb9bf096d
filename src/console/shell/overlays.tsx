/** Dialogs over whatever page is shown; their code is fetched when one of them is needed. */
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import type { Self } from "../api/session.ts";
import { SignInForm } from "../pages/session/sign-in.tsx";
import { signInPath } from "../paths.ts";
import { Button, Dialog, Drawer } from "../ui/index.ts";
import { closeQuestion, type LeaveQuestion } from "../ui/leaving.ts";
import { Navigation } from "./navigation.tsx";
import styles from "./shell.module.css";

/** The navigation where there is no room for it beside the page. */
export function NavigationDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer title={t("product")} isOpen onClose={onClose}>
      <Navigation onNavigate={onClose} />
    </Drawer>
  );
}

/** Asks whether to leave what would be lost. Escape stays. */
export function LeaveDialog({ question: { loss, proceed } }: { question: LeaveQuestion }) {
  const { t } = useTranslation("kit");
  const leave = () => {
    closeQuestion();
    proceed();
  };
  return (
    <Dialog
      title={t(`leave.${loss}Title`)}
      isOpen
      onClose={closeQuestion}
      size="small"
      role="alertdialog"
      footer={
        <>
          <Button onPress={closeQuestion} autoFocus>
            {t("leave.stay")}
          </Button>
          <Button variant="danger" onPress={leave}>
            {t(`leave.${loss}Leave`)}
          </Button>
        </>
      }
    >
      <p>{t(`leave.${loss}Text`)}</p>
    </Dialog>
  );
}

interface SignInAgainProps {
  /** Whose session has ended. */
  user: Self;
  /** The user has signed in again, or would rather see the page first. */
  onClose: () => void;
}

/** Signs the same user in again. */
export function SignInAgain({ user, onClose }: SignInAgainProps) {
  const { t } = useTranslation("session");
  const [path] = useLocation();
  const search = useSearch();
  return (
    <Dialog title={t("endedTitle")} isOpen onClose={onClose} size="small">
      <p className={styles.lead}>{t("endedText")}</p>
      <SignInForm name={user.name} onSignedIn={onClose} />
      <p className={styles.leave}>
        {/* Everything on screen is of this user: somebody else begins with a new document. */}
        <a href={signInPath(path, search)}>{t("somebodyElse")}</a>
      </p>
    </Dialog>
  );
}
