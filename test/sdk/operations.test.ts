/** Every operation of Huawei's SDK for SWR, signed, against `npm start`: what it answers and how it refuses. */
import { describe, expect, test } from "vitest";
import { account } from "./operations/account.ts";
import { images } from "./operations/images.ts";
import { organizations } from "./operations/organizations.ts";
import { retentions } from "./operations/retentions.ts";
import { sharing } from "./operations/sharing.ts";
import { synchronization } from "./operations/sync.ts";
import { tags } from "./operations/tags.ts";
import { triggers } from "./operations/triggers.ts";
import { OPERATIONS, SdkUser, useRegistry } from "./sdk-registry.ts";

const setting = useRegistry({ ORGANIZATION_QUOTA: "5", ALLOWED_TARGETS: "127.0.0.1" });

describe("organizations", () => {
  organizations(setting);
});
describe("images", () => {
  images(setting);
});
describe("tags", () => {
  tags(setting);
});
describe("sharing", () => {
  sharing(setting);
});
describe("retentions", () => {
  retentions(setting);
});
describe("triggers", () => {
  triggers(setting);
});
describe("synchronization", () => {
  synchronization(setting);
});
describe("account", () => {
  account(setting);
});

test("no operation of the SDK was left out", () => {
  expect(OPERATIONS).toHaveLength(49);
  expect(SdkUser.neverCalled).toEqual([]);
});
