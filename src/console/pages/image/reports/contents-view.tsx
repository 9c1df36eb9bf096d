/** What an artifact's files say: packages, findings, or else their text. Loaded when somebody looks at such an artifact. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FileTooLarge, type Layer, MAX_SHOWN_FILE_BYTES, useFileContent } from "../../../api/image-manifests.ts";
import { filePath } from "../../../paths.ts";
import {
  Badge,
  Card,
  CodeBlock,
  Empty,
  ErrorNotice,
  ExternalLink,
  formatBytes,
  formatDate,
  formatNumber,
  IconDownload,
  LinkButton,
  Marked,
  Name,
  Notice,
  SearchField,
  Select,
  Skeleton,
  Table,
  type TableColumn,
  type Tone,
} from "../../../ui/index.ts";
import { useImage } from "../../current-image.tsx";
import { predicateName } from "../artifact-types.ts";
import { fileNameOf } from "../readable-files.ts";
import styles from "./reports.module.css";
import { readFile, type ReadFile } from "./read-report.ts";
import { type Finding, type Package, type Report, SEVERITIES, type Severity } from "./report.ts";

/** @param files at least one. */
export default function ContentsView({ files }: { files: readonly Layer[] }) {
  const { t } = useTranslation("image");
  const [chosen, setChosen] = useState<string>();
  const file = files.find(({ digest }) => digest === chosen) ?? files.find(isPackageList) ?? files[0];
  if (!file) return null;
  return (
    <div className={styles.view}>
      {files.length > 1 && (
        <div className={styles.choice}>
          <Select
            label={t("file")}
            options={files.map((each) => ({ value: each.digest, label: labelOf(each) }))}
            value={file.digest}
            onChange={setChosen}
          />
        </div>
      )}
      <FileContent key={file.digest} file={file} />
    </div>
  );
}

const PREDICATE_TYPE = "in-toto.io/predicate-type";

/** BuildKit puts the packages beside how the image was built, which fewer people look for. */
function isPackageList({ annotations }: Layer): boolean {
  return /spdx|cyclonedx/i.test(annotations?.[PREDICATE_TYPE] ?? "");
}

function labelOf(file: Layer): string {
  const predicate = file.annotations?.[PREDICATE_TYPE] ?? file.annotations?.predicateType;
  return predicate === undefined ? fileNameOf(file) : predicateName(predicate);
}

function FileContent({ file }: { file: Layer }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const content = useFileContent(image, file, readShown);
  const title = content.data?.report?.format || predicateName(content.data?.predicateType ?? "") || fileNameOf(file);
  return (
    <Card
      title={title}
      description={content.data && <Facts file={content.data} />}
      actions={
        <LinkButton
          href={filePath(image, file.digest)}
          isFile
          download={fileNameOf(file)}
          size="small"
          icon={<IconDownload />}
        >
          {t("downloadFile")}
        </LinkButton>
      }
    >
      {content.isPending && <Skeleton height="16rem" />}
      {content.error instanceof FileTooLarge ? (
        <Notice tone="info">{t("fileTooLarge", { limit: formatBytes(MAX_SHOWN_FILE_BYTES) })}</Notice>
      ) : (
        content.isError && <ErrorNotice error={content.error} onRetry={() => void content.refetch()} />
      )}
      {content.data && <Shown file={content.data} />}
    </Card>
  );
}

/** Characters of a text that is shown as it is. */
const MAX_SHOWN_TEXT = 200_000;

/** What is kept of a file: a report without the text that it was read from. */
interface ShownFile extends Omit<ReadFile, "content"> {
  text: string;
  isCut: boolean;
}

function readShown(written: string): ShownFile {
  const { content, ...file } = readFile(written);
  if (file.report) return { ...file, text: "", isCut: false };
  const text = content === undefined ? written : format(content);
  return { ...file, text: text.slice(0, MAX_SHOWN_TEXT), isCut: text.length > MAX_SHOWN_TEXT };
}

/** What is too deep to be laid out is not shown. */
function format(content: unknown): string {
  try {
    return JSON.stringify(content, null, 2);
  } catch {
    return "";
  }
}

function Facts({ file: { report, isSigned } }: { file: ShownFile }) {
  const { t } = useTranslation("image");
  const facts = [
    report && report.tool !== "" && t("reportTool", { tool: report.tool }),
    report && report.created !== "" && (formatDate(report.created) || report.created),
    isSigned && t("signatureUnchecked"),
  ].filter((fact) => typeof fact === "string");
  return facts.length === 0 ? null : <Name>{facts.join(" · ")}</Name>;
}

function Shown({ file: { report, text, isCut } }: { file: ShownFile }) {
  const { t } = useTranslation("image");
  if (report) return <ReportView report={report} />;
  if (text.trim() === "" || /[\0\uFFFD]/.test(text)) return <Notice tone="info">{t("fileNotText")}</Notice>;
  return (
    <div className={styles.view}>
      {isCut && <Notice tone="info">{t("fileCut")}</Notice>}
      <CodeBlock code={text} maxHeight="36rem" copyLabel={t("copyFile")} keepsLines />
    </div>
  );
}

function ReportView({ report }: { report: Report }) {
  const { t } = useTranslation("image");
  const { packages, findings, left } = report;
  return (
    <div className={styles.view}>
      {left > 0 && <Notice tone="warning">{t("reportLeft", { count: left, number: formatNumber(left) })}</Notice>}
      {findings && <Findings findings={findings} />}
      {packages && (packages.length > 0 || !findings) && <Packages packages={packages} />}
    </div>
  );
}

