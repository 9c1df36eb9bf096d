import { useState } from "react";
import { useTranslation } from "react-i18next";
import { QUOTA_RESOURCES } from "../../../kernel/quotas.ts";
import {
  type DefaultQuotas,
  type QuotaHolder,
  type QuotaSet,
  useDefaultQuotas,
  useQuotaChanges,
} from "../../api/quotas.ts";
import { Dialog, ErrorNotice, Form, Skeleton, toast } from "../../ui/index.ts";
import { changedLimits, draftOf, type LimitDrafts, LimitFields } from "./limit-fields.tsx";

export interface QuotaDialogProps {
  holder: QuotaHolder;
  quotas: QuotaSet;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives an account or organization limits of its own, or takes them away. */
export function QuotaDialog({ isOpen, ...content }: QuotaDialogProps) {
  const { t } = useTranslation("quotas");
  const { holder, onClose } = content;
  return (
    <Dialog title={t("changeTitle", { name: holder.name })} isOpen={isOpen} onClose={onClose}>
      <QuotaForm {...content} />
    </Dialog>
  );
}

/** Apart from the dialog, so that it starts anew each time. */
function QuotaForm({ holder, quotas, onClose }: Omit<QuotaDialogProps, "isOpen">) {
  const { t } = useTranslation(["quotas", "common"]);
  const { data: defaults, error, refetch } = useDefaultQuotas();
  const { change } = useQuotaChanges();
  const [before] = useState(() => draftsOf((resource) => quotas[resource]));
  const [drafts, setDrafts] = useState(before);
  const changes = changedLimits(before, drafts);
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!defaults) return <Skeleton height="20rem" />;
  const submit = async () => {
    await change.mutateAsync({ holder, changes });
    onClose();
    toast(t("changed", { name: holder.name }));
  };
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      submitLabel={t("common:save")}
      isDisabled={Object.keys(changes).length === 0}
    >
      <LimitFields drafts={drafts} onChange={setDrafts} defaults={defaults[holder.kind]} />
    </Form>
  );
}

export interface DefaultsDialogProps {
  kind: QuotaHolder["kind"];
  defaults: DefaultQuotas;
  isOpen: boolean;
  onClose: () => void;
}

/** Sets what holds for all organizations, or accounts, that have no limit of their own. */
export function DefaultsDialog({ isOpen, ...content }: DefaultsDialogProps) {
  const { t } = useTranslation("quotas");
  const { kind, onClose } = content;
  return (
    <Dialog title={t(`defaultsTitle.${kind}`)} isOpen={isOpen} onClose={onClose}>
      <DefaultsForm {...content} />
    </Dialog>
  );
}

function DefaultsForm({ kind, defaults, onClose }: Omit<DefaultsDialogProps, "isOpen">) {
  const { t } = useTranslation(["quotas", "common"]);
  const { changeDefaults } = useQuotaChanges();
  const [before] = useState(() => draftsOf((resource) => ({ limit: defaults[kind][resource], source: "own" })));
  const [drafts, setDrafts] = useState(before);
  const changes = changedLimits(before, drafts);
  const submit = async () => {
    await changeDefaults.mutateAsync({ kind, changes });
    onClose();
    toast(t("defaultsChanged"));
  };
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      submitLabel={t("common:save")}
      isDisabled={Object.keys(changes).length === 0}
    >
      <LimitFields drafts={drafts} onChange={setDrafts} defaults={undefined} />
    </Form>
  );
}

type ResourceOf = (typeof QUOTA_RESOURCES)[number];

function draftsOf(limitOf: (resource: ResourceOf) => { limit: number | null; source: "default" | "own" }): LimitDrafts {
  return Object.fromEntries(
    QUOTA_RESOURCES.map((resource) => {
      const { limit, source } = limitOf(resource);
      return [resource, draftOf(resource, limit, source === "default")];
    }),
  ) as LimitDrafts;
}
