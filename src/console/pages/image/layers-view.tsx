import { useTranslation } from "react-i18next";
import type { Manifest } from "../../api/image-manifests.ts";
import { Bytes, Digest, Empty, formatNumber, type TableColumn, Table } from "../../ui/index.ts";
import { layerSteps, type LayerStep } from "./layer-steps.ts";
import styles from "./layers-view.module.css";

type Row = LayerStep & { number: number };

/** The steps that made an image with the layers that they made, or the files of an artifact. */
export function LayersView({ manifest }: { manifest: Manifest }) {
  const { t } = useTranslation(["image", "common"]);
  const rows = layerSteps(manifest).map((step, at) => ({ ...step, number: at + 1 }));
  const largest = Math.max(1, ...rows.map(({ layer }) => layer?.size ?? 0));
  const columns: TableColumn<Row>[] = [
    {
      id: "number",
      header: "#",
      width: "3rem",
      align: "end",
      hideBelow: "small",
      cell: ({ number }) => formatNumber(number),
    },
    {
      id: "command",
      header: manifest.artifactType === null ? t("command") : t("file"),
      isRowHeader: true,
      cell: (row) => <Command row={row} />,
    },
    {
      id: "size",
      header: t("common:size"),
      align: "end",
      width: "9rem",
      cell: ({ layer }) => layer && <Size bytes={layer.size} largest={largest} />,
    },
    {
      id: "digest",
      header: t("common:digest"),
      hideBelow: "medium",
      width: "14rem",
      cell: ({ layer }) => layer && <Digest value={layer.digest} />,
    },
  ];
  return (
    <Table
      label={t("view_layers")}
      columns={columns}
      rows={rows}
      rowKey={({ number }) => String(number)}
      emptyState={<Empty title={t("noLayers")} />}
    />
  );
}

/** Names of files of artifacts, as ORAS writes them (image-spec, "Pre-Defined Annotation Keys"). */
const TITLE = "org.opencontainers.image.title";

function Command({ row: { command, layer } }: { row: Row }) {
  const { t } = useTranslation("image");
  const text = command ?? layer?.annotations?.[TITLE];
  return (
    <div className={layer ? undefined : styles.empty}>
      {text === undefined ? (
        <span className={styles.unknown}>{layer?.mediaType ?? t("commandUnknown")}</span>
      ) : (
        <code className={styles.command} dir="ltr">
          {text}
        </code>
      )}
    </div>
  );
}

function Size({ bytes, largest }: { bytes: number; largest: number }) {
  return (
    <span className={styles.size}>
      <Bytes value={bytes} />
      <span className={styles.bar} style={{ inlineSize: `${(100 * bytes) / largest}%` }} />
    </span>
  );
}
