import { useTranslation } from "react-i18next";
import { Badge, Button, Card, formatBytes, IconButton, IconClose, Name, Notice, Progress } from "../../ui/index.ts";
import { describeFailure } from "./failure.ts";
import { LayerList } from "./layer-list.tsx";
import { NameRows } from "./name-rows.tsx";
import { SentImages } from "./sent-images.tsx";
import { SendingProgress } from "./sending-progress.tsx";
import { type FileState, mayStart, type QueuedFile } from "./upload-queue.ts";
import styles from "./upload.module.css";
import { uploadQueue } from "./uploads.ts";

interface FileCardProps {
  file: QueuedFile;
  organization: string;
  speed: number | undefined;
  movedAt: number | undefined;
}

const TONES: Readonly<Record<FileState, "neutral" | "info" | "success" | "danger">> = {
  waiting: "neutral",
  reading: "neutral",
  ready: "neutral",
  queued: "info",
  sending: "info",
  done: "success",
  failed: "danger",
  refused: "danger",
};

/** One archive: what is in it, and how far it is. */
export function FileCard({ file, organization, speed, movedAt }: FileCardProps) {
  const { t } = useTranslation(["upload", "common"]);
  const { id, state, failure } = file;
  return (
    <Card
      title={<Name>{file.name}</Name>}
      description={formatBytes(file.size)}
      actions={
        <>
          <Badge tone={TONES[state]}>{t(`state.${state}`)}</Badge>
          {(state === "sending" || state === "queued") && (
            <Button size="small" onPress={() => uploadQueue.stop(id)}>
              {t("common:cancel")}
            </Button>
          )}
          {state === "failed" && (
            <Button
              size="small"
              isDisabled={organization === "" || !mayStart(file)}
              onPress={() => uploadQueue.retry(id, organization)}
            >
              {t("goOn")}
            </Button>
          )}
          {state !== "sending" && (
            <IconButton
              label={t("remove", { name: file.name })}
              icon={<IconClose />}
              onPress={() => uploadQueue.remove(id)}
            />
          )}
        </>
      }
    >
      <div className={styles.file}>
        {failure && (
          <Notice tone="danger" role="alert">
            <WithCode text={describeFailure(failure, organization, t)} />
          </Notice>
        )}
        {state === "reading" && <Progress value={file.read} label={t("reading")} />}
        {(state === "ready" || state === "failed" || state === "queued") && <NameRows file={file} />}
        {state === "sending" && (
          <>
            <SendingProgress progress={file.progress} speed={speed} movedAt={movedAt} />
            <LayerList blobs={file.blobs} />
          </>
        )}
        {file.sent.length > 0 && <SentImages images={file.sent} />}
      </div>
    </Card>
  );
}

/** A sentence with commands in it, between backticks. */
function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}
