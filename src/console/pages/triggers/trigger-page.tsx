import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams } from "wouter";
import { ApiError } from "../../api/client.ts";
import { type Trigger, useDeliverNow, useTrigger } from "../../api/triggers.ts";
import { decodePart, imagePath } from "../../paths.ts";
import {
  Badge,
  Button,
  Card,
  type DescriptionItem,
  DescriptionList,
  Empty,
  ErrorNotice,
  errorText,
  IconEdit,
  IconPlay,
  IconTrash,
  LinkButton,
  Name,
  Page,
  Skeleton,
  Time,
  toast,
} from "../../ui/index.ts";
import { ImageContext, ImageFailure, useImage, useImagePage } from "../current-image.tsx";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { Deliveries } from "./deliveries.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";
import { ConditionText, DeleteTriggerDialog, EnabledSwitch } from "./trigger-parts.tsx";

/** `/images/:organization/:image/triggers/:trigger`: a trigger and what it has delivered (guide 4.7). */
export default function TriggerPage() {
  const { t } = useTranslation("triggers");
  const trigger = decodePart(useParams<{ trigger: string }>().trigger);
  const { name, query: imageQuery, image, breadcrumbs } = useImagePage({ isBelow: true });
  const query = useTrigger({ ...name, trigger });
  const failure = imageQuery.error ?? query.error;
  return (
    <ImageContext value={image}>
      <Page
        title={trigger}
        breadcrumbs={[...breadcrumbs, { label: t("title"), href: imagePath(name, "triggers") }]}
        titleAddition={query.data && !query.data.enabled && <Badge tone="warning">{t("off")}</Badge>}
        actions={image && query.data && <Actions trigger={query.data} />}
      >
        {image && query.data && (
          <>
            <TriggerSummary trigger={query.data} />
            <Deliveries trigger={trigger} />
          </>
        )}
        {!failure && !(image && query.data) && <Skeleton height="16rem" />}
        {failure && !(image && query.data) && (
          <Failure
            error={failure}
            isImage={imageQuery.error !== null}
            path={imagePath(name, "triggers")}
            onRetry={() => Promise.all([imageQuery.refetch(), query.refetch()])}
          />
        )}
      </Page>
    </ImageContext>
  );
}

function Actions({ trigger }: { trigger: Trigger }) {
  const { t } = useTranslation(["triggers", "common"]);
  const [, navigate] = useLocation();
  const { organization, image } = useImage();
  const { test } = useDeliverNow({ organization, image, trigger: trigger.name });
  const [, setParams] = useListParams(["delivery"]);
  const [isEditing, setEditing] = useState(false);
  const deletion = useRowDialog<Trigger>();

  async function start() {
    try {
      const { id } = await test.mutateAsync();
      toast(t("testing"), { tone: "info" });
      setParams({ delivery: String(id) });
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
  }

  return (
    <>
      <Button icon={<IconPlay />} isPending={test.isPending} onPress={() => void start()}>
        {t("test")}
      </Button>
      <Button icon={<IconEdit />} onPress={() => setEditing(true)}>
        {t("common:edit")}
      </Button>
      <Button icon={<IconTrash />} onPress={() => deletion.open(trigger)}>
        {t("common:delete")}
      </Button>
      <TriggerDialog trigger={trigger} isOpen={isEditing} onClose={() => setEditing(false)} />
      <DeleteTriggerDialog
        state={deletion}
        onDeleted={() => navigate(imagePath({ organization, image }, "triggers"))}
      />
    </>
  );
}

interface FailureProps {
  error: Error;
  /** Whether it is the image that could not be loaded. */
  isImage: boolean;
  path: string;
  onRetry: () => unknown;
}

function Failure({ error, isImage, path, onRetry }: FailureProps) {
  const { t } = useTranslation("triggers");
  if (isImage) return <ImageFailure error={error} onRetry={onRetry} />;
  const isMissing = error instanceof ApiError && [403, 404].includes(error.status);
  if (!isMissing) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty title={t("missingTitle")} action={<LinkButton href={path}>{t("toTriggers")}</LinkButton>}>
      {t("missingText")}
    </Empty>
  );
}

/** All there is to know of a trigger, but for what it has delivered. */
function TriggerSummary({ trigger }: { trigger: Trigger }) {
  const { t } = useTranslation(["triggers", "common"]);
  const { firesAlways, createdBy, created } = trigger;
  return (
    <Card title={t("settings")} actions={<EnabledSwitch trigger={trigger} />}>
      <DescriptionList
        items={[
          { term: t("condition"), value: <ConditionText trigger={trigger} /> },
          { term: t("fires"), value: firesAlways ? t("common:yes") : t("common:no") },
          ...useTargetItems(trigger),
          { term: t("createdBy"), value: createdBy === null ? t("userGone") : <Name>{createdBy}</Name> },
          { term: t("created"), value: <Time value={created} /> },
        ]}
      />
    </Card>
  );
}

function useTargetItems({ target }: Trigger): DescriptionItem[] {
  const { t } = useTranslation(["triggers", "clusters"]);
  if (target.kind === "kubernetes") {
    return [
      { term: t("target"), value: t("kubernetes") },
      { term: t("cluster"), value: <Name>{target.cluster}</Name> },
      { term: t("namespace"), value: <Name>{target.namespace}</Name> },
      { term: t(`clusters:workloads.${target.workload}`), value: <Name>{target.application}</Name> },
      { term: t("container"), value: target.container === null ? t("allContainers") : <Name>{target.container}</Name> },
      { term: t("imageNamed"), value: target.byDigest ? t("byItsDigest") : t("byTag") },
    ];
  }
  return [
    { term: t("target"), value: t("webhook") },
    { term: t("url"), value: <Name>{target.url}</Name> },
    { term: t("format"), value: t(`formats.${target.format}`) },
    { term: t("secret"), value: target.hasSecret ? t("isSet") : t("notSet") },
    { term: t("authorization"), value: target.hasAuthorization ? t("isSet") : t("notSet") },
  ];
}
