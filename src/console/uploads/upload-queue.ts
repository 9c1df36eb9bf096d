/**
 * The archives that somebody uploads, one after the other (guide 4.3). It outlives the page: who looks at something else
 * meanwhile finds the upload further on. What a reload interrupts is offered again, from the records of `upload-records.ts`.
 */
import { toHex } from "../../kernel/bytes.ts";
import { isImageName, isTag } from "../../kernel/reference.ts";
import type { BlobProgress } from "../../client/push-archive.ts";
import { Speed } from "./speed.ts";
import type { UploadJournal, UploadRecord } from "./upload-records.ts";
import type { Arrived, FoundImage, UploadFailure, UploadNews, UploadOrder, UploadTarget } from "./worker-protocol.ts";

/** A name that an image gets. */
export interface ImageName {
  /** Tells names of one file apart. */
  key: number;
  /** The image's place in the archive. */
  image: number;
  name: string;
  tag: string;
  isWanted: boolean;
  /** Whether another image that is to be sent has the same name and tag: only the later one would stay. */
  isTaken: boolean;
}

export type FileState =
  /** It was under way when the window was closed, and goes on once the file is chosen again. */
  | "interrupted"
  /** Not looked at yet. */
  | "waiting"
  | "reading"
  /** Read, and to be sent once somebody says so. */
  | "ready"
  /** To be sent when those before it are. */
  | "queued"
  | "sending"
  | "done"
  /** Sending it failed, and can be tried again. */
  | "failed"
  /** It is no archive that can be sent. */
  | "refused";

/** An image that has arrived. */
export interface SentImage {
  organization: string;
  name: string;
  tags: readonly string[];
  digest: string;
}

export interface QueuedFile {
  id: number;
  name: string;
  /** Bytes. */
  size: number;
  state: FileState;
  /** How far the check is, 0 to 1. */
  read: number;
  images: readonly FoundImage[];
  names: readonly ImageName[];
  /** Of the image that is being sent. */
  blobs: readonly BlobProgress[];
  /** Bytes of the archive that are to be sent, and that have arrived. */
  progress: { total: number; done: number };
  sent: readonly SentImage[];
  failure: UploadFailure | undefined;
  /** Where its images go; undefined until it is to be sent. */
  organization: string | undefined;
  /** Files of one batch are there at the same time; another begins once all of one have ended. */
  batch: number;
  /** What an earlier window had done with it, until it goes on. */
  record: UploadRecord | undefined;
}

/** How far all files are that are sent together. */
export interface Share {
  /** 0 to 1. */
  fraction: number;
  /** Files. */
  count: number;
}

export interface Uploads {
  files: readonly QueuedFile[];
  /** Bytes per second; undefined while nobody knows. */
  speed: number | undefined;
  /** When the last bytes left, in milliseconds; undefined unless something is being sent. */
  movedAt: number | undefined;
}

/** Where the queue sends its orders: a Worker. */
export interface UploadPort {
  send: (order: UploadOrder) => void;
}

/** State of a file while it is sent that is not part of what the page shows. */
interface Sending {
  id: number;
  targets: readonly UploadTarget[];
  /** Bytes of the images before the current one. */
  before: number;
}

const NO_JOURNAL: UploadJournal = { write: () => undefined, remove: () => undefined };
const NOTHING: Arrived = { open: {}, packed: {} };
/** Least milliseconds between two records of how far a file is. */
const RECORD_MS = 1000;

export class UploadQueue {
  readonly #open: (onNews: (news: UploadNews) => void) => UploadPort;
  #port: UploadPort | undefined;
  readonly #now: () => number;
  #journal = NO_JOURNAL;
  #state: Uploads = { files: [], speed: undefined, movedAt: undefined };
  readonly #listeners = new Set<() => void>();
  readonly #contents = new Map<number, { file: File; maxBytes: number }>();
  /** The last task of each file; what others tell is of the past. */
  readonly #tasks = new Map<number, number>();
  readonly #fingerprints = new Map<number, string>();
  /** What is written down of each file. */
  readonly #records = new Map<number, Omit<UploadRecord, "user">>();
  #recordedAt = 0;
  #sending: Sending | undefined;
  #speed = new Speed();
  #nextId = 1;
  #nextTask = 1;

