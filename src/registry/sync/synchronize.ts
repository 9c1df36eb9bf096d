/**
 * Doing jobs of synchronization. Each invocation does a part of one that is bounded in time, and notes how far it came; the
 * queue brings it back for the rest. The Worker that does it holds a lease, and renews it all the time: when that stops, another goes on
 * from the last note (ADR 0030).
 */
import { NetworkLost, ProtocolViolation, RegistryRefusal, UploadLost, ContentMismatch } from "../../client/errors.ts";
import type { RegistryClient } from "../../client/registry-client.ts";
import { isTransient, retryAfterOf } from "../../client/retry.ts";
import { shorten } from "../../kernel/digest.ts";
import { type ErrorCode, RegistryError } from "../../kernel/errors.ts";
import { imageOf } from "../../kernel/reference.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { targetHost } from "../../model/outbound/targets.ts";
import { delayAfter, MAX_ATTEMPTS } from "../../model/triggers/deliveries.ts";
import {
  bytesOf,
  MAX_JOB_MS,
  NO_PROGRESS,
  readPlan,
  readProgress,
  type SyncPlan,
  type SyncProgress,
  type SyncStatus,
} from "../../model/sync/sync-jobs.ts";
import { remoteRepositoryOf } from "../../model/sync/sync-rules.ts";
import { Places } from "../../places.ts";
import type { RemoteRecord } from "../../storage/remotes/remotes.ts";
import {
  claimSyncJob,
  findSyncWork,
  finishSyncJob,
  noteSyncJob,
  releaseSyncJob,
  type SyncNote,
  type SyncTry,
  type SyncWork,
} from "../../storage/sync/sync-claims.ts";
import { deleteSyncJobs, isOvertaken, SUPERSEDED } from "../../storage/sync/sync-jobs.ts";
import type { Stores } from "../../storage/stores.ts";
import { counts } from "../metrics/counting.ts";
import { openRemote } from "../remotes/remote-client.ts";
import { planOf } from "./sync-plan.ts";
import { type CopyOutcome, SyncCopy } from "./sync-copy.ts";
import { enqueueSyncs, readWanted } from "./sync-queue.ts";

/** How long a job is whose it is, and how often that is put off, and its progress told. */
const LEASE_MS = 60_000;
const BEAT_MS = 3000;
/** From when on a step begins nothing more, and when it breaks off what is under way: a consumer of a queue has 15 minutes. */
const STEP_MS = 60_000;
const LONGEST_STEP_MS = 10 * 60_000;
/** How often a request is tried within a step. What fails longer is tried again later, by the job's own delays. */
const RETRY = { attempts: 3, delayMs: 500, maxDelayMs: 5000 };
/** Jobs that one isolate does at once, and those for one host among them: each holds buffers and connections. */
const places = new Places(8, 4);
/** After how long a job looks again for a place. */
const PLACE_WAIT_MS = 2000;
/** The address of a registry that does not know its own: of a name that nobody can have (RFC 6761). */
const NOWHERE = "https://registry.invalid";

/** The step's time is over. */
class StepOver extends Error {
  override readonly name = "StepOver";
}
/** Somebody has cancelled the job, or its lease has ended and another has it. */
class JobLost extends Error {
  override readonly name = "JobLost";
}

/** Does a part of a job if it is due. Does nothing for one that has ended, or that somebody else is at. */
export async function synchronize(stores: Stores, id: number): Promise<void> {
  const work = await findSyncWork(stores.db, id);
  if (!work || work.job.finishedAt !== null) return;
  const { job, remote, rule, repository } = work;
  // A row that the push has written and nobody has looked at since.
  if (rule && job.claims === 0 && !readWanted(rule, repository)(job.tag)) return deleteSyncJobs(stores.db, [id]);
  if (!remote) {
    const reasons = [reason("REMOTE_GONE", { remote: job.remote })];
    return void (await finishSyncJob(stores.db, job, { status: "failed", reasons }));
  }
  if (job.ruleId !== null && !rule) {
    const reasons = [reason("RULE_DELETED")];
    return void (await finishSyncJob(stores.db, job, { status: "cancel", reasons }));
  }
  const host = targetHost(new URL(remote.url));
  const holder = `sync ${id}`;
  if (!places.tryTake(holder, host)) return enqueueSyncs(stores, [id], PLACE_WAIT_MS);
  const leave = places.hold(holder, host);
  try {
    const claim = await claimSyncJob(stores.db, id, LEASE_MS, { accountId: job.accountId, host });
    if (!claim) return;
    if ("dueAt" in claim) return await enqueueSyncs(stores, [id], Math.max(claim.dueAt.getTime() - Date.now(), 0));
    await new Step(stores, { ...work, job: claim.job, remote }, host).run();
  } finally {
    leave();
  }
}

