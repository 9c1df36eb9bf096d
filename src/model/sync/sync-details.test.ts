import { it } from "vitest";
import { syncReason } from "../../kernel/sync-reasons.ts";
import { readDetail, writeDetail } from "./sync-details.ts";

it("reads what it has written, as a sentence and in codes", ({ expect }) => {
  const reasons = [
    syncReason("REFUSED", { host: "elsewhere:443", status: 503, message: 'busy "$&" \0' }),
    syncReason("GIVEN_UP_AFTER_DAYS", { days: 3 }),
  ];
  const detail = 'elsewhere:443 answered 503: busy "$&" \0; given up after 3 days';
  expect(readDetail(writeDetail(reasons))).toEqual({ detail, reasons });
});

it.for(["copied", "", "[::1]:443 answered 403: no", '[{"code":"FROM_LATER","values":{}}]', "[{", "[]"])(
  "leaves the sentence %j as it is",
  (detail, { expect }) => {
    expect(readDetail(detail)).toEqual({ detail, reasons: [] });
  },
);
