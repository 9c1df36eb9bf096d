import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { PATHS, uploadPath } from "../paths.ts";
import { IconUpload, IconWarning } from "../ui/icons.tsx";
import { formatPercent, toast } from "../ui/index.ts";
import { type Share, shareOf, type Uploads } from "./upload-queue.ts";
import styles from "./upload-status.module.css";
import { useUploads } from "./uploads.ts";

/** Uploads in the header of all pages: how far they are, or that they wait for somebody. It leads to the upload page. */
export default function UploadStatus() {
  const { t } = useTranslation();
  const uploads = useUploads();
  const share = shareOf(uploads);
  useNewsOfEnd(uploads, share);
  const waiting = uploads.files.filter(({ state }) => state === "failed" || state === "interrupted").length;
  if (!share && waiting === 0) return null;
  const organization = uploads.files.find((file) => file.organization !== undefined)?.organization;
  // What has left may not have arrived yet.
  const text = share
    ? formatPercent(Math.min(99, Math.floor(share.fraction * 100)) / 100)
    : t("uploadsWaiting", { count: waiting });
  return (
    <Link
      href={uploadPath(organization)}
      className={styles.status}
      aria-label={share ? t("uploadsRunning", { count: share.count, share: text }) : text}
    >
      {share ? <Ring fraction={share.fraction} /> : <IconWarning />}
      <span className={share ? styles.share : styles.waiting}>{text}</span>
    </Link>
  );
}

/** Tells, on other pages, that all files of a batch are through. */
function useNewsOfEnd({ files }: Uploads, share: Share | undefined): void {
  const { t } = useTranslation();
  const [path, navigate] = useLocation();
  const before = useRef<Share>(undefined);
  useEffect(() => {
    const { current: ended } = before;
    before.current = share;
    const hasTrouble = files.some(({ state }) => state === "failed" || state === "refused");
    // A cancelled upload leaves a file that is ready.
    const isThrough = files.some(({ state }) => state === "done") && !files.some(({ state }) => state === "ready");
    if (!ended || share || path === PATHS.upload) return;
    const action = { label: t("upload"), onPress: () => navigate(PATHS.upload) };
    if (hasTrouble) toast(t("uploadsFailed"), { tone: "danger", action });
    else if (isThrough) toast(t("uploadsDone", { count: ended.count }), { action });
  });
}

const RADIUS = 6.5;
const LENGTH = 2 * Math.PI * RADIUS;

/** A circle that closes as the work goes on, around an arrow. */
function Ring({ fraction }: { fraction: number }) {
  return (
    <span className={styles.ring}>
      <svg width="24" height="24" viewBox="0 0 16 16" fill="none" strokeWidth="1.5" aria-hidden="true">
        <circle cx="8" cy="8" r={RADIUS} className={styles.track} />
        <circle
          cx="8"
          cy="8"
          r={RADIUS}
          className={styles.arc}
          strokeDasharray={LENGTH}
          strokeDashoffset={LENGTH * (1 - fraction)}
          transform="rotate(-90 8 8)"
        />
      </svg>
      <IconUpload />
    </span>
  );
}
