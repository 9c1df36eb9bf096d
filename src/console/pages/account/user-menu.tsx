import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import type { User } from "../../api/users.ts";
import {
  IconButton,
  IconEdit,
  IconKey,
  IconLock,
  IconMore,
  IconSignOut,
  IconTrash,
  Menu,
  type MenuEntry,
} from "../../ui/index.ts";

export interface UserMenuProps {
  user: User;
  onChangeRole: () => void;
  onResetPassword: () => void;
  onSeeKeys: () => void;
  onSeeLogins: () => void;
  onDelete: () => void;
}

/**
 * What an administrator may do with a user: nothing with operators, unless being one. Oneself has pages of one's own, and
 * nobody takes the own rights away by a slip.
 */
export function UserMenu({ user, onChangeRole, onResetPassword, onSeeKeys, onSeeLogins, onDelete }: UserMenuProps) {
  const { t } = useTranslation(["account", "common"]);
  const self = useSelf();
  if (user.role === "operator" && self.role !== "operator") return null;
  const own: MenuEntry[] = [
    { id: "keys", label: t("users.seeKeys"), icon: <IconKey />, href: "/access-keys" },
    { id: "logins", label: t("users.seeLogins"), icon: <IconSignOut />, href: "/logins" },
    { id: "password", label: t("common:changePassword"), icon: <IconLock />, href: "/password" },
  ];
  const others: MenuEntry[] = [
    { id: "role", label: t("users.changeRole"), icon: <IconEdit />, onAction: onChangeRole },
    { id: "password", label: t("users.resetPassword"), icon: <IconLock />, onAction: onResetPassword },
    { id: "keys", label: t("users.seeKeys"), icon: <IconKey />, onAction: onSeeKeys },
    { id: "logins", label: t("users.seeLogins"), icon: <IconSignOut />, onAction: onSeeLogins },
    { id: "delete", label: t("users.delete"), icon: <IconTrash />, tone: "danger", onAction: onDelete },
  ];
  const label = t("actionsFor", { name: user.name });
  return (
    <Menu
      label={label}
      trigger={<IconButton label={label} icon={<IconMore />} size="small" />}
      items={user.name === self.name ? own : others}
    />
  );
}
