import i18next, { type TFunction } from "i18next";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isImageName, isTag } from "../../../kernel/reference.ts";
import type { BlobProgress } from "../../../client/push-archive.ts";
import { MAX_IMAGE_LENGTH, MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { imagePath, tagPath } from "../../paths.ts";
import {
  Badge,
  Button,
  Card,
  Checkbox,
  CodeBlock,
  Digest,
  Disclosure,
  FileChooser,
  formatBytes,
  formatList,
  formatNumber,
  IconButton,
  IconClose,
  Link,
  Name,
  Notice,
  Progress,
  shortDigest,
  TextField,
} from "../../ui/index.ts";
import { ARCHIVE_TYPES } from "./archive-types.ts";
import {
  type FileState,
  type ImageName,
  mayStart,
  type QueuedFile,
  type SentImage,
} from "../../uploads/upload-queue.ts";
import styles from "./upload.module.css";
import { uploadQueue } from "../../uploads/uploads.ts";
import type { FoundImage, UploadFailure } from "../../uploads/worker-protocol.ts";

interface FileCardProps {
  file: QueuedFile;
  organization: string;
  /** Most bytes of an archive. */
  maxBytes: number;
  speed: number | undefined;
  movedAt: number | undefined;
}

const TONES: Readonly<Record<FileState, "neutral" | "info" | "success" | "danger">> = {
  interrupted: "neutral",
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
export function FileCard({ file, organization, maxBytes, speed, movedAt }: FileCardProps) {
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
            <WithCode text={describeFailure(failure, file, t)} />
          </Notice>
        )}
        {state === "interrupted" && <Interrupted file={file} maxBytes={maxBytes} />}
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

/** What an earlier window had done with an archive, and how it goes on. */
function Interrupted({ file: { id, record, progress }, maxBytes }: { file: QueuedFile; maxBytes: number }) {
  const { t } = useTranslation("upload");
  const names = record?.names.filter(({ isWanted }) => isWanted) ?? [];
  const targets = names.map(({ name, tag }) => `${record?.organization ?? ""}/${name}:${tag}`);
  return (
    <>
      <Progress
        value={progress.total > 0 ? progress.done / progress.total : 0}
        label={t("interrupted")}
        valueText={t("progress", { done: formatBytes(progress.done), total: formatBytes(progress.total) })}
      />
      <p className={styles.hint}>
        {t("interruptedText")} {t("interruptedTargets", { names: formatList(targets) })}
      </p>
      <div className={styles.start}>
        <FileChooser
          accept={ARCHIVE_TYPES}
          onFile={(chosen) => uploadQueue.resume(id, chosen, maxBytes)}
          label={t("chooseAgain")}
        />
      </div>
    </>
  );
}

/** A sentence with commands in it, between backticks. */
function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}

/** The images of an archive, and what they are to be called. */
function NameRows({ file }: { file: QueuedFile }) {
  const isFixed = file.state === "queued";
  return (
    <ul className={styles.names}>
      {file.names.map((name) => {
        const image = file.images[name.image];
        return (
          <li key={name.key} className={styles.name}>
            {image && <NameRow fileId={file.id} name={name} image={image} isFixed={isFixed} />}
          </li>
        );
      })}
    </ul>
  );
}

interface NameRowProps {
  fileId: number;
  name: ImageName;
  image: FoundImage;
  isFixed: boolean;
}

function NameRow({ fileId, name: { key, name, tag, isWanted, isTaken }, image, isFixed }: NameRowProps) {
  const { t } = useTranslation("upload");
  const change = (what: Partial<ImageName>) => uploadQueue.rename(fileId, key, what);
  const isNameWrong = isWanted && name !== "" && !isImageName(name);
  const isTagWrong = isWanted && tag !== "" && !isTag(tag);
  const field = { isDisabled: isFixed || !isWanted, isMonospace: true, autoComplete: "off" };
  return (
    <>
      <Checkbox
        label={t("isWanted")}
        description={<ImageFacts image={image} />}
        isSelected={isWanted}
        onChange={(wanted) => change({ isWanted: wanted })}
        isDisabled={isFixed}
      />
      <div className={styles.fields}>
        <TextField
          {...field}
          label={t("name")}
          maxLength={MAX_IMAGE_LENGTH}
          value={name}
          onChange={(value) => change({ name: value.trim() })}
          error={isNameWrong ? t("nameRule") : isWanted && name === "" ? t("nameMissing") : undefined}
        />
        <TextField
          {...field}
          label={t("tag")}
          maxLength={MAX_TAG_LENGTH}
          value={tag}
          onChange={(value) => change({ tag: value.trim() })}
          error={
            isTagWrong
              ? t("tagRule")
              : isWanted && tag === ""
                ? t("tagMissing")
                : isTaken
                  ? t("tagTaken", { name: `${name}:${tag}` })
                  : undefined
          }
        />
      </div>
    </>
  );
}

