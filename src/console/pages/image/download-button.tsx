import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, errorText, IconDownload, toast } from "../../ui/index.ts";
import { downloadArchive } from "./download-archive.ts";
import { useImage } from "./image-context.ts";

/** Downloads a tag or manifest as an archive that `docker load` reads. */
export function DownloadButton({ reference }: { reference: string }) {
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

  return (
    <Button icon={<IconDownload />} isPending={isPending} onPress={() => void download()}>
      {t("download")}
    </Button>
  );
}
