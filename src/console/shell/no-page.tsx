/** What stands where a page should: while it loads, when it failed, is missing, or is not for this user. */
import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client.ts";
import { PATHS } from "../paths.ts";
import { Button, Card, ErrorNotice, LinkButton, Notice, Page, Skeleton } from "../ui/index.ts";
import { PageLoadFailed, reloadIfReachable } from "./lazy-page.ts";
import styles from "./shell.module.css";

interface BoundaryProps {
  children: ReactNode;
  /** What the failure belongs to: it is forgotten when this changes. */
  place: string;
  reset: () => void;
}

/** Catches what a page throws while it draws itself, and offers to try again. */
class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidUpdate({ place }: BoundaryProps) {
    if (this.state.error !== undefined && place !== this.props.place) this.#retry();
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <FailedPage error={this.state.error} onRetry={this.#retry} />;
  }

  readonly #retry = () => {
    this.props.reset();
    this.setState({ error: undefined });
  };
}

interface ErrorBoundaryProps {
  children: ReactNode;
  /** What the failure belongs to, such as an address: it is forgotten when this changes. */
  place?: string;
}

/** Shows a page's mistake in its place; the frame around it goes on working. */
export function ErrorBoundary({ children, place = "" }: ErrorBoundaryProps) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary place={place} reset={reset}>
          {children}
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}

/** In place of a page that could not be drawn. */
function FailedPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  if (error instanceof PageLoadFailed) return <NotLoaded />;
  return (
    <Page title={t("failedTitle")}>
      {error instanceof ApiError ? (
        <ErrorNotice error={error} onRetry={onRetry} />
      ) : (
        <Notice tone="danger" action={<Button onPress={onRetry}>{t("retry")}</Button>}>
          {t("failedText")}
        </Notice>
      )}
    </Page>
  );
}

/** A browser does not fetch a script twice that it could not get, so only a new document helps. */
function NotLoaded() {
  const { t } = useTranslation();
  const [isPending, setPending] = useState(false);
  const retry = async () => {
    setPending(true);
    await reloadIfReachable();
    setPending(false);
  };
  return (
    <Page title={t("notLoadedTitle")}>
      <Notice
        tone="warning"
        action={
          <Button isPending={isPending} onPress={() => void retry()}>
            {t("retry")}
          </Button>
        }
      >
        {t("notLoadedText")}
      </Notice>
    </Page>
  );
}

/** For an address that no page has. */
export function NotFound() {
  const { t } = useTranslation();
  return <DeadEnd title={t("notFoundTitle")} text={t("notFoundText")} />;
}

/** For a page that is not for the role of the user. */
export function NotAllowed() {
  const { t } = useTranslation();
  return <DeadEnd title={t("notAllowedTitle")} text={t("notAllowedText")} />;
}

function DeadEnd({ title, text }: { title: string; text: string }) {
  const { t } = useTranslation();
  return (
    <Page title={title}>
      <Card>
        <p className={styles.lead}>{text}</p>
        <LinkButton href={PATHS.overview}>{t("goToOverview")}</LinkButton>
      </Card>
    </Page>
  );
}

/** While a page's code is on its way. */
export function PageLoading() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")}>
      <Skeleton lines={6} />
    </div>
  );
}
