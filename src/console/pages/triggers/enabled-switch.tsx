import { useTranslation } from "react-i18next";
import { type Trigger, useTriggerChanges } from "../../api/triggers.ts";
import { errorText, Switch, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";

export interface EnabledSwitchProps {
  trigger: Trigger;
  /** Leaves the label to screen readers, where a column has it. */
  isLabelHidden?: boolean;
}

/** Switches a trigger on and off, at once. */
export function EnabledSwitch({ trigger: { name, enabled }, isLabelHidden = false }: EnabledSwitchProps) {
  const { t } = useTranslation("triggers");
  const { organization, image } = useImage();
  const { change } = useTriggerChanges({ organization, image });
  const wanted = change.isPending ? change.variables.changes.enabled : undefined;

  async function turn(on: boolean) {
    try {
      await change.mutateAsync({ trigger: name, changes: { enabled: on } });
      toast(on ? t("switchedOn", { name }) : t("switchedOff", { name }));
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
  }

  const label = isLabelHidden ? `${t("enabled")}: ${name}` : t("enabled");
  return (
    <Switch
      label={isLabelHidden ? <span className="visually-hidden">{label}</span> : label}
      isSelected={wanted ?? enabled}
      isDisabled={change.isPending}
      onChange={(on) => void turn(on)}
    />
  );
}
