import type { ReactNode } from "react";
import { Tooltip as AriaTooltip } from "react-aria-components/Tooltip";
import styles from "./tooltip.module.css";

/** The bubble of a tooltip; belongs inside React Aria's TooltipTrigger. */
export function TooltipPopup({ children }: { children: ReactNode }) {
  return (
    <AriaTooltip className={styles.popup ?? ""} offset={6}>
      {children}
    </AriaTooltip>
  );
}
