import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import { type Share, useShares } from "../../api/images.ts";
import { Empty, IconShare, Name, type TableColumn, Time } from "../../ui/index.ts";
import { ShareBadge, ShareEnd, type ShareState } from "../image-settings/share-cells.tsx";
import { lastDayBefore } from "../image-settings/share-deadline.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Filters, NoMatch, SearchBox } from "../lists/filters.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { ImageLink } from "./image-list.tsx";

/** What one's account lets others pull, ended shares too, or what others let it pull; share by share (guide 4.6). */
export function ShareList({ direction }: { direction: "sent" | "received" }) {
  const { t } = useTranslation(["images", "lists", "sharing"]);
  const self = useSelf();
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useShares(direction, q);
  const isSent = direction === "sent";
  const clear = () => change({ q: undefined });
  const status: TableColumn<Share> = {
    id: "status",
    header: t("status"),
    cell: (share) => <ShareBadge state={stateOf(share)} />,
    value: (share) => t(`sharing:states.${stateOf(share)}`),
  };
  const columns: TableColumn<Share>[] = [
    {
      id: "name",
      header: t("name"),
      cell: (share) => <ImageLink image={share} {...(isSent && { tab: "sharing" })} />,
      value: ({ image }) => image,
      isRowHeader: true,
    },
    {
      id: "organization",
      header: t("organization"),
      card: "hidden",
      cell: ({ organization }) => <Name>{organization}</Name>,
      value: ({ organization }) => organization,
    },
    {
      id: "account",
      header: t(isSent ? "sharedBy.account" : "sharedWith.account"),
      cell: ({ account }) => <Name>{account}</Name>,
      value: ({ account }) => account,
    },
    {
      id: "until",
      header: t("until"),
      cell: ({ ends }) => <ShareEnd lastDay={lastDayBefore(ends)} />,
      value: ({ ends }) => lastDayBefore(ends) ?? t("sharing:forever"),
    },
    ...(isSent ? [status] : []),
    {
      id: "note",
      header: t("note"),
      cell: ({ note }) => <Name>{note}</Name>,
      value: ({ note }) => note,
      isSecondary: true,
    },
    {
      id: "created",
      header: t("since"),
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
      isSecondary: true,
    },
  ];
  return (
    <>
      <Filters label={t("filters")} onClear={q === "" ? undefined : clear}>
        <SearchBox label={t("search")} value={q} onSearch={(text) => change({ q: text })} />
      </Filters>
      <CursorTable
        label={t(isSent ? "tabs.sharedByMe" : "tabs.sharedWithMe")}
        list={list}
        columns={columns}
        rowKey={({ organization, image, account }) => `${organization}/${image} ${account}`}
        emptyState={
          q === "" ? (
            <Empty title={t(isSent ? "sharedBy.emptyTitle" : "sharedWith.emptyTitle")} icon={<IconShare size={20} />}>
              {isSent ? t("sharedBy.emptyText") : t("sharedWith.emptyText", { account: self.account })}
            </Empty>
          ) : (
            <NoMatch onClear={clear} />
          )
        }
      />
    </>
  );
}

function stateOf({ valid, ends }: Share): ShareState {
  if (valid) return "active";
  return ends !== null && Date.parse(ends) <= Date.now() ? "ended" : "public";
}
