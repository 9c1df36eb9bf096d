import { useTranslation } from "react-i18next";
import type { AuditEvent } from "../../api/audit.ts";
import { CodeBlock, DescriptionList, Dialog, Name, Time } from "../../ui/index.ts";
import { ResultBadge } from "./result-badge.tsx";

export interface EventDialogProps {
  event: AuditEvent;
  isOpen: boolean;
  onClose: () => void;
}

/** All that the audit knows of an event. */
export function EventDialog({ event, isOpen, onClose }: EventDialogProps) {
  const { t } = useTranslation(["operations", "common"]);
  const { action, time, user, address, account, organization, resource, result, detail } = event;
  const items = [
    { term: t("audit.action"), value: `${t(`action.${action}`)} (${action})` },
    { term: t("audit.result"), value: <ResultBadge result={result} /> },
    { term: t("audit.time"), value: <Time value={time} relative={false} /> },
    { term: t("audit.user"), value: <Name>{user}</Name> },
    { term: t("audit.address"), value: address },
    { term: t("audit.account"), value: <Name>{account ?? t("audit.accountGone")}</Name> },
    { term: t("common:organization"), value: organization && <Name>{organization}</Name> },
    { term: t("audit.resource"), value: <Name>{resource}</Name> },
    {
      term: t("audit.particulars"),
      value: detail && <CodeBlock code={JSON.stringify(detail, null, 2)} wrap />,
    },
  ];
  return (
    <Dialog title={t("audit.detailsTitle", { id: event.id })} isOpen={isOpen} onClose={onClose}>
      <DescriptionList items={items.filter(({ value }) => value !== null)} />
    </Dialog>
  );
}
