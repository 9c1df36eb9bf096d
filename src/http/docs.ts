/** The description of the APIs for people: the pages below `/docs`, and for programs: `/openapi.json`. */
import { createHash } from "node:crypto";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { renderApiError } from "./api/errors.ts";
import { boundAnswers } from "./bound-answers.ts";
import type { AppEnv } from "./context.ts";
import { isLanguage, wantedLanguage } from "./docs/languages.ts";
import { DOCS_CSS } from "./docs/style.ts";
import { unknownRoute } from "./errors.ts";
import { describeApi, type OpenApiDocument } from "./openapi-document.ts";
import { addressForClient, requestPath } from "./public-address.ts";

/** The description changes with the Worker only. */
const CACHING = "public, max-age=300";

const STYLE_HASH = createHash("sha256").update(DOCS_CSS).digest("base64");
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** The binding looks at the path alone. The request's own headers are not for the file: it is read whole, and not compressed. */
const ASSETS_ORIGIN = "https://assets.invalid";

/** What the console's build leaves for these pages: `scripts/local/guides.ts`. */
const GuideFile = z.object({ html: z.string() });
const GuideParts = z.array(z.object({ guide: z.string(), anchor: z.string(), title: z.string(), text: z.string() }));

/** The pages and their Chinese texts, which are as large as all schemas: few isolates are asked for them. */
function load() {
  return import("./docs/pages.ts");
}

/** @param source the router whose routes are described, all of which it must have by the first request. */
export function documentation(source: OpenAPIHono<AppEnv>): Hono<AppEnv> {
  let document: OpenApiDocument | undefined;
  let json: string | undefined;
  const describe = () => (document ??= describeApi(source));

  async function answerPage(c: Context<AppEnv>, path: string): Promise<Response> {
    const { guideOf, renderPage, siteOf } = await load();
    const language = c.req.param("language") ?? "";
    if (!isLanguage(language)) throw unknownRoute(c, "the documentation");
    const guide = guideOf(path);
    const text = guide && (await readFile(c, `/guides/${language}/${guide}.json`, GuideFile));
    const page = renderPage(siteOf(describe(), addressForClient(c), language), path, text);
    if (page === undefined) throw unknownRoute(c, "the documentation");
    c.header("Cache-Control", CACHING);
    c.header("Content-Security-Policy", POLICY);
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Referrer-Policy", "no-referrer");
    return c.html(page);
  }

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
    .get("/docs", (c) => {
      // The address has no language, so the answer depends on who asks.
      c.header("Cache-Control", "no-store");
      return c.redirect(`/docs/${wantedLanguage(c)}${requestPath(c).search}`);
    })
    .get("/docs/:language/search.json", boundAnswers, async (c) => {
      const { searchIndex, siteOf } = await load();
      const language = c.req.param("language");
      if (!isLanguage(language)) throw unknownRoute(c, "the documentation");
      const parts = await readFile(c, `/guides/${language}/parts.json`, GuideParts);
      c.header("Cache-Control", CACHING);
      c.header("X-Content-Type-Options", "nosniff");
      return c.json(searchIndex(siteOf(describe(), addressForClient(c), language), parts ?? []));
    })
    .get("/docs/:language", boundAnswers, (c) => answerPage(c, ""))
    .get("/docs/:language/:page", boundAnswers, (c) => answerPage(c, c.req.param("page")))
    .get("/docs/:language/guides/:guide", boundAnswers, (c) => answerPage(c, `guides/${c.req.param("guide")}`))
    .onError(renderApiError);
}

/** A file of the console's build; undefined where the deployment has none, or another one. */
async function readFile<S extends z.ZodType>(
  c: Context<AppEnv>,
  path: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  const asset = await c.env.ASSETS.fetch(`${ASSETS_ORIGIN}${path}`);
  if (!asset.ok) {
    await asset.body?.cancel();
    return undefined;
  }
  const parsed = schema.safeParse(await asset.json().catch(() => undefined));
  return parsed.success ? parsed.data : undefined;
}
