/** A `fetch` for browsers and their workers that tells how much of a body has left, which their own does not. */
import type { Fetch, FetchInit } from "./http.ts";

/** As the platform's `fetch`; a body whose sender wants to know how far it is goes through `XMLHttpRequest`. */
export const fetchWithProgress: Fetch = (url, init) => {
  const { body, onSent } = init;
  if (!onSent || body === undefined || body instanceof ReadableStream) return fetch(url, init);
  return send(url, init, body, onSent);
};

/** @throws TypeError when no answer came; the signal's reason. */
function send(
  url: string,
  { method, headers, signal }: FetchInit,
  body: Exclude<FetchInit["body"], ReadableStream | undefined>,
  onSent: (bytes: number) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, url);
    request.responseType = "arraybuffer";
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    request.addEventListener("load", () => resolve(responseOf(request)));
    request.addEventListener("error", () => reject(new TypeError("the connection failed")));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
}

/** Statuses with which an answer has no body (Fetch standard, "null body status"). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

function responseOf(request: XMLHttpRequest): Response {
  const lines = request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/);
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trim()]] : [];
  });
  const { status, statusText } = request;
  return new Response(WITHOUT_BODY.has(status) ? null : (request.response as ArrayBuffer), {
    status,
    statusText,
    headers,
  });
}
