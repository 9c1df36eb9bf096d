import { useTranslation } from "react-i18next";
import { type Manifest, useManifest } from "../../api/image-manifests.ts";
import type { ImageName } from "../../../kernel/reference.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import {
  Badge,
  Bytes,
  Card,
  Digest,
  Empty,
  formatBytes,
  formatDate,
  IconButton,
  IconCompare,
  Name,
  Notice,
  Page,
  Select,
  Skeleton,
  Table,
  type TableColumn,
  type Tone,
} from "../../ui/index.ts";
import { ImageContext, ImageFailure, useImagePage } from "../current-image.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import styles from "./compare-page.module.css";
import {
  compareConfigurations,
  type ComparedField,
  type ComparedLayer,
  compareLayers,
  type Difference,
} from "./comparison.ts";
import { formatCommand } from "./layer-steps.ts";
import { ManifestFailure, TruncatedNotice } from "./manifest-notices.tsx";
import { choosePlatform, type PlatformChoice, platformChoices, platformOptions } from "./platforms.ts";
import { TagPicker } from "./tag-picker.tsx";

/** `/images/:organization/:image/compare?from=<tag>&to=<tag>&platform=<platform>`: what is different in the second tag. */
export default function ComparePage() {
  const { t } = useTranslation("image");
  const { name, query, image, breadcrumbs } = useImagePage({ isBelow: true });
  return (
    <ImageContext value={image}>
      <Page title={t("compareTitle")} breadcrumbs={breadcrumbs} description={t("compareText")}>
        {image && <Comparison name={name} />}
        {query.isPending && <Skeleton height="20rem" />}
        {query.isError && !image && <ImageFailure error={query.error} onRetry={query.refetch} />}
      </Page>
    </ImageContext>
  );
}

function Comparison({ name }: { name: ImageName }) {
  const { t } = useTranslation("image");
  const [{ from, to, platform }, change] = useListParams(["from", "to", "platform"]);
  const compared = useCompared(name, from, to, platform);
  return (
    <>
      <Card>
        <div className={styles.choices}>
          <TagPicker label={t("firstTag")} value={from ?? ""} onChange={(tag) => change({ from: tag })} />
          <div className={styles.exchange}>
            <IconButton
              label={t("exchange")}
              icon={<IconCompare />}
              variant="secondary"
              onPress={() => change({ from: to, to: from })}
            />
          </div>
          <TagPicker label={t("secondTag")} value={to ?? ""} onChange={(tag) => change({ to: tag })} />
          {compared.platforms.length > 1 && (
            <Select
              label={t("platform")}
              options={platformOptions(compared.platforms)}
              value={compared.platform?.key}
              onChange={(key) => change({ platform: key })}
            />
          )}
        </div>
      </Card>
      {from === undefined || to === undefined ? (
        <Empty title={t("chooseTwo")}>{t("chooseTwoText")}</Empty>
      ) : (
        <Outcome compared={compared} from={from} to={to} />
      )}
    </>
  );
}

function Outcome({ compared, from, to }: { compared: Compared; from: string; to: string }) {
  const { t } = useTranslation("image");
  const sides = [
    { ...compared.from, name: from },
    { ...compared.to, name: to },
  ];
  const failed = sides.find(({ error }) => error);
  if (failed) {
    return (
      <ManifestFailure title={t("tagUnknown", { tag: failed.name })} error={failed.error} onRetry={failed.retry} />
    );
  }
  const lacking = sides.find(({ part }) => part === null);
  if (lacking) {
    return (
      <Notice tone="warning">
        {t("platformLacking", { tag: lacking.name, platform: compared.platform?.label ?? "" })}
      </Notice>
    );
  }
  const [before, after] = [compared.from.part, compared.to.part];
  if (!before || !after) return <Skeleton height="20rem" />;
  if (compared.from.tag?.digest === compared.to.tag?.digest) {
    return <Notice tone="info">{t("sameDigest")}</Notice>;
  }
  return (
    <>
      {before.digest === after.digest && <Notice tone="info">{t("samePart")}</Notice>}
      <TruncatedNotice manifest={before} tag={from} />
      <TruncatedNotice manifest={after} tag={to} />
      <ComparedLayers from={{ tag: from, manifest: before }} to={{ tag: to, manifest: after }} />
      <ComparedConfiguration from={{ tag: from, manifest: before }} to={{ tag: to, manifest: after }} />
    </>
  );
}

/** One of two tags that are compared. */
interface ComparedTag {
  /** What the tag points to; undefined while it is on its way. */
  tag: Manifest | undefined;
  /** That itself or, of an index, its part for the platform; null when it has none for it. */
  part: Manifest | null | undefined;
  /** Why it, or its part, is not there; undefined unless something failed. */
  error: Error | null | undefined;
  retry: (() => unknown) | undefined;
}

interface Compared {
  from: ComparedTag;
  to: ComparedTag;
  /** The platforms that one of them has, as far as they are indexes. */
  platforms: PlatformChoice[];
  /** The one that is looked at. */
  platform: PlatformChoice | undefined;
}

