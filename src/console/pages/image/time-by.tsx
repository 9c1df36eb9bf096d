import { Time } from "../../ui/index.ts";
import styles from "./time-by.module.css";

export interface TimeByProps {
  time: string;
  /** Who did it, in words such as "by alice"; nothing where that is not told. */
  by: string | null;
}

/** When something was done and, below, by whom: for tables. */
export function TimeBy({ time, by }: TimeByProps) {
  return (
    <span className={styles.time}>
      <Time value={time} />
      {by !== null && (
        <span className={styles.by} title={by}>
          <bdi>{by}</bdi>
        </span>
      )}
    </span>
  );
}
