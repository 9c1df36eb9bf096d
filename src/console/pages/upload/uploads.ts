/** The one queue of this window. */
import { useSyncExternalStore } from "react";
import { reportSessionEnd } from "../../api/session-end.ts";
import { UploadQueue, type Uploads } from "./upload-queue.ts";
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

addEventListener("beforeunload", (event) => {
  if (uploadQueue.isBusy) event.preventDefault();
});

export function useUploads(): Uploads {
  return useSyncExternalStore(uploadQueue.subscribe, uploadQueue.snapshot);
}
