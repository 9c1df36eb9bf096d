import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useRemotes } from "../../api/remotes.ts";
import { type SyncOwner, type SyncRule, useSyncRuleChanges, useSyncRules } from "../../api/sync.ts";
import {
  Badge,
  Button,
  Card,
  ConfirmRowDialog,
  ErrorNotice,
  formatNumber,
  IconButton,
  IconEdit,
  IconMore,
  IconPlay,
  IconPlus,
  IconTrash,
  Menu,
  Name,
  Table,
  type TableColumn,
  toast,
} from "../../ui/index.ts";
import { TimeBy } from "../image/tag-cells.tsx";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { RuleDialog } from "./rule-form.tsx";
import { Glob, NoRules, targetText } from "./sync-parts.tsx";
import styles from "./sync.module.css";

interface RulesCardProps {
  owner: SyncOwner;
  intro: ReactNode;
  /** What to do where there are none. */
  emptyText: string;
  /** Stands beside the button that adds a rule. */
  action?: ReactNode;
}

/** The rules of an image or an organization, and what one can do with them. `?new` opens the form for another one. */
export function RulesCard({ owner, intro, emptyText, action }: RulesCardProps) {
  const { t } = useTranslation(["sync", "common"]);
  const { data: rules = [], error, isPending, refetch } = useSyncRules(owner);
  const remotes = useRemotes();
  const { remove, run } = useSyncRuleChanges(owner);
  const [params, changeParams] = useListParams(["new"]);
  const edit = useRowDialog<SyncRule>();
  const deletion = useRowDialog<SyncRule>();
  const start = useRowDialog<SyncRule>();
  const closeForm = () => {
    edit.close();
    changeParams({ new: undefined });
  };
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;

  async function runNow({ id }: SyncRule) {
    const count = await run.mutateAsync(id);
    if (count === 0) toast(t("nothingToDo"), { tone: "info" });
    else toast(t("started", { count, number: formatNumber(count) }));
  }

  const columns: TableColumn<SyncRule>[] = [
    {
      id: "target",
      header: t("target"),
      isRowHeader: true,
      cell: (rule) => <Name>{targetText(rule)}</Name>,
      value: targetText,
    },
    {
      id: "tags",
      header: owner.image === undefined ? t("what") : t("tags"),
      cell: (rule) => <What rule={rule} />,
      value: ({ images, tags }) => [...(images === undefined ? [] : [images]), tags].join(" : "),
    },
    {
      id: "options",
      header: t("options"),
      cell: (rule) => <Options rule={rule} />,
      value: (rule) =>
        optionsOf(rule)
          .map((option) => t(option))
          .join(", "),
    },
    {
      id: "created",
      header: t("common:created"),
      width: "150px",
      isSecondary: true,
      cell: ({ created, createdBy }) => <TimeBy time={created} by={t("by", { name: createdBy ?? t("userGone") })} />,
      value: ({ created }) => created,
      besides: [{ header: t("user"), value: ({ createdBy }) => createdBy }],
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (rule) => {
        const label = t("actionsOf", { target: targetText(rule) });
        return (
          <Menu
            label={label}
            trigger={<IconButton label={label} icon={<IconMore />} />}
            items={[
              { id: "run", label: t("runNow"), icon: <IconPlay />, onAction: () => start.open(rule) },
              { id: "edit", label: t("common:edit"), icon: <IconEdit />, onAction: () => edit.open(rule) },
              {
                id: "delete",
                label: t("common:delete"),
                icon: <IconTrash />,
                tone: "danger",
                onAction: () => deletion.open(rule),
              },
            ]}
          />
        );
      },
    },
  ];
  const add = (
    <Button variant="primary" icon={<IconPlus />} onPress={() => changeParams({ new: "1" })}>
      {t("add")}
    </Button>
  );
  const canCopy = remotes.data !== undefined && remotes.data.length > 0;
  return (
    <Card
      title={t("rules")}
      description={intro}
      actions={
        canCopy && (
          <>
            {action}
            {rules.length > 0 && add}
          </>
        )
      }
      isFlush
    >
      <Table
        label={t("rules")}
        columns={columns}
        rows={rules}
        rowKey={({ id }) => String(id)}
        rowLabel={targetText}
        isLoading={isPending || remotes.isPending}
        emptyState={<NoRules action={add}>{emptyText}</NoRules>}
      />
      <RuleDialog
        owner={owner}
        rule={edit.row}
        isOpen={edit.row !== undefined || params.new !== undefined}
        onClose={closeForm}
      />
      <ConfirmRowDialog
        state={start}
        title={(rule) => t("runTitle", { target: targetText(rule) })}
        confirmLabel={t("runConfirm")}
        onConfirm={runNow}
      >
        {(rule) => (rule.override ? t("runOverrides") : t("runText"))}
      </ConfirmRowDialog>
      <ConfirmRowDialog
        state={deletion}
        title={(rule) => t("deleteTitle", { target: targetText(rule) })}
        confirmLabel={t("deleteConfirm")}
        danger
        onConfirm={({ id }) => remove.mutateAsync(id)}
        doneMessage={(rule) => t("deleted", { target: targetText(rule) })}
      >
        {() => t("deleteText")}
      </ConfirmRowDialog>
    </Card>
  );
}

/** Which images, where that is not clear, and which of their tags. */
function What({ rule: { images, tags } }: { rule: SyncRule }) {
  const { t } = useTranslation("sync");
  return (
    <div className={styles.lines}>
      {images !== undefined && <Glob all={t("allImages")}>{images}</Glob>}
      <Glob all={t("allTags")}>{tags}</Glob>
    </div>
  );
}

/** When a rule copies, and what it does besides. */
function Options({ rule }: { rule: SyncRule }) {
  const { t } = useTranslation("sync");
  return (
    <span className={styles.badges}>
      {optionsOf(rule).map((option) => (
        <Badge key={option} tone={OPTION_TONES[option]}>
          {t(option)}
        </Badge>
      ))}
    </span>
  );
}

const OPTION_TONES = {
  isAutomatic: "success",
  isManual: "neutral",
  overrides: "neutral",
  withReferrers: "neutral",
  deletes: "warning",
} as const;

/** The texts that say what a rule does. */
function optionsOf({ automatic, override, referrers, deletions }: SyncRule): (keyof typeof OPTION_TONES)[] {
  return [
    automatic ? "isAutomatic" : "isManual",
    ...(override ? ["overrides" as const] : []),
    ...(referrers ? ["withReferrers" as const] : []),
    ...(deletions ? ["deletes" as const] : []),
  ];
}
