import { expect, test } from "vitest";
import { rebase } from "./draft.ts";

interface Terms {
  note: string;
  limit: { kind: string; value: number };
  until: string | undefined;
  isPublic: boolean;
}

test("a draft takes over what is there now where it was not changed", () => {
  const before: Terms = { note: "old", limit: { kind: "number", value: 1 }, until: undefined, isPublic: false };
  const now: Terms = { note: "theirs", limit: { kind: "number", value: 2 }, until: "2026-12-31", isPublic: true };
  const draft = { ...before, limit: { kind: "number", value: 1 }, note: "mine" };
  expect(rebase(draft, before, now)).toEqual({ ...now, note: "mine" });
  expect(rebase({ ...draft, until: "2027-01-01" }, before, now).until).toBe("2027-01-01");
  // Both changed it to the same: there is nothing to be lost.
  expect(rebase({ ...before, note: "theirs" }, before, now)).toEqual(now);
});
