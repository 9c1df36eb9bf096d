import { useTranslation } from "react-i18next";
import { QUOTA_RESOURCES, type QuotaResource } from "../../../kernel/quotas.ts";
import { NumberField, Select } from "../../ui/index.ts";
import { formatQuota } from "./quota-meters.tsx";
import styles from "./quotas.module.css";

/** What a limit may be. */
export type LimitKind = "default" | "number" | "unlimited";

/** A limit as it is filled in; `value` is in the resource's unit. */
export interface LimitDraft {
  kind: LimitKind;
  value: number | undefined;
}

export type LimitDrafts = Record<QuotaResource, LimitDraft>;

/** What numbers are filled in as. */
const UNITS: Record<QuotaResource, { size: number; name: string | undefined }> = {
  storedBytes: { size: 1024 ** 3, name: "GiB" },
  manifestBytes: { size: 1024 ** 2, name: "MiB" },
  images: { size: 1, name: undefined },
  tags: { size: 1, name: undefined },
  openUploads: { size: 1, name: undefined },
};

/** @param isDefault whether it is no limit of its own. */
export function draftOf(resource: QuotaResource, limit: number | null, isDefault: boolean): LimitDraft {
  const value = limit === null ? undefined : Math.ceil(limit / UNITS[resource].size);
  return { kind: isDefault ? "default" : limit === null ? "unlimited" : "number", value };
}

/** The limits that were changed, as the registry takes them. */
export function changedLimits(before: LimitDrafts, after: LimitDrafts) {
  const changed = QUOTA_RESOURCES.filter((resource) => {
    const [old, next] = [before[resource], after[resource]];
    return old.kind !== next.kind || (next.kind === "number" && old.value !== next.value);
  });
  return Object.fromEntries(changed.map((resource) => [resource, limitOf(resource, after[resource])]));
}

function limitOf(resource: QuotaResource, { kind, value = 0 }: LimitDraft): number | null | "default" {
  return kind === "default" ? kind : kind === "unlimited" ? null : value * UNITS[resource].size;
}

export interface LimitFieldsProps {
  drafts: LimitDrafts;
  onChange: (drafts: LimitDrafts) => void;
  /** The common limits, which a holder may have in place of its own; undefined where they themselves are set. */
  defaults: Record<QuotaResource, number | null> | undefined;
}

/** A line for each limit: whether there is one, and which. */
export function LimitFields({ drafts, onChange, defaults }: LimitFieldsProps) {
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
