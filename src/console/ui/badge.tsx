import type { ReactNode } from "react";
import styles from "./badge.module.css";
import { classNames } from "./class-names.ts";
import type { Tone } from "./tone.ts";

export interface BadgeProps {
  tone?: Tone | "neutral";
  children: ReactNode;
}

/** A word or two about the state of something. */
export function Badge({ tone = "neutral", children }: BadgeProps) {
  return <span className={classNames(styles.badge, styles[tone])}>{children}</span>;
}