  /**
   * @param open makes the worker, once there is something to do.
   * @param now milliseconds.
   */
  constructor(open: (onNews: (news: UploadNews) => void) => UploadPort, now: () => number = () => Date.now()) {
    this.#open = open;
    this.#now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly snapshot = (): Uploads => this.#state;

  /** Whether closing the page would interrupt something. */
  get isBusy(): boolean {
    return this.#state.files.some(isUnderWay);
  }

  /** Takes files in; each is checked as soon as those before it are. */
  add(files: readonly File[], maxBytes: number): void {
    const batch = this.#batch();
    const added = files.map((file) => {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#contents.set(id, { file, maxBytes });
      return newFile(id, file, batch);
    });
    this.#set({ files: [...this.#state.files, ...added] });
    this.#goOn();
  }

  /** Takes in an upload that another window began, and that waits for its file. */
  restore(record: UploadRecord): void {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#records.set(id, record);
    const { organization, progress } = record;
    const file = newFile(id, record, this.#batch());
    this.#set({ files: [...this.#state.files, { ...file, state: "interrupted", organization, progress, record }] });
  }

  /** Goes on with what was interrupted. A file that is not the one of before changes nothing. */
  resume(id: number, file: File, maxBytes: number): void {
    if (this.#find(id)?.state !== "interrupted") return;
    const batch = this.#batch();
    this.#contents.set(id, { file, maxBytes });
    this.#update(id, () => ({ state: "waiting", read: 0, failure: undefined, batch }));
    this.#goOn();
  }

  /** Changes what an image is to be called, or whether it is sent. */
  rename(id: number, key: number, change: Partial<Pick<ImageName, "name" | "tag" | "isWanted">>): void {
    this.#update(id, ({ names }) => ({
      names: names.map((name) => (name.key === key ? { ...name, ...change } : name)),
    }));
  }

  /** Sends all files that are ready, or failed, to an organization, in their order. */
  start(organization: string): void {
    for (const file of this.#state.files) if (mayStart(file)) this.retry(file.id, organization);
  }

  /** Sends one file, if its names allow it, once those before it are through. What has arrived of it is not sent again. */
  retry(id: number, organization: string): void {
    const file = this.#find(id);
    if (!file || !mayStart(file)) return;
    const total = targetsOf(file, organization).reduce((sum, { image }) => sum + (file.images[image]?.size ?? 0), 0);
    const progress = { total, done: 0 };
    this.#update(id, () => ({ state: "queued", failure: undefined, organization, progress }));
    this.#record(id, { organization, progress });
    this.#goOn();
  }

  /** Takes a file out, whatever is being done with it. */
  remove(id: number): void {
    this.#drop(id);
    this.#forgetRecord(id);
    this.#set({ files: this.#state.files.filter((file) => file.id !== id) });
    this.#goOn();
  }

  /** Stops sending a file, at once; it can be sent again from its beginning. */
  stop(id: number): void {
    const file = this.#find(id);
    if (file?.state !== "queued" && file?.state !== "sending") return;
    this.#stopTask(id);
    this.#forgetRecord(id);
    this.#update(id, () => ({ state: "ready", blobs: [], progress: { total: 0, done: 0 } }));
    this.#goOn();
  }

  /** Takes out what is done. */
  clear(): void {
    for (const { id, state } of this.#state.files) if (state === "done" || state === "refused") this.remove(id);
  }

  /** Lets go of all files, as for another user, and writes down in another journal from now on. The old one keeps its records. */
  begin(journal: UploadJournal | undefined): void {
    for (const { id } of this.#state.files) this.#drop(id);
    this.#records.clear();
    this.#journal = journal ?? NO_JOURNAL;
    this.#set({ files: [], speed: undefined, movedAt: undefined });
  }

  /** The batch of what comes now. */
  #batch(): number {
    const { files } = this.#state;
    const last = files.reduce((most, { batch }) => Math.max(most, batch), 0);
    return files.every(({ state }) => state === "done" || state === "refused" || state === "interrupted")
      ? last + 1
      : last;
  }

  /** Begins what is next: a check beside whatever is being sent, and one file that is sent at a time. */
  #goOn(): void {
    const { files } = this.#state;
    if (!files.some(({ state }) => state === "reading")) {
      const next = files.find(({ state }) => state === "waiting");
      const content = next && this.#contents.get(next.id);
      if (next && content) {
        this.#update(next.id, () => ({ state: "reading" }));
        const fingerprint = next.record?.fingerprint;
        this.#order({ order: "read", id: next.id, task: this.#newTask(next.id), ...content, fingerprint });
      }
    }
    if (this.#sending) return;
    const next = files.find(({ state }) => state === "queued");
    if (next) this.#send(next);
    else if (this.#state.movedAt !== undefined) this.#set({ movedAt: undefined, speed: undefined });
  }

  #send(file: QueuedFile): void {
    const { id, organization = "" } = file;
    const targets = targetsOf(file, organization);
    this.#sending = { id, targets, before: 0 };
    this.#speed = new Speed();
    this.#update(id, () => ({ state: "sending", blobs: [], sent: [] }));
    this.#set({ movedAt: this.#now(), speed: undefined });
    const { open, packed } = this.#records.get(id) ?? NOTHING;
    this.#order({ order: "push", id, task: this.#newTask(id), targets, arrived: { open, packed } });
  }

  #order(order: UploadOrder): void {
    this.#port ??= this.#open((news) => this.#hear(news));
    this.#port.send(order);
  }

  #newTask(id: number): number {
    const task = this.#nextTask;
    this.#nextTask += 1;
    this.#tasks.set(id, task);
    return task;
  }

