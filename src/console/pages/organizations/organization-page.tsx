import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { ApiError } from "../../api/client.ts";
import { type Organization, useOrganization } from "../../api/organizations.ts";
import { isAtLeast } from "../../api/permissions.ts";
import { Button, Empty, ErrorNotice, IconTrash, LinkButton, Name, Page, Skeleton, Tabs, Time } from "../../ui/index.ts";
import { decodePart, organizationPath } from "../../paths.ts";
import { LevelBadge } from "../permissions/level-badge.tsx";
import { ClustersTab } from "./clusters-tab.tsx";
import { DeleteOrganizationDialog } from "./delete-organization-dialog.tsx";
import { ImagesTab } from "./images-tab.tsx";
import { MembersTab } from "./members-tab.tsx";
import styles from "./organizations.module.css";
import { UsageTab } from "./usage-tab.tsx";

/** What a page shows of an organization, from left to right; each has an address of its own but the first. */
const TABS = [
  { id: "images", label: "tabImages", content: ImagesTab, isFor: () => true },
  { id: "members", label: "tabMembers", content: MembersTab, isFor: ({ level }: Organization) => level !== null },
  {
    id: "clusters",
    label: "tabClusters",
    content: ClustersTab,
    isFor: ({ level }: Organization) => isAtLeast(level, "edit"),
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
      breadcrumbs={[{ label: t("title"), href: "/organizations" }]}
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
  const path = organizationPath(organization.name);
  const tabs = TABS.filter(({ isFor }) => isFor(organization));
  const current = tabs.find(({ id }) => id === selected);
  const items = tabs.map(({ id, label }) => ({
    id,
    label: t(label),
    href: id === TABS[0].id ? path : `${path}/${id}`,
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

function DeleteAction({ organization }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={<IconTrash />} onPress={() => setOpen(true)}>
        {t("delete")}
      </Button>
      <DeleteOrganizationDialog organization={organization} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

/** An organization that is not there, or not for the reader: the registry does not tell which. */
function Failure({ error, onRetry }: { error: Error; onRetry: () => unknown }) {
  const { t } = useTranslation("organizations");
  const isMissing = error instanceof ApiError && [400, 403, 404].includes(error.status);
  if (!isMissing) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty title={t("missingTitle")} action={<LinkButton href="/organizations">{t("backToList")}</LinkButton>}>
      {t("missingText")}
    </Empty>
  );
}
