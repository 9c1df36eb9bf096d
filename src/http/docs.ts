/** The description of the APIs for people: `/docs`, one page without a script, and for programs: `/openapi.json`. */
import { createHash } from "node:crypto";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import { renderApiError } from "./api/errors.ts";
import { boundAnswers } from "./bound-answers.ts";
import type { AppEnv } from "./context.ts";
import { DOCS_CSS } from "./docs-css.ts";
import { renderDocs } from "./docs-page.ts";
import { describeApi, type OpenApiDocument } from "./openapi-document.ts";
import { addressForClient } from "./public-address.ts";

/** The description changes with the Worker only. */
const CACHING = "public, max-age=300";

const STYLE_HASH = createHash("sha256").update(DOCS_CSS).digest("base64");
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @param source the router whose routes are described, all of which it must have by the first request. */
export function documentation(source: OpenAPIHono<AppEnv>): Hono<AppEnv> {
  let document: OpenApiDocument | undefined;
  let json: string | undefined;
  let page: { origin: string; html: string } | undefined;
  const describe = () => (document ??= describeApi(source));

  return new Hono<AppEnv>()
    .get("/openapi.json", boundAnswers, (c) => {
      json ??= JSON.stringify(describe());
      c.header("Content-Type", "application/json");
      c.header("Cache-Control", CACHING);
      c.header("X-Content-Type-Options", "nosniff");
      // Tools that show the description run on other sites, and it holds nothing that is not for all.
      c.header("Access-Control-Allow-Origin", "*");
      return c.body(json);
    })
    .get("/docs", boundAnswers, async (c) => {
      const origin = addressForClient(c);
      if (page?.origin !== origin) page = { origin, html: String(await renderDocs(describe(), origin)) };
      c.header("Cache-Control", CACHING);
      c.header("Content-Security-Policy", POLICY);
      c.header("X-Content-Type-Options", "nosniff");
      c.header("Referrer-Policy", "no-referrer");
      return c.html(page.html);
    })
    .onError(renderApiError);
}
