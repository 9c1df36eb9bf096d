import { it } from "vitest";
import { reason } from "../kernel/reasons.ts";
import { readDetail } from "./read-detail.ts";
import { writeDetail } from "./write-detail.ts";

it("reads what it has written, as a sentence and in codes", ({ expect }) => {
  const reasons = [
    reason("REFUSED", { host: "elsewhere:443", status: 503, message: 'busy "$&" \0' }),
    reason("GIVEN_UP_AFTER_DAYS", { days: 3 }),
  ];
  const detail = 'elsewhere:443 answered 503: busy "$&" \0; given up after 3 days';
  expect(readDetail(writeDetail(reasons))).toEqual({ detail, reasons });
});

it("reads reasons that are parts of others", ({ expect }) => {
  const why = reason("PODS_UPDATED_OF", { part: 1, whole: 3 });
  const reasons = [
    reason("ROLLOUT_TOO_LONG", {
      minutes: 10,
      why: reason("IMAGE_WAS_SET", { workload: "web", image: "w:1", rollout: why }),
    }),
  ];
  const detail = "the rollout did not complete within 10 minutes: web was set to w:1: 1 of 3 pods are updated";
  expect(readDetail(writeDetail(reasons))).toEqual({ detail, reasons });
});

it("takes no endless nesting for reasons", ({ expect }) => {
  const nested = '{"code":"ROLLOUT_UNWATCHED","values":{"why":';
  const text = `[${nested.repeat(2000)}1${"}}".repeat(2000)}]`;
  expect(readDetail(text)).toEqual({ detail: text, reasons: [] });
});

it.for(["copied", "", "[::1]:443 answered 403: no", '[{"code":"FROM_LATER","values":{}}]', "[{", "[]"])(
  "leaves the sentence %j as it is",
  (detail, { expect }) => {
    expect(readDetail(detail)).toEqual({ detail, reasons: [] });
  },
);
