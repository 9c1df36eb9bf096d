import { useTranslation } from "react-i18next";
import { Drawer } from "../ui/index.ts";
import { Navigation } from "./navigation.tsx";

/** The navigation where there is no room for it beside the page. */
export default function NavigationDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer title={t("product")} isOpen onClose={onClose}>
      <Navigation onNavigate={onClose} />
    </Drawer>
  );
}
