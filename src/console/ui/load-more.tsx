import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import styles from "./load-more.module.css";

export interface LoadMoreProps {
  hasMore: boolean;
  isLoading: boolean;
  onLoadMore: () => unknown;
}

/** The end of a list that comes by the page: brings the next one. Nothing when there is no more. */
export function LoadMore({ hasMore, isLoading, onLoadMore }: LoadMoreProps) {
  const { t } = useTranslation("kit");
  if (!hasMore) return null;
  return (
    <div className={styles.more}>
      <Button isPending={isLoading} onPress={() => void onLoadMore()}>
        {t("loadMore")}
      </Button>
    </div>
  );
}
