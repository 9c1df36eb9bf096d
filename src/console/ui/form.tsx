import { createContext, type FormEvent, type ReactNode, use, useLayoutEffect, useRef, useState } from "react";
import { Form as AriaForm } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { errorField, errorText } from "./error-text.ts";
import styles from "./form.module.css";
import { Notice } from "./messages.tsx";

export interface FormProps {
  /** Sends it. What it throws is shown: at the field that `detail.field` names, else at the form's end. */
  onSubmit: () => Promise<void>;
  children: ReactNode;
  submitLabel: string;
  submitVariant?: "primary" | "danger";
  onCancel?: (() => void) | undefined;
  /** Nothing to send yet. */
  isDisabled?: boolean;
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
}: FormProps) {
  const { t } = useTranslation("kit");
  const isInDialog = use(InDialogContext);
  const form = useRef<HTMLFormElement>(null);
  const [isPending, setIsPending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [fieldErrors, setFieldErrors] = useState<Record<string, string>>({});
  // Locked fields lose the focus. After a failure it goes to the culprit, or back to where it was.
  const focusNext = useRef<Element>(null);

  useLayoutEffect(() => {
    const next = focusNext.current;
    if (isPending || !(next instanceof HTMLElement) || !next.isConnected) return;
    focusNext.current = null;
    next.focus();
  }, [isPending]);

  async function submit() {
    focusNext.current = document.activeElement;
    setIsPending(true);
    setFailure(undefined);
    setFieldErrors({});
    try {
      await onSubmit();
      focusNext.current = null;
    } catch (error) {
      const field = errorField(error);
      const culprit = field === undefined ? undefined : findField(form.current, field);
      if (field !== undefined && culprit) {
        setFieldErrors({ [field]: errorText(error) });
        focusNext.current = culprit;
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
    <Button onPress={onCancel} isDisabled={isPending}>
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
      <fieldset className={styles.fields} disabled={isPending} onInput={recheck}>
        {children}
      </fieldset>
      <div className={styles.end}>
        {failure && (
          <Notice tone="danger" role="alert">
            {failure}
          </Notice>
        )}
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

/** Whether something is shown in a dialog; a form's buttons stand elsewhere there. */
export const InDialogContext = /* @__PURE__ */ createContext(false);
