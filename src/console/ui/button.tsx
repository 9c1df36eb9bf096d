import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { TooltipTrigger } from "react-aria-components/Tooltip";
import { Anchor, type RouteOrFile } from "./anchor.tsx";
import styles from "./button.module.css";
import { classNames } from "./class-names.ts";
import { Spinner } from "./spinner.tsx";
import { TooltipPopup } from "./tooltip-popup.tsx";

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
            <span className={styles.text}>{children}</span>
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
        <span className={styles.text}>{children}</span>
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
