import { useTranslation } from "react-i18next";
import type { Condition, TriggerTarget } from "../../api/triggers.ts";
import { Name } from "../../ui/index.ts";

/** Which tags a trigger fires for, in a few words. */
export function ConditionText({ condition: { kind, text } }: { condition: Condition }) {
  const { t } = useTranslation("triggers");
  if (kind === "all") return t("conditionAll");
  return <Name>{kind === "tag" ? t("conditionTags", { text }) : t("conditionPattern", { text })}</Name>;
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
