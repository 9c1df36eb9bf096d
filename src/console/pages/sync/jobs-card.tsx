import { useTranslation } from "react-i18next";
import type { ImageName } from "../../../kernel/reference.ts";
import { type SyncJob, type SyncOwner, useSyncJobs } from "../../api/sync.ts";
import { imagePath, organizationPath } from "../../paths.ts";
import {
  Badge,
  Card,
  Empty,
  IconHistory,
  Link,
  Name,
  Notice,
  shortDigest,
  type TableColumn,
  Time,
  useIsInView,
  detailText,
} from "../../ui/index.ts";
import { TimeBy } from "../image/tag-cells.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { JobDialog } from "./job-dialog.tsx";
import { lastingFailures } from "./sync-failures.ts";
import { JobProgress, StatusBadge, statusOf, targetText } from "./sync-parts.tsx";
import styles from "./sync.module.css";

interface JobsCardProps {
  owner: SyncOwner;
  /** What to do where there are none. */
  emptyText: string;
}

/** What was synchronized, or is to be, the newest first. `?job=7` opens one, with `&image=web` where there are several. */
export function JobsCard({ owner, emptyText }: JobsCardProps) {
  const { t } = useTranslation(["sync", "common"]);
  const [ref, isInView] = useIsInView();
  const list = useSyncJobs(owner, { isWatched: isInView });
  const [params, setParams] = useListParams(["job", "image"]);
  const isImage = owner.image !== undefined;
  const image = owner.image ?? params.image;
  const id = Number(params.job);
  const show = (job: SyncJob) => setParams({ job: String(job.id), ...(!isImage && { image: imageOf(owner, job) }) });

  const columns: TableColumn<SyncJob>[] = [
    {
      id: "tag",
      header: isImage ? t("common:tag") : t("imageAndTag"),
      isRowHeader: true,
      cell: (job) => (
        <span className={styles.tag}>
          <Name>{labelOf(owner, job)}</Name>
          <span className={styles.digest} title={job.digest} dir="ltr">
            {shortDigest(job.digest)}
          </span>
        </span>
      ),
      value: (job) => labelOf(owner, job),
      besides: [{ header: t("common:digest"), value: ({ digest }) => digest }],
    },
    {
      id: "status",
      header: t("outcome"),
      cell: (job) => <Outcome job={job} />,
      value: (job) => t(`statuses.${statusOf(job)}`),
      besides: [{ header: t("detail"), value: detailText }],
    },
    {
      id: "target",
      header: t("target"),
      cell: (job) => <Name>{targetText(job)}</Name>,
      value: targetText,
    },
    {
      id: "created",
      header: t("begun"),
      width: "130px",
      cell: ({ created, user }) => <TimeBy time={created} by={t("by", { name: user })} />,
      value: ({ created }) => created,
      besides: [{ header: t("user"), value: ({ user }) => user }],
    },
  ];
  return (
    <Card title={t("jobs")} description={t("jobsIntro")} isFlush>
      <div ref={ref}>
        <Failures owner={owner} jobs={lastingFailures(list.rows)} />
        <CursorTable
          label={t("jobs")}
          list={list}
          columns={columns}
          rowKey={(job) => String(job.id)}
          onRowAction={show}
          emptyState={
            <Empty title={t("noJobs")} icon={<IconHistory />}>
              {emptyText}
            </Empty>
          }
        />
      </div>
      <JobDialog
        name={image === undefined ? undefined : { organization: owner.organization, image }}
        id={Number.isInteger(id) && id > 0 ? id : undefined}
        onShow={show}
        onClose={() => setParams({ job: undefined, image: undefined })}
      />
    </Card>
  );
}

/** The image of a job without its organization. */
function imageOf({ organization }: SyncOwner, { image }: SyncJob): ImageName["image"] {
  return image.slice(organization.length + 1);
}

/** What a job is about: the tag, with its image where there are several. */
function labelOf(owner: SyncOwner, job: SyncJob): string {
  return owner.image === undefined ? `${imageOf(owner, job)}:${job.tag}` : job.tag;
}

/** How a job stands, and why. */
function Outcome({ job }: { job: SyncJob }) {
  const { t } = useTranslation("sync");
  const { status, tries, operation, next } = job;
  const detail = detailText(job);
  const isTrouble = status === "failed" || status === "timeout";
  return (
    <div className={styles.outcome}>
      <span className={styles.badges}>
        <StatusBadge job={job} />
        {operation === "delete" && <Badge>{t("deletion")}</Badge>}
      </span>
      <JobProgress job={job} />
      {detail !== null && (
        <span className={isTrouble ? styles.trouble : styles.reason}>{withShortDigests(detail)}</span>
      )}
      {status === "waiting" && tries > 0 && next !== null && (
        <span className={styles.note}>
          {t("next")} <Time value={next} isPlanned />
        </span>
      )}
    </div>
  );
}

/** As many as are spelled out. */
const MAX_TOLD = 3;

/** The tags that did not arrive and will not by themselves, with what came of them. */
function Failures({ owner, jobs }: { owner: SyncOwner; jobs: readonly SyncJob[] }) {
  const { t } = useTranslation("sync");
  if (jobs.length === 0) return null;
  return (
    <div className={styles.notice}>
      <Notice tone="danger" title={t("failures", { count: jobs.length })}>
        <ul className={styles.failures}>
          {jobs.slice(0, MAX_TOLD).map((job) => (
            <li key={job.id}>
              <Link href={jobPath(owner, job)}>
                <bdi>{t("failure", { tag: labelOf(owner, job), target: targetText(job) })}</bdi>
              </Link>
              <span className={styles.sentence}>{withShortDigests(detailText(job) ?? "")}</span>
            </li>
          ))}
          {jobs.length > MAX_TOLD && <li>{t("more", { count: jobs.length - MAX_TOLD })}</li>}
        </ul>
      </Notice>
    </div>
  );
}

/** Where a job is opened. */
function jobPath(owner: SyncOwner, job: SyncJob): string {
  const { organization, image } = owner;
  if (image !== undefined) return `${imagePath({ organization, image }, "sync")}?job=${job.id}`;
  const query = new URLSearchParams({ job: String(job.id), image: imageOf(owner, job) });
  return `${organizationPath(organization, "sync")}?${query.toString()}`;
}

/** Reasons name digests as a whole, which fill a table's cell. */
function withShortDigests(sentence: string): string {
  return sentence.replaceAll(/\bsha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})\b/g, shortDigest);
}
