import { describe, it } from "vitest";
import {
  formatTemporaryKey,
  newAccessKey,
  parseLoginName,
  parseProject,
  parseTemporaryKey,
  permanentPassword,
  temporaryPassword,
} from "./login-commands.ts";

describe("a permanent login's password", () => {
  // printf "$AK" | openssl dgst -binary -sha256 -hmac "$SK" | od -An -vtx1 | sed 's/[ \n]//g' | sed 'N;s/\n/'
  it.for([
    ["CCR", "drl", "00c60530285350ca6d1ccb7a507b680f97e405ba4cadd897d31daa4e8081ae64"],
    [
      "AKAKAKAKAKAKAKAKAKAK",
      "sksksksksksksksksksksksksksksksksksksksk",
      "6efda2f1193308141ae6d95902b3154cde85476b7e5f08ae98dd585f602f48ae",
    ],
  ] as const)("is what openssl prints for %s", ([access, secret, password], { expect }) => {
    expect(permanentPassword(access, secret)).toBe(password);
  });
});

describe("a new access key", () => {
  it("has 20 and 40 characters, every letter as often as another", ({ expect }) => {
    const keys = Array.from({ length: 500 }, newAccessKey);
    expect(new Set(keys.map(({ access }) => access)).size).toBe(500);
    for (const { access, secret } of keys) {
      expect(access).toMatch(/^[A-Z0-9]{20}$/);
      expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
    }
    const counts = new Map<string, number>();
    for (const letter of keys.map(({ access }) => access).join("")) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(36);
    // 278 each, with a deviation of 16.5.
    expect(Math.min(...counts.values())).toBeGreaterThan(278 - 100);
    expect(Math.max(...counts.values())).toBeLessThan(278 + 100);
  });
});

describe("a login's name", () => {
  it.for([
    ["berth@AK", { project: "berth", key: "AK" }],
    ["a@b@AK", { project: "a@b", key: "AK" }],
    ["berth@", { project: "berth", key: "" }],
    ["@AK", undefined],
    ["alice", undefined],
    ["", undefined],
  ] as const)("%s is taken apart", ([name, expected], { expect }) => {
    expect(parseLoginName(name)).toEqual(expected);
  });

  it.for(["", "-a", "_a", "a b", "a;b", "a$(b)", "a".repeat(65), "ü"])("has no project %s", (text, { expect }) => {
    expect(() => parseProject(text)).toThrow("a project must have");
  });

  it.for(["a", "cn-north-4", "eu-west-0_team", "a".repeat(64), "4"])("has a project %s", (text, { expect }) => {
    expect(parseProject(text)).toBe(text);
  });
});

describe("a temporary key", () => {
  it.for([
    { userId: 1, expiresAt: new Date("2026-11-25T08:00:00Z") },
    { userId: 2 ** 40 - 1, expiresAt: new Date("9999-12-31T23:59:59Z") },
    { userId: 0, expiresAt: new Date(0) },
  ])("tells user $userId and the time", (key, { expect }) => {
    const text = formatTemporaryKey(key);
    expect(text).toMatch(/^[A-Z0-9]{24}$/);
    expect(parseTemporaryKey(text)).toEqual(key);
  });

  it("is another each time", ({ expect }) => {
    const key = { userId: 1, expiresAt: new Date(0) };
    expect(formatTemporaryKey(key)).not.toBe(formatTemporaryKey(key));
  });

  it.for(["", "A".repeat(20), "A".repeat(23), "A".repeat(25), "a".repeat(24), "1".repeat(24)])(
    "is not %s",
    (text, { expect }) => {
      expect(parseTemporaryKey(text)).toBe(undefined);
    },
  );

  it("has a password that each part changes", ({ expect }) => {
    const login = { project: "p", key: "K" };
    const passwords = [
      temporaryPassword("secret", login, "version"),
      temporaryPassword("Secret", login, "version"),
      temporaryPassword("secret", { ...login, project: "q" }, "version"),
      temporaryPassword("secret", { ...login, key: "L" }, "version"),
      temporaryPassword("secret", login, "another"),
    ];
    expect(new Set(passwords).size).toBe(passwords.length);
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{64}$/);
  });
});
