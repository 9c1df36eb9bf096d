import { expectTypeOf, it } from "vitest";
import type { Credentials, Manager, RegistryCaller, User, Visitor } from "../../model/rights/access.ts";
import type { Call } from "../call.ts";
import { managerOf, visitorOf } from "./callers.ts";

const user: User = { id: 1, name: "alice", accountId: 1, accountName: "acme", role: "administrator" };
const own: Credentials = { user, reach: "account", address: "192.0.2.1", passwordChanges: 2 };
const loginCommand: Credentials = { ...own, reach: "registry" };
const nobody: Credentials = { user: undefined, reach: "registry", address: "192.0.2.1" };

it("lets a user manage with credentials of the account", ({ expect }) => {
  expect(managerOf(own)).toEqual({ api: "management", user, address: "192.0.2.1", passwordChanges: 2 });
});

it("lets nobody manage with a login command's credentials, nor look", ({ expect }) => {
  const denied = expect.objectContaining({ code: "DENIED" });
  expect(() => managerOf(loginCommand)).toThrow(denied);
  expect(() => visitorOf(loginCommand)).toThrow(denied);
});

it("lets somebody without credentials look, and not manage", ({ expect }) => {
  expect(visitorOf(nobody).user).toBeUndefined();
  expect(() => managerOf(nobody)).toThrow(expect.objectContaining({ code: "UNAUTHORIZED" }));
});

it("has types that cannot be confused", ({ expect }) => {
  expectTypeOf<Call<Manager>>().toExtend<Call<Visitor>>();
  expectTypeOf<Call<Visitor>>().not.toExtend<Call<Manager>>();
  expectTypeOf<Call<Visitor>>().not.toExtend<Call<RegistryCaller>>();
  expectTypeOf<Call<RegistryCaller & { user: User }>>().not.toExtend<Call<Visitor>>();
  expectTypeOf<Credentials & { user: User }>().not.toExtend<Manager>();
  expect(managerOf(own)).toMatchObject(visitorOf(own));
});
