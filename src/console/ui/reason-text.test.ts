import i18next from "i18next";
import { beforeAll, it } from "vitest";
import { describeReasons, REASONS } from "../../kernel/reason-sentences.ts";
import { type ReasonCode, reason } from "../../kernel/reasons.ts";
import english from "../i18n/en/index.ts";
import chinese from "../i18n/zh/index.ts";
import { detailText, reasonText, reasonTextAtField } from "./reason-text.ts";

const REASONS_OF_JOB = [
  reason("REFUSED", { host: "127.0.0.1:5000", status: 403, message: "not {{this}}, nor $t(common:save)" }),
  reason("GIVEN_UP_AFTER_TRIES", { tries: 12 }),
];
const job = { detail: describeReasons(REASONS_OF_JOB), reasons: REASONS_OF_JOB };

beforeAll(async () => {
  const resources = { "en-US": english, "zh-CN": chinese };
  await i18next.init({ lng: "zh-CN", resources, interpolation: { escapeValue: false } });
});

it.for(["en-US", "zh-CN"])(
  "has a sentence for every code with all of its values, in %s",
  async (language, { expect }) => {
    await i18next.changeLanguage(language);
    for (const code of Object.keys(REASONS) as ReasonCode[]) {
      const names = [...REASONS[code].matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name);
      const values = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
      const text = reasonText({ code, values }) ?? "";
      for (const name of names) expect([code, text]).toEqual([code, expect.stringContaining(`<${name}>`)]);
      expect([code, text]).not.toEqual([code, expect.stringMatching(/\{\{|^$/)]);
    }
  },
);

it("leaves no sentence in English but those that are another's words", ({ expect }) => {
  const same = (Object.keys(REASONS) as ReasonCode[]).filter((code) => chinese.reasons[code] === REASONS[code]);
  expect(same.filter((code) => REASONS[code] !== "{{message}}")).toEqual([]);
});

it("says in each language what the registry says in English, and takes other registries' words for texts", async ({
  expect,
}) => {
  await i18next.changeLanguage("en-US");
  expect(detailText(job)).toBe(job.detail);
  await i18next.changeLanguage("zh-CN");
  expect(detailText(job)).toBe("127.0.0.1:5000 应答 403：not {{this}}, nor $t(common:save)；尝试 12 次后放弃");
});

it("makes one sentence of reasons in reasons", async ({ expect }) => {
  const why = reason("SERVER_NOT_REACHED", {
    server: reason("API_SERVER", { host: "k8s:6443" }),
    why: reason("CONNECTION_LOST"),
  });
  await i18next.changeLanguage("en-US");
  expect(reasonText(why)).toBe("the API server at k8s:6443 cannot be reached: the connection was refused or lost");
  await i18next.changeLanguage("zh-CN");
  expect(reasonText(why)).toBe("无法连接到位于 k8s:6443 的 API Server：连接被拒绝或中断");
});

it("names a field in the reader's language, and not beside the field itself", async ({ expect }) => {
  await i18next.changeLanguage("zh-CN");
  const why = reason("FIELD_WRONG", { field: "target.application", why: reason("TOO_LONG", { max: 253 }) });
  expect(reasonText(why)).toBe("应用：不能超过 253 个字符");
  expect(reasonTextAtField(why)).toBe("不能超过 253 个字符");
  expect(reasonText(reason("FIELD_WRONG", { field: "labels.3", why: reason("REQUIRED") }))).toBe("过滤版本：必填");
});

it("leaves what it has no words for to the registry", ({ expect }) => {
  expect(detailText({ detail: "from before", reasons: [] })).toBe("from before");
  const unknown = { code: "FROM_LATER", values: {} };
  expect(detailText({ detail: "from later", reasons: [unknown] })).toBe("from later");
  const part = { code: "ROLLOUT_UNWATCHED", values: { why: unknown } };
  expect(detailText({ detail: "from later", reasons: [part] })).toBe("from later");
  expect(detailText({ detail: null, reasons: [] })).toBeNull();
});
