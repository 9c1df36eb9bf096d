import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { useChangePassword, useSelf } from "../../api/session.ts";
import { PATHS } from "../../paths.ts";
import { Card, Form, Page, TextField, toast } from "../../ui/index.ts";
import styles from "./session.module.css";

type Field = "current" | "new" | "repeat";

/** `/password`: one's own password. */
export default function ChangePassword() {
  const { t } = useTranslation("session");
  const [, navigate] = useLocation();
  const { name } = useSelf();
  const change = useChangePassword();
  const [values, setValues] = useState({ current: "", new: "", repeat: "" });

  const check = () => {
    if (values.new.length < MIN_PASSWORD_LENGTH) throw new FieldError("new", t("tooShort"));
    if (values.new.length > MAX_PASSWORD_LENGTH) throw new FieldError("new", t("tooLong"));
    if (values.new === values.current) throw new FieldError("new", t("same"));
    if (values.new !== values.repeat) throw new FieldError("repeat", t("different"));
  };
  const submit = async () => {
    check();
    try {
      await change.mutateAsync({ current: values.current, new: values.new });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "DENIED")) throw error;
      throw new FieldError("current", t("currentWrong"), { cause: error });
    }
    toast(t("changed"), { tone: "success" });
    navigate(PATHS.overview);
  };
  const field = (id: Field) => ({
    name: id,
    type: "password" as const,
    value: values[id],
    isRequired: true,
    onChange: (value: string) => setValues((before) => ({ ...before, [id]: value })),
  });
  return (
    <Page title={t("changeTitle")} description={t("changeDescription")}>
      <div className={styles.form}>
        <Card>
          <Form onSubmit={submit} submitLabel={t("change")} onCancel={() => navigate(PATHS.overview)}>
            {/* For password managers, which keep passwords by name. */}
            <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
            <TextField label={t("current")} autoComplete="current-password" {...field("current")} />
            <TextField label={t("new")} description={t("rules")} autoComplete="new-password" {...field("new")} />
            <TextField label={t("repeat")} autoComplete="new-password" {...field("repeat")} />
          </Form>
        </Card>
      </div>
    </Page>
  );
}
