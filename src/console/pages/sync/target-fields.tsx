import { useTranslation } from "react-i18next";
import { MAX_REMOTE_ORGANIZATION_LENGTH } from "../../../kernel/field-limits.ts";
import { type Remote, useRemotes } from "../../api/remotes.ts";
import { ErrorNotice, Select, Skeleton, TextField } from "../../ui/index.ts";
import { nameAtTarget, NoRemotes } from "./sync-parts.tsx";
import styles from "./sync.module.css";

/** Where something goes, while it is being written. */
export interface TargetDraft {
  /** Empty while none is chosen. */
  remote: string;
  remoteOrganization: string;
}

interface TargetFieldsProps {
  target: TargetDraft;
  onChange: (target: TargetDraft) => void;
  /** What stands behind the organization there: an image, or a sign for any of them. */
  image: string;
}

/** A remote registry of the account, and the organization there, with what images are then called. */
export function TargetFields({ target, onChange, image }: TargetFieldsProps) {
  const { t } = useTranslation("sync");
  const { data: remotes, error, refetch } = useRemotes();
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!remotes) return <Skeleton lines={3} />;
  if (remotes.length === 0) return <NoRemotes />;
  const remote = chosenOf(remotes, target);
  return (
    <div className={styles.fields}>
      <Select
        label={t("remote")}
        name="remote"
        options={remotes.map(({ name, url }) => ({ value: name, label: name, description: url }))}
        value={remote?.name}
        onChange={(name) => onChange({ ...target, remote: name })}
        isRequired
      />
      <TextField
        label={t("remoteOrganization")}
        name="remoteOrganization"
        description={t("remoteOrganizationHint")}
        value={target.remoteOrganization}
        onChange={(remoteOrganization) => onChange({ ...target, remoteOrganization })}
        maxLength={MAX_REMOTE_ORGANIZATION_LENGTH}
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      {remote && (
        <p className={styles.name} role="status">
          {t("copiedTo")} <code>{nameAtTarget(remote, target.remoteOrganization.trim(), image)}</code>
        </p>
      )}
    </div>
  );
}

/** The remote registry that is meant: the only one needs no choice. */
function chosenOf(remotes: readonly Remote[], { remote }: TargetDraft): Remote | undefined {
  return remote === "" && remotes.length === 1 ? remotes[0] : remotes.find(({ name }) => name === remote);
}

/**
 * A target as it is sent, once somebody has chosen where; undefined before.
 */
export function useTarget(target: TargetDraft): TargetDraft | undefined {
  const { data: remotes = [] } = useRemotes();
  const remote = chosenOf(remotes, target);
  return remote && { remote: remote.name, remoteOrganization: target.remoteOrganization.trim() };
}
