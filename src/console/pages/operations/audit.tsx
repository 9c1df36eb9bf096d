import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_AUDIT_TEXT_LENGTH } from "../../../kernel/field-limits.ts";
import { type AuditEvent, auditExportPath, type AuditFilter, useAuditEvents } from "../../api/audit.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { useUserNames } from "../../api/users.ts";
import operations from "../../i18n/en/operations.ts";
import { dayHere, endOf, parseDay, startOf } from "../../days.ts";
import type { Day } from "../../../kernel/day.ts";
import {
  Badge,
  CodeBlock,
  DateField,
  DescriptionList,
  Empty,
  formatNumber,
  IconAudit,
  IconDownload,
  LinkButton,
  Name,
  Page,
  RowDialog,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { ComboFilter, Filters, FilterSelect, NoMatch, OrganizationFilter, SearchBox } from "../lists/filters.tsx";
import { CursorTable, useRowDialog } from "../lists/cursor-table.tsx";
import { type ChangeListParams, type ListParams, oneOf, useListParams } from "../lists/use-list-params.ts";
import styles from "./operations.module.css";

/** `/audit`: what was done, by whom, and what was refused (guide 1.6). */
export default function Audit() {
  const { t } = useTranslation(["operations", "lists", "common"]);
  const state = useAuditFilter();
  const list = useAuditEvents(state.filter);
  const details = useRowDialog<AuditEvent>();
  const columns: TableColumn<AuditEvent>[] = [
    {
      id: "action",
      header: t("audit.action"),
      cell: ({ action }) => t(`action.${action}`),
      value: ({ action }) => t(`action.${action}`),
      besides: [{ header: t("audit.actionCode"), value: ({ action }) => action }],
      isRowHeader: true,
    },
    {
      id: "resource",
      header: t("audit.resource"),
      cell: ({ resource }) => <Name>{resource}</Name>,
      value: ({ resource }) => resource,
    },
    { id: "user", header: t("audit.user"), cell: ({ user }) => <Name>{user}</Name>, value: ({ user }) => user },
    {
      id: "result",
      header: t("audit.result"),
      cell: ({ result }) => <ResultBadge result={result} />,
      value: ({ result }) => t(`audit.${result}`),
    },
    {
      id: "address",
      header: t("audit.address"),
      cell: ({ address }) => address,
      value: ({ address }) => address,
      isSecondary: true,
    },
    {
      id: "time",
      header: t("audit.time"),
      cell: ({ time }) => <Time value={time} />,
      value: ({ time }) => time,
      besides: [
        { header: t("audit.account"), value: ({ account }) => account },
        { header: t("common:organization"), value: ({ organization }) => organization },
        { header: t("audit.particulars"), value: ({ detail }) => detail && JSON.stringify(detail) },
      ],
    },
  ];
  return (
    <Page
      title={t("audit.title")}
      description={<Description />}
      actions={
        // All events that pass the filters, not only those on screen.
        <LinkButton href={auditExportPath(state.filter)} isFile icon={<IconDownload />}>
          {t("audit.export")}
        </LinkButton>
      }
    >
      <AuditFilters {...state} />
      <CursorTable
        label={t("audit.title")}
        list={list}
        columns={columns}
        rowKey={({ id }) => String(id)}
        onRowAction={details.open}
        emptyState={
          state.isFiltered ? (
            <NoMatch onClear={state.clear} />
          ) : (
            <Empty title={t("audit.emptyTitle")} icon={<IconAudit size={20} />}>
              {t("audit.emptyText")}
            </Empty>
          )
        }
      />
      <RowDialog state={details} title={({ id }) => t("audit.detailsTitle", { id })}>
        {(event) => <EventDetails event={event} />}
      </RowDialog>
    </Page>
  );
}

/** Whose events one sees, and for how long they are kept. */
function Description() {
  const { t } = useTranslation("operations");
  const { role, account } = useSelf();
  const days = useSettings().data?.auditDays;
  const scope = {
    member: () => t("audit.descriptionMember"),
    administrator: () => t("audit.descriptionAdministrator", { account }),
    operator: () => t("audit.descriptionOperator"),
  }[role]();
  return (
    <>
      {scope} {days !== undefined && t("audit.kept", { number: formatNumber(days) })}
    </>
  );
}

type Action = AuditEvent["action"];

/** All kinds of events: those that have a name, which the types make all of them. */
const ACTIONS = Object.keys(operations.action) as Action[];

const RESULTS = ["success", "denied"] as const satisfies readonly AuditEvent["result"][];

const KEYS = ["q", "organization", "user", "account", "action", "result", "since", "until"] as const;
type Key = (typeof KEYS)[number];

interface AuditFilterState {
  /** As the page's address has them. */
  params: ListParams<Key>;
  change: ChangeListParams<Key>;
  /** As the registry is asked. */
  filter: AuditFilter;
  isFiltered: boolean;
  clear: () => void;
}

/** What the audit is filtered by, kept in the page's address. Only operators can ask for other accounts. */
function useAuditFilter(): AuditFilterState {
  const { role } = useSelf();
  const [params, change] = useListParams(KEYS);
  const { q, organization, user } = params;
  const account = role === "operator" ? params.account : undefined;
  const action = oneOf(params.action, ACTIONS);
  const result = oneOf(params.result, RESULTS);
  const since = parseDay(params.since);
  const until = parseDay(params.until);
  const filter: AuditFilter = {
    ...(q && { q }),
    ...(organization && { organization }),
    ...(user && { user }),
    ...(account && { account }),
    ...(action && { action }),
    ...(result && { result }),
    ...(since && { since: startOf(since).toISOString() }),
    // The day itself belongs to it.
    ...(until && { until: endOf(until).toISOString() }),
  };
  return {
    params,
    change,
    filter,
    isFiltered: Object.keys(filter).length > 0,
    clear: () => change(Object.fromEntries(KEYS.map((key) => [key, undefined]))),
  };
}

/** What events are shown: of which organization, user and kind, with which result, and when. */
function AuditFilters({ params, change, filter, isFiltered, clear }: AuditFilterState) {
  const { t } = useTranslation("operations");
  const { role } = useSelf();
  const today = dayHere(new Date());
  const day = (key: "since" | "until") => ({
    label: t(`audit.${key}`),
    value: parseDay(params[key]),
    onChange: (value: Day | undefined) => change({ [key]: value }),
    max: today,
  });
  return (
    <Filters label={t("audit.filters")} isEven onClear={isFiltered ? clear : undefined}>
      <SearchBox
        label={t("audit.search")}
        value={params.q ?? ""}
        maxLength={MAX_AUDIT_TEXT_LENGTH}
        onSearch={(q) => change({ q: q || undefined })}
      />
      <OrganizationFilter
        value={params.organization}
        // Members see what others did only where they manage.
        {...(role === "member" && { level: "manage" })}
        // Operators have no right in most of those that they may ask about.
        allowsCustom={role === "operator"}
        onChange={(organization) =>
          change({ organization, ...(role === "member" && organization === undefined && { user: undefined }) })
        }
      />
      {(role !== "member" || params.organization !== undefined) && (
        <UserFilter value={params.user} onChange={(user) => change({ user })} />
      )}
      {role === "operator" && (
        <ComboFilter
          label={t("audit.account")}
          items={[]}
          value={params.account}
          onChange={(account) => change({ account })}
          allowsCustom
        />
      )}
      <ComboFilter
        label={t("audit.action")}
        items={ACTIONS.map((id) => ({ id, label: t(`action.${id}`) }))}
        value={filter.action}
        onChange={(action) => change({ action })}
      />
      <FilterSelect
        label={t("audit.result")}
        options={RESULTS.map((value) => ({ value, label: t(`audit.${value}`) }))}
        value={filter.result}
        onChange={(result) => change({ result })}
      />
      <div className={styles.days}>
        <DateField {...day("since")} />
        <DateField {...day("until")} />
      </div>
    </Filters>
  );
}

/** Users of one's own account are proposed; events of others, and of those who are gone, are there too. */
function UserFilter({ value, onChange }: { value: string | undefined; onChange: (user: string | undefined) => void }) {
  const { t } = useTranslation("operations");
  const [search, setSearch] = useState("");
  const names = useUserNames(search);
  return (
    <ComboFilter
      label={t("audit.user")}
      items={(names.data ?? []).map((name) => ({ id: name, label: name }))}
      value={value}
      onChange={onChange}
      onSearch={setSearch}
      isLoading={names.isPending}
      allowsCustom
    />
  );
}

/** All that the audit knows of an event. */
function EventDetails({ event }: { event: AuditEvent }) {
  const { t } = useTranslation(["operations", "common"]);
  const { action, time, user, address, account, organization, resource, result, detail } = event;
  const items = [
    { term: t("audit.action"), value: `${t(`action.${action}`)} (${action})` },
    { term: t("audit.result"), value: <ResultBadge result={result} /> },
    { term: t("audit.time"), value: <Time value={time} relative={false} /> },
    { term: t("audit.user"), value: <Name>{user}</Name> },
    { term: t("audit.address"), value: address },
    { term: t("audit.account"), value: <Name>{account ?? t("audit.accountGone")}</Name> },
    { term: t("common:organization"), value: organization && <Name>{organization}</Name> },
    { term: t("audit.resource"), value: <Name>{resource}</Name> },
    {
      term: t("audit.particulars"),
      value: detail && <CodeBlock code={JSON.stringify(detail, null, 2)} />,
    },
  ];
  return <DescriptionList items={items.filter(({ value }) => value !== null)} />;
}

/** How something ended that is in the audit. */
function ResultBadge({ result }: Pick<AuditEvent, "result">) {
  const { t } = useTranslation("operations");
  return <Badge tone={result === "success" ? "success" : "danger"}>{t(`audit.${result}`)}</Badge>;
}
