import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type RecentDelivery, type RecentPush, useActivity } from "../../api/activity.ts";
import { Badge, Card, ErrorNotice, Link, Name, Skeleton, Time } from "../../ui/index.ts";
import { imagePath, tagPath } from "../../paths.ts";
import styles from "./recent.module.css";

/** What was pushed last, and by whom. */
export function RecentPushes() {
  const { t } = useTranslation("overview");
  const activity = useActivity();
  return (
    <Recent title={t("pushes")} activity={activity} rows={activity.data?.pushes} none={t("noPushes")} of={asPush} />
  );
}

/** What triggers were delivered last, and what came of it. */
export function RecentDeliveries() {
  const { t } = useTranslation("overview");
  const activity = useActivity();
  return (
    <Recent
      title={t("deliveries")}
      activity={activity}
      rows={activity.data?.deliveries}
      none={t("noDeliveries")}
      of={asDelivery}
    />
  );
}

/** One line of a list. */
interface Entry {
  key: string;
  content: ReactNode;
  time: string;
}

function asPush({ organization, image, tag, pushedBy, pushed }: RecentPush): Entry {
  return {
    key: `${organization}/${image}:${tag}`,
    content: (
      <>
        <Link href={tagPath({ organization, image }, tag)}>
          <Name>{`${organization}/${image}:${tag}`}</Name>
        </Link>
        {pushedBy !== null && <Pusher name={pushedBy} />}
      </>
    ),
    time: pushed,
  };
}

function asDelivery({ organization, image, trigger, id, tag, status, created }: RecentDelivery): Entry {
  return {
    key: `${organization}/${image} ${trigger} ${id}`,
    content: (
      <>
        <Link href={imagePath({ organization, image }, "triggers")}>
          <Name>{trigger}</Name>
        </Link>
        <span className={styles.detail}>
          <Name>{`${organization}/${image}:${tag}`}</Name>
        </span>
        <Status status={status} />
      </>
    ),
    time: created,
  };
}

function Pusher({ name }: { name: string }) {
  const { t } = useTranslation("overview");
  return <span className={styles.detail}>{t("by", { name })}</span>;
}

const TONES = {
  pending: "neutral",
  rolling: "info",
  success: "success",
  failed: "danger",
  superseded: "neutral",
  dead: "danger",
} as const satisfies Record<RecentDelivery["status"], string>;

function Status({ status }: { status: RecentDelivery["status"] }) {
  const { t } = useTranslation("overview");
  return <Badge tone={TONES[status]}>{t(`status.${status}`)}</Badge>;
}

interface RecentProps<T> {
  title: string;
  activity: ReturnType<typeof useActivity>;
  rows: readonly T[] | undefined;
  /** Stands where there is nothing. */
  none: string;
  of: (row: T) => Entry;
}

function Recent<T>({ title, activity, rows, none, of }: RecentProps<T>) {
  return (
    <Card title={title}>
      {activity.isError ? (
        <ErrorNotice error={activity.error} onRetry={() => void activity.refetch()} />
      ) : rows === undefined ? (
        <Skeleton lines={5} />
      ) : rows.length === 0 ? (
        <p className={styles.detail}>{none}</p>
      ) : (
        <ul className={styles.list}>
          {rows.map(of).map(({ key, content, time }) => (
            <li key={key} className={styles.entry}>
              <div className={styles.content}>{content}</div>
              <div className={styles.time}>
                <Time value={time} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
