import i18next from "i18next";
import { beforeAll, it } from "vitest";
import { errorField, errorText } from "./error-text.ts";

class Refusal extends Error {
  readonly code: string;
  readonly detail: unknown;
  constructor(code: string, message: string, detail?: unknown) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

beforeAll(async () => {
  await i18next.init({
    lng: "zh-CN",
    resources: { "zh-CN": { kit: { unknownError: "出错了" }, errors: { QUOTA: "组织数量已达上限 {{limit}}" } } },
  });
});

it("words a known code in the console's language, with its particulars", ({ expect }) => {
  expect(errorText(new Refusal("QUOTA", "Too many organizations.", { limit: 5 }))).toBe("组织数量已达上限 5");
});

it("shows the registry's sentence for a code that it does not know", ({ expect }) => {
  expect(errorText(new Refusal("ODD", "An odd thing happened."))).toBe("An odd thing happened.");
});

it("keeps the message of a bug, and what is no error at all, to itself", ({ expect }) => {
  expect(errorText(new TypeError("x is undefined"))).toBe("出错了");
  expect(errorText("boom")).toBe("出错了");
  expect(errorText(new Error(""))).toBe("出错了");
});

it("finds the field that the registry names", ({ expect }) => {
  expect(errorField(new Refusal("NAME_INVALID", "Bad name.", { field: "name" }))).toBe("name");
  expect(errorField(new Refusal("NAME_INVALID", "Bad name.", { field: 3 }))).toBeUndefined();
  expect(errorField(new Refusal("NAME_INVALID", "Bad name.", null))).toBeUndefined();
  expect(errorField(new Error("no code"))).toBeUndefined();
});
