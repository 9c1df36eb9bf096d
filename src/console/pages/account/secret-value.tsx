import { CopyButton } from "../../ui/index.ts";
import styles from "./dialogs.module.css";

/** Something that is shown once, to be copied. */
export function SecretValue({ value, copyLabel }: { value: string; copyLabel: string }) {
  return (
    <span className={styles.secret}>
      <code>{value}</code>
      <CopyButton value={value} label={copyLabel} />
    </span>
  );
}
