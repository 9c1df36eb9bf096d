import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  DEFAULT_TAG_LIFETIME_S,
  MAX_RETENTION_DAYS,
  MAX_TAG_LIFETIME_S,
  MAX_UPSTREAM_PATH_LENGTH,
  MIN_TAG_LIFETIME_S,
} from "../../../kernel/upstream-limits.ts";
import type { Organization } from "../../api/organizations.ts";
import { type Upstream, useRemoteNames, useUpstream, useUpstreamChanges } from "../../api/upstreams.ts";
import {
  Button,
  Card,
  Checkbox,
  CodeBlock,
  ConfirmDialog,
  detailText,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  formatNumber,
  IconEdit,
  IconServer,
  IconTrash,
  Name,
  Notice,
  NumberField,
  Select,
  Skeleton,
  type Submission,
  TextField,
  Time,
  toast,
  useDraft,
} from "../../ui/index.ts";
import styles from "./organizations.module.css";

/** The registry elsewhere that an organization stands for, what that last said, and how one pulls through it. */
export function UpstreamTab({ organization: { name, images } }: { organization: Organization }) {
  const { t } = useTranslation(["upstreams", "common"]);
  const { data: upstream, error, isPending, refetch } = useUpstream(name);
  const { remove } = useUpstreamChanges(name);
  const [isEditing, setEditing] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (isPending) return <Skeleton height="12rem" />;
  const edit = (
    <Button variant={upstream ? "secondary" : "primary"} icon={<IconEdit />} onPress={() => setEditing(true)}>
      {upstream ? t("common:edit") : t("set")}
    </Button>
  );
  return (
    <>
      <Card
        title={t("title")}
        description={t("intro")}
        actions={
          upstream && (
            <>
              {edit}
              {images === 0 && (
                <Button icon={<IconTrash />} onPress={() => setRemoving(true)}>
                  {t("remove")}
                </Button>
              )}
            </>
          )
        }
      >
        {upstream ? (
          <div className={styles.parts}>
            <Facts upstream={upstream} />
            {images > 0 && <p className={styles.note}>{t("removeHint")}</p>}
          </div>
        ) : (
          <Empty title={t("noneTitle")} icon={<IconServer />} action={images === 0 && edit}>
            {images === 0 ? t("noneText") : t("noneFull")}
          </Empty>
        )}
      </Card>
      {upstream && <PullCommands organization={name} upstream={upstream} />}
      <Dialog title={t("formTitle", { name })} isOpen={isEditing} onClose={() => setEditing(false)} size="large">
        <UpstreamForm
          organization={name}
          upstream={upstream ?? undefined}
          isEmpty={images === 0}
          onClose={() => setEditing(false)}
        />
      </Dialog>
      <ConfirmDialog
        title={t("removeTitle", { name })}
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        confirmLabel={t("remove")}
        onConfirm={async () => {
          await remove.mutateAsync();
          toast(t("removed", { name }));
        }}
        onGone={() => undefined}
      >
        {t("removeText")}
      </ConfirmDialog>
    </>
  );
}

function Facts({ upstream }: { upstream: Upstream }) {
  const { t } = useTranslation("upstreams");
  const { remote, url, path, tagLifetime, retentionDays, answered, rateLimit, failure } = upstream;
  const hasFailed = failure !== null && (answered === null || failure.at > answered);
  return (
    <div className={styles.parts}>
      {hasFailed && (
        <Notice tone="warning" title={t("failed")}>
          {detailText({ detail: failure.message, reasons: failure.reasons })} · <Time value={failure.at} />
        </Notice>
      )}
      <dl className={styles.facts}>
        <Fact term={t("remote")}>
          <Name>{remote}</Name> · {url}
        </Fact>
        {path !== "" && <Fact term={t("path")}>{path}</Fact>}
        <Fact term={t("tagLifetime")}>{t("seconds", { number: formatNumber(tagLifetime) })}</Fact>
        <Fact term={t("visibility")}>{upstream.public ? t("isPublic") : t("isPrivate")}</Fact>
        <Fact term={t("retention")}>
          {retentionDays === null ? t("keptForever") : t("days", { number: formatNumber(retentionDays) })}
        </Fact>
        <Fact term={t("answered")}>{answered === null ? t("never") : <Time value={answered} />}</Fact>
        {rateLimit && (
          <Fact term={t("rateLimit")}>
            {rateLimit.limit === null
              ? formatNumber(rateLimit.remaining)
              : t("limitOf", { left: formatNumber(rateLimit.remaining), limit: formatNumber(rateLimit.limit) })}
          </Fact>
        )}
      </dl>
    </div>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt className={styles.figureTerm}>{term}</dt>
      <dd className={styles.factValue}>{children}</dd>
    </div>
  );
}

