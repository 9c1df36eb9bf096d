import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TRUST_RULES } from "../../../kernel/field-limits.ts";
import { useSelf } from "../../api/session.ts";
import { type TrustRule, useTrustRuleChanges, useTrustRules } from "../../api/trust-rules.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import {
  Button,
  CodeBlock,
  ConfirmRowDialog,
  Dialog,
  Empty,
  ErrorNotice,
  IconButton,
  IconCode,
  IconEdit,
  IconLock,
  IconMore,
  IconPlus,
  IconTrash,
  Menu,
  type MenuEntry,
  Name,
  Page,
  RadioGroup,
  RowDialog,
  Table,
  type TableColumn,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { useLevelNames } from "../permissions/permission-table.tsx";
import styles from "./account.module.css";
import { githubWorkflow, gitlabJob, issuerKindOf } from "./trust-draft.ts";
import { TrustForm } from "./trust-form.tsx";

/** `/trusted-issuers`: whose jobs log in with tokens of their own, for administrators of the account. */
export default function TrustedIssuers() {
  const { t } = useTranslation("account");
  const rules = useTrustRules();
  const { remove } = useTrustRuleChanges();
  const { names } = useLevelNames();
  const [isAdding, setAdding] = useState(false);
  const edit = useRowDialog<TrustRule>();
  const usage = useRowDialog<TrustRule>();
  const deletion = useRowDialog<TrustRule>();
  const isFull = (rules.data?.length ?? 0) >= MAX_TRUST_RULES;
  const grantText = (grant: Grant) => t("trust.grant", { target: targetOf(grant), level: names[grant.level] });
  const columns: TableColumn<TrustRule>[] = [
    {
      id: "name",
      header: t("trust.name"),
      cell: ({ name }) => <Name>{name}</Name>,
      value: ({ name }) => name,
      isRowHeader: true,
    },
    {
      id: "issuer",
      header: t("trust.issuer"),
      cell: ({ issuer }) => <Issuer address={issuer} />,
      value: ({ issuer }) => issuer,
    },
    {
      id: "conditions",
      header: t("trust.conditions"),
      cell: ({ conditions }) => (
        <ul className={styles.lines}>
          {conditions.map((each) => (
            <li key={JSON.stringify(each)}>
              <code>{conditionText(each)}</code>
            </li>
          ))}
        </ul>
      ),
      value: ({ conditions }) => conditions.map(conditionText).join(", "),
      isSecondary: true,
    },
    {
      id: "grants",
      header: t("trust.grants"),
      cell: ({ grants }) =>
        grants.length === 0 ? (
          t("trust.noGrants")
        ) : (
          <ul className={styles.lines}>
            {grants.map((grant) => (
              <li key={targetOf(grant)}>{grantText(grant)}</li>
            ))}
          </ul>
        ),
      value: ({ grants }) => grants.map(grantText).join(", "),
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("actionsFor", { name: t("trust.title") }),
      cell: (rule) => (
        <RuleMenu
          rule={rule}
          onUse={() => usage.open(rule)}
          onEdit={() => edit.open(rule)}
          onDelete={() => deletion.open(rule)}
        />
      ),
      align: "end",
      width: "3rem",
    },
  ];

  return (
    <Page
      title={t("trust.title")}
      description={t("trust.description")}
      actions={
        <Button variant="primary" icon={<IconPlus />} isDisabled={isFull} onPress={() => setAdding(true)}>
          {t("trust.add")}
        </Button>
      }
    >
      {rules.isError ? (
        <ErrorNotice error={rules.error} onRetry={() => void rules.refetch()} />
      ) : (
        <Table
          label={t("trust.title")}
          columns={columns}
          rows={rules.data ?? []}
          rowKey={({ name }) => name}
          isLoading={rules.isPending}
          emptyState={
            <Empty title={t("trust.emptyTitle")} icon={<IconLock size={20} />}>
              {t("trust.emptyText")}
            </Empty>
          }
        />
      )}
      <Dialog title={t("trust.newTitle")} isOpen={isAdding} onClose={() => setAdding(false)} size="large">
        <TrustForm
          rule={undefined}
          onClose={(made) => {
            setAdding(false);
            if (made) usage.open(made);
          }}
        />
      </Dialog>
      <RowDialog state={edit} title={({ name }) => t("trust.editTitle", { name })} size="large">
        {(rule) => <TrustForm rule={rule} onClose={edit.close} />}
      </RowDialog>
      <RowDialog state={usage} title={({ name }) => t("trust.useTitle", { name })} size="large">
        {(rule) => <HowToUse rule={rule} />}
      </RowDialog>
      <ConfirmRowDialog
        state={deletion}
        title={({ name }) => t("trust.deleteTitle", { name })}
        confirmLabel={t("trust.delete")}
        danger
        onConfirm={({ name }) => remove.mutateAsync(name)}
        doneMessage={({ name }) => t("trust.deleted", { name })}
      >
        {() => <p>{t("trust.deleteText")}</p>}
      </ConfirmRowDialog>
    </Page>
  );
}

function conditionText(condition: TrustRule["conditions"][number]): string {
  return "glob" in condition ? `${condition.claim} ~ ${condition.glob}` : `${condition.claim} = ${condition.value}`;
}

type Grant = TrustRule["grants"][number];

function targetOf(grant: Grant): string {
  return "image" in grant ? grant.image : grant.organization;
}

/** The two that everybody knows by their names, others by their addresses. */
function Issuer({ address }: { address: string }) {
  const { t } = useTranslation("account");
  const kind = issuerKindOf(address);
  return kind === "other" ? <Name>{address}</Name> : <span title={address}>{t(`trust.issuers.${kind}`)}</span>;
}

interface RuleMenuProps {
  rule: TrustRule;
  onUse: () => void;
  onEdit: () => void;
  onDelete: () => void;
}

function RuleMenu({ rule: { name }, onUse, onEdit, onDelete }: RuleMenuProps) {
  const { t } = useTranslation(["account", "common"]);
  const items: MenuEntry[] = [
    { id: "use", label: t("trust.use"), icon: <IconCode />, onAction: onUse },
    { id: "edit", label: t("common:edit"), icon: <IconEdit />, onAction: onEdit },
    { id: "delete", label: t("trust.delete"), icon: <IconTrash />, tone: "danger", onAction: onDelete },
  ];
  const label = t("actionsFor", { name });
  return <Menu label={label} trigger={<IconButton label={label} icon={<IconMore />} size="small" />} items={items} />;
}

const CI_SYSTEMS = ["github", "gitlab"] as const;

/** What a job's file says to log in by a rule. */
function HowToUse({ rule: { issuer, audience, user } }: { rule: TrustRule }) {
  const { t } = useTranslation("account");
  const { account } = useSelf();
  const [system, setSystem] = useState<(typeof CI_SYSTEMS)[number]>(
    issuerKindOf(issuer) === "github" ? "github" : "gitlab",
  );
  const login = { host: thisRegistry().host, account, audience };
  return (
    <div className={styles.parts}>
      <p>{t("trust.useText", { user })}</p>
      <RadioGroup
        label={t("trust.system")}
        options={CI_SYSTEMS.map((value) => ({ value, label: t(`trust.systems.${value}`) }))}
        value={system}
        onChange={setSystem}
      />
      <CodeBlock
        code={system === "github" ? githubWorkflow(login) : gitlabJob(login)}
        copyLabel={t("trust.copy")}
        keepsLines
      />
    </div>
  );
}
