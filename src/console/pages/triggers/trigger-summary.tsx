import { useTranslation } from "react-i18next";
import type { Trigger } from "../../api/triggers.ts";
import { Card, DescriptionList, type DescriptionItem, Name, Time } from "../../ui/index.ts";
import { EnabledSwitch } from "./enabled-switch.tsx";
import { ConditionText } from "./target-text.tsx";

/** All there is to know of a trigger, but for what it has delivered. */
export function TriggerSummary({ trigger }: { trigger: Trigger }) {
  const { t } = useTranslation(["triggers", "common"]);
  const { firesAlways, createdBy, created } = trigger;
  return (
    <Card title={t("settings")} actions={<EnabledSwitch trigger={trigger} />}>
      <DescriptionList
        items={[
          { term: t("condition"), value: <ConditionText trigger={trigger} /> },
          { term: t("fires"), value: firesAlways ? t("common:yes") : t("common:no") },
          ...useTargetItems(trigger),
          { term: t("createdBy"), value: createdBy === null ? t("userGone") : <Name>{createdBy}</Name> },
          { term: t("created"), value: <Time value={created} /> },
        ]}
      />
    </Card>
  );
}

function useTargetItems({ target }: Trigger): DescriptionItem[] {
  const { t } = useTranslation(["triggers", "clusters"]);
  if (target.kind === "kubernetes") {
    return [
      { term: t("target"), value: t("kubernetes") },
      { term: t("cluster"), value: <Name>{target.cluster}</Name> },
      { term: t("namespace"), value: <Name>{target.namespace}</Name> },
      { term: t(`clusters:workloads.${target.workload}`), value: <Name>{target.application}</Name> },
      { term: t("container"), value: target.container === null ? t("allContainers") : <Name>{target.container}</Name> },
      { term: t("imageNamed"), value: target.byDigest ? t("byItsDigest") : t("byTag") },
    ];
  }
  return [
    { term: t("target"), value: t("webhook") },
    { term: t("url"), value: <Name>{target.url}</Name> },
    { term: t("format"), value: t(`formats.${target.format}`) },
    { term: t("secret"), value: target.hasSecret ? t("isSet") : t("notSet") },
    { term: t("authorization"), value: target.hasAuthorization ? t("isSet") : t("notSet") },
  ];
}
