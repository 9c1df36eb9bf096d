import { useTranslation } from "react-i18next";
import type { Trigger, TriggerTarget } from "../../api/triggers.ts";
import { Name } from "../../ui/index.ts";

/** Which tags a trigger fires for, in a few words. */
export function ConditionText({ trigger }: { trigger: Pick<Trigger, "condition" | "conditionSyntax"> }) {
  const { t } = useTranslation("triggers");
  const { kind, text } = trigger.condition;
  if (kind === "all") return t("conditionAll");
  if (kind === "tag") return <Name>{t("conditionTags", { text })}</Name>;
  return <Name>{trigger.conditionSyntax === "re2" ? t("conditionRe2", { text }) : t("conditionGlob", { text })}</Name>;
}

/** What a trigger does, in a few words. */
export function TargetText({ target }: { target: TriggerTarget }) {
  const { t } = useTranslation(["triggers", "clusters"]);
  if (target.kind === "kubernetes") {
    const workload = t(`clusters:workloads.${target.workload}`);
    return <Name>{t("toWorkload", { ...target, workload })}</Name>;
  }
  const host = URL.parse(target.url)?.host ?? target.url;
  return <Name>{t("toWebhook", { format: t(`formats.${target.format}`), host })}</Name>;
}
