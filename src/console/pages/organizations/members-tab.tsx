import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Organization } from "../../api/organizations.ts";
import { usePermissions } from "../../api/permissions.ts";
import { Button, Card, ErrorNotice, IconPlus } from "../../ui/index.ts";
import { GrantDialog } from "../permissions/grant-dialog.tsx";
import { PermissionTable } from "../permissions/permission-table.tsx";

/** Who has which right to all images of an organization (guide 6). */
export function MembersTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation(["organizations", "permissions"]);
  const target = { organization: name };
  const { data, error, isPending, refetch } = usePermissions(target);
  const [isGranting, setGranting] = useState(false);
  const canManage = level === "manage";
  const others = data?.others ?? [];
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const grant = canManage && (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setGranting(true)}>
      {t("permissions:grant")}
    </Button>
  );
  return (
    <Card title={t("membersTitle")} description={t("membersNote")} actions={grant} isFlush>
      <PermissionTable
        label={t("membersTitle")}
        target={target}
        permissions={others}
        own={data?.own}
        canManage={canManage}
        isLoading={isPending}
      />
      <GrantDialog target={target} existing={others} isOpen={isGranting} onClose={() => setGranting(false)} />
    </Card>
  );
}
