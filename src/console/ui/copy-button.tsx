import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button.tsx";
import { copyText } from "./copy-text.ts";
import { IconCheck, IconCopy } from "./icons.tsx";
import { toast } from "./toast-queue.ts";

export interface CopyButtonProps {
  /** What goes to the clipboard. */
  value: string;
  /** What is copied, in words: "Copy login command". "Copy" unless given. */
  label?: string;
  size?: "small" | "medium";
}

/** How long the check mark stays. */
const COPIED_MS = 2000;

/** Copies a value, and says so by a check mark and aloud. */
export function CopyButton({ value, label, size = "small" }: CopyButtonProps) {
  const { t } = useTranslation("kit");
  const [isCopied, setIsCopied] = useState(false);

  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    if (await copyText(value)) setIsCopied(true);
    else toast(t("copyFailed"), { tone: "danger" });
  }

  return (
    <>
      <IconButton
        label={isCopied ? t("copied") : (label ?? t("copy"))}
        icon={isCopied ? <IconCheck /> : <IconCopy />}
        size={size}
        onPress={() => void copy()}
      />
      <span className="visually-hidden" role="status">
        {isCopied && t("copied")}
      </span>
    </>
  );
}
