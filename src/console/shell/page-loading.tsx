import { useTranslation } from "react-i18next";
import { Skeleton } from "../ui/index.ts";

/** While a page's code is on its way. */
export function PageLoading() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")}>
      <Skeleton lines={6} />
    </div>
  );
}
