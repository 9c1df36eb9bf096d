import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type OrganizationLevel, useOrganizationNames } from "../../api/organization-names.ts";
import { ComboFilter } from "./combo-filter.tsx";

export interface OrganizationFilterProps {
  /** Undefined: all of them. */
  value: string | undefined;
  onChange: (organization: string | undefined) => void;
  /** Only those with all of whose images one may do this are proposed. */
  level?: OrganizationLevel;
  /** Also one that is not proposed may be meant. */
  allowsCustom?: boolean;
}

/** One organization, or all: a field that proposes those that one has a right in. */
export function OrganizationFilter({ level, ...filter }: OrganizationFilterProps) {
  const { t } = useTranslation("common");
  const [search, setSearch] = useState("");
  const names = useOrganizationNames(search, level);
  return (
    <ComboFilter
      {...filter}
      label={t("organization")}
      items={(names.data ?? []).map((name) => ({ id: name, label: name }))}
      onSearch={setSearch}
      isLoading={names.isPending}
    />
  );
}
