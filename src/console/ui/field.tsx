import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { FieldError } from "react-aria-components/FieldError";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import styles from "./field.module.css";

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
    <FieldError className={styles.error ?? ""}>
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
