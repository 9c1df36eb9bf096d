/** Requests for bytes of a blob between the Worker and the object that gets it, and the answers to them. */
import type { Stores } from "../../storage/stores.ts";
import type { BlobOrigin } from "./blob-origin.ts";
import { ASK_HEADER, type BlobBytesAsk, REFUSED_STATUS, type UpstreamRefusal } from "./upstream-contract.ts";

/** The host is none: the object is known by its name. */
const URL_OF_OWNER = "https://upstream/blob";

export function requestBlob(ask: BlobBytesAsk): Request {
  return new Request(URL_OF_OWNER, { headers: { [ASK_HEADER]: encodeURIComponent(JSON.stringify(ask)) } });
}

/** Only the Worker itself sends such requests. */
export function readBlobAsk(request: Request): BlobBytesAsk {
  return JSON.parse(decodeURIComponent(request.headers.get(ASK_HEADER) ?? "")) as BlobBytesAsk;
}

export async function answerBlob(stores: Stores, origin: BlobOrigin, ask: BlobBytesAsk): Promise<Response> {
  const source = await origin.open(stores, ask);
  if ("outcome" in source) return Response.json(source, { status: REFUSED_STATUS });
  return new Response(await source.read(stores, ask.range));
}

/** @returns the bytes, or why there are none. */
export async function readBlobAnswer(answer: Response): Promise<ReadableStream | UpstreamRefusal> {
  if (answer.status === REFUSED_STATUS) return answer.json<UpstreamRefusal>();
  if (!answer.ok || !answer.body) throw new Error(`the owner of a blob answered ${answer.status}`);
  return answer.body;
}
