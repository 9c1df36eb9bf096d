import { type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link as RouterLink, useLocation, useSearchParams } from "wouter";
import { type FailedSync, type RecentDelivery, type RecentPush, useActivity } from "../../api/activity.ts";
import { type Overview as AccountOverview, useOverview, useReport } from "../../api/overview.ts";
import { useSelf } from "../../api/session.ts";
import { imagePath, LOGIN_KINDS, loginCommandPath, PATHS, tagPath, triggerPath } from "../../paths.ts";
import { isFor } from "../../shell/audience.ts";
import { lazyPart } from "../../shell/lazy-page.ts";
import {
  Badge,
  Card,
  detailText,
  ErrorNotice,
  formatBytes,
  formatNumber,
  IconTerminal,
  IconUpload,
  Link,
  LinkButton,
  Name,
  Notice,
  Page,
  Skeleton,
  Time,
} from "../../ui/index.ts";
import QuotaCard from "../quotas/quota-card.tsx";
import { DayChart } from "../usage/day-chart.tsx";
import styles from "./overview.module.css";

const PushSteps = lazyPart(async () => ({ default: (await import("../images/push-steps.tsx")).PushSteps }));
const LoginCommandDialog = lazyPart(() => import("../../login-command/login-command-dialog.tsx"));

/** `/`: the account in numbers, what happened last, and login commands (`?login=temporary`, `?login=permanent`). */
export default function Overview() {
  const { t } = useTranslation("overview");
  const user = useSelf();
  const overview = useOverview();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const kind = LOGIN_KINDS.find((candidate) => candidate === search.get("login"));
  const isNew = overview.data?.images === 0;
  return (
    <Page
      title={t("title")}
      description={t("account", { name: user.account })}
      actions={
        <>
          <LinkButton href={PATHS.upload} icon={<IconUpload />}>
            {t("upload")}
          </LinkButton>
          <LinkButton href={loginCommandPath("temporary")} variant="primary" icon={<IconTerminal />}>
            {t("loginCommand")}
          </LinkButton>
        </>
      }
    >
      {overview.isError ? (
        <ErrorNotice error={overview.error} onRetry={() => void overview.refetch()} />
      ) : (
        <Numbers overview={overview.data} />
      )}
      <FailingTriggers />
      <FailedSyncs />
      {isFor("administrator", user) && (
        <Suspense fallback={<Skeleton height="5rem" />}>
          <QuotaCard holder={{ kind: "account", name: user.account }} title={t("quotas")} />
        </Suspense>
      )}
      {isNew ? (
        <Suspense fallback={<Skeleton height="420px" />}>
          <FirstPush />
        </Suspense>
      ) : (
        <div className={styles.columns}>
          <ReportChart of="pulled" />
          {isFor("administrator", user) && <ReportChart of="stored" />}
          <RecentPushes />
          <RecentDeliveries />
        </div>
      )}
      {kind && (
        <Suspense>
          <LoginCommandDialog
            kind={kind}
            hrefOf={loginCommandPath}
            onClose={() => navigate(PATHS.overview, { replace: true })}
          />
        </Suspense>
      )}
    </Page>
  );
}

/** In place of charts that would be empty: how the first image gets here. */
function FirstPush() {
  const { t } = useTranslation("overview");
  return (
    <Card title={t("firstTitle")}>
      <div className={styles.steps}>
        <PushSteps />
        <p>
          {t("firstUpload")} <Link href={PATHS.upload}>{t("upload")}</Link>
        </p>
      </div>
    </Card>
  );
}

/** The account's numbers, large; their places are there before they are known. */
function Numbers({ overview }: { overview: AccountOverview | undefined }) {
  const { t } = useTranslation("overview");
  return (
    <dl className={styles.numbers}>
      <Figure
        label={t("organizations")}
        href={PATHS.organizations}
        value={overview && formatNumber(overview.organizations)}
      />
      <Figure label={t("images")} href={PATHS.images} value={overview && formatNumber(overview.images)} />
      <Figure label={t("tags")} value={overview && formatNumber(overview.tags)} />
      <Figure label={t("stored")} value={overview && formatBytes(overview.storedBytes)} />
      <Figure label={t("pulled")} note={t("pulledNote")} value={overview && formatBytes(overview.pulledBytes)} />
    </dl>
  );
}

