import type { ImageName } from "../../../kernel/reference.ts";
import { Link, Name } from "../../ui/index.ts";
import { imagePath } from "../image/image-paths.ts";
import styles from "./image-link.module.css";

export interface ImageLinkProps {
  image: ImageName;
  /** Which tab of the image's page it leads to; the first one without it. */
  tab?: string;
}

/** The name of an image in a table, leading to its page. Where there is no column for its organization, that stands with it. */
export function ImageLink({ image: { organization, image }, tab }: ImageLinkProps) {
  return (
    <Link href={imagePath({ organization, image }, tab)}>
      <Name>
        <span className={styles.organization}>{organization}/</span>
        {image}
      </Name>
    </Link>
  );
}
