import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCOUNT_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import { QUOTA_RESOURCES, type QuotaResource } from "../../../kernel/quotas.ts";
import { type QuotaHolder, useDefaultQuotas } from "../../api/quotas.ts";
import { useSelf } from "../../api/session.ts";
import {
  Button,
  Card,
  Dialog,
  ErrorNotice,
  Form,
  IconEdit,
  Page,
  Select,
  Skeleton,
  Table,
  type TableColumn,
  TextField,
} from "../../ui/index.ts";
import { useListParams } from "../lists/use-list-params.ts";
import QuotaCard, { formatQuota } from "./quota-card.tsx";
import { DefaultsForm } from "./quota-form.tsx";
import styles from "./quotas.module.css";

const KINDS = ["organization", "account"] as const;

/** `/quotas?organization=` or `?account=`: the defaults, and what a single account or organization has. For operators. */
export default function Quotas() {
  const { t } = useTranslation("quotas");
  const { account: own } = useSelf();
  const [{ organization, account }, change] = useListParams(["organization", "account"]);
  const holder: QuotaHolder =
    organization !== undefined
      ? { kind: "organization", name: organization }
      : { kind: "account", name: account ?? own };
  return (
    <Page title={t("title")} description={t("description")}>
      <Defaults />
      <Card title={t("one")} description={t("oneHint")}>
        <Choice
          key={`${holder.kind} ${holder.name}`}
          holder={holder}
          onChoose={({ kind, name }) => change({ organization: undefined, account: undefined, [kind]: name })}
        />
      </Card>
      <QuotaCard
        key={`${holder.kind} ${holder.name} quotas`}
        holder={holder}
        title={t(`titleOf.${holder.kind}`, { name: holder.name })}
      />
    </Page>
  );
}

function Choice({ holder, onChoose }: { holder: QuotaHolder; onChoose: (holder: QuotaHolder) => void }) {
  const { t } = useTranslation("quotas");
  const [kind, setKind] = useState(holder.kind);
  const [name, setName] = useState(holder.name);
  return (
    <Form onSubmit={async () => onChoose({ kind, name: name.trim() })} submitLabel={t("show")} isGuarded={false}>
      <div className={styles.search}>
        <Select
          label={t("kind")}
          options={KINDS.map((value) => ({ value, label: t(`kinds.${value}`) }))}
          value={kind}
          onChange={setKind}
        />
        <TextField
          label={t("name")}
          name="name"
          value={name}
          onChange={setName}
          maxLength={MAX_ACCOUNT_NAME_LENGTH}
          isRequired
          autoComplete="off"
          spellCheck="false"
        />
      </div>
    </Form>
  );
}

function Defaults() {
  const { t } = useTranslation("quotas");
  const { data: defaults, error, isPending, refetch } = useDefaultQuotas();
  const [changing, setChanging] = useState<QuotaHolder["kind"]>();
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const columns: TableColumn<QuotaResource>[] = [
    {
      id: "resource",
      header: t("resource"),
      isRowHeader: true,
      cell: (resource) => t(resource),
      value: (resource) => t(resource),
    },
    ...KINDS.map((kind): TableColumn<QuotaResource> => ({
      id: kind,
      header: t(`each.${kind}`),
      align: "end",
      cell: (resource) => {
        const limit = defaults?.[kind][resource];
        return limit === undefined || limit === null ? t("unlimited") : formatQuota(resource, limit);
      },
      value: (resource) => defaults?.[kind][resource],
    })),
  ];
  return (
    <Card
      title={t("defaults")}
      description={t("defaultsHint")}
      actions={KINDS.map((kind) => (
        <Button key={kind} icon={<IconEdit />} onPress={() => setChanging(kind)} isDisabled={!defaults}>
          {t(`changeDefaults.${kind}`)}
        </Button>
      ))}
      isFlush
    >
      {isPending ? (
        <Skeleton height="12rem" />
      ) : (
        <Table label={t("defaults")} columns={columns} rows={QUOTA_RESOURCES} rowKey={(resource) => resource} />
      )}
      {defaults &&
        KINDS.map((kind) => (
          <Dialog
            key={kind}
            title={t(`defaultsTitle.${kind}`)}
            isOpen={changing === kind}
            onClose={() => setChanging(undefined)}
          >
            <DefaultsForm kind={kind} defaults={defaults} onClose={() => setChanging(undefined)} />
          </Dialog>
        ))}
    </Card>
  );
}
