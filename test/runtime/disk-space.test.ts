import { expect, test } from "vitest";
import { admission } from "../../scripts/local/admission.ts";
import { DiskSpace } from "../../scripts/local/disk-space.ts";
import { temporaryDirectory } from "./programs.ts";

/** What a request that is said to be larger than any disk gets. */
function statusOf(method: string, target: string, isTls: boolean): number | undefined {
  const disk = new DiskSpace(temporaryDirectory(), () => undefined);
  const admit = admission({ isTls, check: (head) => disk.requireRoom(head) });
  const head = { method, version: "HTTP/1.1", headers: [["host", "localhost"]] as [string, string][] };
  try {
    admit({ ...head, target, bodyBytes: Number.MAX_SAFE_INTEGER }, "127.0.0.1");
    return undefined;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

const PUSHES = [
  "/v2/demo/web/blobs/uploads/",
  "/./v2/demo/web/blobs/uploads/",
  "/api/../v2/demo/web/blobs/uploads/",
  "/%76%32/demo/web/blobs/uploads/",
  "/v2%2fdemo/web/blobs/uploads/",
  "/%zz/v2/demo/web/blobs/uploads/",
];

test.for([false, true])("a push is known however its path is written (over TLS: %s)", (isTls) => {
  for (const method of ["POST", "PUT", "PATCH"]) {
    for (const path of PUSHES) expect([path, statusOf(method, path, isTls)]).toEqual([path, 507]);
    const absolute = `${isTls ? "https" : "http"}://localhost/v2/demo/web/blobs/uploads/`;
    expect(statusOf(method, absolute, isTls)).toBe(507);
  }
  for (const [method, path] of [
    ["GET", "/v2/demo/web/manifests/1"],
    ["DELETE", "/v2/demo/web/manifests/1"],
    ["POST", "/api/session"],
    ["POST", "/v2/manage/namespaces"],
  ] as const) {
    expect([path, statusOf(method, path, isTls)]).toEqual([path, undefined]);
  }
});
