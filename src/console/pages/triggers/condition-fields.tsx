import { useTranslation } from "react-i18next";
import { MAX_CONDITION_LENGTH } from "../../../kernel/field-limits.ts";
import { type Condition, type ConditionKind, type TriedTag, useTriedCondition } from "../../api/triggers.ts";
import { useSettled } from "../../api/use-settled.ts";
import { Chips, errorText, RadioGroup, TextField } from "../../ui/index.ts";
import { Syntax } from "../image-settings/syntax.tsx";
import { useImage } from "../image/image-context.ts";
import { trimmed } from "./trigger-draft.ts";
import styles from "./triggers.module.css";

export interface ConditionFieldsProps {
  condition: Condition;
  onChange: (condition: Condition) => void;
}

/** Which tags a trigger fires for (guide, table 4-3), with those of the image's newest tags that are among them. */
export function ConditionFields({ condition, onChange }: ConditionFieldsProps) {
  const { t } = useTranslation("triggers");
  const { organization, image } = useImage();
  const { kind, text } = condition;
  const settled = trimmed({ kind, text: useSettled(text) });
  // That all tags are meant needs no examples.
  const isTried = kind !== "all" && settled.text !== "";
  const tried = useTriedCondition({ organization, image }, settled, { isEnabled: isTried });
  const error = isTried && tried.error ? errorText(tried.error) : undefined;
  return (
    <div className={styles.group}>
      <RadioGroup<ConditionKind>
        label={t("condition")}
        options={[
          { value: "all", label: t("conditionAll"), description: t("conditionAllHint") },
          { value: "tag", label: t("conditionTag"), description: t("conditionTagHint") },
          { value: "regular", label: t("conditionRegular"), description: t("conditionRegularHint") },
        ]}
        value={kind}
        onChange={(chosen) => onChange({ kind: chosen, text })}
      />
      {kind !== "all" && (
        <TextField
          label={kind === "tag" ? t("tags") : t("pattern")}
          description={kind === "tag" ? t("tagsHint") : t("patternHint")}
          error={error}
          value={text}
          onChange={(value) => onChange({ kind, text: value })}
          maxLength={MAX_CONDITION_LENGTH}
          isRequired
          isMonospace
          autoComplete="off"
          spellCheck="false"
        />
      )}
      {isTried && !error && tried.data && tried.data.tags.length > 0 && <Examples tried={tried.data.tags} />}
      {kind === "regular" && isTried && !error && tried.data && (
        <p className={styles.note} role="status">
          {tried.data.conditionSyntax === "re2" ? t("readAsRe2") : t("readAsGlob")}
        </p>
      )}
      {kind === "regular" && (
        <Syntax
          title={t("syntax")}
          items={[
            { example: "*", meaning: t("syntaxStar") },
            { example: "**", meaning: t("syntaxStars") },
            { example: "?", meaning: t("syntaxOne") },
            { example: "{a,b}", meaning: t("syntaxChoice") },
            { example: "^v[0-9]+$", meaning: t("syntaxRe2") },
          ]}
        />
      )}
    </div>
  );
}

/** As many examples as there is room for. */
const EXAMPLES = 8;

/** Those of the newest tags that meet the condition. */
function Examples({ tried }: { tried: readonly TriedTag[] }) {
  const { t } = useTranslation("triggers");
  const met = tried.filter((each) => each.met);
  const shown = met.slice(0, EXAMPLES);
  const counts = { count: met.length, total: tried.length };
  return (
    <div className={styles.examples} role="status">
      {met.length === 0 ? t("triedNone", counts) : t("triedSome", counts)}
      {shown.length > 0 && <Chips label={t("triedTags")} items={shown.map(({ tag }) => ({ id: tag, label: tag }))} />}
      {met.length > shown.length && t("triedMore", { count: met.length - shown.length })}
    </div>
  );
}
