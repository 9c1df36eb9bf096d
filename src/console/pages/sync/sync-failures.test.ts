import { expect, it } from "vitest";
import type { SyncJob } from "../../api/sync.ts";
import { lastingFailures } from "./sync-failures.ts";

const JOB: SyncJob = {
  id: 1,
  image: "acme/web",
  rule: null,
  operation: "copy",
  tag: "1.0",
  digest: "sha256:00",
  remote: "tokyo",
  remoteOrganization: "team",
  override: false,
  referrers: false,
  user: "alice",
  status: "failed",
  tries: 12,
  detail: "the target refused",
  reasons: [],
  bytesDone: 0,
  bytesTotal: null,
  created: "2026-11-30T12:00:00Z",
  started: null,
  next: null,
  finished: "2026-11-30T13:00:00Z",
};

const failuresOf = (...jobs: Partial<SyncJob>[]) => lastingFailures(jobs.map((job) => ({ ...JOB, ...job })));

it.for(["failed", "timeout", "existed"] as const)("a tag whose last job ended as %s has failed", (status) => {
  expect(failuresOf({ status })).toHaveLength(1);
});

it.for(["waiting", "running", "success", "cancel"] as const)("a later job that is %s settles it", (status) => {
  expect(failuresOf({ id: 2, status }, {})).toEqual([]);
});

it("another tag, image or target settles nothing", () => {
  const others: Partial<SyncJob>[] = [
    { tag: "1.1" },
    { image: "acme/api" },
    { remote: "osaka" },
    { remoteOrganization: "" },
  ];
  expect(failuresOf(...others.map((other): Partial<SyncJob> => ({ ...other, status: "success" })), {})).toHaveLength(1);
});

it("a tag that failed twice is told once, with its last job", () => {
  expect(failuresOf({ id: 2 }, { id: 1 }).map(({ id }) => id)).toEqual([2]);
});
