import i18next from "i18next";
import { beforeAll, it } from "vitest";
import { describeReasons, SYNC_REASONS, type SyncReasonCode, syncReason } from "../../../kernel/sync-reasons.ts";
import { type Language, LANGUAGES } from "../../i18n/languages.ts";
import { reasonText } from "./reason-text.ts";

const REASONS = [
  syncReason("REFUSED", { host: "127.0.0.1:5000", status: 403, message: "not {{this}}, nor $t(common:save)" }),
  syncReason("GIVEN_UP_AFTER_TRIES", { tries: 12 }),
];
const TAGS = Object.keys(LANGUAGES) as Language[];
const job = { detail: describeReasons(REASONS), reasons: REASONS };

beforeAll(async () => {
  const texts = TAGS.map(async (tag) => [tag, (await LANGUAGES[tag].load()).default] as const);
  const resources = Object.fromEntries(await Promise.all(texts));
  await i18next.init({ resources, interpolation: { escapeValue: false } });
});

it.for(TAGS)("has a sentence for every code, in %s", async (language, { expect }) => {
  await i18next.changeLanguage(language);
  for (const code of Object.keys(SYNC_REASONS) as SyncReasonCode[]) {
    const names = [...SYNC_REASONS[code].matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name);
    const values = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
    const text = reasonText({ detail: "the registry's", reasons: [{ code, values }] });
    for (const name of names) expect(text).toContain(`<${name}>`);
    expect(text).not.toMatch(/\{\{|^the registry's$|^$/);
  }
});

it("says in each language what the registry says in English, and takes other registries' words for texts", async ({
  expect,
}) => {
  await i18next.changeLanguage("en-US");
  expect(reasonText(job)).toBe(job.detail);
  await i18next.changeLanguage("zh-CN");
  expect(reasonText(job)).toBe("127.0.0.1:5000 应答 403：not {{this}}, nor $t(common:save)；尝试 12 次后放弃");
});

it("leaves what it has no words for to the registry", ({ expect }) => {
  expect(reasonText({ detail: "from before", reasons: [] })).toBe("from before");
  const unknown = { code: "FROM_LATER" as SyncReasonCode, values: {} };
  expect(reasonText({ detail: "from later", reasons: [unknown] })).toBe("from later");
  expect(reasonText({ detail: null, reasons: [] })).toBeNull();
});
