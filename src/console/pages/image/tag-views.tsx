import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Manifest, useManifest, useManifestText } from "../../api/image-manifests.ts";
import { useTagHistory } from "../../api/image-tags.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { filePath, tagPath } from "../../paths.ts";
import { lazyPart } from "../../shell/lazy-page.ts";
import {
  Bytes,
  Card,
  CodeBlock,
  Digest,
  Empty,
  ErrorNotice,
  formatNumber,
  Link,
  Select,
  Skeleton,
  Table,
  type TableColumn,
  Tabs,
} from "../../ui/index.ts";
import { type CurrentImage, useImage } from "../current-image.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { ConfigurationView } from "./configuration-view.tsx";
import { TagHistory } from "./history-tab.tsx";
import { type LayerStep, layerSteps } from "./layer-steps.ts";
import { ManifestFailure, TruncatedNotice } from "./manifest-notices.tsx";
import { attestationsOf, choosePlatform, type PlatformChoice, platformChoices, platformOptions } from "./platforms.ts";
import { fileNameOf, readableFiles, titleOf } from "./readable-files.ts";
import { type IndexPart, ReferrersView } from "./referrers-view.tsx";
import styles from "./tag-page.module.css";

const ContentsView = lazyPart(() => import("./reports/contents-view.tsx"));

const VIEWS = ["contents", "layers", "configuration", "platforms", "referrers", "history", "manifest"] as const;
type View = (typeof VIEWS)[number];

/** Those that show one platform of an index; the manifest's own choice has the index as well. */
const OF_ONE_PLATFORM: ReadonlySet<View> = new Set(["contents", "layers", "configuration", "referrers"]);

/** What is in a tag, from several sides; of an index, one platform at a time. Both are kept in the address. */
export function TagViews({ reference, manifest }: { reference: string; manifest: Manifest }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [params, change] = useListParams(["view", "platform"]);
  const choices = platformChoices(manifest.children ?? []);
  const choice = choosePlatform(choices, params.platform);
  const views = VIEWS.filter((view) => isShown(view, reference, manifest, image));
  const view = oneOf(params.view, views) ?? views[0] ?? "layers";
  const hrefOf = (other: View) => {
    const query = new URLSearchParams({ view: other, ...(params.platform && { platform: params.platform }) });
    return `${tagPath(image, reference)}?${query.toString()}`;
  };
  return (
    <div className={styles.views}>
      <Tabs
        label={t("views")}
        selected={view}
        items={views.map((id) => ({
          id,
          label: id === "layers" && manifest.artifactType !== null ? t("view_files") : t(`view_${id}`),
          href: hrefOf(id),
          count: id === "referrers" ? manifest.referrers : id === "platforms" ? choices.length : undefined,
        }))}
      />
      {choices.length > 1 && OF_ONE_PLATFORM.has(view) && (
        <div className={styles.platform}>
          <Select
            label={t("platform")}
            options={platformOptions(choices)}
            value={choice?.key}
            onChange={(platform) => change({ platform })}
          />
        </div>
      )}
      {view === "platforms" && <TruncatedNotice manifest={manifest} />}
      {view === "platforms" && <PlatformsView choices={choices} manifest={manifest} reference={reference} />}
      {view === "history" && <HistoryView tag={reference} />}
      {view !== "platforms" && view !== "history" && (
        <ManifestPart
          view={view}
          manifest={manifest}
          choices={choices}
          choice={choice}
          onChoose={(platform) => change({ platform })}
        />
      )}
    </div>
  );
}

function isShown(view: View, reference: string, manifest: Manifest, { isOwn }: CurrentImage): boolean {
  if (view === "contents") return readableFiles(manifest).length > 0;
  if (view === "platforms") return manifest.children !== null;
  // A digest never moves.
  return view !== "history" || (isOwn && !reference.includes(":"));
}

interface ManifestPartProps {
  view: "contents" | "layers" | "configuration" | "referrers" | "manifest";
  /** What the tag points to. */
  manifest: Manifest;
  /** Its parts, where it is an index, and the one that is looked at. */
  choices: readonly PlatformChoice[];
  choice: PlatformChoice | undefined;
  onChoose: (platform: string) => void;
}

/** A view of a manifest or, of an index, of the part for one platform. */
function ManifestPart({ view, manifest, choices, choice, onChoose }: ManifestPartProps) {
  const { t } = useTranslation("image");
  const child = useManifest(useImage(), choice?.child.digest);
  const part = choice === undefined ? manifest : dataUnlessGone(child);
  if (manifest.children !== null && choice === undefined && view !== "manifest" && view !== "referrers") {
    return <Empty title={t("emptyIndex")} />;
  }
  if (part === undefined && child.isError) {
    return <ManifestFailure title={t("manifestMissing")} error={child.error} onRetry={child.refetch} />;
  }
  if (part === undefined) return <Skeleton height="16rem" />;
  switch (view) {
    case "contents":
      return (
        <Suspense fallback={<Skeleton height="16rem" />}>
          <ContentsView files={readableFiles(part)} />
        </Suspense>
      );
    case "layers":
    case "configuration":
      return (
        <>
          <TruncatedNotice manifest={part} />
          {view === "layers" ? <LayersView manifest={part} /> : <ConfigurationView manifest={part} />}
        </>
      );
    case "referrers":
      return <ReferrersView manifest={manifest} part={choice && { manifest: part, choice }} />;
    case "manifest":
      return (
        <ManifestView
          manifest={manifest}
          part={choice && { manifest: part, choice }}
          choices={choices}
          onChoose={onChoose}
        />
      );
    default:
      return view satisfies never;
  }
}

