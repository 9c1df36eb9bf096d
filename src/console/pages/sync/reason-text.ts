import { exists, t } from "i18next";
import type { SyncJob } from "../../api/sync.ts";

/**
 * Why a job or a try came out as it did, in the language of the console; in the registry's sentence where it has codes that
 * this console does not know, or none.
 */
export function reasonText({ detail, reasons }: Pick<SyncJob, "detail" | "reasons">): string | null {
  if (reasons.length === 0 || !reasons.every(({ code }) => exists(code, { ns: "syncReasons" }))) return detail;
  return reasons
    .map(({ code, values }) => t(code, { ...values, ns: "syncReasons" }))
    .join(t("betweenReasons", { ns: "sync" }));
}