/**
 * Fetches two tags to compare, of indexes the parts for one platform.
 *
 * @param platformKey which platform; where none of them has it, the one that most people would get.
 */
function useCompared(
  name: ImageName,
  from: string | undefined,
  to: string | undefined,
  platformKey: string | undefined,
): Compared {
  const first = useManifest(name, from);
  const second = useManifest(name, to);
  const choices = [first, second].map(({ data }) => platformChoices(data?.children ?? []));
  const platforms = distinct(choices.flat());
  const platform = choosePlatform(platforms, platformKey);
  return {
    from: usePart(name, first, platform),
    to: usePart(name, second, platform),
    platforms,
    platform,
  };
}

function distinct(choices: readonly PlatformChoice[]): PlatformChoice[] {
  const byKey = new Map<string, PlatformChoice>();
  for (const choice of choices) if (!byKey.has(choice.key)) byKey.set(choice.key, choice);
  return [...byKey.values()];
}

function usePart(
  name: ImageName,
  tagQuery: ReturnType<typeof useManifest>,
  platform: PlatformChoice | undefined,
): ComparedTag {
  const tag = dataUnlessGone(tagQuery);
  const choice = platformChoices(tag?.children ?? []).find(({ key }) => key === platform?.key);
  const partQuery = useManifest(name, choice?.child.digest);
  const failed = [tagQuery, partQuery].find((query) => query.isError && dataUnlessGone(query) === undefined);
  return { tag, part: partOf(tag, choice, dataUnlessGone(partQuery)), error: failed?.error, retry: failed?.refetch };
}

function partOf(tag: Manifest | undefined, choice: PlatformChoice | undefined, part: Manifest | undefined) {
  if (tag === undefined || tag.children === null) return tag;
  return choice === undefined ? null : part;
}

/** One of two tags, with what it holds. */
interface ComparedSide {
  tag: string;
  manifest: Manifest;
}

const TONES: Record<ComparedLayer["kind"], Tone | "neutral"> = {
  shared: "neutral",
  removed: "danger",
  added: "success",
};

/** Which layers two tags share, which only one of them has, and what they weigh. */
function ComparedLayers({ from, to }: { from: ComparedSide; to: ComparedSide }) {
  const { t } = useTranslation(["image", "common"]);
  const { layers, sharedBytes, removedBytes, addedBytes } = compareLayers(from.manifest, to.manifest);
  const growth = to.manifest.imageSize - from.manifest.imageSize;
  const columns: TableColumn<ComparedLayer>[] = [
    {
      id: "kind",
      header: t("layer"),
      cell: ({ kind }) => <Badge tone={TONES[kind]}>{t(`layer_${kind}`)}</Badge>,
      value: ({ kind }) => t(`layer_${kind}`),
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
      value: ({ layer }) => formatCommand(layer.createdBy) ?? layer.mediaType,
    },
    {
      id: "size",
      header: t("common:size"),
      align: "end",
      cell: ({ layer }) => <Bytes value={layer.size} />,
      value: ({ layer }) => layer.size,
    },
    {
      id: "digest",
      header: t("common:digest"),
      isSecondary: true,
      cell: ({ layer }) => <Digest value={layer.digest} />,
      value: ({ layer }) => layer.digest,
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
      <dd className={styles.amount}>{value}</dd>
      {note !== undefined && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}

/** What two configurations say differently, before and after. */
function ComparedConfiguration({ from, to }: { from: ComparedSide; to: ComparedSide }) {
  const { t } = useTranslation("image");
  const rows = compareConfigurations(from.manifest.config, to.manifest.config);
  const value = (text: string | undefined, { group, name }: Difference) => {
    if (text === undefined) return <span className={styles.none}>{t("notSet")}</span>;
    const isTime = group === "field" && name === "built";
    return isTime ? formatDate(text, "full") : <Value text={text} />;
  };
  return (
    <Card title={t("configurationDifferences")} isFlush>
      <Table
        label={t("configurationDifferences")}
        columns={[
          {
            id: "name",
            header: t("setting"),
            width: "30%",
            isRowHeader: true,
            cell: (row) => <Setting row={row} />,
            value: ({ name }) => name,
          },
          {
            id: "before",
            header: from.tag,
            width: "35%",
            cell: (row) => value(row.before, row),
            value: ({ before }) => before,
          },
          {
            id: "after",
            header: to.tag,
            width: "35%",
            cell: (row) => value(row.after, row),
            value: ({ after }) => after,
          },
        ]}
        rows={rows}
        rowKey={({ group, name }) => `${group} ${name}`}
        emptyState={<Empty title={t("sameConfiguration")} />}
      />
    </Card>
  );
}

function Value({ text }: { text: string }) {
  return (
    <code className={styles.value} dir="ltr">
      {text === "" ? '""' : text}
    </code>
  );
}

function Setting({ row: { group, name } }: { row: Difference }) {
  const { t } = useTranslation("image");
  if (group === "field") return t(name as ComparedField);
  return (
    <span className={styles.setting}>
      <span className={styles.none}>{group === "env" ? t("variable") : t("label")}</span> <Name>{name}</Name>
    </span>
  );
}
