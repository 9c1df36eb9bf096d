import { it } from "vitest";
import { hashPassword, verifyPassword } from "./passwords.ts";

it("recognises the password behind a hash, however its letters are composed", ({ expect }) => {
  const hash = hashPassword("pässword");
  expect(hash).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
  expect(hash).not.toContain("pässword");
  expect(verifyPassword("pa\u0308ssword", hash)).toBe(true);
  expect(verifyPassword("password", hash)).toBe(false);
  expect(verifyPassword("", hash)).toBe(false);
});

it("salts each hash", ({ expect }) => {
  expect(hashPassword("same")).not.toBe(hashPassword("same"));
});

it("takes damage for damage, not for a wrong password", ({ expect }) => {
  expect(() => verifyPassword("x", "$scrypt$broken")).toThrow("not in a known format");
});
