import { useTranslation } from "react-i18next";
import type { DeliveryStatus } from "../../api/triggers.ts";
import { Badge, type BadgeProps } from "../../ui/index.ts";

const TONES: Readonly<Record<DeliveryStatus, NonNullable<BadgeProps["tone"]>>> = {
  pending: "info",
  rolling: "info",
  success: "success",
  failed: "danger",
  superseded: "neutral",
  dead: "danger",
};

/** What became of a delivery, in a word. */
export function StatusBadge({ status }: { status: DeliveryStatus }) {
  const { t } = useTranslation("triggers");
  return <Badge tone={TONES[status]}>{t(`statuses.${status}`)}</Badge>;
}
