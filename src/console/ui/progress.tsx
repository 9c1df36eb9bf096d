import { useId } from "react";
import { formatPercent } from "./format.ts";
import styles from "./progress.module.css";

export interface ProgressProps {
  /** 0 to 1; undefined while nobody knows how long it will take. */
  value: number | undefined;
  label: string;
  /** Stands at the end of the line, in place of the percentage: "12 MB of 40 MB". */
  valueText?: string;
  isLabelHidden?: boolean;
}

/** How far something has come. */
export function Progress({ value, label, valueText, isLabelHidden = false }: ProgressProps) {
  const id = useId();
  const share = value === undefined ? undefined : clamp(value);
  const text = valueText ?? (share === undefined ? "" : formatPercent(share));
  return (
    <div className={styles.progress}>
      <div className={isLabelHidden ? "visually-hidden" : styles.line}>
        <span id={id} className={styles.label}>
          {label}
        </span>
        <span className={styles.value}>{text}</span>
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
        aria-valuetext={text || undefined}
      >
        {share === undefined ? (
          <div className={styles.wandering} />
        ) : (
          <div className={styles.fill} style={{ inlineSize: `${share * 100}%` }} />
        )}
      </div>
    </div>
  );
}

export interface MeterProps {
  label: string;
  value: number;
  /** Null: there is no limit, and no bar. */
  max: number | null;
  /** Stands in place of the limit where there is none. */
  unlimited?: string;
  /** How the two numbers are written; plain numbers unless given. */
  format?: (value: number) => string;
}

/** From here on a meter warns. */
const NEARLY_FULL = 0.8;

/** How much of a limit is used; the colour changes near the end and at it. */
export function Meter({ label, value, max, unlimited = "∞", format = String }: MeterProps) {
  const id = useId();
  const share = max === null ? 0 : max > 0 ? clamp(value / max) : 1;
  const tone = share >= 1 ? styles.full : share >= NEARLY_FULL ? styles.nearlyFull : "";
  const text = `${format(value)} / ${max === null ? unlimited : format(max)}`;
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span id={id} className={styles.label}>
          {label}
        </span>
        <span className={styles.value}>{text}</span>
      </div>
      {max !== null && (
        <div
          className={styles.track}
          role="meter"
          aria-labelledby={id}
          aria-valuemin={0}
          aria-valuemax={max}
          aria-valuenow={Math.min(value, max)}
          aria-valuetext={text}
        >
          <div className={`${styles.fill} ${tone}`} style={{ inlineSize: `${share * 100}%` }} />
        </div>
      )}
    </div>
  );
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
