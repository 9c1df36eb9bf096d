import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Remote, useRemotes } from "../../api/remotes.ts";
import { useSelf } from "../../api/session.ts";
import { EVERYTHING, isOpen, type SyncJob, type SyncRule, type SyncStatus } from "../../api/sync.ts";
import { PATHS } from "../../paths.ts";
import { isFor } from "../../shell/audience.ts";
import {
  Badge,
  type BadgeProps,
  Empty,
  formatBytes,
  IconExternal,
  IconRefresh,
  LinkButton,
  Name,
  Progress,
} from "../../ui/index.ts";
import styles from "./sync.module.css";

/** What is copied, and where it goes. */
type Target = Pick<SyncRule, "remote" | "remoteOrganization">;

/** A target in a few characters: the remote registry and the organization there. */
export function targetText({ remote, remoteOrganization }: Target): string {
  return remoteOrganization === "" ? remote : `${remote}/${remoteOrganization}`;
}

/**
 * What an image is called at a target, with the address of the registry.
 *
 * @param image without its organization.
 */
export function nameAtTarget(remote: Remote, remoteOrganization: string, image: string): string {
  const host = URL.parse(remote.url)?.host ?? remote.url;
  return [host, remoteOrganization, image].filter((part) => part !== "").join("/");
}

/** How a job stands; `again`: something went wrong, and may go well the next time. */
type ShownStatus = SyncStatus | "again";

/** What is told of a job in a word or two: the text that says so. */
export function statusOf({ status, tries }: Pick<SyncJob, "status" | "tries">): ShownStatus {
  return status === "waiting" && tries > 0 ? "again" : status;
}

const TONES: Readonly<Record<ShownStatus, NonNullable<BadgeProps["tone"]>>> = {
  waiting: "info",
  again: "warning",
  running: "info",
  success: "success",
  failed: "danger",
  timeout: "danger",
  cancel: "neutral",
  existed: "warning",
};

/** What became of a job, in a word or two. */
export function StatusBadge({ job }: { job: Pick<SyncJob, "status" | "tries"> }) {
  const { t } = useTranslation("sync");
  const status = statusOf(job);
  return <Badge tone={TONES[status]}>{t(`statuses.${status}`)}</Badge>;
}

/** How far a job has come, while it has not ended and there is something to tell. */
export function JobProgress({ job }: { job: SyncJob }) {
  const { t } = useTranslation("sync");
  const { status, operation, bytesDone, bytesTotal } = job;
  if (!isOpen(job) || operation === "delete") return null;
  if (bytesTotal === null) {
    return status === "running" ? <Progress value={undefined} label={t("comparing")} /> : null;
  }
  const label = t("bytes", { done: formatBytes(bytesDone), total: formatBytes(bytesTotal) });
  return <Progress value={bytesTotal === 0 ? 1 : bytesDone / bytesTotal} label={label} />;
}

/** A glob as a table has it: all of them, in words. */
export function Glob({ children, all }: { children: string; all: string }) {
  return children === EVERYTHING ? <span className={styles.note}>{all}</span> : <Name>{children}</Name>;
}

/** In place of rules, where there is no registry yet that anything could be copied to: what to do, or whom to ask. */
export function NoRemotes() {
  const { t } = useTranslation("sync");
  const self = useSelf();
  const mayAdd = isFor("administrator", self);
  return (
    <Empty
      title={t("noRemotes")}
      icon={<IconExternal />}
      action={
        mayAdd && (
          <LinkButton variant="primary" href={`${PATHS.remotes}?new=1`}>
            {t("addRemote")}
          </LinkButton>
        )
      }
    >
      {mayAdd ? t("noRemotesText") : t("noRemotesAsk", { account: self.account })}
    </Empty>
  );
}

interface NoRulesProps {
  action: ReactNode;
  children: ReactNode;
}

/** In place of rules: what they are good for, unless there has to be a remote registry first. */
export function NoRules({ action, children }: NoRulesProps) {
  const { t } = useTranslation("sync");
  const remotes = useRemotes();
  if (remotes.data?.length === 0) return <NoRemotes />;
  return (
    <Empty title={t("noRules")} icon={<IconRefresh />} action={action}>
      {children}
    </Empty>
  );
}
