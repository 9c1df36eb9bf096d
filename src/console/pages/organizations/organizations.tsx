import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { MAX_ORGANIZATION_LENGTH, MAX_SEARCH_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import {
  type Organization,
  useOrganizationChanges,
  useOrganizationQuota,
  useOrganizations,
} from "../../api/organizations.ts";
import {
  Badge,
  Button,
  Dialog,
  Empty,
  errorText,
  Form,
  formatNumber,
  IconOrganization,
  IconPlus,
  Link,
  Name,
  Notice,
  Page,
  type TableColumn,
  TextField,
  Time,
  toast,
  Tooltip,
} from "../../ui/index.ts";
import { organizationPath } from "../../paths.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Filters, SearchBox } from "../lists/filters.tsx";
import { useAddressDialog } from "../lists/use-address-dialog.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { LevelBadge, useLevelNames } from "../permissions/permission-table.tsx";
import styles from "./organizations.module.css";

/** `/organizations`: those that one has a right to (guide 5). */
export default function Organizations() {
  const { t } = useTranslation("organizations");
  const [{ search = "" }, change] = useListParams(["search"]);
  const list = useOrganizations(search);
  const { names } = useLevelNames();
  const [open, setOpen] = useAddressDialog(["create"]);

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
      value: ({ name }) => name,
    },
    {
      id: "right",
      header: t("right"),
      width: "140px",
      cell: ({ level }) => <OwnRight level={level} />,
      value: ({ level }) => (level === null ? t("singleImages") : names[level]),
    },
    {
      id: "images",
      header: t("images"),
      align: "end",
      width: "96px",
      cell: ({ images }) => formatNumber(images),
      value: ({ images }) => images,
    },
    {
      id: "users",
      header: t("users"),
      align: "end",
      width: "96px",
      cell: ({ users }) => formatNumber(users),
      value: ({ users }) => users,
    },
    {
      id: "createdBy",
      header: t("createdBy"),
      isSecondary: true,
      cell: ({ createdBy }) => (createdBy === null ? t("userGone") : <Name>{createdBy}</Name>),
      value: ({ createdBy }) => createdBy,
    },
    {
      id: "created",
      header: t("created"),
      width: "160px",
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
    },
  ];
  const create = (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setOpen("create")}>
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
      <Dialog title={t("create")} isOpen={open === "create"} onClose={() => setOpen(undefined)} size="small">
        <CreateForm onClose={() => setOpen(undefined)} />
      </Dialog>
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

/** What the registry says of a name that is none, and of one that is taken. */
const NAME_REFUSALS = ["ORGANIZATION_INVALID", "ORGANIZATION_EXISTS"];

/** Creates an organization, as far as one's quota allows (guide 5, 7.1.5), and goes there. */
function CreateForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["organizations", "common"]);
  const [, navigate] = useLocation();
  const { create } = useOrganizationChanges();
  const { data: quota } = useOrganizationQuota();
  const [name, setName] = useState("");
  const exhausted = quota && quota.used >= quota.limit ? quota : undefined;
  const isFull = exhausted !== undefined;

  const submit = async () => {
    try {
      await create.mutateAsync(name);
    } catch (failure) {
      if (!(failure instanceof ApiError && NAME_REFUSALS.includes(failure.code))) throw failure;
      throw new FieldError("name", errorText(failure), { cause: failure });
    }
    onClose();
    toast(t("createdToast", { name }));
    navigate(organizationPath(name));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("common:create")} isDisabled={isFull}>
      {exhausted && <Notice tone="warning">{t("quotaFull", { limit: exhausted.limit })}</Notice>}
      <TextField
        label={t("createName")}
        name="name"
        description={t("createRules")}
        value={name}
        onChange={setName}
        maxLength={MAX_ORGANIZATION_LENGTH}
        isRequired
        isDisabled={isFull}
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      {quota && !isFull && <p className={styles.note}>{t("quota", quota)}</p>}
    </Form>
  );
}
