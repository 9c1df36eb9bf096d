/** The one queue of this window. */
import { useSyncExternalStore } from "react";
import { reportSessionEnd } from "../api/session-end.ts";
import { announceUploads, onUploadOwner } from "./presence.ts";
import { UploadQueue, type Uploads } from "./upload-queue.ts";
import { UploadRecords } from "./upload-records.ts";
import type { UploadNews, UploadOrder } from "./worker-protocol.ts";

export const uploadQueue = new UploadQueue((onNews) => {
  const worker = new Worker(new URL("./upload-worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<UploadNews>) => {
    // The page asks to sign in again, and the upload is taken up afterwards.
    if (data.news === "failed" && data.failure.kind === "refused" && data.failure.status === 401) reportSessionEnd();
    onNews(data);
  });
  return { send: (order: UploadOrder) => worker.postMessage(order, []) };
});

let records: UploadRecords | undefined;

onUploadOwner((user) => {
  records?.close();
  records = user === undefined ? undefined : new UploadRecords(user);
  uploadQueue.begin(records);
  records?.open((record) => uploadQueue.restore(record));
});

function askBeforeUnload(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

// Only while something is under way: a page that listens is not kept for going back to it.
uploadQueue.subscribe(() => {
  if (uploadQueue.isBusy) addEventListener("beforeunload", askBeforeUnload);
  else removeEventListener("beforeunload", askBeforeUnload);
  if (uploadQueue.snapshot().files.length > 0) announceUploads();
});

export function useUploads(): Uploads {
  return useSyncExternalStore(uploadQueue.subscribe, uploadQueue.snapshot);
}
