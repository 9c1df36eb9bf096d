/** What something asks of the platform, as Cloudflare bills it, counted in the whole isolate: Durable Objects and entrypoints included. */
import { env } from "cloudflare:workers";
import { UploadSession } from "../../../src/storage/content/upload-session.ts";
import type { Operations } from "../cost.ts";
import { replaceMethod } from "./trips.ts";

const SESSION_METHODS = ["append", "cancel", "endIfIdle", "finish", "status", "store"] as const;
/** Longer than it takes until pulls are written down (src/registry/content/pulls.ts), which no request waits for. */
const SETTLING_MS = 1500;

/** Does something, and counts until what follows its answers is done. Requests are counted where they are sent. */
export async function operationsOf(act: () => Promise<unknown>): Promise<Omit<Operations, "requests">> {
  const counts = { rowsRead: 0, rowsWritten: 0, classA: 0, classB: 0, objectCalls: 0 };
  const note = ({ meta }: D1Result) => {
    counts.rowsRead += meta.rows_read;
    counts.rowsWritten += meta.rows_written;
  };
  const add = (key: "classA" | "classB" | "objectCalls") => (call: () => unknown) => {
    counts[key] += 1;
    return call();
  };
  const statement: D1PreparedStatement = Object.getPrototypeOf(env.DB.prepare("SELECT 1"));
  const all = Reflect.get(statement, "all");
  const noted = async (call: () => unknown) => {
    const result = await call();
    for (const one of Array.isArray(result) ? (result as D1Result[]) : [result as D1Result]) note(one);
    return result;
  };
  /** D1 does not tell what `raw` and `first` have read: a question is asked once more. What they write is not asked again. */
  const askedAgain = async (call: () => unknown, self: unknown) => {
    const result = await call();
    note(await Reflect.apply(all, self, []));
    return result;
  };
  const bucket: object = Object.getPrototypeOf(env.BUCKET);
  const upload = await env.BUCKET.createMultipartUpload("operations");
  const multipart: object = Object.getPrototypeOf(upload);
  await upload.abort();
  const replaced = [
    replaceMethod(Object.getPrototypeOf(env.DB), "batch", noted),
    replaceMethod(statement, "all", noted),
    replaceMethod(statement, "run", noted),
    replaceMethod(statement, "raw", askedAgain),
    replaceMethod(statement, "first", askedAgain),
    ...["put", "list", "createMultipartUpload"].map((name) => replaceMethod(bucket, name, add("classA"))),
    ...["uploadPart", "complete"].map((name) => replaceMethod(multipart, name, add("classA"))),
    ...["get", "head"].map((name) => replaceMethod(bucket, name, add("classB"))),
    ...SESSION_METHODS.map((name) => replaceMethod(UploadSession.prototype, name, add("objectCalls"))),
  ];
  try {
    await act();
    await scheduler.wait(SETTLING_MS);
    return counts;
  } finally {
    for (const restore of replaced) restore();
  }
}
