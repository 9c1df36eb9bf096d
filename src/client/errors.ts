/** What can go wrong between this client and a registry. Archives have errors of their own, in `archive/archive-error.ts`. */

/** One entry of an OCI error body (OCI distribution-spec, "Error Codes"). */
export interface RegistryProblem {
  code: string;
  message: string;
  detail: unknown;
}

/** The registry has answered, and the answer is no. */
export class RegistryRefusal extends Error {
  override readonly name = "RegistryRefusal";
  readonly status: number;
  /** The registry's own code, such as `DENIED`; `UNKNOWN` when the answer has none. */
  readonly code: string;
  readonly detail: unknown;
  readonly headers: Headers;

  constructor(status: number, { code, message, detail }: RegistryProblem, headers: Headers = new Headers()) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.headers = headers;
  }
}

/** No answer came, also not after several tries: the network, or the registry, is gone. */
export class NetworkLost extends Error {
  override readonly name = "NetworkLost";
}

/** The registry has forgotten an upload, and what was sent cannot be read a second time. */
export class UploadLost extends Error {
  override readonly name = "UploadLost";
}

/** Bytes are not those that their digest or size names. */
export class ContentMismatch extends Error {
  override readonly name = "ContentMismatch";
}

/** The registry does not keep to OCI distribution-spec, in a way that nothing can be made of. */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
}

/** Whether a refusal says that the credentials are not, or no longer, good: the session has ended, the password is wrong. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof RegistryRefusal && error.status === 401;
}

/** Whether a refusal says that what was asked for is not there, or not for this user; of an upload, that it has ended. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RegistryRefusal && error.status === 404;
}

/** Whether a refusal says that this user may not do this, with whatever credentials. */
export function isDenied(error: unknown): boolean {
  return error instanceof RegistryRefusal && (error.status === 403 || error.code === "DENIED");
}

const MAX_ERROR_BODY_BYTES = 64 * 1024;

/**
 * Makes an error of an answer that is no success, whether a registry gave it or a proxy in front of one.
 *
 * @param asked where the request went first. Another server that it was redirected to has no say in where tokens are to
 * be had: its challenges are left out.
 */
export async function readRefusal(response: Response, asked: URL): Promise<RegistryRefusal> {
  const text = (await response.text().catch(() => "")).slice(0, MAX_ERROR_BODY_BYTES);
  const headers = new Headers(response.headers);
  if (response.redirected && URL.parse(response.url)?.origin !== asked.origin) headers.delete("WWW-Authenticate");
  return new RegistryRefusal(response.status, readProblem(response, text), headers);
}

function readProblem({ status, statusText }: Response, text: string): RegistryProblem {
  const problem = parseProblem(text);
  if (problem) return problem;
  if (status === 413) {
    const message = "the request is larger than what a proxy in front of the registry lets through (413)";
    return { code: "UNKNOWN", message, detail: undefined };
  }
  const title = /<title>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim();
  const said = title ?? (statusText || undefined);
  const message = `the registry answered ${status}${said === undefined ? "" : `: ${said}`}`;
  return { code: "UNKNOWN", message, detail: undefined };
}

function parseProblem(text: string): RegistryProblem | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const errors: unknown = isObject(body) ? body["errors"] : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isObject(first)) return undefined;
  const { code, message, detail } = first;
  if (typeof code !== "string") return undefined;
  return { code, message: typeof message === "string" && message !== "" ? message : code, detail };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
