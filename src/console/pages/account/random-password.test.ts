import { it } from "vitest";
import { randomPassword } from "./random-password.ts";

it("has 20 characters that nobody mistakes for others, all of them used", ({ expect }) => {
  const passwords = Array.from({ length: 200 }, randomPassword);
  for (const password of passwords) expect(password).toMatch(/^[a-km-np-z2-9]{20}$/);
  expect(new Set(passwords.join("")).size).toBe(32);
  expect(new Set(passwords).size).toBe(200);
});
