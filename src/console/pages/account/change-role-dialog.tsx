import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type User, useUserChanges } from "../../api/users.ts";
import { Dialog, Form, toast } from "../../ui/index.ts";
import { RoleField } from "./role-field.tsx";

export interface UserDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives a user another role. */
export function ChangeRoleDialog({ user, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.changeRoleTitle", { name: user.name })} isOpen={isOpen} onClose={onClose}>
      <ChangeRole user={user} onClose={onClose} />
    </Dialog>
  );
}

function ChangeRole({ user: { name, role: before }, onClose }: Omit<UserDialogProps, "isOpen">) {
  const { t } = useTranslation(["account", "common"]);
  const { change } = useUserChanges();
  const [role, setRole] = useState(before);
  async function submit() {
    await change.mutateAsync({ name, role });
    onClose();
    toast(t("users.roleChanged", { name }));
  }
  return (
    <Form onSubmit={submit} submitLabel={t("common:save")} onCancel={onClose} isDisabled={role === before}>
      <RoleField value={role} onChange={setRole} />
    </Form>
  );
}
