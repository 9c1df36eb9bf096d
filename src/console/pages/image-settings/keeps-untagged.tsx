import { useTranslation } from "react-i18next";
import { type Aging, useSetKeepsUntagged } from "../../api/aging.ts";
import { Card, errorText, Switch, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";

/** Whether garbage collection leaves manifests alone that no tag needs. */
export function KeepsUntagged({ keepsUntagged }: Pick<Aging, "keepsUntagged">) {
  const { t } = useTranslation("aging");
  const { organization, image, canManage } = useImage();
  const change = useSetKeepsUntagged({ organization, image });
  return (
    <Card title={t("garbage")} description={!canManage && t("garbageReader")}>
      <Switch
        label={t("keepsUntagged")}
        description={t("keepsUntaggedHint")}
        isSelected={keepsUntagged}
        isDisabled={!canManage}
        onChange={(wanted) =>
          change.mutate(wanted, { onError: (failure) => toast(errorText(failure), { tone: "danger" }) })
        }
      />
    </Card>
  );
}
