import { describe, it } from "vitest";
import { exampleOf, fieldsOf, limitsOf, prose, type Reader, type Schema, typeOf } from "./schema.ts";
import { WORDS } from "./languages.ts";
import type { OpenApiDocument } from "../openapi-document.ts";

const ENGLISH: Reader = { words: WORDS.en, translate: (text) => text };
const TAG = { $ref: "#/components/schemas/Tag" };
const LINK = '<a href="#schema-Tag">Tag</a>';

function textOf(html: unknown): string {
  return String(html).replaceAll(/\s+/g, " ");
}

describe("a type", () => {
  const TYPES: [string, Schema, string][] = [
    ["of a name", TAG, LINK],
    ["of text", { type: "string" }, "string"],
    ["of text in a format", { type: "string", format: "date-time" }, "string (date-time)"],
    ["that may be null", { type: ["integer", "null"] }, "integer or null"],
    ["of few values", { type: "string", enum: ["a", null] }, "<code>&quot;a&quot;</code> or <code>null</code>"],
    ["of a list", { type: "array", items: TAG }, `list of ${LINK}`],
    ["of a list that may be null", { type: ["array", "null"], items: { type: "string" } }, "list of string or null"],
    ["of one or the other", { anyOf: [TAG, { type: "null" }] }, `${LINK} or null`],
    ["of both", { allOf: [TAG, { description: "more" }] }, LINK],
    ["of any fields", { type: "object", additionalProperties: { type: "string" } }, "object of string"],
    ["that says nothing", {}, "anything"],
  ];

  it.for(TYPES)("%s is put in words", ([, schema, words], { expect }) => {
    expect(textOf(typeOf(ENGLISH, schema))).toBe(words);
  });

  it("has its limits in words", ({ expect }) => {
    expect(limitsOf(ENGLISH, { type: "string", minLength: 1, maxLength: 64 })).toEqual(["1 to 64 characters"]);
    expect(limitsOf(ENGLISH, { type: "array", maxItems: 100 })).toEqual(["at most 100 entries"]);
    expect(limitsOf(ENGLISH, { type: "integer", minimum: 0, default: 5 })).toEqual(["at least 0", "default 5"]);
    expect(limitsOf(ENGLISH, TAG)).toEqual([]);
  });
});

describe("the fields of an object", () => {
  it("go as deep as it does, and are not run", ({ expect }) => {
    const inner = {
      type: "object" as const,
      properties: { "<b>": { type: "string" as const, description: "<i>`x`" } },
    };
    const shown = textOf(
      fieldsOf(ENGLISH, {
        type: "object",
        required: ["list"],
        properties: { list: { type: "array", items: inner }, map: { type: "object", additionalProperties: inner } },
      }),
    );
    expect(shown.match(/&lt;b&gt;/g)).toHaveLength(2);
    expect(shown.match(/&lt;i&gt;<code>x<\/code>/g)).toHaveLength(2);
    expect(shown.match(/optional/g)).toHaveLength(3);
    expect(shown).not.toContain("<b>");
  });

  it("are those of everything that it consists of", ({ expect }) => {
    const part = (name: string): Schema => ({ type: "object", properties: { [name]: TAG } });
    expect(textOf(fieldsOf(ENGLISH, { allOf: [part("one"), part("two"), TAG] })).match(/class="name"/g)).toHaveLength(
      2,
    );
    expect(textOf(fieldsOf(ENGLISH, TAG)).trim()).toBe("");
  });
});

it("words with backquotes show code", ({ expect }) => {
  expect(prose(ENGLISH, "a `b` <c>").map(textOf).join("")).toBe("a <code>b</code> &lt;c&gt;");
});

it("an example fits its schema, and ends where schemas name themselves", ({ expect }) => {
  const document = {
    openapi: "3.1.0",
    info: { title: "", version: "" },
    components: {
      schemas: {
        Loop: { type: "object", required: ["loop"], properties: { loop: { $ref: "#/components/schemas/Loop" } } },
      },
    },
  } satisfies OpenApiDocument;
  const schema: Schema = {
    type: "object",
    required: ["name", "count", "when", "flag", "choice", "list"],
    properties: {
      name: { type: "string", example: "acme" },
      count: { type: "integer", minimum: 3 },
      when: { type: "string", format: "date-time" },
      flag: { type: "boolean" },
      choice: { type: "string", enum: ["a", "b"] },
      list: { type: "array", items: { type: "string" } },
      more: { type: "string" },
      shown: { type: "string", example: "too" },
    },
  };
  expect(exampleOf(document, schema)).toEqual({
    name: "acme",
    count: 3,
    when: "2026-11-24T08:00:00Z",
    flag: true,
    choice: "a",
    list: ["…"],
    shown: "too",
  });
  expect(JSON.stringify(exampleOf(document, { $ref: "#/components/schemas/Loop" }))).toContain("null");
});
