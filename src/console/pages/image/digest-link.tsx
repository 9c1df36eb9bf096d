import { Link, shortDigest } from "../../ui/index.ts";
import styles from "./digest-link.module.css";
import { useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";

/** The start of a digest, leading to the page of that manifest. It may be gone by now, which the page then says. */
export function DigestLink({ digest }: { digest: string }) {
  return (
    <span className={styles.digest} title={digest} dir="ltr">
      <Link href={tagPath(useImage(), digest)}>{shortDigest(digest)}</Link>
    </span>
  );
}
