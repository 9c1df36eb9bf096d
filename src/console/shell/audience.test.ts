import { it } from "vitest";
import { isFor } from "./audience.ts";

const userOf = (role: "member" | "administrator" | "operator") => ({ id: "7", name: "alice", account: "acme", role });

it.for([
  [null, ["anyone"]],
  [userOf("member"), ["anyone", "user"]],
  [userOf("administrator"), ["anyone", "user", "administrator"]],
  [userOf("operator"), ["anyone", "user", "administrator", "operator"]],
] as const)("shows to %j what is for %j", ([user, audiences], { expect }) => {
  const all = ["anyone", "user", "administrator", "operator"] as const;
  expect(all.filter((audience) => isFor(audience, user))).toEqual(audiences);
});
