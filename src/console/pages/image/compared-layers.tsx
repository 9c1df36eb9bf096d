import { useTranslation } from "react-i18next";
import type { Manifest } from "../../api/image-manifests.ts";
import { Badge, Bytes, Card, Digest, Empty, formatBytes, Table, type TableColumn, type Tone } from "../../ui/index.ts";
import { type ComparedLayer, compareLayers } from "./comparison.ts";
import styles from "./compared-layers.module.css";
import { formatCommand } from "./layer-steps.ts";

/** One of two tags, with what it holds. */
export interface ComparedSide {
  tag: string;
  manifest: Manifest;
}

const TONES: Record<ComparedLayer["kind"], Tone | "neutral"> = {
  shared: "neutral",
  removed: "danger",
  added: "success",
};

/** Which layers two tags share, which only one of them has, and what they weigh. */
export function ComparedLayers({ from, to }: { from: ComparedSide; to: ComparedSide }) {
  const { t } = useTranslation(["image", "common"]);
  const { layers, sharedBytes, removedBytes, addedBytes } = compareLayers(from.manifest, to.manifest);
  const growth = to.manifest.imageSize - from.manifest.imageSize;
  const columns: TableColumn<ComparedLayer>[] = [
    {
      id: "kind",
      header: t("layer"),
      cell: ({ kind }) => <Badge tone={TONES[kind]}>{t(`layer_${kind}`)}</Badge>,
    },
    {
      id: "command",
      header: t("command"),
      isRowHeader: true,
      cell: ({ layer }) => (
        <code className={styles.command} dir="ltr">
          {formatCommand(layer.createdBy) ?? layer.mediaType}
        </code>
      ),
    },
    { id: "size", header: t("common:size"), align: "end", cell: ({ layer }) => <Bytes value={layer.size} /> },
    {
      id: "digest",
      header: t("common:digest"),
      hideBelow: "medium",
      cell: ({ layer }) => <Digest value={layer.digest} />,
    },
  ];
  return (
    <>
      <dl className={styles.numbers}>
        <Figure term={t("sizeOf", { tag: from.tag })} value={formatBytes(from.manifest.imageSize)} />
        <Figure
          term={t("sizeOf", { tag: to.tag })}
          value={formatBytes(to.manifest.imageSize)}
          note={`${growth < 0 ? "−" : "+"}${formatBytes(Math.abs(growth))}`}
        />
        <Figure term={t("layer_shared")} value={formatBytes(sharedBytes)} />
        <Figure term={t("layer_removed")} value={formatBytes(removedBytes)} />
        <Figure term={t("layer_added")} value={formatBytes(addedBytes)} note={t("addedNote", { tag: from.tag })} />
      </dl>
      <Card title={t("view_layers")} isFlush>
        <Table
          label={t("view_layers")}
          columns={columns}
          rows={layers}
          rowKey={({ kind, layer }) => `${kind} ${layer.digest}`}
          emptyState={<Empty title={t("noLayers")} />}
        />
      </Card>
    </>
  );
}

function Figure({ term, value, note }: { term: string; value: string; note?: string }) {
  return (
    <div className={styles.figure}>
      <dt>
        <bdi>{term}</bdi>
      </dt>
      <dd className={styles.value}>{value}</dd>
      {note !== undefined && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}
