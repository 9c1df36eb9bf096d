/** What the page and its worker, which reads and sends archives, say to each other. */
import type { ArchiveErrorParticulars } from "../../client/archive/archive-error.ts";
import type { ArchiveName } from "../../client/archive/image-name.ts";
import type { PackedLayer } from "../../client/known-layers.ts";
import type { BlobProgress } from "../../client/push-archive.ts";

/** An image as it was found in an archive. */
export interface FoundImage {
  /** What the archive calls it; nothing when it was saved by its id. */
  names: readonly ArchiveName[];
  /** What docker calls the image's id. */
  id: string;
  /** Tells images apart: one configuration may have several manifests. */
  content: string;
  /** `linux/amd64` and the like. */
  platforms: readonly string[];
  /** Bytes in the archive. */
  size: number;
  /** Platforms that an index names without the archive having them. */
  missingPlatforms: number;
  /** Images of the archive, one for each platform, that became one index; 0 when none did. */
  joinedPlatforms: number;
}

/** Where an image goes. */
export interface UploadTarget {
  /** Its place among the images of the archive. */
  image: number;
  /** `organization/image`. */
  repository: string;
  tags: readonly string[];
}

/** What the registry has of an archive that has not arrived whole: what a push goes on with. */
export interface Arrived {
  /** Addresses of uploads that are under way, by repository and blob. */
  open: Readonly<Record<string, string>>;
  /** What layers are called that were compressed and sent, by the digest of what is in them. */
  packed: Readonly<Record<string, PackedLayer>>;
}

/** Why an archive was not read, or not sent. */
export type UploadFailure =
  | { kind: "archive"; code: string; message: string; particulars: ArchiveErrorParticulars }
  | { kind: "refused"; status: number; code: string; message: string }
  | { kind: "network" }
  /** The file is not the one that was chosen before. */
  | { kind: "other-file" }
  | { kind: "other"; message: string };

/** To the worker. An archive is known by its file's id until it is forgotten; each task has a number of its own. */
export type UploadOrder =
  | {
      order: "read";
      id: number;
      task: number;
      file: File;
      maxBytes: number;
      /** What {@link UploadNews} told of the file that this one has to be. */
      fingerprint: string | undefined;
    }
  | { order: "push"; id: number; task: number; targets: readonly UploadTarget[]; arrived: Arrived }
  /** Ends a task, of which nothing more is heard. */
  | { order: "stop"; task: number }
  | { order: "forget"; id: number };

/** From the worker. */
export type UploadNews = { id: number; task: number } & (
  | { news: "reading"; fraction: number }
  /** `fingerprint` tells the file from others, by its size and its two ends. */
  | { news: "read"; images: readonly FoundImage[]; fingerprint: string }
  | { news: "image-started"; target: number; blobs: readonly BlobProgress[] }
  | { news: "blob"; target: number; blob: BlobProgress }
  | { news: "image-pushed"; target: number; digest: string }
  /** An upload is under way at an address, or has ended. */
  | { news: "upload-moved"; key: string; location: string | undefined }
  | { news: "layer-packed"; diffId: string; layer: PackedLayer }
  | { news: "pushed" }
  | { news: "failed"; failure: UploadFailure }
);
