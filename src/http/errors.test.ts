import { Hono } from "hono";
import { it, vi } from "vitest";
import type { AppEnv } from "./context.ts";
import { describeFailure } from "./errors.ts";

it.for([
  ["D1_ERROR: database or disk is full: SQLITE_FULL", 503],
  ["disk I/O error: SQLITE_IOERR", 503],
  ["uploadPart: We encountered an internal error. Please try again. (10001)", 503],
  ["internal error; reference = bjqkb8lbe59ue7tl0jjjbrbn", 503],
  ["D1_ERROR: no such table: users: SQLITE_ERROR", 500],
  ["Cannot read properties of undefined (reading 'id')", 500],
] as const)(
  "storage that says %j makes a %i, told in one line where the operator can mend it",
  async ([message, status], { expect }) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const app = new Hono<AppEnv>().get("/v2/", () => {
      throw new Error(`Failed query: … params: secret, SQLITE_FULL`, { cause: new Error(message) });
    });
    app.onError((error, c) => {
      const failure = describeFailure(error, c);
      return c.json(failure, failure.status);
    });
    const response = await app.request("/v2/");
    expect(response.status).toBe(status);
    expect(response.headers.get("Retry-After")).toBe(status === 503 ? "10" : null);
    expect(log.mock.calls[0]?.some((part) => part instanceof Error)).toBe(status === 500);
    if (status === 503) expect(log.mock.calls).toEqual([[`GET /v2/ failed, because storage did: ${message}`]]);
    log.mockRestore();
  },
);
