import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TAG_PATTERN_LENGTH } from "../../../kernel/field-limits.ts";
import { type ImmutableTagRule, useImmutableTagChanges, useImmutableTagRules } from "../../api/immutable-rules.ts";
import {
  Button,
  Card,
  ConfirmRowDialog,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconLock,
  IconPlus,
  IconTrash,
  Name,
  Table,
  type TableColumn,
  TextField,
  Time,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./image-settings.module.css";
import { Syntax } from "./syntax.tsx";

/** Which tags nobody can overwrite or delete. */
export default function ImmutableTagsTab() {
  const { t } = useTranslation(["immutableTags", "common"]);
  const { organization, image, canManage } = useImage();
  const name = { organization, image };
  const { data: rules = [], error, isPending, refetch } = useImmutableTagRules(name);
  const { remove } = useImmutableTagChanges(name);
  const [isAdding, setAdding] = useState(false);
  const lifting = useRowDialog<ImmutableTagRule>();
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;

  const columns: TableColumn<ImmutableTagRule>[] = [
    {
      id: "pattern",
      header: t("pattern"),
      isRowHeader: true,
      cell: ({ pattern }) => <code className={styles.code}>{pattern}</code>,
      value: ({ pattern }) => pattern,
    },
    {
      id: "createdBy",
      header: t("createdBy"),
      width: "200px",
      cell: ({ createdBy }) => (createdBy === null ? t("userGone") : <Name>{createdBy}</Name>),
      value: ({ createdBy }) => createdBy,
    },
    {
      id: "created",
      header: t("created"),
      width: "160px",
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
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
      cell: (rule) => (
        <IconButton
          label={t("lift", { pattern: rule.pattern })}
          icon={<IconTrash />}
          onPress={() => lifting.open(rule)}
        />
      ),
    });
  }
  const add = canManage && (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  return (
    <Card title={t("title")} description={t("intro")} actions={rules.length > 0 && add} isFlush>
      <Table
        label={t("title")}
        columns={columns}
        rows={rules}
        rowKey={({ id }) => String(id)}
        isLoading={isPending}
        emptyState={
          <Empty title={t("emptyTitle")} icon={<IconLock />} action={add}>
            {canManage && t("emptyText")}
          </Empty>
        }
      />
      <Dialog title={t("addTitle")} isOpen={isAdding} onClose={() => setAdding(false)} size="small">
        <PatternForm onClose={() => setAdding(false)} />
      </Dialog>
      <ConfirmRowDialog
        state={lifting}
        title={({ pattern }) => t("liftTitle", { pattern })}
        confirmLabel={t("liftConfirm")}
        danger
        onConfirm={(rule) => remove.mutateAsync(rule)}
        doneMessage={({ pattern }) => t("lifted", { pattern })}
      >
        {() => t("liftText")}
      </ConfirmRowDialog>
    </Card>
  );
}

/** Makes the tags that match a pattern immutable. Apart from the dialog, so that it starts empty each time. */
function PatternForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("immutableTags");
  const { organization, image } = useImage();
  const { add } = useImmutableTagChanges({ organization, image });
  const [pattern, setPattern] = useState("");
  const submit = async () => {
    await add.mutateAsync(pattern);
    onClose();
    toast(t("added", { pattern }));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("submit")}>
      <TextField
        label={t("pattern")}
        name="pattern"
        description={t("hint")}
        placeholder="v[0-9]*"
        value={pattern}
        onChange={setPattern}
        maxLength={MAX_TAG_PATTERN_LENGTH}
        isRequired
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      <Syntax
        title={t("syntax")}
        items={[
          { example: "*", meaning: t("syntaxAny") },
          { example: "?", meaning: t("syntaxOne") },
          { example: "[0-9a-f]", meaning: t("syntaxSet") },
          { example: "[^a-z]", meaning: t("syntaxNotSet") },
          { example: "stable", meaning: t("syntaxExact") },
        ]}
      />
    </Form>
  );
}