  #stopTask(id: number): void {
    const task = this.#tasks.get(id);
    if (task !== undefined) this.#port?.send({ order: "stop", task });
    this.#tasks.delete(id);
    if (this.#sending?.id === id) this.#sending = undefined;
  }

  /** Lets go of a file, but not of what is written down of it. */
  #drop(id: number): void {
    this.#stopTask(id);
    this.#port?.send({ order: "forget", id });
    this.#contents.delete(id);
    this.#fingerprints.delete(id);
  }

  #hear(news: UploadNews): void {
    const file = this.#find(news.id);
    // It was taken out or stopped meanwhile.
    if (!file || this.#tasks.get(news.id) !== news.task) return;
    switch (news.news) {
      case "reading":
        return this.#update(news.id, () => ({ read: news.fraction }));
      case "read":
        this.#fingerprints.set(news.id, news.fingerprint);
        return this.#hearOfContent(file, news.images);
      case "image-started":
        return this.#update(news.id, () => ({ blobs: news.blobs }));
      case "blob":
        return this.#hearOfBlob(file, news.blob);
      case "image-pushed":
        return this.#hearOfImage(file, news.target, news.digest);
      case "upload-moved": {
        const { [news.key]: _before, ...others } = this.#records.get(news.id)?.open ?? {};
        const { location } = news;
        return this.#record(news.id, { open: location === undefined ? others : { ...others, [news.key]: location } });
      }
      case "layer-packed": {
        const packed = { ...this.#records.get(news.id)?.packed, [news.diffId]: news.layer };
        return this.#record(news.id, { packed });
      }
      case "pushed":
        this.#forgetRecord(news.id);
        return this.#end(file, { state: "done", blobs: [], progress: { ...file.progress, done: file.progress.total } });
      case "failed":
        return this.#hearOfFailure(file, news.failure);
    }
  }

  #hearOfContent(file: QueuedFile, images: readonly FoundImage[]): void {
    const { id, record } = file;
    const restored = record && restoredNames(record, images);
    const names = restored ?? namesOf(images);
    this.#update(id, () => ({ state: "ready", images, names, record: undefined }));
    if (record && restored) this.retry(id, record.organization);
    else if (record) this.#forgetRecord(id);
    this.#goOn();
  }

  #hearOfBlob(file: QueuedFile, blob: BlobProgress): void {
    const blobs = file.blobs.map((known) => (known.digest === blob.digest ? blob : known));
    const left = blobs.reduce((sum, { done }) => sum + done, 0);
    const done = Math.min(file.progress.total, (this.#sending?.before ?? 0) + left);
    const progress = { ...file.progress, done };
    this.#update(file.id, () => ({ blobs, progress }));
    const at = this.#now();
    if (done > file.progress.done) this.#set({ movedAt: at, speed: this.#speed.add(at, done) });
    if (at - this.#recordedAt >= RECORD_MS) this.#record(file.id, { progress });
  }

  #hearOfImage(file: QueuedFile, index: number, digest: string): void {
    const sending = this.#sending;
    const target = sending?.targets[index];
    if (!sending || !target) return;
    sending.before += file.images[target.image]?.size ?? 0;
    const { organization = "" } = file;
    const name = target.repository.slice(organization.length + 1);
    this.#update(file.id, ({ sent, progress }) => ({
      sent: [...sent, { organization, name, tags: target.tags, digest }],
      progress: { ...progress, done: Math.min(progress.total, sending.before) },
    }));
    this.#set({ movedAt: this.#now() });
  }

  #hearOfFailure(file: QueuedFile, failure: UploadFailure): void {
    // Another file may still be the right one.
    if (file.record) return this.#end(file, { state: "interrupted", failure });
    const isRefused = file.state === "reading" || !mayGoOn(failure);
    if (isRefused) this.#forgetRecord(file.id);
    this.#end(file, { state: isRefused ? "refused" : "failed", failure });
  }

  #end({ id }: QueuedFile, change: Partial<QueuedFile>): void {
    if (this.#sending?.id === id) this.#sending = undefined;
    this.#update(id, () => change);
    this.#goOn();
  }

  /** Writes down where a file that is to be sent stands. */
  #record(id: number, change: Partial<UploadRecord>): void {
    const file = this.#find(id);
    const fingerprint = this.#fingerprints.get(id);
    if (!file || fingerprint === undefined) return;
    this.#recordedAt = this.#now();
    const names = file.names.map(({ image, name, tag, isWanted }) => {
      return { content: file.images[image]?.content ?? "", name, tag, isWanted };
    });
    const { organization = "", progress, name, size } = file;
    const record = {
      ...NOTHING,
      id: toHex(crypto.getRandomValues(new Uint8Array(16))),
      ...this.#records.get(id),
      name,
      size,
      fingerprint,
      organization,
      names,
      progress,
      ...change,
    };
    this.#records.set(id, record);
    this.#journal.write(record);
  }

  #forgetRecord(id: number): void {
    const record = this.#records.get(id);
    this.#records.delete(id);
    if (record) this.#journal.remove(record.id);
  }

  #find(id: number): QueuedFile | undefined {
    return this.#state.files.find((file) => file.id === id);
  }

  #update(id: number, change: (file: QueuedFile) => Partial<QueuedFile>): void {
    this.#set({ files: this.#state.files.map((file) => (file.id === id ? { ...file, ...change(file) } : file)) });
  }

  #set(change: Partial<Uploads>): void {
    this.#state = { ...this.#state, ...change, ...(change.files && { files: markTaken(change.files) }) };
    for (const listener of this.#listeners) listener();
  }
}