interface FigureProps {
  label: string;
  value: string | undefined;
  note?: string;
  href?: string;
}

function Figure({ label, value, note, href }: FigureProps) {
  const number: ReactNode = value ?? <Skeleton height="1.2em" />;
  return (
    <div className={styles.figure}>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.value}>
        {href !== undefined && value !== undefined ? (
          <RouterLink href={href} className={styles.link}>
            {number}
          </RouterLink>
        ) : (
          number
        )}
        {note && <span className={styles.note}>{note}</span>}
      </dd>
    </div>
  );
}

/** Bytes per day: what was pulled, or what was stored. */
function ReportChart({ of }: { of: "pulled" | "stored" }) {
  const { t } = useTranslation("overview");
  const { data, error, refetch } = useReport(of);
  return (
    <DayChart
      title={t(of === "pulled" ? "pulledChart" : "storedChart")}
      label={t("perDay")}
      unit="bytes"
      days={data?.map(({ date, bytes }) => ({ date, value: bytes }))}
      error={error}
      onRetry={refetch}
    />
  );
}

/** What was pushed last, and by whom. */
function RecentPushes() {
  const { t } = useTranslation("overview");
  const activity = useActivity();
  return (
    <Recent title={t("pushes")} activity={activity} rows={activity.data?.pushes} none={t("noPushes")} of={asPush} />
  );
}

/** The triggers that fail, first of all: a push went through, and what it was for did not happen. */
function FailingTriggers() {
  const { t } = useTranslation("overview");
  const failing = useActivity().data?.failing ?? [];
  if (failing.length === 0) return null;
  return (
    <Suspense>
      <Notice tone="danger" title={t("failing")}>
        <ul className={styles.list}>
          {failing.map((delivery) => (
            <FailingTrigger key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      </Notice>
    </Suspense>
  );
}

function FailingTrigger({ delivery }: { delivery: RecentDelivery }) {
  const { organization, image, trigger, tag, finished, created } = delivery;
  // They are not among the texts of the first view.
  useTranslation("reasons");
  const detail = detailText(delivery);
  return (
    <li className={styles.entry}>
      <div className={styles.content}>
        <Link href={triggerPath({ organization, image }, trigger)}>
          <Name>{trigger}</Name>
        </Link>
        <span className={styles.detail}>
          <Name>{`${organization}/${image}:${tag}`}</Name>
        </span>
        {detail !== null && <span className={styles.reason}>{detail}</span>}
      </div>
      <div className={styles.time}>
        <Time value={finished ?? created} />
      </div>
    </li>
  );
}

/** The tags that did not arrive where rules copy them, and will not by themselves. */
function FailedSyncs() {
  const { t } = useTranslation("overview");
  const failed = useActivity().data?.failedSyncs ?? [];
  if (failed.length === 0) return null;
  return (
    <Suspense>
      <Notice tone="danger" title={t("failedSyncs")}>
        <ul className={styles.list}>
          {failed.map((job) => (
            <FailedSyncEntry key={job.id} job={job} />
          ))}
        </ul>
      </Notice>
    </Suspense>
  );
}

function FailedSyncEntry({ job }: { job: FailedSync }) {
  const { organization, image, id, tag, remote, remoteOrganization, finished, created } = job;
  useTranslation("reasons");
  const detail = detailText(job);
  return (
    <li className={styles.entry}>
      <div className={styles.content}>
        <Link href={`${imagePath({ organization, image }, "sync")}?job=${id}`}>
          <Name>{`${organization}/${image}:${tag}`}</Name>
        </Link>
        <span className={styles.detail}>
          <Name>{remoteOrganization === "" ? remote : `${remote}/${remoteOrganization}`}</Name>
        </span>
        {detail !== null && <span className={styles.reason}>{detail}</span>}
      </div>
      <div className={styles.time}>
        <Time value={finished ?? created} />
      </div>
    </li>
  );
}

/** What triggers were delivered last, and what came of it; no card for who may see none. */
function RecentDeliveries() {
  const { t } = useTranslation("overview");
  const activity = useActivity();
  if (activity.data?.deliveries === null) return null;
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
        <Link href={triggerPath({ organization, image }, trigger)}>
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
