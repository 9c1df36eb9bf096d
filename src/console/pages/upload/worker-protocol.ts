/** What the page and its worker, which reads and sends archives, say to each other. */
import type { ArchiveErrorParticulars } from "../../../client/archive/archive-error.ts";
import type { ArchiveName } from "../../../client/archive/image-name.ts";
import type { BlobProgress } from "../../../client/push-archive.ts";

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

/** Why an archive was not read, or not sent. */
export type UploadFailure =
  | { kind: "archive"; code: string; message: string; particulars: ArchiveErrorParticulars }
  | { kind: "refused"; status: number; code: string; message: string }
  | { kind: "network" }
  | { kind: "other"; message: string };

/** To the worker. An archive is known by its file's id until it is forgotten. */
export type UploadOrder =
  | { order: "read"; id: number; file: File; maxBytes: number }
  | { order: "push"; id: number; targets: readonly UploadTarget[] }
  | { order: "stop"; id: number }
  | { order: "forget"; id: number };

/** From the worker. */
export type UploadNews =
  | { news: "reading"; id: number; fraction: number }
  | { news: "read"; id: number; images: readonly FoundImage[] }
  | { news: "image-started"; id: number; target: number; blobs: readonly BlobProgress[] }
  | { news: "blob"; id: number; target: number; blob: BlobProgress }
  | { news: "image-pushed"; id: number; target: number; digest: string }
  | { news: "pushed"; id: number }
  | { news: "stopped"; id: number }
  | { news: "failed"; id: number; failure: UploadFailure };
