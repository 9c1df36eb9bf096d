import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_SEARCH_LENGTH } from "../../../kernel/field-limits.ts";
import { type Organization, useOrganizations } from "../../api/organizations.ts";
import {
  Badge,
  Button,
  Empty,
  IconOrganization,
  IconPlus,
  Link,
  Name,
  Page,
  type TableColumn,
  Time,
  Tooltip,
  formatNumber,
} from "../../ui/index.ts";
import { organizationPath } from "../../paths.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Filters, SearchBox } from "../lists/filters.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { LevelBadge } from "../permissions/level-badge.tsx";
import { CreateOrganizationDialog } from "./create-organization-dialog.tsx";

/** `/organizations`: those that one has a right to (guide 5). */
export default function Organizations() {
  const { t } = useTranslation("organizations");
  const [{ search = "" }, change] = useListParams(["search"]);
  const list = useOrganizations(search);
  const [isCreating, setCreating] = useState(false);

  const columns: TableColumn<Organization>[] = [
    {
      id: "name",
      header: t("name"),
      isRowHeader: true,
      cell: ({ name }) => (
        <Link href={organizationPath(name)}>
          <Name>{name}</Name>
        </Link>
      ),
    },
    { id: "right", header: t("right"), width: "140px", cell: ({ level }) => <OwnRight level={level} /> },
    {
      id: "images",
      header: t("images"),
      align: "end",
      width: "96px",
      cell: ({ images }) => formatNumber(images),
    },
    {
      id: "users",
      header: t("users"),
      align: "end",
      width: "96px",
      hideBelow: "small",
      cell: ({ users }) => formatNumber(users),
    },
    {
      id: "createdBy",
      header: t("createdBy"),
      hideBelow: "medium",
      cell: ({ createdBy }) => (createdBy === null ? t("userGone") : <Name>{createdBy}</Name>),
    },
    {
      id: "created",
      header: t("created"),
      width: "160px",
      hideBelow: "small",
      cell: ({ created }) => <Time value={created} />,
    },
  ];
  const create = (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setCreating(true)}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} description={t("intro")} actions={create}>
      <Filters label={t("filters")}>
        <SearchBox
          label={t("search")}
          value={search}
          onSearch={(text) => change({ search: text })}
          maxLength={MAX_SEARCH_LENGTH}
        />
      </Filters>
      <CursorTable
        label={t("label")}
        list={list}
        columns={columns}
        rowKey={({ name }) => name}
        emptyState={
          search === "" ? (
            <Empty title={t("emptyTitle")} icon={<IconOrganization />} action={create}>
              {t("emptyText")}
            </Empty>
          ) : (
            <Empty title={t("nothingFound")} />
          )
        }
      />
      <CreateOrganizationDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function OwnRight({ level }: Pick<Organization, "level">) {
  const { t } = useTranslation("organizations");
  if (level !== null) return <LevelBadge level={level} />;
  return (
    <Tooltip content={t("singleImagesHint")}>
      <Badge>{t("singleImages")}</Badge>
    </Tooltip>
  );
}
