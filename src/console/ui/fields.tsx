/** Fields to type into, and the label, hint and complaint that every field has. */
import { type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components/Button";
import { FieldError } from "react-aria-components/FieldError";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from "react-aria-components/NumberField";
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
} from "react-aria-components/SearchField";
import { Text } from "react-aria-components/Text";
import { TextArea as AriaTextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";
import { useTranslation } from "react-i18next";
import { classNames } from "./class-names.ts";
import { useFieldError } from "./field-errors.ts";
import styles from "./fields.module.css";
import { IconClose, IconEye, IconEyeOff, IconMinus, IconPlus, IconSearch } from "./icons.tsx";

/** What every labelled field has around its control. */
export interface FieldProps {
  label: string;
  /** A hint under the label. */
  description?: ReactNode;
  /** What is wrong with the present value. A refused submit is shown by Form, which finds the field by `name`. */
  error?: string | undefined;
  /** The name by which the registry's error detail calls this field. */
  name?: string;
  /** Leaves the label to screen readers. */
  isLabelHidden?: boolean;
}

export interface FieldLabelProps {
  children: ReactNode;
  isRequired?: boolean | undefined;
  isHidden?: boolean | undefined;
}

/** The label of a React Aria field. */
export function FieldLabel({ children, isRequired, isHidden }: FieldLabelProps) {
  return (
    <Label className={isHidden ? "visually-hidden" : (styles.label ?? "")}>
      {children}
      {isRequired && <RequiredMark />}
    </Label>
  );
}

/** The asterisk; `required` on the control is what says it aloud. */
export function RequiredMark() {
  return (
    <span className={styles.required} aria-hidden="true">
      *
    </span>
  );
}

/** The hint of a React Aria field, between label and control. */
export function FieldDescription({ children }: { children: ReactNode }) {
  if (children === undefined || children === null || children === "") return null;
  return (
    <Text slot="description" className={styles.description ?? ""}>
      {children}
    </Text>
  );
}

/** The complaint under a React Aria field: the page's own, the registry's, or the browser's. */
export function FieldErrorText({ error }: { error?: string | undefined }) {
  const { t } = useTranslation("kit");
  return (
    <FieldError data-complaint="" className={styles.error ?? ""}>
      {({ validationDetails, validationErrors }) => {
        if (error) return error;
        // The browser words these in its own language, which need not be the console's.
        if (validationDetails.valueMissing) return t("fieldRequired");
        if (validationDetails.tooLong) return t("fieldTooLong");
        if (!validationDetails.customError) return t("fieldInvalid");
        return validationErrors.join(" ");
      }}
    </FieldError>
  );
}

/** The complaint about something that is no field of React Aria's. */
export function Complaint({ id, error }: { id: string; error: string | undefined }) {
  if (!error) return null;
  return (
    <div id={id} className={styles.error} role="alert" data-complaint="">
      {error}
    </div>
  );
}

export interface FieldGroupProps extends FieldProps {
  children: ReactNode;
  /** Its fields stand beside each other, as far as there is room. */
  isRow?: boolean;
  /** Its fields are the values of one choice. */
  isChoice?: boolean;
  isRequired?: boolean;
}

/**
 * Fields that belong together, and what is wrong with all of them: said before the first of them, because a group may be longer than the
 * screen.
 */
export function FieldGroup({
  label,
  description,
  error,
  name,
  isLabelHidden = false,
  children,
  isRow = false,
  isChoice = false,
  isRequired = false,
}: FieldGroupProps) {
  const id = useId();
  const refused = useFieldError(name);
  const complaint = error ?? refused.error;
  return (
    <fieldset
      className={classNames(styles.group, isRow && styles.row, isChoice && styles.options)}
      data-field={name}
      data-invalid={complaint ? true : undefined}
      aria-describedby={classNames(description ? `${id}-description` : "", complaint ? `${id}-error` : "") || undefined}
      {...(isChoice && {
        role: "radiogroup",
        "aria-required": isRequired || undefined,
        "aria-invalid": complaint ? true : undefined,
      })}
      onChange={refused.clear}
    >
      <legend className={isLabelHidden ? "visually-hidden" : (styles.legend ?? "")}>
        {label}
        {isRequired && <RequiredMark />}
      </legend>
      {description && (
        <div id={`${id}-description`} className={styles.description}>
          {description}
        </div>
      )}
      <Complaint id={`${id}-error`} error={complaint} />
      {children}
    </fieldset>
  );
}

type SharedTextProps = FieldProps &
  Pick<
    AriaTextFieldProps,
    | "value"
    | "defaultValue"
    | "onChange"
    | "onBlur"
    | "isRequired"
    | "isDisabled"
    | "isReadOnly"
    | "autoFocus"
    | "autoComplete"
    | "inputMode"
    | "maxLength"
    | "minLength"
    | "pattern"
    | "spellCheck"
  > & {
    placeholder?: string;
    /** For names, digests, patterns: what has to be read letter by letter. */
    isMonospace?: boolean;
  };

export type TextFieldProps = SharedTextProps & {
  type?: "text" | "email" | "password" | "url" | "tel";
};

/** One line of text. A password can be shown. */
export function TextField({
  label,
  description,
  error,
  isLabelHidden,
  placeholder = "",
  isMonospace,
  type = "text",
  ...props
}: TextFieldProps) {
  const { t } = useTranslation("kit");
  const [isShown, setIsShown] = useState(false);
  const isPassword = type === "password";
  return (
    <AriaTextField
      {...props}
      data-field={props.name}
      {...(error ? { isInvalid: true } : {})}
      type={isPassword && isShown ? "text" : type}
      className={styles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <div className={styles.control}>
        <Input
          className={classNames(styles.input, isMonospace && styles.mono)}
          placeholder={placeholder}
          dir={isMonospace ? "ltr" : "auto"}
          {...(isMonospace && { autoCapitalize: "none", autoCorrect: "off", spellCheck: false })}
        />
        {isPassword && (
          <button
            type="button"
            className={styles.inner}
            aria-label={isShown ? t("hidePassword") : t("showPassword")}
            disabled={props.isDisabled}
            onClick={() => setIsShown(!isShown)}
          >
            {isShown ? <IconEyeOff /> : <IconEye />}
          </button>
        )}
      </div>
      <FieldErrorText error={error} />
    </AriaTextField>
  );
}

export type TextAreaProps = SharedTextProps & {
  rows?: number;
};

/** From this share of `maxLength` on, what is left is counted under the text. */
const COUNT_FROM = 0.8;

/** Several lines of text. Near `maxLength` it tells how many characters are left. */
export function TextArea({
  label,
  description,
  error,
  isLabelHidden,
  placeholder = "",
  isMonospace,
  rows = 4,
  ...props
}: TextAreaProps) {
  const { t } = useTranslation("kit");
  const { maxLength, value = "" } = props;
  return (
    <AriaTextField
      {...props}
      data-field={props.name}
      {...(error ? { isInvalid: true } : {})}
      className={styles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <div className={styles.control}>
        <AriaTextArea
          className={classNames(styles.input, isMonospace && styles.mono)}
          rows={rows}
          placeholder={placeholder}
          dir={isMonospace ? "ltr" : "auto"}
          {...(isMonospace && { autoCapitalize: "none", autoCorrect: "off", spellCheck: false })}
        />
      </div>
      <div className={styles.foot}>
        <FieldErrorText error={error} />
        {maxLength !== undefined && value.length >= maxLength * COUNT_FROM && (
          <span className={styles.count} role="status">
            {t("charactersLeft", { count: maxLength - value.length })}
          </span>
        )}
      </div>
    </AriaTextField>
  );
}

export type SearchFieldProps = Pick<AriaSearchFieldProps, "isDisabled" | "autoFocus" | "onSubmit" | "maxLength"> & {
  /** For screen readers; the magnifier shows it to everybody else. */
  label: string;
  value: string;
  /** At every key; who queries a server waits a little first. */
  onChange: (value: string) => void;
  placeholder?: string;
};

/** A search box; Escape empties it. */
export function SearchField({ label, placeholder, ...props }: SearchFieldProps) {
  const { t } = useTranslation("kit");
  return (
    <AriaSearchField {...props} className={styles.field ?? ""}>
      {({ isEmpty }) => (
        <>
          <FieldLabel isHidden>{label}</FieldLabel>
          <Group className={styles.control ?? ""}>
            <span className={styles.affix}>
              <IconSearch />
            </span>
            <Input className={styles.input ?? ""} placeholder={placeholder ?? label} dir="auto" />
            {!isEmpty && (
              <Button className={styles.inner ?? ""} aria-label={t("clear")}>
                <IconClose />
              </Button>
            )}
          </Group>
        </>
      )}
    </AriaSearchField>
  );
}

export type NumberFieldProps = FieldProps &
  Pick<AriaNumberFieldProps, "isRequired" | "isDisabled" | "isReadOnly" | "autoFocus" | "step"> & {
    min?: number;
    max?: number;
    /** Undefined while the field is empty. */
    value: number | undefined;
    onChange: (value: number | undefined) => void;
    /** Stands behind the number: "days". */
    unit?: string;
  };

/** A whole number, typed or stepped; it is brought between `min` and `max` when the field is left. */
export function NumberField({
  label,
  description,
  error,
  isLabelHidden,
  min,
  max,
  value,
  onChange,
  unit,
  step = 1,
  ...props
}: NumberFieldProps) {
  const { t } = useTranslation("kit");
  return (
    <AriaNumberField
      {...props}
      data-field={props.name}
      {...(min !== undefined && { minValue: min })}
      {...(max !== undefined && { maxValue: max })}
      {...(error ? { isInvalid: true } : {})}
      step={step}
      // React Aria's empty number is NaN.
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? undefined : next)}
      className={styles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <Group className={classNames(styles.control, styles.short)}>
        <Input className={styles.input ?? ""} />
        {unit && <span className={styles.suffix}>{unit}</span>}
        <Button slot="decrement" className={styles.inner ?? ""} aria-label={t("decrease")}>
          <IconMinus />
        </Button>
        <Button slot="increment" className={styles.inner ?? ""} aria-label={t("increase")}>
          <IconPlus />
        </Button>
      </Group>
      <FieldErrorText error={error} />
    </AriaNumberField>
  );
}
