import i18next from "i18next";
import { beforeAll, it } from "vitest";
import { ApiError, FieldError } from "../api/error.ts";
import chinese from "../i18n/zh/index.ts";
import { errorParts, errorText } from "./error-text.ts";

function refusal(...problems: ConstructorParameters<typeof ApiError>[1]): ApiError {
  return new ApiError(400, problems);
}

const fieldOf = (error: unknown) => errorParts(error)[0]?.field;

beforeAll(async () => {
  const resources = { "zh-CN": { ...chinese, errors: { ...chinese.errors, QUOTA: "组织数量已达上限 {{limit}}" } } };
  await i18next.init({ lng: "zh-CN", resources, interpolation: { escapeValue: false } });
});

it("words a known code in the console's language, with its particulars", ({ expect }) => {
  const error = refusal({ code: "QUOTA", message: "Too many organizations.", detail: { limit: 5 } });
  expect(errorText(error)).toBe("组织数量已达上限 5");
});

it("words a reason, which says more than the code", ({ expect }) => {
  const reason = { code: "TRIGGER_EXISTS", values: { name: "deploy" }, field: "name" };
  const error = refusal({ code: "TRIGGER_EXISTS", message: "trigger deploy exists already", reason });
  expect(errorText(error)).toBe("已有名为 deploy 的触发器");
});

it("shows the registry's sentence for a code or a reason that it does not know", ({ expect }) => {
  expect(errorText(refusal({ code: "ODD", message: "An odd thing happened." }))).toBe("An odd thing happened.");
  const reason = { code: "FROM_LATER", values: {} };
  expect(errorText(refusal({ code: "ODD", message: "An odd thing happened.", reason }))).toBe("An odd thing happened.");
});

it("keeps the message of a bug, and what is no error at all, to itself", ({ expect }) => {
  expect(errorText(new TypeError("x is undefined"))).toBe("出错了，请重试。");
  expect(errorText("boom")).toBe("出错了，请重试。");
  expect(errorText(new Error(""))).toBe("出错了，请重试。");
});

it("tells of each problem with its field, once", ({ expect }) => {
  const long = { code: "TOO_LONG", values: { max: 64 } };
  const wrong = (field: string) => ({
    code: "PARAMETER_INVALID",
    message: `${field}: must have at most 64 characters`,
    reason: { code: "FIELD_WRONG", values: { field, why: long }, field },
  });
  const error = refusal(wrong("name"), wrong("role"), wrong("role"));
  expect(errorParts(error).map(({ field, atField }) => [field, atField])).toEqual([
    ["name", "不能超过 64 个字符"],
    ["role", "不能超过 64 个字符"],
    ["role", "不能超过 64 个字符"],
  ]);
  expect(errorText(error)).toBe("名称：不能超过 64 个字符；角色：不能超过 64 个字符");
});

it("finds the field that the registry or a page names", ({ expect }) => {
  expect(fieldOf(refusal({ code: "NAME_INVALID", message: "Bad name.", detail: { field: "name" } }))).toBe("name");
  expect(fieldOf(refusal({ code: "NAME_INVALID", message: "Bad name.", detail: { field: 3 } }))).toBeUndefined();
  expect(fieldOf(refusal({ code: "NAME_INVALID", message: "Bad name." }))).toBeUndefined();
  expect(fieldOf(new FieldError("account", "说明"))).toBe("account");
  expect(errorText(new FieldError("account", "说明"))).toBe("说明");
  expect(fieldOf(new Error("no code"))).toBeUndefined();
});
