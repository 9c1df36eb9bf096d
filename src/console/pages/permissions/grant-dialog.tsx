import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Permission, type PermissionTarget, usePermissionChanges, useUserSearch } from "../../api/permissions.ts";
import { useSelf } from "../../api/session.ts";
import { ComboBox, Dialog, FieldGroup, Form, IconButton, IconClose, Name, Select, toast } from "../../ui/index.ts";
import { useLevelNames } from "./permission-table.tsx";
import styles from "./permissions.module.css";

export interface GrantDialogProps {
  target: PermissionTarget;
  /** Who has a right there already. */
  existing: readonly Permission[];
  isOpen: boolean;
  onClose: () => void;
}

/** Gives users of the account rights on an organization or an image (guide 6). */
export function GrantDialog({ isOpen, ...content }: GrantDialogProps) {
  const { t } = useTranslation("permissions");
  return (
    <Dialog title={t("grantTitle")} isOpen={isOpen} onClose={content.onClose}>
      <GrantForm {...content} />
    </Dialog>
  );
}

/** Apart from the dialog, so that it starts empty each time. */
function GrantForm({ target, existing, onClose }: Omit<GrantDialogProps, "isOpen">) {
  const { t } = useTranslation("permissions");
  const { choices } = useLevelNames();
  const { grant } = usePermissionChanges(target);
  const [chosen, setChosen] = useState<readonly Permission[]>([]);

  const change = (changed: Permission) =>
    setChosen(chosen.map((other) => (other.userId === changed.userId ? changed : other)));
  const leaveOut = ({ userId }: Permission) => setChosen(chosen.filter((other) => other.userId !== userId));
  const submit = async () => {
    await grant.mutateAsync(chosen);
    onClose();
    toast(t("granted", { count: chosen.length }));
  };
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      submitLabel={t("submit", { count: chosen.length })}
      isDisabled={chosen.length === 0}
    >
      <UserPicker
        excluded={[...existing, ...chosen]}
        onPick={(user) => setChosen([...chosen, { ...user, level: "read" }])}
      />
      {chosen.length === 0 ? (
        <p className={styles.none}>{t("noneChosen")}</p>
      ) : (
        <FieldGroup label={t("chosen")} name="permissions">
          {chosen.map((permission, at) => (
            <FieldGroup key={permission.userId} label={permission.name} isLabelHidden name={`permissions.${at}`} isRow>
              <span className={styles.name}>
                <Name>{permission.name}</Name>
              </span>
              <div className={styles.select}>
                <Select
                  label={t("rightOf", { name: permission.name })}
                  isLabelHidden
                  name={`permissions.${at}.level`}
                  options={choices}
                  value={permission.level}
                  onChange={(level) => change({ ...permission, level })}
                />
              </div>
              <IconButton
                label={t("leaveOut", { name: permission.name })}
                icon={<IconClose />}
                onPress={() => leaveOut(permission)}
              />
            </FieldGroup>
          ))}
        </FieldGroup>
      )}
    </Form>
  );
}

interface UserPickerProps {
  excluded: readonly Permission[];
  onPick: (user: Pick<Permission, "userId" | "name">) => void;
}

/** Finds a user of the account by a part of the name. */
function UserPicker({ excluded, onPick }: UserPickerProps) {
  const { t } = useTranslation("permissions");
  const self = useSelf();
  const [text, setText] = useState("");
  const { data: users = [], isFetching } = useUserSearch(text);
  const hidden = new Set([self.id, ...excluded.map(({ userId }) => userId)]);
  const items = users
    .filter(({ id }) => !hidden.has(id))
    .map(({ id, name, role }) => ({ id, label: name, ...(role !== "member" && { description: t("administrator") }) }));
  return (
    <ComboBox
      // Anew for each pick, so that the name of the last one does not come back.
      key={excluded.length}
      label={t("findUser")}
      description={t("findUserHint")}
      items={items}
      isFiltered
      isLoading={isFetching}
      menuTrigger="input"
      inputValue={text}
      onInputChange={setText}
      onSelect={({ id, label }) => {
        setText("");
        onPick({ userId: id, name: label });
      }}
      autoFocus
    />
  );
}
