import { useTranslation } from "react-i18next";
import { type Manifest, useManifest } from "../../api/image-manifests.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { Empty, Select, Skeleton, Tabs } from "../../ui/index.ts";
import { ConfigurationView } from "./configuration-view.tsx";
import { type CurrentImage, useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";
import { LayersView } from "./layers-view.tsx";
import { ManifestFailure } from "./manifest-failure.tsx";
import { ManifestView } from "./manifest-view.tsx";
import { PlatformsView } from "./platforms-view.tsx";
import { choosePlatform, type PlatformChoice, platformChoices } from "./platforms.ts";
import { ReferrersView } from "./referrers-view.tsx";
import styles from "./tag-views.module.css";
import { TagHistoryView } from "./tag-history-view.tsx";
import { TruncatedNotice } from "./truncated-notice.tsx";

const VIEWS = ["layers", "configuration", "platforms", "referrers", "history", "manifest"] as const;
type View = (typeof VIEWS)[number];

/** Those that show one platform of an index; the manifest's own choice has the index as well. */
const OF_ONE_PLATFORM: ReadonlySet<View> = new Set(["layers", "configuration", "referrers"]);

/** What is in a tag, from several sides; of an index, one platform at a time. Both are kept in the address. */
export function TagViews({ reference, manifest }: { reference: string; manifest: Manifest }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [params, change] = useListParams(["view", "platform"]);
  const choices = platformChoices(manifest.children ?? []);
  const choice = choosePlatform(choices, params.platform);
  const views = VIEWS.filter((view) => isShown(view, reference, manifest, image));
  const view = oneOf(params.view, views) ?? "layers";
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
            options={choices.map(({ key, label }) => ({ value: key, label: label || key }))}
            value={choice?.key}
            onChange={(platform) => change({ platform })}
          />
        </div>
      )}
      {view === "platforms" && <TruncatedNotice manifest={manifest} />}
      {view === "platforms" && <PlatformsView choices={choices} manifest={manifest} reference={reference} />}
      {view === "history" && <TagHistoryView tag={reference} />}
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

function isShown(view: View, reference: string, { children }: Manifest, { isOwn }: CurrentImage): boolean {
  if (view === "platforms") return children !== null;
  // A digest never moves.
  return view !== "history" || (isOwn && !reference.includes(":"));
}

interface ManifestPartProps {
  view: "layers" | "configuration" | "referrers" | "manifest";
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
    case "layers":
      return (
        <>
          <TruncatedNotice manifest={part} />
          <LayersView manifest={part} />
        </>
      );
    case "configuration":
      return (
        <>
          <TruncatedNotice manifest={part} />
          <ConfigurationView manifest={part} />
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