function newFile(id: number, { name, size }: { name: string; size: number }, batch: number): QueuedFile {
  return {
    id,
    name,
    size,
    state: "waiting",
    read: 0,
    images: [],
    names: [],
    blobs: [],
    progress: { total: 0, done: 0 },
    sent: [],
    failure: undefined,
    organization: undefined,
    batch,
    record: undefined,
  };
}

/** Whether a file is being sent, or will be without anybody doing anything. */
function isUnderWay({ state, record }: QueuedFile): boolean {
  const isChecked = state === "waiting" || state === "reading";
  return state === "sending" || state === "queued" || (isChecked && record !== undefined);
}

/** How far the files of the batch are that is under way; undefined when none is. */
export function shareOf({ files }: Uploads): Share | undefined {
  const batch = files.find(isUnderWay)?.batch;
  if (batch === undefined) return undefined;
  const together = files.filter(
    (file) => file.batch === batch && (isUnderWay(file) || file.state === "done" || file.state === "failed"),
  );
  const sum = (of: "done" | "total") => together.reduce((bytes, { progress }) => bytes + progress[of], 0);
  const total = sum("total");
  return { fraction: total > 0 ? sum("done") / total : 0, count: together.length };
}

/** Whether files of the list are still to be checked: until then nobody knows whether two images have one name. */
export function isChecking({ files }: Uploads): boolean {
  return files.some(({ state, record }) => (state === "waiting" || state === "reading") && record === undefined);
}

