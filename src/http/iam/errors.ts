import { createErrorRenderer, joinMessages } from "../errors.ts";

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
export const renderIamError = createErrorRenderer({
  body: (_, problems, status) => ({
    error: { code: status, message: joinMessages(problems), title: TITLES[status] ?? "Error" },
  }),
});
