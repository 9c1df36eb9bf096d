import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import {
  isAtLeast,
  type Level,
  LEVELS,
  type Permission,
  type PermissionTarget,
  usePermissionChanges,
} from "../../api/permissions.ts";
import {
  Badge,
  type BadgeProps,
  type Choice,
  ConfirmRowDialog,
  errorText,
  isChangedMeanwhile,
  IconButton,
  IconTrash,
  Name,
  Select,
  Table,
  type TableColumn,
  toast,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./permissions.module.css";

export interface PermissionTableProps {
  label: string;
  target: PermissionTarget;
  permissions: readonly Permission[];
  /** The reader's own right, which nobody changes for themselves: stands first. */
  own?: Permission | undefined;
  /** Whether the reader may change them. */
  canManage: boolean;
  /** Higher rights that users have from elsewhere, by their ids: they count instead. */
  inherited?: ReadonlyMap<string, Level>;
  isLoading: boolean;
  emptyState?: ReactNode;
}

/** Users and their rights on one thing, to be changed in place and taken away (guide 6). */
export function PermissionTable({
  label,
  target,
  permissions,
  own,
  canManage,
  inherited = new Map(),
  isLoading,
  emptyState,
}: PermissionTableProps) {
  const { t } = useTranslation(["permissions", "common"]);
  const { names } = useLevelNames();
  const { revoke } = usePermissionChanges(target);
  const leaving = useRowDialog<Permission>();

  const columns: TableColumn<Permission>[] = [
    {
      id: "user",
      header: t("user"),
      isRowHeader: true,
      cell: ({ name, userId }) => (
        <span className={styles.user}>
          <Name>{name}</Name>
          {userId === own?.userId && <Badge>{t("you")}</Badge>}
        </span>
      ),
      value: ({ name }) => name,
    },
    {
      id: "right",
      header: t("right"),
      cell: (permission) => {
        const higher = inherited.get(permission.userId);
        return (
          <div className={styles.right}>
            {canManage && permission !== own ? (
              <LevelSelect target={target} permission={permission} />
            ) : (
              <LevelBadge level={permission.level} />
            )}
            {higher !== undefined && !isAtLeast(permission.level, higher) && (
              <span className={styles.note}>{t("more", { level: names[higher] })}</span>
            )}
          </div>
        );
      },
      value: ({ level }) => names[level],
    },
  ];
  if (canManage) {
    columns.push({
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (permission) =>
        permission !== own && (
          <IconButton
            label={t("revokeOf", { name: permission.name })}
            icon={<IconTrash />}
            onPress={() => leaving.open(permission)}
          />
        ),
    });
  }
  return (
    <>
      <Table
        label={label}
        columns={columns}
        rows={own ? [own, ...permissions] : permissions}
        rowKey={({ userId }) => userId}
        isLoading={isLoading}
        {...(emptyState !== undefined && { emptyState })}
      />
      <ConfirmRowDialog
        state={leaving}
        title={({ name }) => t("revokeTitle", { name })}
        confirmLabel={t("revoke")}
        danger
        typeToConfirm={() => "DELETE"}
        onConfirm={(permission) => revoke.mutateAsync(permission)}
        doneMessage={({ name }) => t("revoked", { name })}
      >
        {({ name }) => t("revokeText", { name })}
      </ConfirmRowDialog>
    </>
  );
}

/** A user's right. Another choice takes effect at once, and can be undone. */
function LevelSelect({ target, permission }: { target: PermissionTarget; permission: Permission }) {
  const { t } = useTranslation(["permissions", "kit"]);
  const { names, choices } = useLevelNames();
  const { change } = usePermissionChanges(target);
  const { name } = permission;

  async function save(level: Level, before: Level, canUndo: boolean) {
    try {
      await change.mutateAsync({ ...permission, level, before });
      toast(t("changed", { name, level: names[level] }), {
        ...(canUndo && { action: { label: t("undo"), onPress: () => void save(before, level, false) } }),
      });
    } catch (error) {
      toast(isChangedMeanwhile(error) ? t("kit:conflict.title") : errorText(error), { tone: "danger" });
    }
  }

  return (
    <div className={styles.select}>
      <Select
        label={t("rightOf", { name })}
        isLabelHidden
        options={choices}
        value={change.isPending ? change.variables.level : permission.level}
        isDisabled={change.isPending}
        onChange={(level) => {
          if (level !== permission.level) void save(level, permission.level, true);
        }}
      />
    </div>
  );
}

const TONES: Readonly<Record<Level, NonNullable<BadgeProps["tone"]>>> = {
  read: "neutral",
  edit: "info",
  manage: "success",
};

/** A right, in a word. */
export function LevelBadge({ level }: { level: Level }) {
  const { names } = useLevelNames();
  return <Badge tone={TONES[level]}>{names[level]}</Badge>;
}

/** The guide's words for rights, and what each of them allows (guide 6). */
export function useLevelNames() {
  const { t } = useTranslation(["permissions", "common"]);
  const names: Readonly<Record<Level, string>> = {
    read: t("common:permissionRead"),
    edit: t("common:permissionEdit"),
    manage: t("common:permissionManage"),
  };
  const meanings: Readonly<Record<Level, string>> = {
    read: t("readMeans"),
    edit: t("editMeans"),
    manage: t("manageMeans"),
  };
  const choices: Choice<Level>[] = LEVELS.map((value) => ({
    value,
    label: names[value],
    description: meanings[value],
  }));
  return { names, choices };
}
