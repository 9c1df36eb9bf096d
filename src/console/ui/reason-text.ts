/** Sentences of the reasons that the registry gives, in the language of the console. */
import { exists, t } from "i18next";
import type { ApiReason } from "../../client/api/problems.ts";

/**
 * The sentence of a reason.
 *
 * @returns undefined for a code that this console does not know, or a reason with such a part: the registry's own sentence is
 * then what there is to show.
 */
export function reasonText({ code, values }: ApiReason): string | undefined {
  if (!exists(code, { ns: "reasons" })) return undefined;
  const texts: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(values)) {
    const text = typeof value === "object" ? reasonText(value) : name === "field" ? fieldText(String(value)) : value;
    if (text === undefined) return undefined;
    texts[name] = text;
  }
  return t(code as "SAID", { ns: "reasons", replace: texts });
}

/** The same without the name of the field, for the field itself. */
export function reasonTextAtField({ code, values, ...reason }: ApiReason): string | undefined {
  const { why } = values;
  return reasonText(code === "FIELD_WRONG" && typeof why === "object" ? why : { code, values, ...reason });
}

/** What came of something: as the registry tells it, in a sentence and in codes. */
export interface Told<D extends string | null> {
  detail: D;
  reasons: readonly ApiReason[];
}

/** What came of something. Where there is no code, or one that this console does not know, it is the registry's sentence. */
export function detailText<D extends string | null>({ detail, reasons }: Told<D>): D | string {
  const texts = reasons.map(reasonText);
  if (texts.length === 0 || texts.includes(undefined)) return detail;
  return texts.join(t("betweenSentences", { ns: "kit" }));
}

/** What a field of the API is called here. */
function fieldText(field: string): string {
  // Not the place in a list.
  const name = field.split(".").findLast((step) => !/^\d+$/.test(step)) ?? "";
  return exists(name, { ns: "fieldNames" }) ? t(name as "name", { ns: "fieldNames" }) : field;
}
