import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLogins } from "../../api/logins.ts";
import { Button, IconSignOut, Page } from "../../ui/index.ts";
import { EndOthersDialog } from "./end-others-dialog.tsx";
import { LoginsTable } from "./logins-table.tsx";

/** `/logins`: where one is logged in, and ending that. */
export default function Logins() {
  const { t } = useTranslation("account");
  const logins = useLogins();
  const [isEnding, setEnding] = useState(false);
  const hasOthers = logins.data?.some(({ current }) => !current) === true;
  return (
    <Page
      title={t("logins.title")}
      description={t("logins.description")}
      actions={
        <Button icon={<IconSignOut />} isDisabled={!hasOthers} onPress={() => setEnding(true)}>
          {t("logins.endOthers")}
        </Button>
      }
    >
      <LoginsTable />
      <EndOthersDialog isOpen={isEnding} onClose={() => setEnding(false)} />
    </Page>
  );
}
