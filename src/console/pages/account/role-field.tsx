import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import type { Role } from "../../api/users.ts";
import { RadioGroup } from "../../ui/index.ts";

export interface RoleFieldProps {
  value: Role;
  onChange: (role: Role) => void;
}

/** What a user is to be; only operators make operators. */
export function RoleField({ value, onChange }: RoleFieldProps) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const roles: Role[] = ["member", "administrator", ...(self.role === "operator" ? (["operator"] as const) : [])];
  return (
    <RadioGroup
      label={t("users.role")}
      options={roles.map((role) => ({
        value: role,
        label: t(`users.roles.${role}`),
        description: t(`users.roleHint.${role}`),
      }))}
      value={value}
      onChange={onChange}
    />
  );
}
