import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError } from "../../api/client.ts";
import { isKeptByRule, useRetag } from "../../api/image-tags.ts";
import { Dialog, Form, Notice, TextField, toast } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";

export interface RetagDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** The tag that the new one is to be the same as. */
  source: string;
}

/** Gives what a tag points to another tag. */
export function RetagDialog({ isOpen, onClose, source }: RetagDialogProps) {
  const { t } = useTranslation("image");
  return (
    <Dialog title={t("retagTitle", { tag: source })} isOpen={isOpen} onClose={onClose} size="small">
      <RetagForm source={source} onClose={onClose} />
    </Dialog>
  );
}

/** OCI distribution-spec, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A tag that is there already is moved only when that was asked for once more. */
function RetagForm({ source, onClose }: Omit<RetagDialogProps, "isOpen">) {
  const { t } = useTranslation("image");
  const retag = useRetag(useImage());
  const [destination, setDestination] = useState("");
  const [existing, setExisting] = useState<string>();
  const overrides = existing === destination;
  const isWrong = destination !== "" && !TAG.test(destination);

  async function submit() {
    try {
      await retag.mutateAsync({ source, destination, overrides });
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && !overrides) return setExisting(destination);
      if (isKeptByRule(error)) throw new Error(t("retagImmutable", { tag: destination }), { cause: error });
      throw error;
    }
    toast(overrides ? t("tagMoved", { tag: destination, source }) : t("tagAdded", { tag: destination, source }));
    onClose();
  }

  return (
    <Form onSubmit={submit} submitLabel={overrides ? t("moveTag") : t("retag")} onCancel={onClose} isDisabled={isWrong}>
      <TextField
        label={t("newTag")}
        description={t("retagHint", { tag: source })}
        value={destination}
        onChange={setDestination}
        error={isWrong ? t("tagInvalid") : undefined}
        maxLength={MAX_TAG_LENGTH}
        isRequired
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      {overrides && (
        <Notice tone="warning" role="alert">
          {t("tagExists", { tag: destination })}
        </Notice>
      )}
    </Form>
  );
}
