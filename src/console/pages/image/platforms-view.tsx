import { useTranslation } from "react-i18next";
import type { Manifest } from "../../api/image-manifests.ts";
import { Bytes, Digest, Empty, Link, Table } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";
import { attestationsOf, type PlatformChoice } from "./platforms.ts";

export interface PlatformsViewProps {
  reference: string;
  /** The index. */
  manifest: Manifest;
  choices: readonly PlatformChoice[];
}

/** The parts of an index. */
export function PlatformsView({ reference, manifest, choices }: PlatformsViewProps) {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const hrefOf = (key: string) =>
    `${tagPath(image, reference)}?${new URLSearchParams({ view: "layers", platform: key }).toString()}`;
  return (
    <Table
      label={t("platforms")}
      columns={[
        {
          id: "platform",
          header: t("platform"),
          isRowHeader: true,
          cell: ({ key, label }) => <Link href={hrefOf(key)}>{label || t("platformUnknown")}</Link>,
        },
        { id: "digest", header: t("common:digest"), cell: ({ child }) => <Digest value={child.digest} /> },
        {
          id: "size",
          header: t("common:size"),
          align: "end",
          cell: ({ child }) => (child.imageSize === null ? "—" : <Bytes value={child.imageSize} />),
        },
        {
          id: "attestations",
          header: t("attestations"),
          align: "end",
          hideBelow: "small",
          cell: ({ child }) => attestationsOf(manifest.children ?? [], child.digest).length || "—",
        },
      ]}
      rows={choices}
      rowKey={({ key }) => key}
      emptyState={<Empty title={t("emptyIndex")} />}
    />
  );
}
