import { useTranslation } from "react-i18next";
import { type ChildManifest, type Manifest, type Referrer, useReferrers } from "../../api/image-manifests.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Badge, Bytes, Card, Empty, formatDate, Link, Name, Table, type TableColumn, Time } from "../../ui/index.ts";
import { DigestLink, useArtifactName } from "./tag-cells.tsx";
import { predicateOf } from "./artifact-types.ts";
import { useImage } from "../current-image.tsx";
import { tagPath } from "../../paths.ts";
import { attestationsOf, type PlatformChoice } from "./platforms.ts";
import styles from "./tag-page.module.css";

/** The part of an index that is looked at. */
export interface IndexPart {
  manifest: Manifest;
  choice: PlatformChoice;
}

/** What refers to a tag's manifest and, of an index, to its part for a platform: signatures, SBOMs, attestations. */
export function ReferrersView({ manifest, part }: { manifest: Manifest; part: IndexPart | undefined }) {
  const { t } = useTranslation("image");
  if (part === undefined) {
    return (
      <div className={styles.view}>
        <Referrers manifest={manifest} title={t("view_referrers")} companionsTitle={t("companionTags")} />
      </div>
    );
  }
  const name = part.choice.label || t("platformUnknown");
  const attestations = attestationsOf(manifest.children ?? [], part.manifest.digest);
  return (
    <div className={styles.view}>
      <Referrers manifest={manifest} title={t("referrersOfIndex")} companionsTitle={t("companionTagsOfIndex")} />
      <Referrers
        manifest={part.manifest}
        title={t("referrersOfPart", { name })}
        companionsTitle={t("companionTagsOf", { name })}
      />
      {attestations.length > 0 && (
        <Card title={t("attestationsInIndex", { name })} description={t("attestationsInIndexText")} isFlush>
          <Attestations attestations={attestations} />
        </Card>
      )}
    </div>
  );
}

const CREATED = "org.opencontainers.image.created";

/** What the tables of referrers and of attestations tell. */
type Row = Pick<Referrer, "digest" | "artifactType" | "mediaType" | "size" | "annotations">;

function useColumns(): TableColumn<Row>[] {
  const { t } = useTranslation(["image", "common"]);
  return [
    {
      id: "type",
      header: t("type"),
      isRowHeader: true,
      cell: (row) => <Type row={row} />,
      value: ({ artifactType, mediaType }) => artifactType ?? mediaType,
    },
    {
      id: "digest",
      header: t("common:digest"),
      cell: ({ digest }) => <DigestLink digest={digest} />,
      value: ({ digest }) => digest,
    },
    {
      id: "created",
      header: t("common:created"),
      cell: ({ annotations }) => formatDate(annotations?.[CREATED] ?? "") || "—",
      value: ({ annotations }) => annotations?.[CREATED],
    },
    {
      id: "size",
      header: t("common:size"),
      align: "end",
      cell: ({ size }) => <Bytes value={size} />,
      value: ({ size }) => size,
    },
  ];
}

/** It leads to what the artifact says. */
function Type({ row: { digest, artifactType, mediaType, annotations } }: { row: Row }) {
  const name = useArtifactName(artifactType ?? mediaType, annotations);
  const predicate = predicateOf(annotations);
  return (
    <span className={styles.type} title={artifactType ?? mediaType}>
      <Link href={tagPath(useImage(), digest)}>{name}</Link>
      {predicate !== undefined && <Badge>{predicate}</Badge>}
    </span>
  );
}

interface ReferrersProps {
  manifest: Manifest;
  title: string;
  companionsTitle: string;
}

/** What refers to a manifest, and above that the tags that belong to it by their names, if there are any. */
function Referrers({ manifest: { digest, companions }, title, companionsTitle }: ReferrersProps) {
  const { t } = useTranslation("image");
  const list = useReferrers(useImage(), digest);
  const columns = useColumns();
  const hasOnlyCompanions =
    companions.length > 0 && list.rows.length === 0 && !list.pages.hasNext && list.error === null;
  return (
    <>
      {companions.length > 0 && (
        <Card title={companionsTitle} isFlush>
          <Companions companions={companions} />
        </Card>
      )}
      {!hasOnlyCompanions && (
        <Card title={title} isFlush>
          <CursorTable
            label={t("view_referrers")}
            list={list}
            columns={columns}
            rowKey={(referrer) => referrer.digest}
            emptyState={<Empty title={t("noReferrers")}>{t("noReferrersText")}</Empty>}
          />
        </Card>
      )}
    </>
  );
}

/** Tags that belong to the manifest by their names, as cosign's do. */
function Companions({ companions }: { companions: Manifest["companions"] }) {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const columns: TableColumn<Manifest["companions"][number]>[] = [
    {
      id: "name",
      header: t("common:tag"),
      isRowHeader: true,
      cell: ({ name }) => (
        <Link href={tagPath(image, name)}>
          <Name>{name}</Name>
        </Link>
      ),
      value: ({ name }) => name,
    },
    {
      id: "type",
      header: t("type"),
      cell: ({ type }) => t(`companion_${type}`),
      value: ({ type }) => t(`companion_${type}`),
    },
    {
      id: "digest",
      header: t("common:digest"),
      cell: ({ digest }) => <DigestLink digest={digest} />,
      value: ({ digest }) => digest,
    },
    { id: "pushed", header: t("pushed"), cell: ({ pushed }) => <Time value={pushed} />, value: ({ pushed }) => pushed },
  ];
  return <Table label={t("companionTags")} columns={columns} rows={companions} rowKey={({ name }) => name} />;
}

/** What BuildKit's attestations are stored as, in an index instead of beside it. */
const BUILDKIT = "application/vnd.docker.attestation.manifest.v1+json";

function Attestations({ attestations }: { attestations: readonly ChildManifest[] }) {
  const { t } = useTranslation("image");
  return (
    <Table
      label={t("attestations")}
      columns={useColumns()}
      rows={attestations.map((child) => ({ ...child, artifactType: child.artifactType ?? BUILDKIT }))}
      rowKey={({ digest }) => digest}
    />
  );
}