/** Whether a file can be sent now: something of it is wanted, and all names are well formed and no other image's. */
export function mayStart({ state, names }: QueuedFile): boolean {
  const wanted = names.filter(({ isWanted }) => isWanted);
  const isReady = state === "ready" || state === "failed";
  return isReady && wanted.length > 0 && wanted.every(isUsable);
}

function isUsable({ name, tag, isTaken }: ImageName): boolean {
  return isImageName(name) && isTag(tag) && !isTaken;
}

/** Whether sending may be tried again: the archive itself is not at fault. Names can be changed. */
function mayGoOn(failure: UploadFailure): boolean {
  return failure.kind !== "archive" || failure.code === "same-target";
}

const TO_BE_SENT: ReadonlySet<FileState> = new Set<FileState>(["ready", "queued", "sending", "failed"]);

function referenceOf({ name, tag }: ImageName): string {
  return `${name}:${tag}`;
}

/** Finds names that two images have, of all files that are still to be sent, and of those that were sent with them. */
function markTaken(files: readonly QueuedFile[]): QueuedFile[] {
  const images = new Map<string, Set<string>>();
  const batches = new Set(files.filter(({ state }) => TO_BE_SENT.has(state)).map(({ batch }) => batch));
  const contentOf = (file: QueuedFile, { image }: ImageName) => file.images[image]?.content ?? "";
  const isCounted = ({ state, batch }: QueuedFile, { isWanted, name }: ImageName) =>
    isWanted && name !== "" && (TO_BE_SENT.has(state) || (state === "done" && batches.has(batch)));
  for (const file of files) {
    for (const name of file.names) {
      if (!isCounted(file, name)) continue;
      const known = images.get(referenceOf(name)) ?? new Set();
      images.set(referenceOf(name), known.add(contentOf(file, name)));
    }
  }
  return files.map((file) => {
    const names = file.names.map((name) => {
      const isTaken = isCounted(file, name) && (images.get(referenceOf(name))?.size ?? 0) > 1;
      return isTaken === name.isTaken ? name : { ...name, isTaken };
    });
    return names.every((name, at) => name === file.names[at]) ? file : { ...file, names };
  });
}

/** The names of the images in the archive; an image without one waits until the user enters it. */
function namesOf(images: readonly FoundImage[]): ImageName[] {
  const names = images.flatMap((image, at) => {
    const known = image.names.length > 0 ? image.names : [{ name: "", tag: "latest" }];
    return known.map(({ name, tag }) => ({ image: at, name, tag, isWanted: true, isTaken: false }));
  });
  return names.map((name, key) => ({ ...name, key }));
}

/** @returns the names that an earlier window gave the images; undefined when the archive does not hold just these. */
function restoredNames({ names }: UploadRecord, images: readonly FoundImage[]): ImageName[] | undefined {
  const restored = names.map(({ content, ...name }, key): ImageName => {
    return { ...name, key, image: images.findIndex((image) => image.content === content), isTaken: false };
  });
  return restored.every(({ image }) => image >= 0) ? restored : undefined;
}

/** Each image once for each repository, with all tags that it gets there. */
function targetsOf({ names }: QueuedFile, organization: string): UploadTarget[] {
  const targets = new Map<string, { image: number; repository: string; tags: string[] }>();
  for (const { image, name, tag, isWanted } of names) {
    if (!isWanted) continue;
    const repository = `${organization}/${name}`;
    const key = `${image} ${repository}`;
    const target = targets.get(key) ?? { image, repository, tags: [] };
    if (!target.tags.includes(tag)) target.tags.push(tag);
    targets.set(key, target);
  }
  return [...targets.values()];
}
