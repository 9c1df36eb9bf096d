import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useOrganization } from "../../api/organizations.ts";
import { type Permission, usePermissions } from "../../api/permissions.ts";
import { Button, Card, Empty, ErrorNotice, IconPlus, IconUsers, LinkButton, Notice } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { organizationPath } from "../../paths.ts";
import { GrantDialog } from "../permissions/grant-dialog.tsx";
import { PermissionTable, useLevelNames } from "../permissions/permission-table.tsx";
import styles from "./image-settings.module.css";

/** Who may do what with an image: by a right on it, or by one on its organization (guide 6). */
export default function PermissionsTab() {
  const { organization } = useImage();
  const { data } = useOrganization(organization);
  // Users with a right to single images only may not see the rights on the organization.
  const isMember = data ? data.level !== null : undefined;
  const byOrganization = usePermissions({ organization }, { isEnabled: isMember === true });
  return (
    <div className={styles.stack}>
      <OnImage inherited={byOrganization.data?.others ?? []} />
      <ByOrganization isMember={isMember} permissions={byOrganization} />
    </div>
  );
}

function OnImage({ inherited }: { inherited: readonly Permission[] }) {
  const { t } = useTranslation("permissions");
  const { names } = useLevelNames();
  const { organization, image, canManage, properties } = useImage();
  const target = { organization, image };
  const { data, error, isPending, refetch } = usePermissions(target);
  const [isGranting, setGranting] = useState(false);
  const others = data?.others ?? [];
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const add = canManage && (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setGranting(true)}>
      {t("grant")}
    </Button>
  );
  return (
    <Card
      title={t("ofImage")}
      description={t("ofImageNote", { level: names[properties.level] })}
      actions={others.length > 0 && add}
      isFlush
    >
      <PermissionTable
        label={t("ofImage")}
        target={target}
        permissions={others}
        canManage={canManage}
        inherited={new Map(inherited.map(({ userId, level }) => [userId, level]))}
        isLoading={isPending}
        emptyState={
          <Empty title={t("ofImageEmpty")} icon={<IconUsers />} action={add}>
            {canManage && t("ofImageEmptyText")}
          </Empty>
        }
      />
      <GrantDialog target={target} existing={others} isOpen={isGranting} onClose={() => setGranting(false)} />
    </Card>
  );
}

interface ByOrganizationProps {
  /** Whether the user has a right to all of the organization's images; undefined while that is not known. */
  isMember: boolean | undefined;
  permissions: ReturnType<typeof usePermissions>;
}

/** To be seen here, and changed on the organization's page. */
function ByOrganization({ isMember, permissions: { data, error, isPending, refetch } }: ByOrganizationProps) {
  const { t } = useTranslation("permissions");
  const { organization } = useImage();
  if (isMember === false) return <Notice tone="info">{t("ofOrganizationHidden")}</Notice>;
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  return (
    <Card
      title={t("ofOrganization")}
      description={t("ofOrganizationNote", { organization })}
      actions={
        data?.own.level === "manage" && (
          <LinkButton href={organizationPath(organization, "members")}>{t("changeThere")}</LinkButton>
        )
      }
      isFlush
    >
      <PermissionTable
        label={t("ofOrganization")}
        target={{ organization }}
        permissions={data?.others ?? []}
        canManage={false}
        isLoading={isPending}
        emptyState={<Empty title={t("ofOrganizationEmpty")} />}
      />
    </Card>
  );
}
