import i18next from "i18next";
import { beforeAll, describe, it } from "vitest";
import enKit from "../i18n/en/kit.ts";
import zhKit from "../i18n/zh/kit.ts";
import {
  formatBytes,
  formatDate,
  formatNumber,
  formatPercent,
  formatPlanned,
  formatRelative,
  shortDigest,
  formatShortBytes,
} from "./format.ts";

describe("formatBytes", () => {
  it.for([
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1,023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [10_229, "9.99 KiB"],
    [10_235, "10 KiB"],
    [1023 * 1024, "1,023 KiB"],
    [1023.6 * 1024, "1 MiB"],
    [1_234_567, "1.18 MiB"],
    [42_100_000, "40.1 MiB"],
    [187_234_111, "179 MiB"],
    [2 * 1024 ** 3, "2 GiB"],
    [4.5 * 1024 ** 4, "4.5 TiB"],
    [2000 * 1024 ** 5, "2,000 PiB"],
  ] as const)("writes %s as %s", ([bytes, text], { expect }) => {
    expect(formatBytes(bytes, "en-US")).toBe(text);
  });

  it("keeps the units in Chinese", ({ expect }) => {
    expect(formatBytes(1_234_567, "zh-CN")).toBe("1.18 MiB");
    expect(formatBytes(686, "zh-CN")).toBe("686 B");
  });
});

describe("formatRelative", () => {
  const now = new Date("2026-11-26T12:00:00Z");
  beforeAll(async () => {
    await i18next.init({ resources: { "en-US": { kit: enKit }, "zh-CN": { kit: zhKit } } });
  });

  it.for([
    ["2026-11-26T11:59:30Z", "just now", "刚刚"],
    ["2026-11-26T11:56:10Z", "3 minutes ago", "3分钟前"],
    ["2026-11-26T09:00:00Z", "3 hours ago", "3小时前"],
    ["2026-11-25T11:00:00Z", "yesterday", "昨天"],
    ["2026-11-24T13:00:00Z", "yesterday", "昨天"],
    ["2026-10-20T12:00:00Z", "last month", "上个月"],
    ["2024-11-01T12:00:00Z", "2 years ago", "2年前"],
    ["2026-11-26T13:30:00Z", "in 1 hour", "1小时后"],
    ["2026-12-03T12:00:00Z", "in 7 days", "7天后"],
  ] as const)("%s is %s", ([value, english, chinese], { expect }) => {
    expect(formatRelative(value, now, "en-US")).toBe(english);
    expect(formatRelative(value, now, "zh-CN")).toBe(chinese);
  });

  it.for([
    ["2026-11-26T11:59:30Z", "at any moment", "即将"],
    ["2026-11-26T12:00:30Z", "at any moment", "即将"],
    ["2026-11-26T12:05:00Z", "in 5 minutes", "5分钟后"],
  ] as const)("%s is planned %s", ([value, english, chinese], { expect }) => {
    expect(formatPlanned(value, now, "en-US")).toBe(english);
    expect(formatPlanned(value, now, "zh-CN")).toBe(chinese);
  });

  it("says nothing about what is no date", ({ expect }) => {
    expect(formatRelative("soon", now, "en-US")).toBe("");
  });
});

describe("formatDate", () => {
  // Noon, so that the day is the same in every usual time zone.
  const noon = new Date(2026, 10, 26, 12, 0);

  it("writes as much as is asked for", ({ expect }) => {
    expect(formatDate(noon, "day", "en-US")).toBe("Nov 26, 2026");
    expect(formatDate(noon, "minute", "en-US")).toMatch(/^Nov 26, 2026, 12:00\sPM$/u);
    expect(formatDate(noon, "full", "en-US")).toMatch(/^Thursday, November 26, 2026 at 12:00:00\sPM /u);
    expect(formatDate(noon, "day", "zh-CN")).toBe("2026年11月26日");
    expect(formatDate(noon, "full", "zh-CN")).toMatch(/^2026年11月26日星期四 12:00:00 \S+$/u);
  });

  it("says nothing about what is no date", ({ expect }) => {
    expect(formatDate("soon", "day", "en-US")).toBe("");
  });
});

it("writes numbers and shares with the separators of the language", ({ expect }) => {
  expect(formatNumber(1_234_567, "en-US")).toBe("1,234,567");
  expect(formatPercent(0.374, "en-US")).toBe("37%");
});

it("cuts a digest after twelve digits, and nothing else", ({ expect }) => {
  expect(shortDigest(`sha256:4bcff63911fc${"0".repeat(52)}`)).toBe("sha256:4bcff63911fc");
  expect(shortDigest("sha256:4bcff63911fc")).toBe("sha256:4bcff63911fc");
  expect(shortDigest("latest")).toBe("latest");
});

it("writes bytes on an axis with the same letter in all languages", ({ expect }) => {
  expect(formatShortBytes(512, "zh-CN")).toBe("512 B");
  expect(formatShortBytes(0, "en-US")).toBe("0 B");
  expect(formatShortBytes(8192, "zh-CN")).toBe(formatBytes(8192, "zh-CN"));
});
