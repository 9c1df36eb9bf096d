import { useTranslation } from "react-i18next";
import { auditExportPath, type AuditFilter } from "../../api/audit.ts";
import { IconDownload, LinkButton } from "../../ui/index.ts";

/** Downloads all events that pass the filters, not only those on screen. */
export function ExportButton({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation("operations");
  return (
    <LinkButton href={auditExportPath(filter)} isFile icon={<IconDownload />}>
      {t("audit.export")}
    </LinkButton>
  );
}
