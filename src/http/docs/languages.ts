/** The languages of `/docs`, and the words around the texts of the API. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { parseAccept } from "hono/utils/accept";

export type Language = "en" | "zh";
export type Localized = Readonly<Record<Language, string>>;

/** By the part of the address that stands for each; `tag` (BCP 47) is what the console and browsers call it. */
export const LANGUAGES: Readonly<Record<Language, { tag: string; name: string }>> = {
  en: { tag: "en-US", name: "English" },
  zh: { tag: "zh-CN", name: "中文" },
};

/** What the console and these pages remember a chosen language by. Only `/docs` is sent it. */
export const LANGUAGE_COOKIE = "berth_language";

export function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

/** The language that somebody chose before, or else the one that their browser asks for first; English for all others. */
export function wantedLanguage(c: Context): Language {
  const accepted = parseAccept(c.req.header("Accept-Language") ?? "").toSorted((a, b) => b.q - a.q);
  const wanted = [getCookie(c, LANGUAGE_COOKIE) ?? "", ...accepted.filter(({ q }) => q > 0).map(({ type }) => type)];
  return wanted.map((tag) => tag.split("-", 1)[0]?.toLowerCase() ?? "").find(isLanguage) ?? "en";
}

const en = {
  title: "Berth documentation",
  home: "Documentation",
  console: "Console",
  openInConsole: "Open in the console",
  skip: "Skip to the content",
  pages: "Pages",
  contents: "Contents",
  breadcrumb: "Breadcrumb",
  language: "Language",
  onThisPage: "Operations",
  previous: "Previous",
  next: "Next",
  adjacent: "Previous and next page",
  guide: "Guide",
  relatedGuides: "Guides",
  relatedOperations: "Operations of the API",
  start: "Start",
  guides: "Guides",
  api: "API",
  compatible: "Compatible APIs",
  reference: "Reference",
  introduction:
    "How to use this registry: with docker and other tools, from CI, and by its API. Every example has this registry's address and can be run as it is.",
  openapi: "The same for programs, as an OpenAPI document:",
  search: "Search",
  searchHint: "Operations, parameters, errors, guides",
  searchClose: "Close",
  searchNone: "Nothing found.",
  searchFailed: "The search index could not be loaded. Check the connection and try again.",
  searchFound: "Results: {{count}}",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "Not copied",
  credentials: "Credentials: {{schemes}}.",
  credentialsOptional: "Credentials: {{schemes}}, or none.",
  credentialsNone: "No credentials needed.",
  parameters: "Parameters",
  body: "Body",
  answers: "Answers",
  otherwise: "other",
  otherwiseText: "An error:",
  example: "Example",
  types: "Types",
  fields: "Fields",
  optional: "optional",
  path: "path",
  query: "query",
  header: "header",
  cookie: "cookie",
  or: " or ",
  and: " and ",
  listOf: "list of ",
  objectOf: "object of ",
  anything: "anything",
  atMost: "at most {{max}}",
  atLeast: "at least {{min}}",
  range: "{{min}} to {{max}}",
  characters: "characters",
  entries: "entries",
  matches: "matches {{pattern}}",
  default: "default {{value}}",
  code: "Code",
  status: "Status",
  meaning: "Meaning",
  guideMissing: "This guide is not part of this build of the registry.",
};

export type Words = typeof en;

const zh: Words = {
  title: "Berth 文档",
  home: "文档",
  console: "控制台",
  openInConsole: "在控制台中打开",
  skip: "跳到正文",
  pages: "页面",
  contents: "目录",
  breadcrumb: "当前位置",
  language: "语言",
  onThisPage: "接口",
  previous: "上一页",
  next: "下一页",
  adjacent: "上一页和下一页",
  guide: "指南",
  relatedGuides: "使用指南",
  relatedOperations: "相关接口",
  start: "快速入门",
  guides: "使用指南",
  api: "API",
  compatible: "兼容 API",
  reference: "参考",
  introduction: "介绍如何通过 docker 等客户端、CI 和 API 使用本镜像仓库。所有示例都使用本仓库的地址，可以直接运行。",
  openapi: "供程序使用的 OpenAPI 文档：",
  search: "搜索",
  searchHint: "接口、参数、错误码、指南",
  searchClose: "关闭",
  searchNone: "没有找到相关内容。",
  searchFailed: "搜索索引加载失败，请检查网络后重试。",
  searchFound: "共 {{count}} 条结果",
  copy: "复制",
  copied: "已复制",
  copyFailed: "复制失败",
  credentials: "认证方式：{{schemes}}。",
  credentialsOptional: "认证方式：{{schemes}}，也可以不认证。",
  credentialsNone: "无需认证。",
  parameters: "请求参数",
  body: "请求体",
  answers: "响应",
  otherwise: "其他",
  otherwiseText: "错误：",
  example: "示例",
  types: "数据类型",
  fields: "字段",
  optional: "可选",
  path: "路径",
  query: "查询",
  header: "请求头",
  cookie: "Cookie",
  or: " 或 ",
  and: " 且 ",
  listOf: "列表：",
  objectOf: "对象，值为 ",
  anything: "任意",
  atMost: "最多 {{max}}",
  atLeast: "至少 {{min}}",
  range: "{{min}} 到 {{max}}",
  characters: "个字符",
  entries: "项",
  matches: "匹配 {{pattern}}",
  default: "默认 {{value}}",
  code: "错误码",
  status: "状态码",
  meaning: "含义",
  guideMissing: "当前部署不包含该指南。",
};

export const WORDS: Readonly<Record<Language, Words>> = { en, zh };

/** Fills in the `{{values}}` of a text. */
export function fillIn(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ""));
}
