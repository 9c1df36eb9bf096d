import { isValidElement, type ReactElement, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { TooltipTrigger } from "react-aria-components/Tooltip";
import { Button } from "./button.tsx";
import styles from "./tooltip.module.css";
import { TooltipPopup } from "./tooltip-popup.tsx";

export interface TooltipProps {
  content: ReactNode;
  /** A Button as it is; anything else (text, a badge) is put into an element that takes the focus. Not for links. */
  children: ReactNode;
}

/** An explanation on hover and on focus. Nothing that is needed to act belongs here: a finger cannot hover. */
export function Tooltip({ content, children }: TooltipProps) {
  return (
    <TooltipTrigger delay={300} closeDelay={100}>
      {isButton(children) ? children : <AriaButton className={styles.text ?? ""}>{children}</AriaButton>}
      <TooltipPopup>{content}</TooltipPopup>
    </TooltipTrigger>
  );
}

function isButton(node: ReactNode): node is ReactElement {
  return isValidElement(node) && node.type === Button;
}
