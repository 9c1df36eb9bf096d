import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_NOTE_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { type ImageShare, useImageShares, useShareChanges } from "../../api/shares.ts";
import {
  Button,
  Card,
  Checkbox,
  CodeBlock,
  ConfirmRowDialog,
  DateField,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconEdit,
  IconMore,
  IconShare,
  IconTrash,
  Menu,
  Name,
  Notice,
  Table,
  type Submission,
  type TableColumn,
  TextArea,
  TextField,
  Time,
  toast,
  useDraft,
} from "../../ui/index.ts";
import { dayOf } from "../../../kernel/day.ts";
import { useImage } from "../current-image.tsx";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./image-settings.module.css";
import { ShareBadge, ShareEnd, type ShareState } from "./share-cells.tsx";
import { FOREVER, lastDayOf } from "./share-deadline.ts";

/** With which accounts a private image is shared (guide 4.6). */
export default function SharingTab() {
  const { t } = useTranslation("sharing");
  const { organization, image, canManage, properties } = useImage();
  const { data: shares = [], error, isPending, refetch } = useImageShares({ organization, image });
  const [isSharing, setSharing] = useState(false);
  const [changing, setChanging] = useState<ImageShare>();
  const isPublic = properties.public;
  const close = () => {
    setSharing(false);
    setChanging(undefined);
  };
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const share = canManage && !isPublic && (
    <Button variant="primary" icon={<IconShare />} onPress={() => setSharing(true)}>
      {t("share")}
    </Button>
  );
  return (
    <div className={styles.stack}>
      {isPublic && (
        <Notice tone="info" title={t("publicTitle")}>
          {t("publicText")} {shares.length > 0 && t("publicShares")}
        </Notice>
      )}
      {(!isPublic || shares.length > 0) && (
        <Card title={t("title")} description={t("intro")} actions={shares.length > 0 && share} isFlush>
          <ShareTable
            shares={shares}
            isLoading={isPending}
            onChange={setChanging}
            emptyState={
              <Empty title={t("emptyTitle")} icon={<IconShare />} action={share}>
                {canManage ? t("emptyText") : t("emptyRead")}
              </Empty>
            }
          />
        </Card>
      )}
      {!isPublic && shares.length > 0 && (
        <Card title={t("pullTitle")} description={t("pullText")}>
          <CodeBlock code={`docker login ${location.host}\n${properties.pullCommand}`} copyLabel={t("copyCommand")} />
        </Card>
      )}
      <Dialog
        title={changing ? t("changeTitle", { account: changing.account }) : t("shareTitle", { image })}
        isOpen={isSharing || changing !== undefined}
        onClose={close}
      >
        <ShareForm share={changing} onClose={close} />
      </Dialog>
    </div>
  );
}

interface ShareTableProps {
  shares: readonly ImageShare[];
  isLoading: boolean;
  onChange: (share: ImageShare) => void;
  emptyState: ReactNode;
}

/** An image's shares: with whom, until when, what for. */
function ShareTable({ shares, isLoading, onChange, emptyState }: ShareTableProps) {
  const { t } = useTranslation(["sharing", "common"]);
  const { organization, image, canManage, properties } = useImage();
  const { stop } = useShareChanges({ organization, image });
  const ending = useRowDialog<ImageShare>();

  const stateOf = ({ valid }: ImageShare): ShareState => (valid ? (properties.public ? "public" : "active") : "ended");
  const columns: TableColumn<ImageShare>[] = [
    {
      id: "account",
      header: t("account"),
      isRowHeader: true,
      cell: (share) => <Name>{share.account}</Name>,
      value: (share) => share.account,
    },
    {
      id: "until",
      header: t("until"),
      width: "140px",
      cell: ({ deadline }) => <ShareEnd lastDay={lastDayOf(deadline)} />,
      value: ({ deadline }) => lastDayOf(deadline) ?? t("forever"),
    },
    {
      id: "status",
      header: t("status"),
      width: "110px",
      cell: (share) => <ShareBadge state={stateOf(share)} />,
      value: (share) => t(`states.${stateOf(share)}`),
    },
    { id: "note", header: t("note"), cell: ({ note }) => <Name>{note}</Name>, value: ({ note }) => note },
    {
      id: "by",
      header: t("by"),
      width: "150px",
      isSecondary: true,
      cell: (share) => (share.createdBy === null ? t("userGone") : <Name>{share.createdBy}</Name>),
      value: ({ createdBy }) => createdBy,
    },
    {
      id: "created",
      header: t("created"),
      width: "140px",
      isSecondary: true,
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
      cell: (share) => {
        const label = t("actionsOf", { account: share.account });
        return (
          <Menu
            label={label}
            trigger={<IconButton label={label} icon={<IconMore />} />}
            items={[
              {
                id: "change",
                label: t("common:edit"),
                icon: <IconEdit />,
                isDisabled: properties.public,
                onAction: () => onChange(share),
              },
              {
                id: "stop",
                label: t("stop"),
                icon: <IconTrash />,
                tone: "danger",
                onAction: () => ending.open(share),
              },
            ]}
          />
        );
      },
    });
  }
  return (
    <>
      <Table
        label={t("title")}
        columns={columns}
        rows={shares}
        rowKey={({ account: key }) => key}
        isLoading={isLoading}
        emptyState={emptyState}
      />
      <ConfirmRowDialog
        state={ending}
        title={({ account }) => t("stopTitle", { account })}
        confirmLabel={t("stop")}
        danger
        onConfirm={({ account }) => stop.mutateAsync(account)}
        doneMessage={({ account }) => t("stopped", { account })}
      >
        {({ account }) => t("stopText", { account })}
      </ConfirmRowDialog>
    </>
  );
}

