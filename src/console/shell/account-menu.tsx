import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type Self, useSignOut } from "../api/session.ts";
import { IconKey, IconLock, IconSignOut, IconUser } from "../ui/icons.tsx";
import { Button, Menu } from "../ui/index.ts";

/** What a user does with their own account. */
export function AccountMenu({ user }: { user: Self }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const signOut = useSignOut();
  return (
    <Menu
      trigger={
        <Button variant="quiet" icon={<IconUser />} isPending={signOut.isPending}>
          {user.name}
        </Button>
      }
      label={t("accountMenu", { name: user.name })}
      items={[
        { id: "password", label: t("changePassword"), icon: <IconKey />, onAction: () => navigate("/password") },
        { id: "logins", label: t("logins"), icon: <IconLock />, onAction: () => navigate("/logins") },
        {
          id: "sign-out",
          label: t("signOut"),
          icon: <IconSignOut />,
          onAction: () => signOut.mutate(undefined, { onSuccess: () => navigate("/sign-in") }),
        },
      ]}
    />
  );
}