function Packages({ packages }: { packages: readonly Package[] }) {
  const { t } = useTranslation("image");
  const [search, setSearch] = useState("");
  const found = packages.filter((each) => matches(search, each.name, each.version, each.license, each.purl));
  const columns: TableColumn<Numbered<Package>>[] = [
    {
      id: "name",
      header: t("package"),
      isRowHeader: true,
      cell: ({ name, purl }) => <Text title={purl}>{name}</Text>,
      value: ({ name }) => name,
      besides: [{ header: t("packageUrl"), value: ({ purl }) => purl }],
    },
    {
      id: "version",
      header: t("packageVersion"),
      cell: ({ version }) => <Text>{version}</Text>,
      value: ({ version }) => version,
    },
    {
      id: "type",
      header: t("type"),
      width: "110px",
      cell: ({ type }) => <Text>{type}</Text>,
      value: ({ type }) => type,
    },
    {
      id: "license",
      header: t("license"),
      isSecondary: true,
      cell: ({ license }) => <Text>{license}</Text>,
      value: ({ license }) => license,
    },
  ];
  return (
    <section className={styles.list}>
      <div className={styles.tools}>
        <p role="status">{t("packageCount", { count: found.length, number: formatNumber(found.length) })}</p>
        <div className={styles.search}>
          <SearchField label={t("searchPackages")} value={search} onChange={setSearch} />
        </div>
      </div>
      <Rows key={search} label={t("packages")} rows={found} columns={columns} none={t("noPackages")} />
    </section>
  );
}

const TONES: Record<Severity, Tone | "neutral"> = {
  critical: "danger",
  high: "danger",
  medium: "warning",
  low: "info",
  negligible: "neutral",
  unknown: "neutral",
};

function Findings({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation("image");
  const [search, setSearch] = useState("");
  const [severity, setSeverity] = useState<Severity>();
  const counts = new Map(SEVERITIES.map((each) => [each, findings.filter((found) => found.severity === each).length]));
  const shown = SEVERITIES.filter((each) => severity === undefined || each === severity).flatMap((each) =>
    findings.filter(
      (found) => found.severity === each && matches(search, found.id, found.package, found.installed, found.title),
    ),
  );
  const columns: TableColumn<Numbered<Finding>>[] = [
    {
      id: "severity",
      header: t("severity"),
      width: "120px",
      cell: (found) => <Badge tone={TONES[found.severity]}>{t(`severity_${found.severity}`)}</Badge>,
      value: ({ severity: found }) => t(`severity_${found}`),
    },
    {
      id: "id",
      header: t("vulnerability"),
      isRowHeader: true,
      cell: ({ id, url, title }) => (
        <div className={styles.finding}>
          {url === "" ? <Text>{id}</Text> : <ExternalLink href={url}>{id}</ExternalLink>}
          {title !== "" && (
            <span className={styles.title}>
              <Marked text={title} />
            </span>
          )}
        </div>
      ),
      value: ({ id }) => id,
      besides: [
        { header: t("findingTitle"), value: ({ title }) => title },
        { header: t("findingUrl"), value: ({ url }) => url },
      ],
    },
    {
      id: "package",
      header: t("package"),
      cell: (found) => <Text>{found.package}</Text>,
      value: (found) => found.package,
    },
    {
      id: "installed",
      header: t("installed"),
      isSecondary: true,
      cell: ({ installed }) => <Text>{installed}</Text>,
      value: ({ installed }) => installed,
    },
    { id: "fixed", header: t("fixedIn"), cell: ({ fixed }) => <Text>{fixed}</Text>, value: ({ fixed }) => fixed },
  ];
  return (
    <section className={styles.list}>
      <div className={styles.counts} role="group" aria-label={t("severity")}>
        {SEVERITIES.filter((each) => (counts.get(each) ?? 0) > 0).map((each) => (
          <button
            key={each}
            type="button"
            className={styles.count}
            aria-pressed={severity === each}
            onClick={() => setSeverity(severity === each ? undefined : each)}
          >
            <Badge tone={TONES[each]}>{t(`severity_${each}`)}</Badge>
            {formatNumber(counts.get(each) ?? 0)}
          </button>
        ))}
      </div>
      <div className={styles.tools}>
        <p role="status">{t("findingCount", { count: shown.length, number: formatNumber(shown.length) })}</p>
        <div className={styles.search}>
          <SearchField label={t("searchFindings")} value={search} onChange={setSearch} />
        </div>
      </div>
      <Rows
        key={`${severity} ${search}`}
        label={t("findings")}
        rows={shown}
        columns={columns}
        none={findings.length === 0 ? t("noFindings") : t("noFindingsMatch")}
      />
    </section>
  );
}

/** Two packages may be the same in all that is shown. */
type Numbered<T> = T & { number: number };

interface RowsProps<T> {
  label: string;
  rows: readonly T[];
  columns: TableColumn<Numbered<T>>[];
  none: string;
}

function Rows<T extends object>({ label, rows, columns, none }: RowsProps<T>) {
  return (
    <Table
      label={label}
      columns={columns}
      rows={rows.map((row, number) => ({ ...row, number }))}
      rowKey={({ number }) => String(number)}
      emptyState={<Empty title={none} />}
    />
  );
}

function Text({ children, title }: { children: string; title?: string }) {
  return (
    <bdi className={styles.text} title={title === "" ? undefined : title}>
      {children === "" ? "—" : <Marked text={children} />}
    </bdi>
  );
}

/** Whether one of the texts has what was searched for, upper and lower case alike. */
function matches(search: string, ...texts: readonly string[]): boolean {
  const wanted = search.trim().toLowerCase();
  return wanted === "" || texts.some((text) => text.toLowerCase().includes(wanted));
}