interface ShareFormProps {
  /** The one to be changed; undefined for a new one. */
  share: ImageShare | undefined;
  onClose: () => void;
}

/**
 * With which account an image is shared, until when and what for (guide, table 4-2). Apart from the dialog, so that it
 * starts anew each time.
 */
function ShareForm({ share, onClose }: ShareFormProps) {
  const { t } = useTranslation(["sharing", "common"]);
  const { organization, image } = useImage();
  const { data: shares = [] } = useImageShares({ organization, image });
  const { add, change } = useShareChanges({ organization, image });
  const [account, setAccount] = useState(share?.account ?? "");
  const { draft, version, set, reload } = useDraft(
    termsOf(shares.find((other) => other.account === share?.account) ?? share),
  );
  const { until, isForever, note } = draft;

  const submit = async ({ overwrites }: Submission) => {
    if (!isForever && !until) throw new FieldError("deadline", t("untilMissing"));
    const isShared = !share && shares.some(({ account: other }) => other === account.trim());
    if (isShared) throw new FieldError("account", t("accountShared"));
    const terms = { account: account.trim(), deadline: until && !isForever ? until : FOREVER, note };
    try {
      if (share) await change.mutateAsync({ ...terms, version: overwrites ? undefined : version });
      else await add.mutateAsync(terms);
    } catch (failure) {
      if (share || !isUnknownAccount(failure)) throw failure;
      throw new FieldError("account", t("accountUnknown"), { cause: failure });
    }
    onClose();
    toast(share ? t("changed", terms) : t("added", terms));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} onReload={reload} submitLabel={share ? t("common:save") : t("share")}>
      {share ? (
        <p>
          {t("account")}: <Name>{share.account}</Name>
        </p>
      ) : (
        <TextField
          label={t("account")}
          name="account"
          description={t("accountHint")}
          value={account}
          onChange={setAccount}
          isRequired
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <Checkbox
        label={t("forever")}
        {...(isForever && { name: "deadline" })}
        isSelected={isForever}
        onChange={(chosen) => set({ isForever: chosen })}
      />
      {!isForever && (
        <DateField
          label={t("until")}
          name="deadline"
          description={t("untilHint")}
          min={dayOf(new Date())}
          value={until}
          onChange={(day) => set({ until: day })}
        />
      )}
      <TextArea
        label={t("note")}
        name="note"
        rows={3}
        maxLength={MAX_NOTE_LENGTH}
        value={note}
        onChange={(text) => set({ note: text })}
      />
      <p className={styles.note}>
        {t("right")}: {t("rightPull")}
      </p>
    </Form>
  );
}

/** What a form has of a share; undefined: a new one. */
function termsOf(share: ImageShare | undefined) {
  const until = share && lastDayOf(share.deadline);
  const values = { until, isForever: share?.deadline === FOREVER, note: share?.note ?? "" };
  return { values, version: share?.updated };
}

function isUnknownAccount(error: unknown): boolean {
  return error instanceof ApiError && error.code === "ACCOUNT_UNKNOWN";
}
