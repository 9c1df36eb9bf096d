import { exists, t } from "i18next";
import type { SyncJob } from "../../api/sync.ts";

/**
 * The reasons of a job or a try in the language of the console. If there is no code, or one that this console does not know, it is
 * the registry's sentence.
 */
export function reasonText({ detail, reasons }: Pick<SyncJob, "detail" | "reasons">): string | null {
  if (reasons.length === 0 || !reasons.every(({ code }) => exists(code, { ns: "syncReasons" }))) return detail;
  return reasons
    .map(({ code, values }) => t(code, { ...values, ns: "syncReasons" }))
    .join(t("betweenReasons", { ns: "sync" }));
}
