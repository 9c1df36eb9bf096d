/** Why an upload is refused, as its session says it and the registry reads it. */
import type { Digest } from "../../kernel/digest.ts";
import { asRefusal, type Refusal } from "../../kernel/errors.ts";
import type { CreationRefusal } from "../images/repositories.ts";

export type UploadRefusal =
  /** It was finished, cancelled or expired, or never began, or is somebody else's. */
  | { outcome: "upload-unknown" }
  /** Its id is not one that this registry gave out. */
  | { outcome: "upload-foreign" }
  /** Another request is writing to it. */
  | { outcome: "upload-busy"; offset: number }
  /** A chunk starts elsewhere than at the offset of the upload. */
  | { outcome: "chunk-misplaced"; start: number; offset: number }
  /** Fewer bytes came than the request announced. */
  | { outcome: "bytes-missing"; announced: number; received: number }
  /** More bytes came than the request announced. */
  | { outcome: "bytes-left-over"; announced: number }
  | { outcome: "blob-too-large" }
  /** The actual digest is undefined where it was R2 that found the difference. */
  | { outcome: "digest-differs"; claimed: Digest; actual: Digest | undefined }
  /** The repository was deleted meanwhile, or the right to push to it is gone. */
  | { outcome: "repository-unknown" }
  | CreationRefusal
  /** The body broke off, came too slowly, or there was no memory for it. */
  | { outcome: "body-refused"; refusal: Refusal };

/** What came of a request to an upload session: data, because an exception would lose its class and fields on its way. */
export type UploadOutcome<T> = { outcome: "done"; value: T } | UploadRefusal;

/** Carries a refusal through the session, from where it is found to the answer. */
export class RefusedUpload extends Error {
  override readonly name = "RefusedUpload";
  readonly refusal: UploadRefusal;

  constructor(refusal: UploadRefusal) {
    super(refusal.outcome);
    this.refusal = refusal;
  }
}

/** @throws what is no refusal as it came. */
export function refusalOf(error: unknown): UploadRefusal {
  if (error instanceof RefusedUpload) return error.refusal;
  const refusal = asRefusal(error);
  if (!refusal) throw error;
  return { outcome: "body-refused", refusal };
}
