import { useTranslation } from "react-i18next";
import {
  type Delivery,
  type DeliveryAttempt,
  type WholeDelivery,
  useDeliveries,
  useDeliverNow,
  useDelivery,
} from "../../api/triggers.ts";
import {
  Badge,
  Button,
  Card,
  CodeBlock,
  type DescriptionItem,
  DescriptionList,
  Dialog,
  Digest,
  Disclosure,
  Empty,
  ErrorNotice,
  errorText,
  formatNumber,
  IconRefresh,
  Name,
  Skeleton,
  type TableColumn,
  Time,
  toast,
  detailText,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { StatusBadge } from "./trigger-parts.tsx";
import styles from "./triggers.module.css";

/** What a trigger was to deliver, newest first. `?delivery=7` opens one of them. */
export function Deliveries({ trigger }: { trigger: string }) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const list = useDeliveries({ organization, image, trigger });
  const [{ delivery }, setParams] = useListParams(["delivery"]);
  const id = Number(delivery);
  const show = (shown: number | undefined) => setParams({ delivery: shown === undefined ? undefined : String(shown) });

  const columns: TableColumn<Delivery>[] = [
    {
      id: "tag",
      header: t("common:tag"),
      isRowHeader: true,
      cell: ({ tag, test }) => (
        <span className={styles.name}>
          <Name>{tag}</Name>
          {test && <Badge>{t("testBadge")}</Badge>}
        </span>
      ),
      value: ({ tag }) => tag,
    },
    {
      id: "status",
      header: t("status"),
      width: "130px",
      cell: ({ status }) => <StatusBadge status={status} />,
      value: ({ status }) => t(`statuses.${status}`),
    },
    {
      id: "tries",
      header: t("tries"),
      align: "end",
      width: "80px",
      isSecondary: true,
      cell: ({ tries }) => formatNumber(tries),
      value: ({ tries }) => tries,
    },
    {
      id: "outcome",
      header: t("outcome"),
      cell: (each) => <span className={styles.sentence}>{detailText(each)}</span>,
      value: detailText,
    },
    {
      id: "begun",
      header: t("begun"),
      width: "150px",
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
    },
  ];
  return (
    <Card title={t("history")} description={t("historyIntro")} isFlush>
      <CursorTable
        label={t("history")}
        list={list}
        columns={columns}
        rowKey={(row) => String(row.id)}
        onRowAction={(row) => show(row.id)}
        emptyState={<Empty title={t("historyEmpty")}>{t("historyEmptyText")}</Empty>}
      />
      <DeliveryDialog
        trigger={trigger}
        id={Number.isInteger(id) && id > 0 ? id : undefined}
        onShow={show}
        onClose={() => show(undefined)}
      />
    </Card>
  );
}

interface DeliveryDialogProps {
  trigger: string;
  /** Undefined while none is looked at. */
  id: number | undefined;
  /** Shows another one. */
  onShow: (id: number) => void;
  onClose: () => void;
}

/** A delivery with all its tries, and the button that sends it once more. */
function DeliveryDialog({ trigger, id, onShow, onClose }: DeliveryDialogProps) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const { resend } = useDeliverNow({ organization, image, trigger });

  async function sendAgain() {
    if (id === undefined) return;
    try {
      const made = await resend.mutateAsync(id);
      toast(t("resending"), { tone: "info" });
      onShow(made.id);
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
  }

  return (
    <Dialog
      title={t("delivery", { id })}
      isOpen={id !== undefined}
      onClose={onClose}
      size="large"
      footer={
        <>
          <Button onPress={onClose}>{t("common:close")}</Button>
          <Button icon={<IconRefresh />} isPending={resend.isPending} onPress={() => void sendAgain()}>
            {t("resend")}
          </Button>
        </>
      }
    >
      {id !== undefined && <Content key={id} trigger={trigger} id={id} />}
    </Dialog>
  );
}

function Content({ trigger, id }: { trigger: string; id: number }) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const { data: delivery, error, refetch } = useDelivery({ organization, image, trigger, id });
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (!delivery) return <Skeleton lines={8} />;
  const { tag, test, digest, user, uid, status, created, finished, next, request, attempts } = delivery;
  const end: DescriptionItem[] =
    finished === null
      ? next === null
        ? []
        : [{ term: t("next"), value: <Time value={next} isPlanned /> }]
      : [{ term: t("finished"), value: <Time value={finished} relative={false} /> }];
  return (
    <div className={styles.content}>
      <div className={styles.status} role="status">
        <StatusBadge status={status} />
        {test && <Badge>{t("testBadge")}</Badge>}
        <span className={styles.sentence}>{detailText(delivery)}</span>
      </div>
      <DescriptionList
        items={[
          { term: t("common:tag"), value: <Name>{tag}</Name> },
          { term: t("common:digest"), value: <Digest value={digest} /> },
          { term: t("by"), value: <Name>{user}</Name> },
          { term: t("begun"), value: <Time value={created} relative={false} /> },
          ...end,
          { term: t("deliveryId"), value: <span className={styles.id}>{uid}</span> },
        ]}
      />
      {request && <Request request={request} />}
      <section className={styles.attempts}>
        <h3>{t("attempts")}</h3>
        {attempts.length === 0
          ? t("noAttempts")
          : attempts.map((attempt) => (
              <Attempt key={attempt.number} attempt={attempt} isLast={attempt === attempts.at(-1)} />
            ))}
      </section>
    </div>
  );
}

/** What the receiver is sent: headers and payload. */
function Request({ request: { headers, body } }: { request: NonNullable<WholeDelivery["request"]> }) {
  const { t } = useTranslation("triggers");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <Disclosure title={t("request")}>
      <div className={styles.attempt}>
        <p className={styles.note}>{t("requestNote")}</p>
        <p className={styles.note}>{t("requestHeaders")}</p>
        <CodeBlock code={lines.join("\n")} copyLabel={t("copyHeaders")} />
        <p className={styles.note}>{t("requestBody")}</p>
        <CodeBlock
          code={JSON.stringify(JSON.parse(body), null, 2)}
          copyValue={body}
          copyLabel={t("copyBody")}
          maxHeight="20rem"
        />
      </div>
    </Disclosure>
  );
}

/** One try: when, how long, what came back. */
function Attempt({ attempt, isLast }: { attempt: DeliveryAttempt; isLast: boolean }) {
  const { t } = useTranslation("triggers");
  const { number, started, duration, status, answer } = attempt;
  const summary = [
    t("attempt", { number }),
    status === null ? t("noStatus") : String(status),
    t("milliseconds", { count: duration }),
  ].join(" · ");
  return (
    <Disclosure title={summary} isOpenAtFirst={isLast}>
      <div className={styles.attempt}>
        <p className={styles.sentence}>{detailText(attempt)}</p>
        <p className={styles.note}>
          <Time value={started} relative={false} />
        </p>
        {answer !== null && answer !== "" && (
          <>
            <p className={styles.note}>{t("answer")}</p>
            <CodeBlock code={answer} copyLabel={t("copyAnswer")} maxHeight="16rem" />
          </>
        )}
      </div>
    </Disclosure>
  );
}