/** How an image is pulled through the organization. */
function PullCommands({ organization, upstream }: { organization: string; upstream: Upstream }) {
  const { t } = useTranslation("upstreams");
  const image = upstream.path === "" ? "library/nginx" : "nginx";
  return (
    <Card title={t("pullTitle")} description={t("pullText")}>
      <CodeBlock code={`docker pull ${location.host}/${organization}/${image}:latest`} copyLabel={t("copyPull")} />
    </Card>
  );
}

interface UpstreamFormProps {
  organization: string;
  upstream: Upstream | undefined;
  /** Whether it has no images: otherwise the registry and the part of it stay as they are. */
  isEmpty: boolean;
  onClose: () => void;
}

/** An upstream while it is being written; undefined: a field that is empty. */
interface UpstreamDraft {
  remote: string | undefined;
  path: string;
  tagLifetime: number | undefined;
  retentionDays: number | undefined;
  isPublic: boolean;
}

/** What the form has of an upstream; undefined: a new one. */
function settingOf(upstream: Upstream | undefined) {
  const values: UpstreamDraft = {
    remote: upstream?.remote,
    path: upstream?.path ?? "",
    tagLifetime: upstream?.tagLifetime ?? DEFAULT_TAG_LIFETIME_S,
    retentionDays: upstream?.retentionDays ?? undefined,
    isPublic: upstream?.public ?? false,
  };
  return { values, version: upstream?.updated };
}

function UpstreamForm({ organization, upstream, isEmpty, onClose }: UpstreamFormProps) {
  const { t } = useTranslation(["upstreams", "common"]);
  const { data: remotes, error, refetch } = useRemoteNames();
  const { set } = useUpstreamChanges(organization);
  const { draft, version, set: change, reload } = useDraft(settingOf(upstream));
  const { remote, path, tagLifetime, retentionDays, isPublic } = draft;
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!remotes) return <Skeleton height="16rem" />;
  if (remotes.length === 0) return <Empty title={t("noRemotes")}>{t("noRemotesText")}</Empty>;

  const submit = async ({ overwrites }: Submission) => {
    const setting = {
      remote: remote ?? "",
      path: path.trim(),
      tagLifetime: tagLifetime ?? DEFAULT_TAG_LIFETIME_S,
      public: isPublic,
      retentionDays: retentionDays ?? null,
    };
    await set.mutateAsync({ setting, version: overwrites ? undefined : version });
    onClose();
    toast(t("saved", { name: organization }));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} onReload={reload} submitLabel={t("common:save")}>
      <Select
        label={t("remote")}
        name="remote"
        description={isEmpty ? t("remoteHint") : t("fixedHint")}
        options={remotes.map(({ name, url }) => ({ value: name, label: `${name} · ${url}` }))}
        value={remote}
        onChange={(name) => change({ remote: name })}
        isRequired
        isDisabled={!isEmpty}
      />
      <TextField
        label={t("path")}
        name="path"
        description={t("pathHint")}
        placeholder="bitnami"
        value={path}
        onChange={(text) => change({ path: text })}
        maxLength={MAX_UPSTREAM_PATH_LENGTH}
        isDisabled={!isEmpty}
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      <NumberField
        label={t("tagLifetime")}
        name="tagLifetime"
        description={t("tagLifetimeHint")}
        unit={t("secondsUnit")}
        min={MIN_TAG_LIFETIME_S}
        max={MAX_TAG_LIFETIME_S}
        value={tagLifetime}
        onChange={(seconds) => change({ tagLifetime: seconds })}
        isRequired
      />
      <NumberField
        label={t("retention")}
        name="retentionDays"
        description={t("retentionHint")}
        unit={t("daysUnit")}
        min={1}
        max={MAX_RETENTION_DAYS}
        value={retentionDays}
        onChange={(days) => change({ retentionDays: days })}
      />
      <Checkbox
        label={t("isPublic")}
        name="public"
        description={t("publicHint")}
        isSelected={isPublic}
        onChange={(chosen) => change({ isPublic: chosen })}
      />
    </Form>
  );
}
