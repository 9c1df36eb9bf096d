import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams } from "wouter";
import { ApiError } from "../../api/client.ts";
import { type FoundImage, useImages } from "../../api/images.ts";
import {
  type Organization,
  useOrganization,
  useOrganizationChanges,
  useOrganizationUsage,
} from "../../api/organizations.ts";
import { isAtLeast, usePermissions } from "../../api/permissions.ts";
import { useOrganizationDays } from "../../api/usage.ts";
import { decodePart, imagePath, imagesOfPath, organizationPath, PATHS } from "../../paths.ts";
import {
  Button,
  Bytes,
  Card,
  CodeBlock,
  ConfirmDialog,
  Dialog,
  Empty,
  ErrorNotice,
  formatBytes,
  formatNumber,
  IconImage,
  IconPlus,
  IconTrash,
  Link,
  LinkButton,
  Name,
  Page,
  Skeleton,
  type TableColumn,
  Tabs,
  Time,
  toast,
} from "../../ui/index.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { SearchBox } from "../lists/filters.tsx";

import { EXAMPLE_IMAGE } from "../images/ci-snippets.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { GrantDialog } from "../permissions/grant-dialog.tsx";
import { LevelBadge, PermissionTable } from "../permissions/permission-table.tsx";
import QuotaCard from "../quotas/quota-card.tsx";
import { OrganizationSyncTab } from "../sync/organization-sync-tab.tsx";
import { UsageByDay, useShownDays } from "../usage/usage-by-day.tsx";
import { ClustersTab } from "./clusters-tab.tsx";
import { UpstreamTab } from "./upstream-tab.tsx";
import styles from "./organizations.module.css";

/** What a page shows of an organization, from left to right; each has an address of its own but the first. */
const TABS = [
  { id: "images", label: "tabImages", content: ImagesTab, isFor: () => true },
  { id: "members", label: "tabMembers", content: MembersTab, isFor: ({ level }: Organization) => level !== null },
  {
    id: "sync",
    label: "tabSync",
    content: OrganizationSyncTab,
    isFor: ({ level }: Organization) => isAtLeast(level, "manage"),
  },
  {
    id: "clusters",
    label: "tabClusters",
    content: ClustersTab,
    isFor: ({ level }: Organization) => isAtLeast(level, "edit"),
  },
  {
    id: "upstream",
    label: "tabUpstream",
    content: UpstreamTab,
    isFor: ({ level }: Organization) => level === "manage",
  },
  { id: "usage", label: "tabUsage", content: UsageTab, isFor: ({ level }: Organization) => level !== null },
] as const;

/** `/organizations/:organization/:tab?`: an organization (guide 5, 6). */
export default function OrganizationPage() {
  const { t } = useTranslation("organizations");
  const params = useParams<{ organization: string; tab?: string }>();
  const name = decodePart(params.organization);
  const { data: organization, error, isPending, refetch } = useOrganization(name);
  return (
    <Page
      title={name}
      breadcrumbs={[{ label: t("title"), href: PATHS.organizations }]}
      titleAddition={organization?.level && <LevelBadge level={organization.level} />}
      actions={organization?.level === "manage" && <DeleteAction organization={organization} />}
      description={organization ? <Facts organization={organization} /> : isPending && <Skeleton lines={1} />}
    >
      {isPending && <Skeleton height="16rem" />}
      {organization ? (
        <Content organization={organization} selected={params.tab ?? TABS[0].id} />
      ) : (
        error && <Failure error={error} onRetry={refetch} />
      )}
    </Page>
  );
}

function Content({ organization, selected }: { organization: Organization; selected: string }) {
  const { t } = useTranslation("organizations");
  const tabs = TABS.filter(({ isFor }) => isFor(organization));
  const current = tabs.find(({ id }) => id === selected);
  const items = tabs.map(({ id, label }) => ({
    id,
    label: t(label),
    href: organizationPath(organization.name, id === TABS[0].id ? undefined : id),
  }));
  return (
    <>
      <Tabs items={items} selected={selected} />
      {current ? <current.content organization={organization} /> : <Empty title={t("tabMissing")} />}
    </>
  );
}

function Facts({ organization: { createdBy, created } }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  return (
    <span className={styles.note}>
      <Name>{t("facts", { name: createdBy ?? t("userGone") })}</Name> · <Time value={created} />
    </span>
  );
}

/** Deletes an organization once it has no images, after DELETE was typed (guide 5). */
function DeleteAction({ organization: { name, images } }: { organization: Organization }) {
  const { t } = useTranslation(["organizations", "common"]);
  const [, navigate] = useLocation();
  const { remove } = useOrganizationChanges();
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button icon={<IconTrash />} onPress={() => setOpen(true)}>
        {t("delete")}
      </Button>
      {images > 0 ? (
        <Dialog
          title={t("notEmptyTitle", { name })}
          isOpen={isOpen}
          onClose={close}
          size="small"
          footer={
            <>
              <Button onPress={close}>{t("common:close")}</Button>
              <LinkButton href={organizationPath(name)} variant="primary">
                {t("showImages")}
              </LinkButton>
            </>
          }
        >
          {t("notEmpty")}
        </Dialog>
      ) : (
        <ConfirmDialog
          title={t("deleteTitle", { name })}
          isOpen={isOpen}
          onClose={close}
          confirmLabel={t("deleteConfirm")}
          danger
          typeToConfirm="DELETE"
          onConfirm={async () => {
            await remove.mutateAsync(name);
            toast(t("deleted", { name }));
            navigate(PATHS.organizations);
          }}
          onGone={() => navigate(PATHS.organizations)}
        >
          {t("deleteText")}
        </ConfirmDialog>
      )}
    </>
  );
}

