import { useTranslation } from "react-i18next";
import { isImageName, isTag } from "../../../kernel/reference.ts";
import { MAX_IMAGE_LENGTH, MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { Checkbox, formatBytes, formatNumber, shortDigest, TextField } from "../../ui/index.ts";
import type { ImageName, QueuedFile } from "./upload-queue.ts";
import styles from "./upload.module.css";
import { uploadQueue } from "./uploads.ts";
import type { FoundImage } from "./worker-protocol.ts";

/** The images of an archive, and what they are to be called. */
export function NameRows({ file }: { file: QueuedFile }) {
  const isFixed = file.state === "queued";
  return (
    <ul className={styles.names}>
      {file.names.map((name) => {
        const image = file.images[name.image];
        return (
          <li key={name.key} className={styles.name}>
            {image && <NameRow fileId={file.id} name={name} image={image} isFixed={isFixed} />}
          </li>
        );
      })}
    </ul>
  );
}

interface NameRowProps {
  fileId: number;
  name: ImageName;
  image: FoundImage;
  isFixed: boolean;
}

function NameRow({ fileId, name: { key, name, tag, isWanted, isTaken }, image, isFixed }: NameRowProps) {
  const { t } = useTranslation("upload");
  const change = (what: Partial<ImageName>) => uploadQueue.rename(fileId, key, what);
  const isNameWrong = isWanted && name !== "" && !isImageName(name);
  const isTagWrong = isWanted && tag !== "" && !isTag(tag);
  const field = { isDisabled: isFixed || !isWanted, isMonospace: true, autoComplete: "off" };
  return (
    <>
      <Checkbox
        label={t("isWanted")}
        description={<ImageFacts image={image} />}
        isSelected={isWanted}
        onChange={(wanted) => change({ isWanted: wanted })}
        isDisabled={isFixed}
      />
      <div className={styles.fields}>
        <TextField
          {...field}
          label={t("name")}
          maxLength={MAX_IMAGE_LENGTH}
          value={name}
          onChange={(value) => change({ name: value.trim() })}
          error={isNameWrong ? t("nameRule") : isWanted && name === "" ? t("nameMissing") : undefined}
        />
        <TextField
          {...field}
          label={t("tag")}
          maxLength={MAX_TAG_LENGTH}
          value={tag}
          onChange={(value) => change({ tag: value.trim() })}
          error={
            isTagWrong
              ? t("tagRule")
              : isWanted && tag === ""
                ? t("tagMissing")
                : isTaken
                  ? t("tagTaken", { name: `${name}:${tag}` })
                  : undefined
          }
        />
      </div>
    </>
  );
}

/** Platforms, size and id, in a line. */
function ImageFacts({ image }: { image: FoundImage }) {
  const { t } = useTranslation("upload");
  const parts = [
    ...image.platforms,
    formatBytes(image.size),
    shortDigest(image.id),
    ...(image.joinedPlatforms > 0 ? [t("joinedPlatforms", numberOf(image.joinedPlatforms))] : []),
    ...(image.missingPlatforms > 0 ? [t("missingPlatforms", numberOf(image.missingPlatforms))] : []),
  ];
  return <>{parts.join(" · ")}</>;
}

/** The count decides between singular and plural; the number is what is shown. */
function numberOf(count: number) {
  return { count, number: formatNumber(count) };
}
