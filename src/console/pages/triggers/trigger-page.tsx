import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams } from "wouter";
import { ApiError } from "../../api/client.ts";
import { useImageQuery } from "../../api/image.ts";
import { type Trigger, useDeliverNow, useTrigger } from "../../api/triggers.ts";
import {
  Badge,
  Button,
  Empty,
  ErrorNotice,
  errorText,
  IconEdit,
  IconPlay,
  IconTrash,
  LinkButton,
  Page,
  Skeleton,
  toast,
} from "../../ui/index.ts";
import { ImageContext, useCurrentImage, useImage } from "../image/image-context.ts";
import { ImageFailure } from "../image/image-failure.tsx";
import { decodePart, imagePath } from "../../paths.ts";
import { useImageBreadcrumbs } from "../image/use-image-breadcrumbs.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { DeleteTriggerDialog } from "./delete-trigger-dialog.tsx";
import { Deliveries } from "./deliveries.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";
import { TriggerSummary } from "./trigger-summary.tsx";

/** `/images/:organization/:image/triggers/:trigger`: a trigger and what it has delivered (guide 4.7). */
export default function TriggerPage() {
  const { t } = useTranslation("triggers");
  const params = useParams<{ organization: string; image: string; trigger: string }>();
  const name = { organization: decodePart(params.organization), image: decodePart(params.image) };
  const trigger = decodePart(params.trigger);
  const imageQuery = useImageQuery(name);
  const image = useCurrentImage(imageQuery.data);
  const query = useTrigger({ ...name, trigger });
  const breadcrumbs = useImageBreadcrumbs(name, image, true);
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
        {failure && !query.data && (
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
  const [isDeleting, setDeleting] = useState(false);

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
      <Button icon={<IconTrash />} onPress={() => setDeleting(true)}>
        {t("common:delete")}
      </Button>
      <TriggerDialog trigger={trigger} isOpen={isEditing} onClose={() => setEditing(false)} />
      <DeleteTriggerDialog
        name={isDeleting ? trigger.name : undefined}
        onClose={() => setDeleting(false)}
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
