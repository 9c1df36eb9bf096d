import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import { CodeBlock, Link } from "../../ui/index.ts";
import { DownloadButton } from "./download-button.tsx";
import { useImage } from "./image-context.ts";
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
export function PullInstructions({ reference, artifactType }: PullInstructionsProps) {
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
        <CodeBlock code={pull} copyLabel={t("copyPull")} wrap />
      </Step>
    );
  }
  return (
    <>
      {login !== undefined && (
        <Step heading={t("stepLogin")} hint={<LoginHint text={t("loginHint")} kind="temporary" />}>
          <CodeBlock code={login} copyLabel={t("copyLogin")} wrap />
        </Step>
      )}
      <Step heading={t("stepPull")} hint={login === undefined ? t("loginCtr") : undefined}>
        <CodeBlock code={pull} copyLabel={t("copyPull")} wrap />
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
        <CodeBlock code={podSpec(target, { withSecret: false })} copyLabel={t("copyPod")} />
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
        <CodeBlock code={podSpec(target, { withSecret: true })} copyLabel={t("copyPod")} />
      </Step>
    </>
  );
}

function LoginHint({ text, kind }: { text: string; kind: "temporary" | "permanent" }) {
  const { t } = useTranslation("image");
  const user = useSession().data;
  return (
    <>
      {text} {user && <Link href={`/?login=${kind}`}>{t("getLogin")}</Link>}
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
