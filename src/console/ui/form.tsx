import { createContext, type FormEvent, type ReactNode, use, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Form as AriaForm } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { type ErrorPart, errorParts, isChangedMeanwhile, joinTexts } from "./error-text.ts";
import { FieldErrorsContext } from "./field-errors.ts";
import styles from "./form.module.css";
import { useLeaveGuard } from "./leaving.ts";
import { Notice } from "./messages.tsx";

export interface FormProps {
  /** Sends it. What it throws is shown: at the fields that the refusal names, and else at the form's end. */
  onSubmit: (how: Submission) => Promise<void>;
  children: ReactNode;
  submitLabel: string;
  submitVariant?: "primary" | "danger";
  onCancel?: (() => void) | undefined;
  /** Takes over what is there now, into the fields that were not changed: offered when somebody else was faster. */
  onReload?: (() => void) | undefined;
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
  onReload,
  isDisabled = false,
  isGuarded = true,
}: FormProps) {
  const { t } = useTranslation("kit");
  const isInDialog = use(InDialogContext);
  const form = useRef<HTMLFormElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const [isPending, setIsPending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [isConflict, setConflict] = useState(false);
  const [fieldErrors, setFieldErrors] = useState<Record<string, string>>({});
  const guard = useLeaveGuard();
  const touch = () => {
    if (isGuarded) guard.arm("changes");
  };
  // Locked fields lose the focus. After a failure it goes to the culprit, or back to where it was.
  const focusNext = useRef<{ before: Element | null; culprit?: HTMLElement | undefined }>(null);
  // React Aria's fields take complaints that they showed before for new ones when they come in another object.
  const [cleared, setCleared] = useState<readonly string[]>([]);
  const complaints = useMemo(
    () => ({
      errors: Object.fromEntries(Object.entries(fieldErrors).filter(([name]) => !cleared.includes(name))),
      clear: (name: string) => setCleared((others) => [...others, name]),
    }),
    [fieldErrors, cleared],
  );

  useLayoutEffect(() => {
    if (isPending || !focusNext.current) return;
    const { before, culprit } = focusNext.current;
    focusNext.current = null;
    const next = (culprit && controlOf(culprit)) ?? before;
    if (next instanceof HTMLElement && next.isConnected) next.focus();
    if (!culprit) return;
    // It stays over the fields, and is higher when something is said in it.
    const footHeight = isInDialog ? (foot.current?.offsetHeight ?? 0) : 0;
    form.current?.style.setProperty("--foot-height", `${footHeight}px`);
    showField(culprit);
  }, [isPending, isInDialog]);

  async function submit(how: Submission = { overwrites: false }) {
    focusNext.current = { before: document.activeElement };
    setIsPending(true);
    setFailure(undefined);
    setConflict(false);
    setFieldErrors({});
    setCleared([]);
    // What is sent is not lost, and a success may lead elsewhere.
    guard.disarm();
    try {
      await onSubmit(how);
      focusNext.current = null;
    } catch (error) {
      touch();
      if (isChangedMeanwhile(error)) setConflict(true);
      else showFailure(error);
    }
    setIsPending(false);
  }

  function showFailure(error: unknown) {
    const { atFields, others } = place(errorParts(error), form.current);
    setFieldErrors(Object.fromEntries([...atFields].map(([{ name }, texts]) => [name, joinTexts(texts)])));
    if (others.length > 0) setFailure(joinTexts(others));
    if (focusNext.current) focusNext.current.culprit = inOrder([...atFields.keys()])[0]?.element;
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
      onClickCapture={({ target }) => {
        if (target instanceof Element && target.closest("[type=submit]")) acceptAgain(form.current);
      }}
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
        <FieldErrorsContext value={complaints}>
          <TouchContext value={touch}>{children}</TouchContext>
        </FieldErrorsContext>
      </fieldset>
      <div ref={foot} className={styles.end}>
        {failure && (
          <Notice tone="danger" role="alert">
            {failure}
          </Notice>
        )}
        {isConflict && (
          <ConflictNotice
            onOverwrite={() => void submit({ overwrites: true })}
            {...(onReload && {
              onReload: () => {
                setConflict(false);
                onReload();
              },
            })}
          />
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

export interface ConflictNoticeProps {
  onOverwrite: () => void;
  /** Undefined where the form cannot take over what is there now. */
  onReload?: () => void;
}

/** Tells that somebody else was faster, and offers to look at that, or to have the last word all the same. */
export function ConflictNotice({ onOverwrite, onReload }: ConflictNoticeProps) {
  const { t } = useTranslation("kit");
  return (
    <Notice
      tone="warning"
      role="alert"
      title={t("conflict.title")}
      action={
        <div className={styles.choices}>
          {onReload && (
            <Button size="small" onPress={onReload}>
              {t("conflict.reload")}
            </Button>
          )}
          <Button size="small" variant="danger" onPress={onOverwrite}>
            {t("conflict.overwrite")}
          </Button>
        </div>
      }
    >
      {onReload ? t("conflict.textToReload") : t("conflict.text")}
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

/**
 * Lets a form be sent again as it is: what the registry has refused may be right by now, and the browser holds back a form with a
 * complaint of any kind. Complaints of the browser's own stay.
 */
function acceptAgain(form: HTMLFormElement | null): void {
  for (const control of form?.elements ?? []) {
    const isField =
      control instanceof HTMLInputElement ||
      // A Select has one that is not shown.
      control instanceof HTMLSelectElement ||
      control instanceof HTMLTextAreaElement;
    if (isField) control.setCustomValidity("");
  }
}

/** The attribute by which a field of the kit says its name. */
const FIELD = "data-field";

/** A field that is shown, with all that it has around its control. */
interface ShownField {
  name: string;
  element: HTMLElement;
}

/** Which complaint belongs to which field of a form, and what belongs to none that is shown. */
function place(parts: readonly ErrorPart[], form: HTMLFormElement | null) {
  const fields = [...(form?.querySelectorAll<HTMLElement>(`[${FIELD}]`) ?? [])].map((element): ShownField => {
    return { name: element.getAttribute(FIELD) ?? "", element };
  });
  const atFields = new Map<ShownField, string[]>();
  const others: string[] = [];
  for (const { field, text, atField } of parts) {
    const shown = field === undefined ? undefined : findField(fields, field);
    if (shown) atFields.set(shown, [...(atFields.get(shown) ?? []), atField]);
    else others.push(text);
  }
  return { atFields, others };
}

/**
 * The field that a refusal means. The API says where in a request it is: `target.url` may be the field `url`, and `labels.3` the field
 * `labels`. `condition` as a whole, or a part of it that is not shown, is said at the first field of `condition`.
 */
function findField(fields: readonly ShownField[], path: string): ShownField | undefined {
  const steps = path.split(".");
  const ends = steps.map((_, at) => steps.slice(at).join("."));
  const beginnings = steps.map((_, at) => steps.slice(0, at).join(".")).toReversed();
  const first = (names: readonly string[], isMeant: (field: string, name: string) => boolean) =>
    names.flatMap((name) => fields.find((field) => isMeant(field.name, name)) ?? [])[0];
  return (
    first([...ends, ...beginnings], (field, name) => field === name) ??
    first([path, ...beginnings], (field, name) => name !== "" && field.startsWith(`${name}.`))
  );
}

/** Fields as they follow each other on the screen. */
function inOrder(fields: readonly ShownField[]): ShownField[] {
  return fields.toSorted(({ element: one }, { element: other }) =>
    one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
  );
}

/** What of a field takes the focus. Pickers of days and numbers have a hidden input as well. */
function controlOf(field: HTMLElement): HTMLElement | undefined {
  const controls = field.querySelectorAll<HTMLElement>("input, textarea, [role=spinbutton], button");
  return [...controls].find((control) => control.getClientRects().length > 0 && !control.matches(":disabled"));
}

/** Brings a field into view, with its label above; and the complaint about it, whatever else the field has. */
function showField(field: HTMLElement): void {
  field.scrollIntoView({ block: "nearest" });
  field.querySelector("[data-complaint]")?.scrollIntoView({ block: "nearest" });
}

/** Tells the form around a field that something was chosen in it: for fields that send no `input` event. */
export const TouchContext = /* @__PURE__ */ createContext<() => void>(() => undefined);

/** Whether something is shown in a dialog; a form's buttons stand elsewhere there. */
export const InDialogContext = /* @__PURE__ */ createContext(false);
