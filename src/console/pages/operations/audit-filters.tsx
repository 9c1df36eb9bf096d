import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import { useUserNames } from "../../api/users.ts";
import { DateField } from "../../ui/index.ts";
import { ComboFilter, Filters, FilterSelect, OrganizationFilter } from "../lists/filters.tsx";
import styles from "./audit-filters.module.css";
import { formatDay, parseDay } from "./days.ts";
import { ACTIONS, type AuditFilterState, RESULTS } from "./use-audit-filter.ts";

/** What events are shown: of which organization, user and kind, with which result, and when. */
export function AuditFilters({ params, change, filter, isFiltered, clear }: AuditFilterState) {
  const { t } = useTranslation("operations");
  const { role } = useSelf();
  const today = new Date();
  const day = (key: "since" | "until") => ({
    label: t(`audit.${key}`),
    value: parseDay(params[key]),
    onChange: (date: Date | undefined) => change({ [key]: date && formatDay(date) }),
    max: today,
  });
  return (
    <Filters label={t("audit.filters")} isEven onClear={isFiltered ? clear : undefined}>
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
