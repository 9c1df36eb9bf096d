import type { Context } from "hono";
import { RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { asRefusal, describeFailure, setRetryAfter, STATUS } from "../errors.ts";
import { auditRefusal } from "../refusals.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Renders what a handler threw as IAM does: `{"error": {code, message, title}}`. */
export function renderIamError(thrown: Error, c: Context<AppEnv>): Response {
  const error = asRefusal(thrown);
  if (!(error instanceof RegistryError)) {
    const { status, message } = describeFailure(error, c);
    return c.json(iamErrorBody(status, message), status);
  }
  auditRefusal(c, error);
  setRetryAfter(c, error);
  const status = STATUS[error.code];
  return c.json(iamErrorBody(status, error.message), status);
}

function iamErrorBody(status: number, message: string) {
  return { error: { code: status, message, title: TITLES[status] ?? "Error" } };
}
