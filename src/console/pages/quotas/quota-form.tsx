import { useTranslation } from "react-i18next";
import { QUOTA_RESOURCES, type QuotaResource, versionOfCommonLimits, versionOfQuotas } from "../../../kernel/quotas.ts";
import {
  type DefaultQuotas,
  type QuotaHolder,
  type QuotaSet,
  useDefaultQuotas,
  useQuotaChanges,
} from "../../api/quotas.ts";
import {
  Dialog,
  ErrorNotice,
  Form,
  NumberField,
  Select,
  Skeleton,
  type Submission,
  toast,
  useDraft,
} from "../../ui/index.ts";
import { formatQuota } from "./quota-card.tsx";
import styles from "./quotas.module.css";

export interface QuotaDialogProps {
  holder: QuotaHolder;
  quotas: QuotaSet;
  onClose: () => void;
}

/** Gives an account or organization limits of its own, or takes them away. */
export default function QuotaDialog({ holder, quotas, onClose }: QuotaDialogProps) {
  const { t } = useTranslation("quotas");
  return (
    <Dialog title={t("changeTitle", { name: holder.name })} isOpen onClose={onClose}>
      <QuotaForm holder={holder} quotas={quotas} onClose={onClose} />
    </Dialog>
  );
}

function QuotaForm({ holder, quotas, onClose }: QuotaDialogProps) {
  const { t } = useTranslation("quotas");
  const { data: defaults, error, refetch } = useDefaultQuotas();
  const { change } = useQuotaChanges();
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!defaults) return <Skeleton height="20rem" />;
  return (
    <LimitsForm
      limitOf={(resource) => quotas[resource]}
      version={versionOfQuotas(quotas)}
      defaults={defaults[holder.kind]}
      onSave={(changes, version) => change.mutateAsync({ holder, changes, version })}
      savedMessage={t("changed", { name: holder.name })}
      onClose={onClose}
    />
  );
}

export interface DefaultsFormProps {
  kind: QuotaHolder["kind"];
  defaults: DefaultQuotas;
  onClose: () => void;
}

/** Sets what holds for all organizations, or accounts, that have no limit of their own. */
export function DefaultsForm({ kind, defaults, onClose }: DefaultsFormProps) {
  const { t } = useTranslation("quotas");
  const { changeDefaults } = useQuotaChanges();
  return (
    <LimitsForm
      limitOf={(resource) => ({ limit: defaults[kind][resource], source: "own" })}
      version={versionOfCommonLimits(defaults)}
      defaults={undefined}
      onSave={(changes, version) => changeDefaults.mutateAsync({ kind, changes, version })}
      savedMessage={t("defaultsChanged")}
      onClose={onClose}
    />
  );
}

interface LimitsFormProps extends Pick<LimitFieldsProps, "defaults"> {
  /** The limits as they were read last. */
  limitOf: (resource: QuotaResource) => { limit: number | null; source: "default" | "own" };
  version: string;
  onSave: (changes: ReturnType<typeof changedLimits>, version: string | undefined) => Promise<unknown>;
  savedMessage: string;
  onClose: () => void;
}

function LimitsForm({ limitOf, version: latest, defaults, onSave, savedMessage, onClose }: LimitsFormProps) {
  const { t } = useTranslation("common");
  const { draft, before, version, set, reload } = useDraft({ values: draftsOf(limitOf), version: latest });
  const changes = changedLimits(before, draft);
  const submit = async ({ overwrites }: Submission) => {
    await onSave(changes, overwrites ? undefined : version);
    onClose();
    toast(savedMessage);
  };
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      onReload={reload}
      submitLabel={t("save")}
      isDisabled={Object.keys(changes).length === 0}
    >
      <LimitFields drafts={draft} onChange={set} defaults={defaults} />
    </Form>
  );
}

/** What a limit may be. */
type LimitKind = "default" | "number" | "unlimited";

/** A limit as it is filled in; `value` is in the resource's unit. */
interface LimitDraft {
  kind: LimitKind;
  value: number | undefined;
}

type LimitDrafts = Record<QuotaResource, LimitDraft>;

/** What numbers are filled in as. */
const UNITS: Record<QuotaResource, { size: number; name: string | undefined }> = {
  storedBytes: { size: 1024 ** 3, name: "GiB" },
  manifestBytes: { size: 1024 ** 2, name: "MiB" },
  images: { size: 1, name: undefined },
  tags: { size: 1, name: undefined },
  openUploads: { size: 1, name: undefined },
};

function draftsOf(limitOf: LimitsFormProps["limitOf"]): LimitDrafts {
  return Object.fromEntries(
    QUOTA_RESOURCES.map((resource): [QuotaResource, LimitDraft] => {
      const { limit, source } = limitOf(resource);
      const value = limit === null ? undefined : Math.ceil(limit / UNITS[resource].size);
      return [resource, { kind: source === "default" ? source : limit === null ? "unlimited" : "number", value }];
    }),
  ) as LimitDrafts;
}

/** The limits that were changed, as the registry takes them. */
function changedLimits(before: LimitDrafts, after: LimitDrafts) {
  const changed = QUOTA_RESOURCES.filter((resource) => {
    const [old, next] = [before[resource], after[resource]];
    return old.kind !== next.kind || (next.kind === "number" && old.value !== next.value);
  });
  return Object.fromEntries(changed.map((resource) => [resource, limitFrom(resource, after[resource])]));
}

function limitFrom(resource: QuotaResource, { kind, value = 0 }: LimitDraft): number | null | "default" {
  return kind === "default" ? kind : kind === "unlimited" ? null : value * UNITS[resource].size;
}

interface LimitFieldsProps {
  drafts: LimitDrafts;
  onChange: (drafts: LimitDrafts) => void;
  /** The common limits, which a holder may have in place of its own; undefined where they themselves are set. */
  defaults: Record<QuotaResource, number | null> | undefined;
}

/** A line for each limit: whether there is one, and which. */
function LimitFields({ drafts, onChange, defaults }: LimitFieldsProps) {
  const { t } = useTranslation("quotas");
  const written = (resource: QuotaResource, limit: number | null) =>
    limit === null ? t("unlimited") : formatQuota(resource, limit);
  return QUOTA_RESOURCES.map((resource) => {
    const draft = drafts[resource];
    const { name: unit } = UNITS[resource];
    const set = (changes: Partial<LimitDraft>) => onChange({ ...drafts, [resource]: { ...draft, ...changes } });
    return (
      <div key={resource} className={styles.limit}>
        <Select<LimitKind>
          label={t(resource)}
          {...(draft.kind !== "number" && { name: resource })}
          value={draft.kind}
          onChange={(kind) => set({ kind })}
          options={[
            ...(defaults
              ? [{ value: "default" as const, label: t("default", { limit: written(resource, defaults[resource]) }) }]
              : []),
            { value: "number", label: t("limited") },
            { value: "unlimited", label: t("unlimited") },
          ]}
        />
        {draft.kind === "number" && (
          <NumberField
            label={t("limitOf", { name: t(resource) })}
            name={resource}
            isLabelHidden
            min={0}
            value={draft.value}
            onChange={(value) => set({ value })}
            isRequired
            {...(unit !== undefined && { unit })}
          />
        )}
      </div>
    );
  });
}