/** What is to become of a job after a step. */
type Outcome =
  | { kind: "end"; status: SyncStatus; reasons: Reason[]; tried?: Omit<SyncTry, "startedAt" | "duration"> }
  | { kind: "more" }
  | {
      kind: "retry";
      status: number | null;
      reasons: Reason[];
      retryAfter?: number | undefined;
      /** Whether it counts as a try. */
      isCounted: boolean;
      /** Whether the target gave no answer. */
      isSilent: boolean;
    }
  /** It is not ours any more. */
  | { kind: "lost" };

/** A part of a job, done by one invocation. */
class Step {
  readonly #stores: Stores;
  readonly #work: SyncWork & { remote: RemoteRecord };
  readonly #host: string;
  readonly #startedAt = new Date();
  readonly #stop = new AbortController();
  readonly #progress: SyncProgress;
  readonly #before: string;
  #plan: SyncPlan | undefined;
  #copy: SyncCopy | undefined;
  /** Requests that were counted against the paces already. */
  #counted = 0;

  constructor(stores: Stores, work: SyncWork & { remote: RemoteRecord }, host: string) {
    this.#stores = stores;
    this.#work = work;
    this.#host = host;
    this.#plan = readPlan(work.job.plan);
    this.#progress = this.#plan ? structuredClone(readProgress(work.job.progress)) : structuredClone(NO_PROGRESS);
    this.#before = this.#mark();
  }

