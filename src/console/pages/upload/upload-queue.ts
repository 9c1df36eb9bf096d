/**
 * The archives that somebody uploads, one after the other (guide 4.3). It outlives the page: who looks at something else
 * meanwhile finds the upload further on.
 */
import { isImageName, isTag } from "../../../kernel/reference.ts";
import type { BlobProgress } from "../../../client/push-archive.ts";
import { Speed } from "./speed.ts";
import type { FoundImage, UploadFailure, UploadNews, UploadOrder, UploadTarget } from "./worker-protocol.ts";

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
}

export interface Uploads {
  files: readonly QueuedFile[];
  /** Bytes per second; undefined while nobody knows. */
  speed: number | undefined;
  /** When the last bytes arrived, in milliseconds; undefined unless something is being sent. */
  movedAt: number | undefined;
}

/** Where the queue sends its orders: a Worker. */
export interface UploadPort {
  send: (order: UploadOrder) => void;
}

/** State of a file while it is sent that is not part of what the page shows. */
interface Sending {
  id: number;
  organization: string;
  targets: readonly UploadTarget[];
  /** Bytes of the images before the current one. */
  before: number;
}

export class UploadQueue {
  readonly #open: (onNews: (news: UploadNews) => void) => UploadPort;
  #port: UploadPort | undefined;
  readonly #now: () => number;
  #state: Uploads = { files: [], speed: undefined, movedAt: undefined };
  readonly #listeners = new Set<() => void>();
  readonly #contents = new Map<number, { file: File; maxBytes: number }>();
  readonly #organizations = new Map<number, string>();
  #sending: Sending | undefined;
  #speed = new Speed();
  #nextId = 1;

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

  /** Whether closing the page would lose something. */
  get isBusy(): boolean {
    return this.#state.files.some(({ state }) => state === "sending" || state === "queued");
  }

  /** Takes files in; each is checked as soon as those before it are. */
  add(files: readonly File[], maxBytes: number): void {
    const added = files.map((file): QueuedFile => {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#contents.set(id, { file, maxBytes });
      return {
        id,
        name: file.name,
        size: file.size,
        state: "waiting",
        read: 0,
        images: [],
        names: [],
        blobs: [],
        progress: { total: 0, done: 0 },
        sent: [],
        failure: undefined,
      };
    });
    this.#set({ files: [...this.#state.files, ...added] });
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
    this.#organizations.set(id, organization);
    this.#update(id, () => ({ state: "queued", failure: undefined }));
    this.#goOn();
  }

  /** Takes a file out, whatever is being done with it. */
  remove(id: number): void {
    this.#port?.send({ order: "stop", id });
    this.#port?.send({ order: "forget", id });
    this.#contents.delete(id);
    if (this.#sending?.id === id) this.#sending = undefined;
    this.#set({ files: this.#state.files.filter((file) => file.id !== id) });
    this.#goOn();
  }

  /** Stops sending a file, which can be taken up again. */
  stop(id: number): void {
    const file = this.#find(id);
    if (file?.state === "queued") this.#update(id, () => ({ state: "ready" }));
    else this.#port?.send({ order: "stop", id });
  }

  /** Takes out what is done. */
  clear(): void {
    for (const { id, state } of this.#state.files) if (state === "done" || state === "refused") this.remove(id);
  }

  /** Begins what is next: a check beside whatever is being sent, and one file that is sent at a time. */
  #goOn(): void {
    const { files } = this.#state;
    if (!files.some(({ state }) => state === "reading")) {
      const next = files.find(({ state }) => state === "waiting");
      const content = next && this.#contents.get(next.id);
      if (next && content) {
        this.#update(next.id, () => ({ state: "reading" }));
        this.#order({ order: "read", id: next.id, ...content });
      }
    }
    if (this.#sending) return;
    const next = files.find(({ state }) => state === "queued");
    if (next) this.#send(next);
    else if (this.#state.movedAt !== undefined) this.#set({ movedAt: undefined, speed: undefined });
  }

  #send(file: QueuedFile): void {
    const organization = this.#organizations.get(file.id) ?? "";
    const targets = targetsOf(file, organization);
    this.#sending = { id: file.id, organization, targets, before: 0 };
    this.#speed = new Speed();
    const total = targets.reduce((sum, { image }) => sum + (file.images[image]?.size ?? 0), 0);
    this.#update(file.id, () => ({ state: "sending", blobs: [], sent: [], progress: { total, done: 0 } }));
    this.#set({ movedAt: this.#now(), speed: undefined });
    this.#order({ order: "push", id: file.id, targets });
  }

  #order(order: UploadOrder): void {
    this.#port ??= this.#open((news) => this.#hear(news));
    this.#port.send(order);
  }

  #hear(news: UploadNews): void {
    const file = this.#find(news.id);
    // It was taken out meanwhile.
    if (!file) return;
    switch (news.news) {
      case "reading":
        return this.#update(news.id, () => ({ read: news.fraction }));
      case "read":
        this.#update(news.id, () => ({ state: "ready", images: news.images, names: namesOf(news.images) }));
        return this.#goOn();
      case "image-started":
        return this.#update(news.id, () => ({ blobs: news.blobs }));
      case "blob":
        return this.#hearOfBlob(file, news.blob);
      case "image-pushed":
        return this.#hearOfImage(file, news.target, news.digest);
      case "pushed":
        return this.#end(news.id, { state: "done", blobs: [] });
      case "stopped":
        return this.#end(news.id, { state: "ready", blobs: [] });
      case "failed":
        return this.#end(news.id, {
          state: file.state === "reading" || !mayGoOn(news.failure) ? "refused" : "failed",
          failure: news.failure,
        });
    }
  }

  #hearOfBlob(file: QueuedFile, blob: BlobProgress): void {
    const blobs = file.blobs.map((known) => (known.digest === blob.digest ? blob : known));
    const arrived = blobs.reduce((sum, { done }) => sum + done, 0);
    const done = Math.min(file.progress.total, (this.#sending?.before ?? 0) + arrived);
    this.#update(file.id, () => ({ blobs, progress: { ...file.progress, done } }));
    const at = this.#now();
    if (done > file.progress.done) this.#set({ movedAt: at, speed: this.#speed.add(at, done) });
  }

  #hearOfImage(file: QueuedFile, index: number, digest: string): void {
    const sending = this.#sending;
    const target = sending?.targets[index];
    if (!sending || !target) return;
    sending.before += file.images[target.image]?.size ?? 0;
    const { organization } = sending;
    const name = target.repository.slice(organization.length + 1);
    this.#update(file.id, ({ sent, progress }) => ({
      sent: [...sent, { organization, name, tags: target.tags, digest }],
      progress: { ...progress, done: Math.min(progress.total, sending.before) },
    }));
    this.#set({ movedAt: this.#now() });
  }

  #end(id: number, change: Partial<QueuedFile>): void {
    if (this.#sending?.id === id) this.#sending = undefined;
    this.#update(id, () => change);
    this.#goOn();
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

/** Finds names that two images have, of all files that are still to be sent. */
function markTaken(files: readonly QueuedFile[]): QueuedFile[] {
  const images = new Map<string, Set<string>>();
  const contentOf = (file: QueuedFile, { image }: ImageName) => file.images[image]?.content ?? "";
  const isCounted = ({ state }: QueuedFile, { isWanted, name }: ImageName) =>
    isWanted && name !== "" && TO_BE_SENT.has(state);
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
