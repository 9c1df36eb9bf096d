import { useTranslation } from "react-i18next";
import { type AuditEvent, useAuditEvents } from "../../api/audit.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { Empty, formatNumber, IconAudit, Name, Page, type TableColumn, Time } from "../../ui/index.ts";
import { CursorTable, useRowDialog } from "../lists/cursor-table.tsx";
import { NoMatch } from "../lists/filters.tsx";
import { AuditFilters } from "./audit-filters.tsx";
import { EventDialog } from "./event-dialog.tsx";
import { ExportButton } from "./export-button.tsx";
import { ResultBadge } from "./result-badge.tsx";
import { useAuditFilter } from "./use-audit-filter.ts";

/** `/audit`: what was done, by whom, and what was refused (guide 1.6). */
export default function Audit() {
  const { t } = useTranslation(["operations", "lists"]);
  const state = useAuditFilter();
  const list = useAuditEvents(state.filter);
  const details = useRowDialog<AuditEvent>();
  const columns: TableColumn<AuditEvent>[] = [
    { id: "action", header: t("audit.action"), cell: ({ action }) => t(`action.${action}`), isRowHeader: true },
    {
      id: "resource",
      header: t("audit.resource"),
      cell: ({ resource }) => <Name>{resource}</Name>,
      hideBelow: "small",
    },
    { id: "user", header: t("audit.user"), cell: ({ user }) => <Name>{user}</Name> },
    { id: "result", header: t("audit.result"), cell: ({ result }) => <ResultBadge result={result} /> },
    { id: "address", header: t("audit.address"), cell: ({ address }) => address, hideBelow: "medium" },
    { id: "time", header: t("audit.time"), cell: ({ time }) => <Time value={time} />, hideBelow: "small" },
  ];
  return (
    <Page title={t("audit.title")} description={<Description />} actions={<ExportButton filter={state.filter} />}>
      <AuditFilters {...state} />
      <CursorTable
        label={t("audit.title")}
        list={list}
        columns={columns}
        rowKey={({ id }) => String(id)}
        onRowAction={details.open}
        emptyState={
          state.isFiltered ? (
            <NoMatch onClear={state.clear} />
          ) : (
            <Empty title={t("audit.emptyTitle")} icon={<IconAudit size={20} />}>
              {t("audit.emptyText")}
            </Empty>
          )
        }
      />
      {details.row && <EventDialog event={details.row} isOpen={details.isOpen} onClose={details.close} />}
    </Page>
  );
}

/** Whose events one sees, and for how long they are kept. */
function Description() {
  const { t } = useTranslation("operations");
  const { role, account } = useSelf();
  const days = useSettings().data?.auditDays;
  const scope = {
    member: () => t("audit.descriptionMember"),
    administrator: () => t("audit.descriptionAdministrator", { account }),
    operator: () => t("audit.descriptionOperator"),
  }[role]();
  return (
    <>
      {scope} {days !== undefined && t("audit.kept", { number: formatNumber(days) })}
    </>
  );
}
