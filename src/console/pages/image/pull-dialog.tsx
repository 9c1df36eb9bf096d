import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { readProblems } from "../../../client/api/problems.ts";
import { refusalOf } from "../../api/error.ts";
import type { ImageName } from "../../../kernel/reference.ts";
import { useNewestTags, useTag } from "../../api/image-tags.ts";
import { useSession } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import { archivePath, loginCommandPath, type LoginKind } from "../../paths.ts";
import {
  Button,
  CodeBlock,
  Dialog,
  ErrorNotice,
  errorText,
  IconDownload,
  Link,
  Skeleton,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import {
  clientsFor,
  podSpec,
  type PullClient,
  pullCommands,
  pullSecretCommand,
  type PullTarget,
} from "./pull-commands.ts";
import styles from "./pull-dialog.module.css";
import { Segments } from "./segments.tsx";
import { TagPicker } from "./tag-picker.tsx";

interface PullDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** What is pulled; the user chooses a tag unless it is given. */
  target?: PullInstructionsProps | undefined;
}

/** How to pull an image, by each client. */
export function PullDialog({ isOpen, onClose, target }: PullDialogProps) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const title = t("pullTitle", { name: target ? nameWith(name, target.reference) : name });
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} size="medium">
      <div className={styles.content}>{target ? <PullInstructions {...target} /> : <PullAnyTag />}</div>
    </Dialog>
  );
}

function nameWith(name: string, reference: string): string {
  return reference.includes(":") ? `${name}@${reference.slice(0, "sha256:".length + 12)}` : `${name}:${reference}`;
}

/** Starts with the tag that was pushed last. */
function PullAnyTag() {
  const { t } = useTranslation("common");
  const image = useImage();
  const newest = useNewestTags(image);
  const [chosen, setChosen] = useState<string>();
  const name = chosen ?? newest.data?.[0]?.name;
  const tag = useTag(image, name);
  const failed = [newest, tag].find((query) => query.isError && query.data === undefined);
  if (failed) return <ErrorNotice error={failed.error} onRetry={failed.refetch} />;
  if (newest.isPending) return <Skeleton height="20rem" />;
  return (
    <>
      <TagPicker label={t("tag")} value={name ?? ""} onChange={setChosen} />
      {tag.data ? (
        <PullInstructions reference={tag.data.name} artifactType={tag.data.artifactType} />
      ) : (
        tag.isPending && name !== undefined && <Skeleton height="16rem" />
      )}
    </>
  );
}

/** Names of programs, which no language translates. */
const NAMES: Record<PullClient | "kubernetes", string> = {
  docker: "Docker",
  podman: "Podman",
  nerdctl: "nerdctl",
  ctr: "ctr",
  kubernetes: "Kubernetes",
  helm: "Helm",
  oras: "ORAS",
};

export interface PullInstructionsProps {
  /** A tag or digest. */
  reference: string;
  /** What it is, if it is no image. */
  artifactType: string | null;
}

/** The commands that pull a tag or digest, for one client at a time, and the archive for machines without any. */
function PullInstructions({ reference, artifactType }: PullInstructionsProps) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const user = useSession().data?.name;
  const [usual, ...others] = clientsFor(artifactType);
  const clients = [usual, ...others, ...(artifactType === null ? (["kubernetes"] as const) : [])];
  const [chosen, setChosen] = useState<PullClient | "kubernetes">(usual);
  // Another tag may be something else.
  const client = clients.includes(chosen) ? chosen : usual;
  const target = { ...thisRegistry(), name, reference, user };
  return (
    <div className={styles.instructions}>
      {clients.length > 1 && (
        <Segments
          label={t("client")}
          options={clients.map((value) => ({ value, label: NAMES[value] }))}
          value={client}
          onChange={setChosen}
        />
      )}
      {client === "kubernetes" ? <ForKubernetes target={target} /> : <ForClient client={client} target={target} />}
      <div className={styles.archive}>
        <p className={styles.hint}>{artifactType === null ? t("archiveHint") : t("archiveHintArtifact")}</p>
        <DownloadButton reference={reference} />
      </div>
    </div>
  );
}

