/** Buttons, and what belongs to them: a spinner while they wait, a tooltip for those without text. */
import { isValidElement, type ReactElement, type ReactNode, type Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { useTranslation } from "react-i18next";
import styles from "./button.module.css";
import { classNames } from "./class-names.ts";
import { Anchor, type RouteOrFile } from "./link.tsx";

export type ButtonVariant = "primary" | "secondary" | "danger" | "quiet";

type SharedButtonProps = Pick<
  AriaButtonProps,
  | "isPending"
  | "isDisabled"
  | "onPress"
  | "type"
  | "autoFocus"
  | "form"
  | "slot"
  | "aria-label"
  | "aria-describedby"
  | "aria-expanded"
  | "aria-controls"
>;

export interface ButtonProps extends SharedButtonProps {
  variant?: ButtonVariant;
  size?: "small" | "medium";
  /** Stands before the text. */
  icon?: ReactNode;
  /** Stands behind the text. */
  endIcon?: ReactNode;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with text. While `isPending` it keeps its width and the focus, and ignores presses. */
export function Button({ variant = "secondary", size = "medium", icon, endIcon, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={classNames(styles.button, styles[variant], size === "small" && styles.small)}>
      {({ isPending }) => (
        <>
          <span className={classNames(styles.content, isPending && styles.hidden)}>
            {icon}
            <span className={styles.buttonText}>{children}</span>
            {endIcon}
          </span>
          {isPending && (
            <span className={styles.pending}>
              <Spinner />
            </span>
          )}
        </>
      )}
    </AriaButton>
  );
}

export interface LinkButtonProps extends RouteOrFile {
  variant?: ButtonVariant;
  size?: "small" | "medium";
  icon?: ReactNode;
  children: ReactNode;
}

/** A link that looks like a button: for going somewhere, where a Button does something. */
export function LinkButton({ variant = "secondary", size = "medium", icon, children, ...to }: LinkButtonProps) {
  return (
    <Anchor {...to} className={classNames(styles.button, styles[variant], size === "small" && styles.small)}>
      <span className={styles.content}>
        {icon}
        <span className={styles.buttonText}>{children}</span>
      </span>
    </Anchor>
  );
}

export interface IconButtonProps extends SharedButtonProps {
  /** What it does: its accessible name and its tooltip. */
  label: string;
  icon: ReactNode;
  variant?: ButtonVariant;
  size?: "small" | "medium";
  ref?: Ref<HTMLButtonElement>;
}

/** A square button that only shows an icon. */
export function IconButton({ label, icon, variant = "quiet", size = "medium", ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <AriaButton
        aria-label={label}
        {...props}
        className={classNames(styles.button, styles.square, styles[variant], size === "small" && styles.small)}
      >
        {({ isPending }) => (isPending ? <Spinner /> : icon)}
      </AriaButton>
      <TooltipPopup>{label}</TooltipPopup>
    </TooltipTrigger>
  );
}

export interface SpinnerProps {
  size?: 16 | 24;
  /** What is being waited for; "Loading" unless given. */
  label?: string;
}

/** Something of unknown length is under way. */
export function Spinner({ size = 16, label }: SpinnerProps) {
  const { t } = useTranslation("kit");
  return (
    <svg
      className={styles.spinner}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      role="img"
      aria-label={label ?? t("loading")}
    >
      <circle cx="8" cy="8" r="6.5" opacity={0.25} />
      <path d="M14.5 8A6.5 6.5 0 0 0 8 1.5" />
    </svg>
  );
}

export interface TooltipProps {
  content: ReactNode;
  /** A Button as it is; anything else (text, a badge) is put into an element that takes the focus. Not for links. */
  children: ReactNode;
}

/** An explanation on hover and on focus. Nothing that is needed to act belongs here: a finger cannot hover. */
export function Tooltip({ content, children }: TooltipProps) {
  return (
    <TooltipTrigger delay={300} closeDelay={100}>
      {isButton(children) ? children : <AriaButton className={styles.tooltipText ?? ""}>{children}</AriaButton>}
      <TooltipPopup>{content}</TooltipPopup>
    </TooltipTrigger>
  );
}

function isButton(node: ReactNode): node is ReactElement {
  return isValidElement(node) && node.type === Button;
}

/** The bubble of a tooltip; belongs inside React Aria's TooltipTrigger. */
function TooltipPopup({ children }: { children: ReactNode }) {
  return (
    <AriaTooltip className={styles.popup ?? ""} offset={6}>
      {children}
    </AriaTooltip>
  );
}