/** Platforms, size and id, in a line. */
function ImageFacts({ image }: { image: FoundImage }) {
  const { t } = useTranslation("upload");
  const parts = [
    ...image.platforms,
    formatBytes(image.size),
    shortDigest(image.id),
    ...(image.joinedPlatforms > 0 ? [t("joinedPlatforms", numberOf(image.joinedPlatforms))] : []),
    ...(image.missingPlatforms > 0 ? [t("missingPlatforms", numberOf(image.missingPlatforms))] : []),
  ];
  return <>{parts.join(" · ")}</>;
}

/** The count decides between singular and plural; the number is what is shown. */
function numberOf(count: number) {
  return { count, number: formatNumber(count) };
}

/** After so many milliseconds without a byte it is said that the connection may be lost. */
const QUIET_MS = 20_000;

interface SendingProgressProps {
  /** Bytes. */
  progress: { total: number; done: number };
  /** Bytes per second. */
  speed: number | undefined;
  /** When the last bytes left. */
  movedAt: number | undefined;
}

/** How far a file is, how fast it goes, and whether it goes on at all. */
function SendingProgress({ progress: { total, done }, speed, movedAt }: SendingProgressProps) {
  const { t } = useTranslation("upload");
  const isQuiet = useIsQuiet(movedAt);
  // The first layer is looked for in the registry, then compressed, before anything of it can leave.
  const isPreparing = done === 0 || total === 0;
  const sizes = t("progress", { done: formatBytes(done), total: formatBytes(total) });
  const pace = speed === undefined || isQuiet ? "" : ` · ${t("speed", { speed: formatBytes(speed) })}`;
  return (
    <>
      <Progress
        value={isPreparing ? undefined : done / total}
        label={isPreparing ? t("preparing") : t("sending")}
        valueText={isPreparing ? "" : `${sizes}${pace}`}
      />
      {isQuiet && (
        <Notice tone="warning" role="status">
          {navigator.onLine ? t("quiet") : t("offline")}
        </Notice>
      )}
      <p className={styles.hint}>{t("staysOpen")}</p>
    </>
  );
}

/** Whether nothing has arrived for a while, or the browser knows that it is offline. */
function useIsQuiet(movedAt: number | undefined): boolean {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = setInterval(tick, 1000);
    addEventListener("online", tick);
    addEventListener("offline", tick);
    return () => {
      clearInterval(timer);
      removeEventListener("online", tick);
      removeEventListener("offline", tick);
    };
  }, []);
  return movedAt !== undefined && (!navigator.onLine || now - movedAt > QUIET_MS);
}

/** How far each layer of an image is. */
function LayerList({ blobs }: { blobs: readonly BlobProgress[] }) {
  const { t } = useTranslation("upload");
  const ended = blobs.filter(({ state }) => state === "sent" || state === "present").length;
  return (
    <Disclosure title={t("layers", { ended, all: blobs.length })}>
      <ul className={styles.layers}>
        {blobs.map(({ digest, state, size, done }) => (
          <li key={digest}>
            <Progress
              label={shortDigest(digest)}
              value={size > 0 ? done / size : 1}
              valueText={state === "sending" ? `${formatBytes(done)} / ${formatBytes(size)}` : t(`layer.${state}`)}
            />
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}

/** What has arrived, where it is, and how it is pulled. */
function SentImages({ images }: { images: readonly SentImage[] }) {
  return (
    <ul className={styles.sent}>
      {images.map((image) => (
        <li key={`${image.name}@${image.digest}`}>
          <Sent image={image} />
        </li>
      ))}
    </ul>
  );
}

function Sent({ image: { organization, name, tags, digest } }: { image: SentImage }) {
  const { t } = useTranslation("upload");
  const image = { organization, image: name };
  const [tag] = tags;
  return (
    <>
      <p className={styles.arrived}>
        <Link href={tag === undefined ? imagePath(image) : tagPath(image, tag)}>
          <Name>{`${organization}/${name}:${tags.join(", ")}`}</Name>
        </Link>
        <Digest value={digest} />
      </p>
      <CodeBlock code={`docker pull ${location.host}/${organization}/${name}:${tag ?? ""}`} copyLabel={t("copyPull")} />
    </>
  );
}

/**
 * What went wrong with an archive, in a sentence that says what to do (guide 7.3.3).
 */
function describeFailure(
  failure: UploadFailure,
  { name, organization = "" }: QueuedFile,
  t: TFunction<"upload">,
): string {
  switch (failure.kind) {
    case "archive": {
      const { code, message, particulars } = failure;
      const { limit, ...names } = particulars;
      const values = { ...names, ...(limit !== undefined && { limit: formatBytes(limit), count: limit }) };
      // English has the sentences of the module that finds the errors.
      return i18next.exists(code, { ns: "archiveErrors" })
        ? i18next.t(code, { ...values, ns: "archiveErrors" })
        : message;
    }
    case "refused":
      if (failure.status === 401) return t("failedSignedOut");
      // To whom has no right at all the organization does not exist.
      if (failure.status === 403 || failure.code === "ORGANIZATION_UNKNOWN") return t("failedDenied", { organization });
      return t("failedRefused", { message: failure.message });
    case "network":
      return t("failedNetwork");
    case "other-file":
      return t("failedOtherFile", { name });
    case "other":
      return t("failedOther", { message: failure.message });
    default:
      return failure satisfies never;
  }
}
