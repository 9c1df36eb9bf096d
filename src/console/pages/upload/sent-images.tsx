import { useTranslation } from "react-i18next";
import { CodeBlock, Digest, Link, Name } from "../../ui/index.ts";
import { imagePath, tagPath } from "../../paths.ts";
import type { SentImage } from "./upload-queue.ts";
import styles from "./upload.module.css";

/** What has arrived, where it is, and how it is pulled. */
export function SentImages({ images }: { images: readonly SentImage[] }) {
  return (
    <ul className={styles.sent}>
      {images.map((image) => (
        <li key={`${image.name}@${image.digest}`}>
          <Sent image={image} />
        </li>
      ))}
    </ul>
  );
}

function Sent({ image: { organization, name, tags, digest } }: { image: SentImage }) {
  const { t } = useTranslation("upload");
  const image = { organization, image: name };
  const [tag] = tags;
  return (
    <>
      <p className={styles.arrived}>
        <Link href={tag === undefined ? imagePath(image) : tagPath(image, tag)}>
          <Name>{`${organization}/${name}:${tags.join(", ")}`}</Name>
        </Link>
        <Digest value={digest} />
      </p>
      <CodeBlock code={`docker pull ${location.host}/${organization}/${name}:${tag ?? ""}`} copyLabel={t("copyPull")} />
    </>
  );
}