/** An organization that is not there, or not for the reader: the registry does not tell which. */
function Failure({ error, onRetry }: { error: Error; onRetry: () => unknown }) {
  const { t } = useTranslation("organizations");
  const isMissing = error instanceof ApiError && [400, 403, 404].includes(error.status);
  if (!isMissing) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty title={t("missingTitle")} action={<LinkButton href={PATHS.organizations}>{t("backToList")}</LinkButton>}>
      {t("missingText")}
    </Empty>
  );
}

/** An organization's images, the last changed first (guide 5). All other ways to look at them are in "My images". */
function ImagesTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useImages("own", { organization: name, sort: "updated", ...(q !== "" && { q }) });
  const columns: TableColumn<FoundImage>[] = [
    {
      id: "image",
      header: t("imageName"),
      isRowHeader: true,
      cell: (image) => (
        <Link href={imagePath(image)}>
          <Name>{image.image}</Name>
        </Link>
      ),
      value: ({ image }) => image,
    },
    {
      id: "tags",
      header: t("tags"),
      align: "end",
      width: "96px",
      cell: ({ tags }) => formatNumber(tags),
      value: ({ tags }) => tags,
    },
    {
      id: "size",
      header: t("size"),
      align: "end",
      width: "120px",
      cell: ({ size }) => <Bytes value={size} />,
      value: ({ size }) => size,
    },
    {
      id: "updated",
      header: t("updated"),
      width: "160px",
      cell: ({ updated }) => <Time value={updated} />,
      value: ({ updated }) => updated,
    },
  ];
  return (
    <>
      <div className={styles.toolbar}>
        <div className={styles.search}>
          <SearchBox label={t("searchImages")} value={q} onSearch={(text) => change({ q: text })} />
        </div>
        <LinkButton href={imagesOfPath(name)}>{t("openInImages")}</LinkButton>
      </div>
      <CursorTable
        label={t("tabImages")}
        list={list}
        columns={columns}
        rowKey={({ image }) => image}
        emptyState={
          q === "" ? (
            <NoImages organization={name} canPush={isAtLeast(level, "edit")} />
          ) : (
            <Empty title={t("noImageFound")} />
          )
        }
      />
    </>
  );
}

/** Says how the first image gets there. */
function NoImages({ organization, canPush }: { organization: string; canPush: boolean }) {
  const { t } = useTranslation("organizations");
  const target = `${location.host}/${organization}/${EXAMPLE_IMAGE}`;
  const commands = [
    `docker login ${location.host}`,
    `docker tag ${EXAMPLE_IMAGE} ${target}`,
    `docker push ${target}`,
  ].join("\n");
  return (
    <Empty title={t("noImagesTitle")} icon={<IconImage />}>
      {canPush ? (
        <div className={styles.commands}>
          <p>{t("noImagesPush")}</p>
          <CodeBlock code={commands} copyLabel={t("copyPush")} />
        </div>
      ) : (
        t("noImagesRead")
      )}
    </Empty>
  );
}

/** Who has which right to all images of an organization (guide 6). */
function MembersTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation(["organizations", "permissions"]);
  const target = { organization: name };
  const { data, error, isPending, refetch } = usePermissions(target);
  const [isGranting, setGranting] = useState(false);
  const canManage = level === "manage";
  const others = data?.others ?? [];
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const grant = canManage && (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setGranting(true)}>
      {t("permissions:grant")}
    </Button>
  );
  return (
    <Card title={t("membersTitle")} description={t("membersNote")} actions={grant} isFlush>
      <PermissionTable
        label={t("membersTitle")}
        target={target}
        permissions={others}
        own={data?.own}
        canManage={canManage}
        isLoading={isPending}
      />
      <GrantDialog target={target} existing={others} isOpen={isGranting} onClose={() => setGranting(false)} />
    </Card>
  );
}

/** What an organization takes up, and took up on each day. */
function UsageTab({ organization: { name } }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  const { data: usage, error, refetch } = useOrganizationUsage(name);
  const days = useOrganizationDays(name, useShownDays());
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  return (
    <>
      <QuotaCard holder={{ kind: "organization", name }} title={t("quotas")} />
      <Card>
        {usage ? (
          <dl className={styles.figures}>
            <Figure term={t("imageBytes")} value={formatBytes(usage.imageBytes)} hint={t("imageBytesHint")} />
          </dl>
        ) : (
          <Skeleton height="5rem" />
        )}
      </Card>
      <UsageByDay usage={days} hasPulls={false} />
    </>
  );
}

function Figure({ term, value, hint }: { term: string; value: ReactNode; hint?: string }) {
  return (
    <div className={styles.figure}>
      <dt className={styles.figureTerm}>{term}</dt>
      <dd className={styles.figureValue}>{value}</dd>
      {hint && <dd className={styles.note}>{hint}</dd>}
    </div>
  );
}
