import { useTranslation } from "react-i18next";
import { CodeBlock, Empty, IconTag, Link } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { pullName } from "./pull-commands.ts";
import styles from "./tags-empty.module.css";

/** In place of the tags of an image that has none, or none that begin like that. */
export function TagsEmpty({ prefix = "" }: { prefix?: string }) {
  const { t } = useTranslation("image");
  const { name, image, canEdit } = useImage();
  if (prefix !== "") return <Empty title={t("noTagsFound", { prefix })}>{t("noTagsFoundText")}</Empty>;
  if (!canEdit) return <Empty icon={<IconTag size={20} />} title={t("noTags")} />;
  const remote = pullName({ host: location.host, name, reference: "1.0" });
  const local = image.slice(image.lastIndexOf("/") + 1);
  return (
    <Empty icon={<IconTag size={20} />} title={t("noTags")}>
      <div className={styles.push}>
        <p>{t("noTagsText")}</p>
        <CodeBlock
          code={`docker login ${location.host}\ndocker tag ${local}:latest ${remote}\ndocker push ${remote}`}
          copyLabel={t("copyPush")}
        />
        <p>
          {t("noTagsUpload")} <Link href="/upload">{t("upload")}</Link>
        </p>
      </div>
    </Empty>
  );
}
