import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useOrganizationNames } from "../../api/organization-names.ts";
import { useSettings } from "../../api/settings.ts";
import { PATHS } from "../../paths.ts";
import {
  Button,
  ComboBox,
  Empty,
  ErrorNotice,
  FileDrop,
  formatBytes,
  IconOrganization,
  IconUpload,
  LinkButton,
  Notice,
  Page,
  Skeleton,
  toast,
} from "../../ui/index.ts";
import { ARCHIVE_TYPES } from "./archive-types.ts";
import { FileCard } from "./file-card.tsx";
import { isChecking, mayStart } from "../../uploads/upload-queue.ts";
import styles from "./upload.module.css";
import { uploadQueue, useUploads } from "../../uploads/uploads.ts";

/** `/upload`: archives of `docker save`, sent from the browser (guide 4.3). */
export default function Upload() {
  const { t } = useTranslation(["upload", "common"]);
  const settings = useSettings();
  const [text, setText] = useState("");
  const names = useOrganizationNames(text, "edit");
  return (
    <Page
      title={t("title")}
      description={t("description")}
      breadcrumbs={[{ label: t("common:images"), href: PATHS.images }, { label: t("title") }]}
    >
      {settings.isError && <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />}
      {names.isError && <ErrorNotice error={names.error} onRetry={() => void names.refetch()} />}
      {(settings.isPending || names.isPending) && <Skeleton height="14rem" />}
      {settings.data && names.data && (
        <Uploader
          limits={settings.data.uploads}
          organizations={names.data}
          search={text}
          onSearch={setText}
          isSearching={names.isFetching}
        />
      )}
    </Page>
  );
}

interface UploaderProps {
  limits: { archives: number; archiveBytes: number };
  organizations: readonly string[];
  search: string;
  onSearch: (text: string) => void;
  isSearching: boolean;
}

function Uploader({ limits, organizations, search, onSearch, isSearching }: UploaderProps) {
  const { t } = useTranslation("upload");
  const [params, setParams] = useSearchParams();
  const uploads = useUploads();
  const { files, speed, movedAt } = uploads;
  const organization = params.get("organization") ?? (organizations.length === 1 ? (organizations[0] ?? "") : "");
  const startable = files.filter(mayStart).length;

  if (organizations.length === 0 && search === "" && organization === "") {
    return (
      <Empty
        title={t("noOrganization")}
        icon={<IconOrganization size={20} />}
        action={<LinkButton href={PATHS.organizations}>{t("toOrganizations")}</LinkButton>}
      >
        {t("noOrganizationText")}
      </Empty>
    );
  }

  const choose = (name: string) => {
    onSearch(name);
    setParams((before) => withOrganization(before, name), { replace: true });
  };
  const add = (chosen: File[]) => {
    const left = Math.max(0, limits.archives - files.length);
    if (chosen.length > left) toast(t("tooMany", { count: limits.archives }), { tone: "danger" });
    uploadQueue.add(chosen.slice(0, left), limits.archiveBytes);
  };
  return (
    <div className={styles.uploader}>
      <div className={styles.organization}>
        <ComboBox
          label={t("organization")}
          description={t("organizationRule")}
          items={organizations.map((name) => ({ id: name, label: name }))}
          inputValue={search === "" ? organization : search}
          onInputChange={(text) => {
            onSearch(text);
            setParams((before) => withOrganization(before, organizations.includes(text) ? text : ""), {
              replace: true,
            });
          }}
          onSelect={({ label }) => choose(label)}
          allowsCustom
          isFiltered
          isLoading={isSearching}
          isRequired
        />
      </div>
      <FileDrop
        label={t("drop")}
        description={t("dropRules", { count: limits.archives, size: formatBytes(limits.archiveBytes) })}
        accept={ARCHIVE_TYPES}
        multiple
        onFiles={add}
        isDisabled={files.length >= limits.archives}
      />
      {files.length > 0 && (
        <>
          <ol className={styles.files} aria-label={t("files")}>
            {files.map((file) => (
              <li key={file.id}>
                <FileCard
                  file={file}
                  organization={organization}
                  maxBytes={limits.archiveBytes}
                  speed={speed}
                  movedAt={movedAt}
                />
              </li>
            ))}
          </ol>
          {startable > 0 && <Notice tone="info">{t("replaces")}</Notice>}
          <div className={styles.start}>
            {startable > 0 && (
              <Button
                variant="primary"
                icon={<IconUpload />}
                isDisabled={organization === "" || isChecking(uploads)}
                onPress={() => uploadQueue.start(organization)}
              >
                {t("start", { count: startable })}
              </Button>
            )}
            {files.some(({ state }) => state === "done" || state === "refused") && (
              <Button onPress={() => uploadQueue.clear()}>{t("clear")}</Button>
            )}
            {startable > 0 && organization !== "" && isChecking(uploads) && (
              <p className={styles.hint}>{t("checkedFirst")}</p>
            )}
            {startable > 0 && organization === "" && <p className={styles.hint}>{t("chooseOrganization")}</p>}
          </div>
        </>
      )}
    </div>
  );
}

function withOrganization(before: URLSearchParams, name: string): URLSearchParams {
  const after = new URLSearchParams(before);
  if (name === "") after.delete("organization");
  else after.set("organization", name);
  return after;
}
