import { useTranslation } from "react-i18next";
import type { ImageName } from "../../../kernel/reference.ts";
import { isOpen, type SyncAttempt, type SyncJob, useSyncJob, useSyncJobChanges } from "../../api/sync.ts";
import {
  Badge,
  Button,
  type DescriptionItem,
  DescriptionList,
  Dialog,
  Digest,
  Disclosure,
  ErrorNotice,
  errorText,
  formatBytes,
  IconClose,
  IconRefresh,
  Name,
  Skeleton,
  Time,
  toast,
  detailText,
} from "../../ui/index.ts";
import { JobProgress, StatusBadge, targetText } from "./sync-parts.tsx";
import styles from "./sync.module.css";

interface JobDialogProps {
  /** The job's image; undefined while none is looked at, as is `id`. */
  name: ImageName | undefined;
  id: number | undefined;
  /** Shows another one. */
  onShow: (job: SyncJob) => void;
  onClose: () => void;
}

/** A job with all its tries, and what ends it or does it once more. */
export function JobDialog({ name, id, onShow, onClose }: JobDialogProps) {
  const { t } = useTranslation("sync");
  const isShown = name !== undefined && id !== undefined;
  return (
    <Dialog
      title={t("job", { id })}
      isOpen={isShown}
      onClose={onClose}
      size="large"
      footer={isShown && <Actions key={id} name={name} id={id} onShow={onShow} onClose={onClose} />}
    >
      {isShown && <Content key={id} name={name} id={id} />}
    </Dialog>
  );
}

interface JobProps {
  name: ImageName;
  id: number;
}

function Actions({ name, id, onShow, onClose }: JobProps & Pick<JobDialogProps, "onShow" | "onClose">) {
  const { t } = useTranslation(["sync", "common"]);
  const { data: job } = useSyncJob(name, id);
  const { cancel, resend } = useSyncJobChanges(name);

  async function stop() {
    try {
      await cancel.mutateAsync(id);
      toast(t("cancelled"));
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
  }

  async function repeat() {
    try {
      onShow(await resend.mutateAsync(id));
      toast(t("resending"), { tone: "info" });
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
  }

  return (
    <>
      <Button onPress={onClose}>{t("common:close")}</Button>
      {job && isOpen(job) && (
        <Button icon={<IconClose />} variant="danger" isPending={cancel.isPending} onPress={() => void stop()}>
          {t("cancelJob")}
        </Button>
      )}
      {job && !isOpen(job) && (
        <Button icon={<IconRefresh />} isPending={resend.isPending} onPress={() => void repeat()}>
          {t("resend")}
        </Button>
      )}
    </>
  );
}

function Content({ name, id }: JobProps) {
  const { t } = useTranslation(["sync", "common"]);
  const { data: job, error, refetch } = useSyncJob(name, id);
  const end = useEnd(job);
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!job) return <Skeleton lines={8} />;
  const { operation, image, tag, digest, override, referrers, rule, user, created, attempts } = job;
  const detail = detailText(job);
  const options = [override && t("overrides"), referrers && t("withReferrers")].filter((text) => text !== false);
  return (
    <div className={styles.content}>
      <div className={styles.status} role="status">
        <StatusBadge job={job} />
        {operation === "delete" && <Badge>{t("deletion")}</Badge>}
        {detail !== null && <span className={styles.sentence}>{detail}</span>}
      </div>
      <JobProgress job={job} />
      <DescriptionList
        items={[
          { term: t("image"), value: <Name>{image}</Name> },
          { term: t("common:tag"), value: <Name>{tag}</Name> },
          { term: t("common:digest"), value: <Digest value={digest} /> },
          { term: t("target"), value: <Name>{targetText(job)}</Name> },
          ...(options.length > 0 ? [{ term: t("options"), value: options.join(", ") }] : []),
          { term: t("reason"), value: rule === null ? t("byHand") : t("byRule", { id: rule }) },
          { term: t("user"), value: <Name>{user}</Name> },
          { term: t("begun"), value: <Time value={created} relative={false} /> },
          ...end,
        ]}
      />
      <section className={styles.attempts}>
        <h3>{t("attempts")}</h3>
        {attempts.length === 0
          ? t("noAttempts")
          : attempts.map((attempt) => (
              <Attempt key={attempt.number} attempt={attempt} isLast={attempt === attempts.at(-1)} />
            ))}
      </section>
    </div>
  );
}

/** When a job ended, or goes on, and how many bytes its image has there. */
function useEnd(job: SyncJob | undefined): DescriptionItem[] {
  const { t } = useTranslation("sync");
  if (!job) return [];
  const { status, finished, next, bytesTotal, operation } = job;
  if (finished === null) {
    return status === "waiting" && next !== null ? [{ term: t("next"), value: <Time value={next} isPlanned /> }] : [];
  }
  const items: DescriptionItem[] = [{ term: t("finished"), value: <Time value={finished} relative={false} /> }];
  if (status === "success" && operation === "copy" && bytesTotal !== null) {
    items.push({ term: t("size"), value: formatBytes(bytesTotal) });
  }
  return items;
}

/** One try that did not bring a job to its end: when, how long, what came back. */
function Attempt({ attempt, isLast }: { attempt: SyncAttempt; isLast: boolean }) {
  const { t } = useTranslation("sync");
  const { number, started, duration, status } = attempt;
  const summary = [
    t("attempt", { number }),
    status === null ? t("noAnswer") : String(status),
    t("milliseconds", { count: duration }),
  ].join(" · ");
  return (
    <Disclosure title={summary} isOpenAtFirst={isLast}>
      <div className={styles.attempt}>
        <p className={styles.sentence}>{detailText(attempt)}</p>
        <p className={styles.note}>
          <Time value={started} relative={false} />
        </p>
      </div>
    </Disclosure>
  );
}
