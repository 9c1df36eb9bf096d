import { useTranslation } from "react-i18next";
import type { AuditEvent } from "../../api/audit.ts";
import { Badge } from "../../ui/index.ts";

/** How something ended that is in the audit. */
export function ResultBadge({ result }: Pick<AuditEvent, "result">) {
  const { t } = useTranslation("operations");
  return <Badge tone={result === "success" ? "success" : "danger"}>{t(`audit.${result}`)}</Badge>;
}
