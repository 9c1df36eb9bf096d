import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Input } from "react-aria-components/Input";
import { TextArea as AriaTextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";
import { classNames } from "./class-names.ts";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./field.tsx";
import styles from "./field.module.css";
import { IconEye, IconEyeOff } from "./icons.tsx";

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
    <AriaTextField {...props} {...(error ? { isInvalid: true } : {})} className={styles.field ?? ""}>
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
