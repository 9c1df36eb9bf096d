/** Cells of all lists of shares, so that these have the same words and the same day. */
import { useTranslation } from "react-i18next";
import type { Day as CalendarDay } from "../../../kernel/day.ts";
import { Badge, Day } from "../../ui/index.ts";

/** The last day on which a share holds; undefined: it has no end. */
export function ShareEnd({ lastDay }: { lastDay: CalendarDay | undefined }) {
  const { t } = useTranslation("sharing");
  return lastDay === undefined ? t("forever") : <Day value={lastDay} />;
}

/** `active`: the account may pull. Otherwise why the share has no effect. */
export type ShareState = "active" | "ended" | "public";

const TONES = { active: "success", ended: "neutral", public: "warning" } as const satisfies Record<ShareState, string>;

export function ShareBadge({ state }: { state: ShareState }) {
  const { t } = useTranslation("sharing");
  return <Badge tone={TONES[state]}>{t(`states.${state}`)}</Badge>;
}
