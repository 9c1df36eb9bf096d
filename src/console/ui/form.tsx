import { createContext, type FormEvent, type ReactNode, use, useLayoutEffect, useRef, useState } from "react";
import { Form as AriaForm } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { errorField, errorText, isChangedMeanwhile } from "./error-text.ts";
import styles from "./form.module.css";
import { useLeaveGuard } from "./leaving.ts";
import { Notice } from "./messages.tsx";

export interface FormProps {
  /** Sends it. What it throws is shown: at the field that `detail.field` names, else at the form's end. */
  onSubmit: (how: Submission) => Promise<void>;
  children: ReactNode;
  submitLabel: string;
  submitVariant?: "primary" | "danger";
  onCancel?: (() => void) | undefined;
  /** Nothing to send yet. */
  isDisabled?: boolean;
  /** Whether what was typed is asked for before it is lost; default: it is. */
  isGuarded?: boolean;
}

export interface Submission {
  /** Whether the user knows that somebody else has changed the same thing meanwhile, and wants it to be as it is here. */
  overwrites: boolean;
}

/**
 * Fields and their buttons. Empty required fields hold it back before it is sent; while it is under way the fields are
 * locked; what was typed stays when it fails.
 */
export function Form({
  onSubmit,
  children,
  submitLabel,
  submitVariant = "primary",
  onCancel,
  isDisabled = false,
  isGuarded = true,
}: FormProps) {
  const { t } = useTranslation("kit");
  const isInDialog = use(InDialogContext);
  const form = useRef<HTMLFormElement>(null);
  const [isPending, setIsPending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [isConflict, setConflict] = useState(false);
  const [fieldErrors, setFieldErrors] = useState<Record<string, string>>({});
  const guard = useLeaveGuard();
  const touch = () => {
    if (isGuarded) guard.arm("changes");
  };
  // Locked fields lose the focus. After a failure it goes to the culprit, or back to where it was.
  const focusNext = useRef<Element>(null);

  useLayoutEffect(() => {
    const next = focusNext.current;
    if (isPending || !(next instanceof HTMLElement) || !next.isConnected) return;
    focusNext.current = null;
    next.focus();
  }, [isPending]);

  async function submit(how: Submission = { overwrites: false }) {
    focusNext.current = document.activeElement;
    setIsPending(true);
    setFailure(undefined);
    setConflict(false);
    setFieldErrors({});
    // What is sent is not lost, and a success may lead elsewhere.
    guard.disarm();
    try {
      await onSubmit(how);
      focusNext.current = null;
    } catch (error) {
      touch();
      const field = errorField(error);
      const culprit = field === undefined ? undefined : findField(form.current, field);
      if (field !== undefined && culprit) {
        setFieldErrors({ [field]: errorText(error) });
        focusNext.current = culprit;
      } else if (isChangedMeanwhile(error)) {
        setConflict(true);
      } else {
        setFailure(errorText(error));
      }
    }
    setIsPending(false);
  }

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    // A form in a dialog is a child, for React, of the form around the dialog.
    event.stopPropagation();
    if (!isPending && !isDisabled) void submit();
  }

  const cancel = onCancel && (
    <Button
      onPress={() => {
        guard.disarm();
        onCancel();
      }}
      isDisabled={isPending}
    >
      {t("cancel")}
    </Button>
  );

  return (
    <AriaForm
      ref={form}
      className={classNames(styles.form, isInDialog && styles.inDialog)}
      validationErrors={fieldErrors}
      onSubmit={handleSubmit}
    >
      <fieldset
        className={styles.fields}
        disabled={isPending}
        onInput={(event) => {
          touch();
          recheck(event);
        }}
      >
        <TouchContext value={touch}>{children}</TouchContext>
      </fieldset>
      <div className={styles.end}>
        {failure && (
          <Notice tone="danger" role="alert">
            {failure}
          </Notice>
        )}
        {isConflict && <ConflictNotice onOverwrite={() => void submit({ overwrites: true })} />}
        <div className={styles.actions}>
          {isInDialog && cancel}
          <Button type="submit" variant={submitVariant} isPending={isPending} isDisabled={isDisabled}>
            {submitLabel}
          </Button>
          {!isInDialog && cancel}
        </div>
      </div>
    </AriaForm>
  );
}

/** Tells that somebody else was faster, and offers to have the last word all the same. */
export function ConflictNotice({ onOverwrite }: { onOverwrite: () => void }) {
  const { t } = useTranslation("kit");
  return (
    <Notice
      tone="warning"
      role="alert"
      title={t("conflict.title")}
      action={
        <Button size="small" variant="danger" onPress={onOverwrite}>
          {t("conflict.overwrite")}
        </Button>
      }
    >
      {t("conflict.text")}
    </Notice>
  );
}

/**
 * Lets React Aria look at a wrong field again at every key. By itself it does so when the field is left, which may be by
 * pressing the submit button: the complaint goes, everything moves up, and the press misses.
 */
function recheck({ target }: FormEvent) {
  if (target instanceof Element && target.getAttribute("aria-invalid") === "true")
    target.dispatchEvent(new Event("change"));
}

/** The control of this name, if it can show an error of its own; check boxes and radio buttons cannot. */
function findField(form: HTMLFormElement | null, name: string): HTMLElement | undefined {
  const element = form?.elements.namedItem(name);
  if (!(element instanceof HTMLElement)) return undefined;
  const isChoice = element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio");
  return isChoice ? undefined : element;
}

/** Tells the form around a field that something was chosen in it: for fields that send no `input` event. */
export const TouchContext = /* @__PURE__ */ createContext<() => void>(() => undefined);

/** Whether something is shown in a dialog; a form's buttons stand elsewhere there. */
export const InDialogContext = /* @__PURE__ */ createContext(false);