/** What one tag pointed to, newest first. */
function HistoryView({ tag }: { tag: string }) {
  return <TagHistory list={useTagHistory(useImage(), tag)} showsTag={false} />;
}

type Row = LayerStep & { number: number };

/** The steps that made an image with the layers that they made, or the files of an artifact. */
function LayersView({ manifest }: { manifest: Manifest }) {
  const { t } = useTranslation(["image", "common"]);
  const rows = layerSteps(manifest).map((step, at) => ({ ...step, number: at + 1 }));
  const largest = Math.max(1, ...rows.map(({ layer }) => layer?.size ?? 0));
  const columns: TableColumn<Row>[] = [
    {
      id: "number",
      header: "#",
      width: "3rem",
      align: "end",
      cell: ({ number }) => formatNumber(number),
      value: ({ number }) => number,
    },
    {
      id: "command",
      header: manifest.artifactType === null ? t("command") : t("file"),
      isRowHeader: true,
      cell: (row) => <Command row={row} />,
      value: ({ command, layer }) => command ?? (layer && (titleOf(layer) ?? layer.mediaType)),
    },
    {
      id: "size",
      header: t("common:size"),
      align: "end",
      width: "9rem",
      cell: ({ layer }) => layer && <Size bytes={layer.size} largest={largest} />,
      value: ({ layer }) => layer?.size,
    },
    {
      id: "digest",
      header: t("common:digest"),
      isSecondary: true,
      width: "14rem",
      cell: ({ layer }) => layer && <Digest value={layer.digest} />,
      value: ({ layer }) => layer?.digest,
    },
    ...(manifest.artifactType === null
      ? []
      : [{ id: "download", header: "", value: null, label: t("downloadFile"), cell: Download }]),
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

/** Saves one file of an artifact. */
function Download({ layer }: Row) {
  const { t } = useTranslation("image");
  const image = useImage();
  if (!layer) return null;
  const name = fileNameOf(layer);
  return (
    <Link href={filePath(image, layer.digest)} isFile download={name} aria-label={t("downloadFileOf", { name })}>
      {t("downloadFile")}
    </Link>
  );
}

function Command({ row: { command, layer } }: { row: Row }) {
  const { t } = useTranslation("image");
  const text = command ?? (layer && titleOf(layer));
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

interface PlatformsViewProps {
  reference: string;
  /** The index. */
  manifest: Manifest;
  choices: readonly PlatformChoice[];
}

/** The parts of an index. */
function PlatformsView({ reference, manifest, choices }: PlatformsViewProps) {
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
          value: ({ label }) => label,
        },
        {
          id: "digest",
          header: t("common:digest"),
          cell: ({ child }) => <Digest value={child.digest} />,
          value: ({ child }) => child.digest,
        },
        {
          id: "size",
          header: t("common:size"),
          align: "end",
          cell: ({ child }) => (child.imageSize === null ? "—" : <Bytes value={child.imageSize} />),
          value: ({ child }) => child.imageSize,
        },
        {
          id: "attestations",
          header: t("attestations"),
          align: "end",
          cell: ({ child }) => attestationsOf(manifest.children ?? [], child.digest).length || "—",
          value: ({ child }) => attestationsOf(manifest.children ?? [], child.digest).length,
        },
      ]}
      rows={choices}
      rowKey={({ key }) => key}
      emptyState={<Empty title={t("emptyIndex")} />}
    />
  );
}

interface ManifestViewProps {
  manifest: Manifest;
  /** The part of an index that is looked at elsewhere. */
  part: IndexPart | undefined;
  /** All its parts. */
  choices: readonly PlatformChoice[];
  onChoose: (platform: string) => void;
}

/** Stands for the index itself among its parts, none of which has such a key. */
const INDEX = "index";

/** The manifest of a tag as it was pushed; of an index, itself or that of one of its parts. */
function ManifestView({ manifest, part, choices, onChoose }: ManifestViewProps) {
  const { t } = useTranslation("image");
  const [isPart, setIsPart] = useState(false);

  function choose(key: string) {
    setIsPart(key !== INDEX);
    if (key !== INDEX) onChoose(key);
  }

  return (
    <div className={styles.view}>
      {part && (
        <div className={styles.choice}>
          <Select
            label={t("whichManifest")}
            options={[{ value: INDEX, label: t("index") }, ...platformOptions(choices)]}
            value={isPart ? part.choice.key : INDEX}
            onChange={choose}
          />
        </div>
      )}
      <ManifestText manifest={part && isPart ? part.manifest : manifest} />
    </div>
  );
}

/** Laid out to be read. What is copied are the exact bytes, since their digest is what counts. */
function ManifestText({ manifest: { digest, mediaType, size } }: { manifest: Manifest }) {
  const { t } = useTranslation("image");
  const text = useManifestText(useImage(), digest);
  return (
    <Card
      title={t("view_manifest")}
      description={
        <span className={styles.facts}>
          <code>{mediaType}</code>
          <Bytes value={size} />
          <Digest value={digest} />
        </span>
      }
    >
      {text.isPending && <Skeleton height="20rem" />}
      {text.isError && <ErrorNotice error={text.error} onRetry={text.refetch} />}
      {text.data !== undefined && (
        <CodeBlock
          code={formatJson(text.data)}
          copyValue={text.data}
          copyLabel={t("copyManifest")}
          maxHeight="36rem"
          keepsLines
        />
      )}
    </Card>
  );
}

/** A JSON text laid out in lines; what is no JSON stays as it is. */
function formatJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
