/** The description of both management APIs, OpenAPI 3.1, made from the routes themselves. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { SESSION_COOKIE } from "./auth/cookie.ts";
import type { AppEnv } from "./context.ts";
import { z } from "./openapi.ts";

type Router = OpenAPIHono<AppEnv>;
export type OpenApiDocument = ReturnType<Router["getOpenAPI31Document"]>;
type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
export type Operation = NonNullable<PathItem["get"]>;
type Security = NonNullable<Operation["security"]>;

export const METHODS = ["get", "put", "post", "patch", "delete"] as const;

// --- How the APIs refuse ---

const ApiError = z
  .object({
    errors: z
      .array(
        z.object({
          code: z.string().openapi({ example: "REPOSITORY_UNKNOWN" }),
          message: z.string().openapi({ description: "A sentence that names the culprit." }),
          detail: z.record(z.string(), z.unknown()).optional().openapi({ description: "Particulars, such as names." }),
          reason: z
            .object({
              code: z.string().openapi({ example: "URL_TOO_LONG" }),
              values: z.record(z.string(), z.unknown()).openapi({ description: "As those of `Reason`." }),
              field: z.string().optional().openapi({ description: "What of the request is wrong.", example: "url" }),
            })
            .optional()
            .openapi({ description: "The sentence in codes, where it says more than `code`." }),
        }),
      )
      .min(1),
    requestId: z
      .string()
      .optional()
      .openapi({ description: "The request's id in the registry's log, as `X-Request-Id` has it." }),
  })
  .openapi("ApiError");

const SwrError = z
  .object({
    errors: z.array(z.object({ errorCode: z.string(), errorMessage: z.string(), detail: z.string() })).min(1),
    error_code: z.string().openapi({ example: "SVCSTG.SWR.4040113" }),
    error_msg: z.string(),
    details: z.array(z.object({ error_code: z.string(), error_msg: z.string() })).min(1),
  })
  .openapi("SwrError", { description: "The newer and the older of SWR's formats at once: clients read either." });

const IamError = z
  .object({ error: z.object({ code: z.int(), message: z.string(), title: z.string() }) })
  .openapi("IamError");

const CceError = z
  .object({ errorCode: z.string(), errorMessage: z.string(), error_code: z.string(), error_msg: z.string() })
  .openapi("CceError");

const ERRORS = {
  ApiError: { schema: ApiError, description: "A refusal: what is wrong, and why." },
  SwrError: { schema: SwrError, description: "A refusal as SWR words it." },
  IamError: { schema: IamError, description: "A refusal as IAM words it." },
  CceError: { schema: CceError, description: "A refusal as CCE words it." },
};

// --- Who may ask ---

const SECURITY_SCHEMES = {
  basic: {
    type: "http",
    scheme: "basic",
    description: "Name and password of a user.",
  },
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A token of `GET /token`, asked for without a scope. It lives for five minutes.",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: `__Host-${SESSION_COOKIE}`,
    description: `The cookie of a browser that has logged in. On one's own machine, without TLS, it is called \`${SESSION_COOKIE}\`.`,
  },
  token: {
    type: "apiKey",
    in: "header",
    name: "X-Auth-Token",
    description: "A token of `POST /v3/auth/tokens`, which comes in its answer's `X-Subject-Token`.",
  },
  signature: {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description:
      "`SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`, made with an access key as Huawei's SDKs do, and " +
      "`X-Sdk-Date`. A signature is good for 15 minutes and, if it changes something, for one request.",
  },
} as const;

const ALL_SCHEMES: Security = Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] }));

// --- What there is ---

/** Which API a path belongs to, and how that API answers errors, by the beginning of the path. The first match counts. */
export const SURFACES = [
  { prefix: "/api/v3/", name: "CCE", errors: "CceError" },
  { prefix: "/api/", name: "Berth", errors: "ApiError" },
  { prefix: "/v2/manage/", name: "SWR", errors: "SwrError" },
  { prefix: "/v3/manage/", name: "SWR", errors: "SwrError" },
  { prefix: "/v3/", name: "IAM", errors: "IamError" },
  { prefix: "/v3.0/", name: "IAM", errors: "IamError" },
  { prefix: "/", name: "SWR", errors: "SwrError" },
] as const;

export function surfaceOf(path: string): (typeof SURFACES)[number] {
  const surface = SURFACES.find(({ prefix }) => path.startsWith(prefix));
  if (!surface) throw new Error(`${path} is no path`);
  return surface;
}

