import { it } from "vitest";
import { readProblems } from "../../client/api/problems.ts";
import { ApiError, refusalOf } from "./error.ts";
import { createQueryClient } from "./query-client.ts";

const refusal = new Response(null, { status: 404, statusText: "Not Found" });

it("reads what Berth's own API refuses, with its particulars", ({ expect }) => {
  const body = { errors: [{ code: "TAG_INVALID", message: "the tag is too long", detail: { field: "tag" } }] };
  const error = new ApiError(400, readProblems(body));
  expect(error).toMatchObject({ status: 400, code: "TAG_INVALID", message: "the tag is too long" });
  expect(error.detail).toEqual({ field: "tag" });
});

it("reads what SWR's API refuses", ({ expect }) => {
  const body = {
    errors: [{ errorCode: "SVCSTG.SWR.4040113", errorMessage: "there is no image web", detail: "" }],
    error_code: "SVCSTG.SWR.4040113",
    error_msg: "there is no image web",
  };
  expect(readProblems(body)).toEqual([
    { code: "SVCSTG.SWR.4040113", message: "there is no image web", detail: undefined },
  ]);
});

it("tells of every problem of an answer", ({ expect }) => {
  const errors = [
    { code: "PARAMETER_INVALID", message: "name: too long", detail: { field: "name" } },
    { code: "PARAMETER_INVALID", message: "role: unknown", detail: { field: "role" } },
  ];
  expect(new ApiError(400, readProblems({ errors })).message).toBe("name: too long role: unknown");
});

it.for([undefined, "", "<html>", null, [], { errors: [] }, { errors: ["x"] }, { errors: [{ code: 1 }] }])(
  "falls back to the status for a body like %j",
  (body, { expect }) => {
    expect(refusalOf(refusal, readProblems(body)).problems).toEqual([{ code: "HTTP_404", message: "404 Not Found" }]);
  },
);

it("repeats queries that may pass, twice, and no refusal", ({ expect }) => {
  const retry = createQueryClient().getDefaultOptions().queries?.retry;
  if (typeof retry !== "function") throw new Error("retry is no function");
  const outage = new ApiError(503, [{ code: "UNAVAILABLE", message: "" }]);
  const offline = new ApiError(0, [{ code: "NETWORK", message: "" }]);
  const denied = new ApiError(403, [{ code: "DENIED", message: "" }]);
  expect([outage, offline, denied, new TypeError("a bug")].map((error) => retry(0, error))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(retry(2, outage)).toBe(false);
});
