import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { imageListPath, PATHS } from "../../paths.ts";
import { NotFound } from "../../shell/no-page.tsx";
import { Button, Dialog, IconPlus, IconTerminal, IconUpload, LinkButton, Page, Tabs } from "../../ui/index.ts";
import { useAddressDialog } from "../lists/use-address-dialog.ts";
import { CreateImageDialog } from "./create-image-dialog.tsx";
import { ImageList } from "./image-list.tsx";
import { PushSteps } from "./push-steps.tsx";
import { ShareList } from "./share-list.tsx";

/** `/images` and `/images/<list>`: lists of images by where one's right to them comes from (guide 4). */
export default function Images() {
  const { t } = useTranslation("images");
  const { list = "own" } = useParams<{ list?: string }>();
  const [open, setOpen] = useAddressDialog(["create", "push"]);
  const close = () => setOpen(undefined);
  const content = contentOf(list);
  if (!content) return <NotFound />;
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <Button icon={<IconPlus />} onPress={() => setOpen("create")}>
            {t("create")}
          </Button>
          <Button icon={<IconTerminal />} onPress={() => setOpen("push")}>
            {t("clientUpload")}
          </Button>
          <LinkButton href={PATHS.upload} variant="primary" icon={<IconUpload />}>
            {t("upload")}
          </LinkButton>
        </>
      }
    >
      <Tabs
        selected={list}
        items={[
          { id: "own", label: t("tabs.own"), href: PATHS.images },
          { id: "shared-by-me", label: t("tabs.sharedByMe"), href: imageListPath("shared-by-me") },
          { id: "shared-with-me", label: t("tabs.sharedWithMe"), href: imageListPath("shared-with-me") },
          { id: "public", label: t("tabs.public"), href: imageListPath("public") },
        ]}
      />
      {content}
      <CreateImageDialog isOpen={open === "create"} onClose={close} />
      <Dialog title={t("pushTitle")} isOpen={open === "push"} onClose={close}>
        <PushSteps />
      </Dialog>
    </Page>
  );
}

function contentOf(list: string) {
  switch (list) {
    case "own":
      return <ImageList scope="own" />;
    case "shared-by-me":
      return <ShareList direction="sent" />;
    case "shared-with-me":
      return <ShareList direction="received" />;
    case "public":
      return <ImageList scope="public" />;
    default:
      return undefined;
  }
}
