import { useTranslation } from "react-i18next";
import type { BlobProgress } from "../../../client/push-archive.ts";
import { Disclosure, formatBytes, Progress, shortDigest } from "../../ui/index.ts";
import styles from "./upload.module.css";

/** How far each layer of an image is. */
export function LayerList({ blobs }: { blobs: readonly BlobProgress[] }) {
  const { t } = useTranslation("upload");
  const ended = blobs.filter(({ state }) => state === "sent" || state === "present").length;
  return (
    <Disclosure title={t("layers", { ended, all: blobs.length })}>
      <ul className={styles.layers}>
        {blobs.map(({ digest, state, size, done }) => (
          <li key={digest}>
            <Progress
              label={shortDigest(digest)}
              value={size > 0 ? done / size : 1}
              valueText={state === "sending" ? `${formatBytes(done)} / ${formatBytes(size)}` : t(`layer.${state}`)}
            />
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}