/** Whether anybody may pull the image; false while that is not known. */
function useIsOpenToAll(): boolean {
  const settings = useSettings();
  return useImage().properties.public && settings.data?.anonymousPull === true;
}

function ForClient({ client, target }: { client: PullClient; target: PullTarget }) {
  const { t } = useTranslation("image");
  const isOpenToAll = useIsOpenToAll();
  const { login, pull } = pullCommands(client, isOpenToAll ? { ...target, user: undefined } : target);
  if (isOpenToAll) {
    return (
      <Step heading={t("stepPull")} hint={t("openToAll")}>
        <CodeBlock code={pull} copyLabel={t("copyPull")} />
      </Step>
    );
  }
  return (
    <>
      {login !== undefined && (
        <Step heading={t("stepLogin")} hint={<LoginHint text={t("loginHint")} kind="temporary" />}>
          <CodeBlock code={login} copyLabel={t("copyLogin")} />
        </Step>
      )}
      <Step heading={t("stepPull")} hint={login === undefined ? t("loginCtr") : undefined}>
        <CodeBlock code={pull} copyLabel={t("copyPull")} />
      </Step>
    </>
  );
}

function ForKubernetes({ target }: { target: PullTarget }) {
  const { t } = useTranslation("image");
  const settings = useSettings();
  const isOpenToAll = useIsOpenToAll();
  if (isOpenToAll) {
    return (
      <Step heading={t("stepPod")} hint={t("openToAllPod")}>
        <CodeBlock code={podSpec(target, { withSecret: false })} copyLabel={t("copyPod")} keepsLines />
      </Step>
    );
  }
  return (
    <>
      <Step heading={t("stepSecret")} hint={<LoginHint text={t("secretHint")} kind="permanent" />}>
        <CodeBlock
          code={pullSecretCommand(target.host, settings.data?.project ?? "berth")}
          copyLabel={t("copySecret")}
        />
      </Step>
      <Step heading={t("stepPod")} hint={t("podHint")}>
        <CodeBlock code={podSpec(target, { withSecret: true })} copyLabel={t("copyPod")} keepsLines />
      </Step>
    </>
  );
}

function LoginHint({ text, kind }: { text: string; kind: LoginKind }) {
  const { t } = useTranslation("image");
  const user = useSession().data;
  return (
    <>
      {text} {user && <Link href={loginCommandPath(kind)}>{t("getLogin")}</Link>}
    </>
  );
}

function Step({ heading, hint, children }: { heading: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.step}>
      <h3 className={styles.heading}>{heading}</h3>
      {hint !== undefined && <p className={styles.hint}>{hint}</p>}
      {children}
    </section>
  );
}

/**
 * Has the browser download a tag or manifest as an archive. It is asked for first: a browser that follows a link to a
 * refusal would show it in place of the console.
 *
 * @throws ApiError when the registry refuses it, TypeError when it does not answer.
 */
async function downloadArchive(name: ImageName, reference: string): Promise<void> {
  const path = archivePath(name, reference);
  const { ok } = await fetch(path, { method: "HEAD" });
  if (!ok) await explainRefusal(path);
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

/** An answer to HEAD has no body that would say why. */
async function explainRefusal(path: string): Promise<void> {
  const answer = await fetch(path);
  if (answer.ok) return answer.body?.cancel();
  const body: unknown = await answer.json().catch(() => undefined);
  throw refusalOf(answer, readProblems(body));
}

/** Downloads a tag or manifest as an archive, and tells by a toast why that failed. */
export function useDownload(reference: string) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [isPending, setIsPending] = useState(false);

  async function download() {
    setIsPending(true);
    try {
      await downloadArchive(image, reference);
    } catch (error) {
      toast(t("downloadFailed", { reason: errorText(error) }), { tone: "danger" });
    } finally {
      setIsPending(false);
    }
  }

  return { download, isPending };
}

/** Downloads a tag or manifest as an archive that `docker load` reads. */
export function DownloadButton({ reference }: { reference: string }) {
  const { t } = useTranslation("image");
  const { download, isPending } = useDownload(reference);
  return (
    <Button icon={<IconDownload />} isPending={isPending} onPress={() => void download()}>
      {t("download")}
    </Button>
  );
}
