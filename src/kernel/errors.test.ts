import { expectTypeOf, it } from "vitest";
import { RegistryError } from "./errors.ts";

it("has the particulars of its code, with their type", ({ expect }) => {
  const error: Error = new RegistryError("UPLOAD_RANGE_INVALID", { message: "late", detail: { offset: 7 } });
  if (!(error instanceof RegistryError) || !error.is("UPLOAD_RANGE_INVALID")) throw error;
  expectTypeOf(error.detail).toEqualTypeOf<{ offset: number } | undefined>();
  expect(error.detail?.offset).toBe(7);
  expect(error.is("TAG_EXISTS")).toBe(false);
});

it("takes no particulars of another code", ({ expect }) => {
  // @ts-expect-error an offset is no part of this code
  expect(new RegistryError("TAG_EXISTS", { message: "there", detail: { offset: 7 } }).code).toBe("TAG_EXISTS");
  // @ts-expect-error this code has no particulars
  expect(new RegistryError("UNSUPPORTED", { message: "no", detail: { name: "x" } }).message).toBe("no");
});

it("says all that is wrong", ({ expect }) => {
  const error = new RegistryError("MANIFEST_INVALID", [{ message: "no config" }, { message: "no layers" }]);
  expect(error.message).toBe("no config; no layers");
  expect(error.detail).toBeUndefined();
});

it("is no other error", ({ expect }) => {
  expect(new TypeError("bug")).not.toBeInstanceOf(RegistryError);
  const nothing: unknown = undefined;
  expect(nothing instanceof RegistryError).toBe(false);
});
