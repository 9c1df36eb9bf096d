import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { MAX_ORGANIZATION_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError } from "../../api/client.ts";
import { useOrganizationChanges, useOrganizationQuota } from "../../api/organizations.ts";
import { Dialog, errorText, Form, Notice, TextField, toast } from "../../ui/index.ts";
import { organizationPath } from "../image/image-paths.ts";
import styles from "./organizations.module.css";

/** What the registry says of a name that is none, and of one that is taken. */
const NAME_REFUSALS = ["ORGANIZATION_INVALID", "ORGANIZATION_EXISTS"];

export interface CreateOrganizationDialogProps {
  isOpen: boolean;
  onClose: () => void;
}

/** Creates an organization, as far as one's quota allows (guide 5, 7.1.5), and goes there. */
export function CreateOrganizationDialog({ isOpen, onClose }: CreateOrganizationDialogProps) {
  const { t } = useTranslation("organizations");
  return (
    <Dialog title={t("create")} isOpen={isOpen} onClose={onClose} size="small">
      <CreateForm onClose={onClose} />
    </Dialog>
  );
}

function CreateForm({ onClose }: Pick<CreateOrganizationDialogProps, "onClose">) {
  const { t } = useTranslation(["organizations", "common"]);
  const [, navigate] = useLocation();
  const { create } = useOrganizationChanges();
  const { data: quota } = useOrganizationQuota();
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const exhausted = quota && quota.used >= quota.limit ? quota : undefined;
  const isFull = exhausted !== undefined;

  const submit = async () => {
    try {
      await create.mutateAsync(name);
    } catch (failure) {
      if (!(failure instanceof ApiError && NAME_REFUSALS.includes(failure.code))) throw failure;
      return setError(errorText(failure));
    }
    onClose();
    toast(t("createdToast", { name }));
    return navigate(organizationPath(name));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("common:create")} isDisabled={isFull}>
      {exhausted && <Notice tone="warning">{t("quotaFull", { limit: exhausted.limit })}</Notice>}
      <TextField
        label={t("createName")}
        name="name"
        description={t("createRules")}
        error={error}
        value={name}
        onChange={(value) => {
          setName(value);
          setError(undefined);
        }}
        maxLength={MAX_ORGANIZATION_LENGTH}
        isRequired
        isDisabled={isFull}
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      {quota && !isFull && <p className={styles.note}>{t("quota", quota)}</p>}
    </Form>
  );
}
