import { useTranslation } from "react-i18next";
import { type DeliveryStatus, type Trigger, useTriggerChanges } from "../../api/triggers.ts";
import {
  Badge,
  type BadgeProps,
  ConfirmRowDialog,
  errorText,
  Name,
  type RowDialogState,
  Switch,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";

interface EnabledSwitchProps {
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

type Condition = Pick<Trigger, "condition" | "conditionSyntax">;

/** Says for which tags a trigger fires, in a few words. */
export function useConditionText(): (trigger: Condition) => string {
  const { t } = useTranslation("triggers");
  return ({ condition: { kind, text }, conditionSyntax }) => {
    if (kind === "all") return t("conditionAll");
    if (kind === "tag") return t("conditionTags", { text });
    return conditionSyntax === "re2" ? t("conditionRe2", { text }) : t("conditionGlob", { text });
  };
}

/** For which tags a trigger fires. */
export function ConditionText({ trigger }: { trigger: Condition }) {
  const conditionText = useConditionText();
  return <Name>{conditionText(trigger)}</Name>;
}

interface DeleteTriggerDialogProps {
  /** Which one, as `useRowDialog` remembers it. */
  state: RowDialogState<Pick<Trigger, "name">>;
  onDeleted?: () => void;
}

/** Deletes one of the page's image's triggers, with its history. */
export function DeleteTriggerDialog({ state, onDeleted }: DeleteTriggerDialogProps) {
  const { t } = useTranslation("triggers");
  const { organization, image } = useImage();
  const { remove } = useTriggerChanges({ organization, image });
  return (
    <ConfirmRowDialog
      state={state}
      title={({ name }) => t("deleteTitle", { name })}
      confirmLabel={t("deleteConfirm")}
      danger
      onConfirm={async ({ name }) => {
        await remove.mutateAsync(name);
        onDeleted?.();
      }}
      doneMessage={({ name }) => t("deleted", { name })}
    >
      {() => t("deleteText")}
    </ConfirmRowDialog>
  );
}