  async run(): Promise<void> {
    const beat = setInterval(() => void this.#beat(), BEAT_MS);
    const end = setTimeout(() => this.#stop.abort(new StepOver()), LONGEST_STEP_MS);
    let outcome: Outcome;
    try {
      outcome = await this.#do();
    } catch (error) {
      outcome = this.#judge(error);
    } finally {
      clearInterval(beat);
      clearTimeout(end);
    }
    await this.#conclude(outcome);
  }

  async #do(): Promise<Outcome> {
    const { db } = this.#stores;
    const { job, remote } = this.#work;
    if (await isOvertaken(db, job)) return { kind: "end", status: "cancel", reasons: [SUPERSEDED] };
    const registry = job.registry || this.#stores.settings.publicUrls[0] || NOWHERE;
    const client = await openRemote(this.#stores, remote, { registry }, RETRY);
    return job.operation === "delete" ? this.#delete(client) : this.#run(client);
  }

  async #run(client: RegistryClient): Promise<Outcome> {
    const { job } = this.#work;
    if (!this.#plan) {
      this.#plan = await planOf(this.#stores, job);
      if (!this.#plan) return endWith("failed", reason("MANIFEST_GONE", { digest: job.digest }));
      await this.#note({ plan: JSON.stringify(this.#plan), bytesTotal: bytesOf(this.#plan) ?? null });
    }
    this.#copy = new SyncCopy({
      stores: this.#stores,
      work: this.#work,
      client,
      plan: this.#plan,
      progress: this.#progress,
      signal: this.#stop.signal,
      endsAt: this.#startedAt.getTime() + STEP_MS,
      note: () => this.#note(),
    });
    return endOf(await this.#copy.run());
  }

  /** Deletes the tag there, if it is what it was here. */
  async #delete(client: RegistryClient): Promise<Outcome> {
    const { job, repository } = this.#work;
    const { signal } = this.#stop;
    const target = remoteRepositoryOf(job.remoteOrganization, imageOf(repository));
    const there = await client.headManifest(target, job.tag, { signal });
    if (!there.isThere) return endWith("success", reason("NOT_THERE"));
    const digest = there.digest ?? (await client.findManifest(target, job.tag, { signal }))?.digest;
    if (digest !== job.digest && !job.overrides) {
      const { tag } = job;
      return endWith(
        "existed",
        digest === undefined
          ? reason("DELETION_DIFFERS_SOMEHOW", { tag })
          : reason("DELETION_DIFFERS", { tag, digest: shorten(digest) }),
      );
    }
    await this.#note();
    if (await isOvertaken(this.#stores.db, job)) return { kind: "end", status: "cancel", reasons: [SUPERSEDED] };
    await client.deleteManifest(target, job.tag, { signal });
    return endWith("success", reason("DELETED"));
  }

  /** Says that the job is still being done, and how far it is. A database that does not answer is asked again later. */
  async #beat(): Promise<void> {
    try {
      await this.#note();
    } catch (error) {
      if (error instanceof JobLost) this.#stop.abort(error);
      else console.warn(`job ${this.#work.job.id} of synchronization could not note its progress:`, error);
    }
  }

  async #note(more: SyncNote = {}): Promise<void> {
    const requests = this.#requests();
    const isOurs = await noteSyncJob(
      this.#stores.db,
      this.#work.job,
      { ...this.#written(), ...more },
      { leaseMs: LEASE_MS, requests, host: this.#host },
    );
    if (!isOurs) throw new JobLost();
  }

  #requests(): number {
    const all = this.#copy?.requests ?? 0;
    const fresh = all - this.#counted;
    this.#counted = all;
    return fresh;
  }

  #written(): SyncNote {
    return { progress: JSON.stringify(this.#progress), bytesDone: this.#copy?.bytes ?? this.#progress.bytes };
  }

  /** What is different once something has been brought on. */
  #mark(): string {
    const { parts, blobs, bytes, requestBytes } = this.#progress;
    return JSON.stringify({ parts, blobs, bytes, requestBytes });
  }

  #judge(error: unknown): Outcome {
    if (error instanceof JobLost) return { kind: "lost" };
    const sent = (this.#copy?.bytes ?? 0) > this.#progress.bytes;
    if (error instanceof StepOver) {
      if (sent || this.#mark() !== this.#before) return { kind: "more" };
      return retry(reason("NOTHING_TAKEN", { minutes: LONGEST_STEP_MS / 60_000 }), SILENT);
    }
    if (error instanceof RegistryRefusal) return this.#judgeRefusal(error);
    if (error instanceof RegistryError) {
      const [first] = error.problems;
      const message = first?.reason ?? clean(error.message);
      if (error.code !== "OVERLOADED")
        return endWith("failed", reason(OWN_REFUSALS[error.code] ?? "IMPOSSIBLE", { message }));
      return retry(reason("OVERLOADED", { message }), { isCounted: false, isSilent: false });
    }
    if (error instanceof NetworkLost) return retry(reason("NO_ANSWER", { message: clean(error.message) }), SILENT);
    if (error instanceof UploadLost || error instanceof ContentMismatch || error instanceof ProtocolViolation) {
      this.#progress.uploads = {};
      return retry(reason(codeOf(error), { message: clean(error.message) }), ANSWERED);
    }
    // A bug, or an outage on the way.
    console.error(`job ${this.#work.job.id} of synchronization failed:`, error);
    return retry(reason("REGISTRY_FAILED"), ANSWERED);
  }

  #judgeRefusal(error: RegistryRefusal): Outcome {
    const { status, code } = error;
    const reasons = [reason("REFUSED", { host: this.#host, status, message: clean(error.message) })];
    if (isTransient(status)) {
      return {
        kind: "retry",
        status,
        reasons,
        retryAfter: retryAfterOf(error.headers),
        ...ANSWERED,
      };
    }
    // What was there has been removed: all of it is looked at again.
    if (LACKING.has(code) && this.#progress.parts + this.#progress.blobs > 0) {
      Object.assign(this.#progress, { parts: 0, blobs: 0, uploads: {}, bytes: 0 });
      return { kind: "retry", status, reasons, ...ANSWERED };
    }
    return { kind: "end", status: "failed", reasons, tried: { status, reasons } };
  }

  async #conclude(outcome: Outcome): Promise<void> {
    if (outcome.kind === "lost") return;
    const { job } = this.#work;
    const { db } = this.#stores;
    const timing = { startedAt: this.#startedAt, duration: Date.now() - this.#startedAt.getTime() };
    const note = this.#written();
    if (outcome.kind === "end") {
      const { status, reasons } = outcome;
      const tried = outcome.tried && { ...outcome.tried, ...timing };
      const total = this.#plan && bytesOf(this.#plan);
      const bytesDone = status === "success" && total !== undefined ? total : note.bytesDone;
      const isOurs = await finishSyncJob(
        db,
        job,
        { status, reasons, ...(bytesDone !== undefined && { bytesDone }) },
        tried,
      );
      if (isOurs) counts.add("berth_sync_jobs_finished_total", [status]);
      return;
    }
    if (outcome.kind === "more") {
      if (await releaseSyncJob(db, job, note, { next: new Date(), attempts: 0, tried: undefined })) {
        await enqueueSyncs(this.#stores, [job.id]);
      }
      return;
    }
    const { status, reasons, retryAfter, isCounted, isSilent } = outcome;
    const isOn = this.#mark() !== this.#before || !isCounted;
    const attempts = isOn ? Math.min(job.attempts, 1) : job.attempts + 1;
    const tried = { ...timing, status, reasons };
    const delay = delayAfter(Math.max(attempts, 1), Math.random(), retryAfter);
    const isTooOld = Date.now() - (job.startedAt ?? this.#startedAt).getTime() > MAX_JOB_MS;
    if (delay === undefined || (isTooOld && !isOn)) {
      const why =
        delay === undefined
          ? reason("GIVEN_UP_AFTER_TRIES", { tries: MAX_ATTEMPTS })
          : reason("GIVEN_UP_AFTER_DAYS", { days: MAX_JOB_MS / DAY_MS });
      const last = { status: isSilent ? ("timeout" as const) : ("failed" as const), attempts };
      const isOurs = await finishSyncJob(db, job, { ...last, reasons: [...reasons, why] }, tried);
      if (isOurs) counts.add("berth_sync_jobs_finished_total", [last.status]);
      return;
    }
    const next = new Date(Date.now() + delay);
    if (await releaseSyncJob(db, job, note, { next, attempts, tried }))
      await enqueueSyncs(this.#stores, [job.id], delay);
  }
}

/** How tries count: the target did not answer, and the target answered. */
const SILENT = { isCounted: true, isSilent: true };
const ANSWERED = { isCounted: true, isSilent: false };
const DAY_MS = 24 * 60 * 60 * 1000;
/** Reasons for the registry's own refusals. */
const OWN_REFUSALS: Readonly<Partial<Record<ErrorCode, "CONTENT_MISSING" | "ADDRESS_REFUSED">>> = {
  MANIFEST_UNKNOWN: "CONTENT_MISSING",
  BLOB_UNKNOWN: "CONTENT_MISSING",
  REMOTE_INVALID: "ADDRESS_REFUSED",
};
/** What registries call it when a manifest names what they do not have. */
const LACKING: ReadonlySet<string> = new Set(["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"]);

function endOf(outcome: CopyOutcome): Outcome {
  switch (outcome.kind) {
    case "done":
      return { kind: "end", status: "success", reasons: outcome.reasons };
    case "existed":
      return { kind: "end", status: "existed", reasons: outcome.reasons };
    case "overtaken":
      return { kind: "end", status: "cancel", reasons: [SUPERSEDED] };
    case "more":
      return outcome;
    default:
      return outcome satisfies never;
  }
}

function endWith(status: SyncStatus, why: Reason): Outcome {
  return { kind: "end", status, reasons: [why] };
}

function retry(why: Reason, how: { isCounted: boolean; isSilent: boolean }): Outcome {
  return { kind: "retry", status: null, reasons: [why], ...how };
}

function codeOf(error: UploadLost | ContentMismatch | ProtocolViolation) {
  if (error instanceof UploadLost) return "UPLOAD_LOST";
  return error instanceof ContentMismatch ? "CONTENT_DIFFERS" : "PROTOCOL_VIOLATED";
}

/** Another registry's words: not too many, and without what SQLite ends a text at. */
function clean(text: string): string {
  return shorten(text.replaceAll("\0", "\uFFFD"));
}