const TAGS: Readonly<Record<string, string>> = {
  Session: "Signing in and out, and the current user.",
  Accounts: "Tenants, each with users and organizations of its own.",
  Users: "Users of an account.",
  Logins: "Browsers, tokens and container tools that are logged in, to be looked at and ended.",
  "Access keys": "Pairs of a key and a secret, for signed requests and permanent login commands.",
  "Trusted issuers": "Whose jobs log in with tokens of their own.",
  "Login commands": "What `docker login` is given.",
  Organizations: "Organizations, which hold images.",
  "Organization permissions": "Who may do what with all images of an organization.",
  Images: "Images, their properties and what is in them.",
  "Image permissions": "Who may do what with one image.",
  "Image tags": "Tags of an image.",
  Sharing: "Private images that other accounts may pull.",
  "Immutable tags": "Rules that keep tags where they are.",
  Aging: "Rules by which old tags are deleted, and restoring them.",
  Quotas: "What accounts and organizations have of what all share, and may have.",
  "Remote registries": "Registries elsewhere, which images are synchronized to and fetched from.",
  "Pull-through caches": "Organizations that stand for a registry elsewhere, from which their images come.",
  "Garbage collection": "Removing what nothing needs any more, and what is stored.",
  Secrets: "Exchanging the secrets that the deployment keeps others under.",
  Triggers: "What a push of a tag sets off, and what became of it.",
  Clusters: "Kubernetes clusters whose workloads triggers update.",
  Synchronization: "Which tags are copied to remote registries, and what became of it.",
  Audit: "Who did what, when and from where.",
  Overview: "Quotas and numbers of an account.",
  Versions: "Which versions of the API there are.",
  IAM: "Tokens, projects, domains and users.",
  Replication: "What Harbor's adapter for SWR asks for, to copy images from here and to here.",
};

const INTRODUCTION = `Two APIs manage the registry: Berth's own under \`/api/\`, and SWR's under \`/v2/manage/\`, which
Huawei's SDKs and Terraform provider work with unmodified, with as much of IAM under \`/v3/\` and \`/v3.0/\`, and of CCE
under \`/api/v3/\`, as they need. \`/dockyard/v2/\` is for Harbor's replications. Images are
pushed and pulled by the registry API under \`/v2/\`, which the OCI distribution specification describes.

In paths, \`$\` stands for the \`/\` in the name of an image; those of \`/api/\` take \`%2F\` as well. Lists of \`/api/\` page
by a cursor: \`next\` of an answer is the \`cursor\` of the next request. Bodies are JSON of at most 1 MiB; \`/api/\` refuses fields that it does not know.`;

/** The key of the answer that stands for all refusals, which every operation has. */
export const STANDARD_RESPONSE = "default";

/** Describes all routes of a router that are declared with schemas. */
export function describeApi(router: Router): OpenApiDocument {
  const registry = router.openAPIRegistry;
  for (const [name, { schema }] of Object.entries(ERRORS)) registry.register(name, schema);
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    registry.registerComponent("securitySchemes", name, scheme);
  }
  for (const [name, { description }] of Object.entries(ERRORS)) {
    const content = { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } };
    registry.registerComponent("responses", name, { description, content });
  }
  const document = router.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Berth", version: "2.0", description: INTRODUCTION },
    servers: [{ url: "/", description: "This registry." }],
  });
  const operations = operationsOf(document);
  for (const { path, operation } of operations) completeOperation(operation, surfaceOf(path).errors);
  const used = new Set(operations.flatMap(({ operation }) => operation.tags ?? []));
  document.tags = Object.entries(TAGS).flatMap(([name, description]) =>
    used.has(name) ? [{ name, description }] : [],
  );
  return document;
}

/** What all operations of an API have in common: their errors and their credentials. */
function completeOperation(operation: Operation, errors: keyof typeof ERRORS): void {
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${errors}` } } };
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    // A refusal that a route tells of has the body of all others.
    if (Number(status) >= 400 && !("$ref" in response)) response.content ??= content;
  }
  operation.responses = { ...operation.responses, [STANDARD_RESPONSE]: { $ref: `#/components/responses/${errors}` } };
  const own = operation.security;
  const isOptional = own?.some((scheme) => Object.keys(scheme).length === 0) === true;
  if (own === undefined) operation.security = ALL_SCHEMES;
  else if (isOptional) operation.security = [...ALL_SCHEMES, {}];
}

export interface DescribedOperation {
  path: string;
  method: (typeof METHODS)[number];
  operation: Operation;
}

export function operationsOf(document: OpenApiDocument): DescribedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}
