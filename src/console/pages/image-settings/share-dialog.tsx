import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_NOTE_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError } from "../../api/client.ts";
import { type ImageShare, useImageShares, useShareChanges } from "../../api/sharing.ts";
import { Checkbox, DateField, Dialog, Form, Name, TextArea, TextField, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import styles from "./image-settings.module.css";
import { deadlineOf, firstDayFrom, FOREVER, lastDayOf } from "./share-deadline.ts";

export interface ShareDialogProps {
  /** The one to be changed; undefined for a new one. */
  share: ImageShare | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** With which account an image is shared, until when and what for (guide, table 4-2). */
export function ShareDialog({ share, isOpen, onClose }: ShareDialogProps) {
  const { t } = useTranslation("sharing");
  const { image } = useImage();
  return (
    <Dialog
      title={share ? t("changeTitle", { account: share.account }) : t("shareTitle", { image })}
      isOpen={isOpen}
      onClose={onClose}
    >
      <ShareForm share={share} onClose={onClose} />
    </Dialog>
  );
}

type Field = "account" | "until";

/** Apart from the dialog, so that it starts anew each time. */
function ShareForm({ share, onClose }: Omit<ShareDialogProps, "isOpen">) {
  const { t } = useTranslation(["sharing", "common"]);
  const { organization, image } = useImage();
  const { data: shares = [] } = useImageShares({ organization, image });
  const { add, change } = useShareChanges({ organization, image });
  const [account, setAccount] = useState(share?.account ?? "");
  const [until, setUntil] = useState(share && lastDayOf(share.deadline));
  const [isForever, setForever] = useState(share?.deadline === FOREVER);
  const [note, setNote] = useState(share?.note ?? "");
  const [error, setError] = useState<{ field: Field; text: string }>();

  const submit = async () => {
    if (!isForever && !until) return setError({ field: "until", text: t("untilMissing") });
    const isShared = !share && shares.some(({ account: other }) => other === account.trim());
    if (isShared) return setError({ field: "account", text: t("accountShared") });
    const terms = { account: account.trim(), deadline: until && !isForever ? deadlineOf(until) : FOREVER, note };
    try {
      await (share ? change : add).mutateAsync(terms);
    } catch (failure) {
      if (share || !isUnknownAccount(failure)) throw failure;
      return setError({ field: "account", text: t("accountUnknown") });
    }
    onClose();
    return toast(share ? t("changed", terms) : t("added", terms));
  };
  const errorOf = (field: Field) => (error?.field === field ? error.text : undefined);
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={share ? t("common:save") : t("share")}>
      {share ? (
        <p>
          {t("account")}: <Name>{share.account}</Name>
        </p>
      ) : (
        <TextField
          label={t("account")}
          description={t("accountHint")}
          error={errorOf("account")}
          value={account}
          onChange={(value) => {
            setAccount(value);
            setError(undefined);
          }}
          isRequired
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <Checkbox
        label={t("forever")}
        isSelected={isForever}
        onChange={(value) => {
          setForever(value);
          setError(undefined);
        }}
      />
      {!isForever && (
        <DateField
          label={t("until")}
          name="deadline"
          description={t("untilHint")}
          error={errorOf("until")}
          min={firstDayFrom(new Date())}
          value={until}
          onChange={(value) => {
            setUntil(value);
            setError(undefined);
          }}
        />
      )}
      <TextArea label={t("note")} name="note" rows={3} maxLength={MAX_NOTE_LENGTH} value={note} onChange={setNote} />
      <p className={styles.note}>
        {t("right")}: {t("rightPull")}
      </p>
    </Form>
  );
}

function isUnknownAccount(error: unknown): boolean {
  return error instanceof ApiError && error.code === "ACCOUNT_UNKNOWN";
}
