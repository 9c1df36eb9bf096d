import { useTranslation } from "react-i18next";
import type { CollectedGarbage } from "../../api/garbage.ts";
import { formatBytes, formatNumber, Notice } from "../../ui/index.ts";

/** What a run has taken, or what a dry run says that one would take. */
export function CollectionOutcome({ result }: { result: CollectedGarbage }) {
  const { t } = useTranslation("operations");
  const { dryRun, manifests, blobs, objects, bytes, complete, failed } = result;
  if (manifests + blobs + objects === 0 && !failed) {
    return (
      <Notice tone="success" role="status">
        {t(dryRun ? "garbage.previewNothing" : "garbage.doneNothing")}
      </Notice>
    );
  }
  const parts = [
    `${t("garbage.manifests")}: ${formatNumber(manifests)}`,
    `${t("garbage.blobs")}: ${formatNumber(blobs)}`,
    `${t("garbage.objects")}: ${formatNumber(objects)}`,
    `${t("garbage.bytes")}: ${formatBytes(bytes)}`,
  ];
  return (
    <Notice
      tone={dryRun ? "info" : failed ? "warning" : "success"}
      title={t(dryRun ? "garbage.previewTitle" : "garbage.doneTitle")}
      role="status"
    >
      <p>{parts.join(" · ")}</p>
      {failed && <p>{t("garbage.failedPartly")}</p>}
      {!complete && !failed && <p>{t("garbage.previewPartly")}</p>}
    </Notice>
  );
}
