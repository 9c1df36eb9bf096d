/** What a client is told when an upload is refused. */
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_BLOB_BYTES } from "../../kernel/limits.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { UploadOutcome, UploadRefusal } from "../../storage/content/uploads.ts";
import { refusedCreation, unknownRepository } from "../images/repositories.ts";

/**
 * What an upload session has answered.
 *
 * @throws RegistryError when it has refused the request.
 */
export function acceptedBy<T>(answer: UploadOutcome<T>, repository: RepositoryName): T {
  if (answer.outcome === "done") return answer.value;
  throw refusedUpload(answer, repository);
}

/** What a client is told. */
export function refusedUpload(refusal: UploadRefusal, repository: RepositoryName): RegistryError {
  switch (refusal.outcome) {
    case "upload-unknown": {
      const message = "no such upload: it was finished, cancelled or expired, or never began";
      return new RegistryError("UPLOAD_UNKNOWN", message);
    }
    case "upload-foreign":
      return new RegistryError("UPLOAD_UNKNOWN", "no such upload: the URL is not one that this registry gave out");
    case "upload-busy":
      return outOfRange(refusal.offset, "another request is writing to this upload");
    case "chunk-misplaced": {
      const { start, offset } = refusal;
      return outOfRange(offset, `the chunk starts at ${start}, but the upload has ${offset} bytes`);
    }
    case "bytes-missing":
      return wrongSize(refusal.announced, `only ${refusal.received} came`);
    case "bytes-left-over":
      return wrongSize(refusal.announced, "more came");
    case "blob-too-large":
      return tooLarge();
    case "digest-differs": {
      const { claimed, actual } = refusal;
      return new RegistryError("DIGEST_INVALID", {
        message: `the uploaded bytes do not have the digest ${claimed}${actual ? ` but ${actual}` : ""}; start again`,
        detail: { digest: claimed },
      });
    }
    case "repository-unknown":
      return unknownRepository(repository);
    case "account-gone":
    case "quota-exceeded":
      return refusedCreation(refusal);
    case "body-refused":
      return new RegistryError(refusal.refusal.code, refusal.refusal.problems);
    default:
      return refusal satisfies never;
  }
}

function outOfRange(offset: number, message: string): RegistryError {
  return new RegistryError("UPLOAD_RANGE_INVALID", { message, detail: { offset } });
}

function wrongSize(announced: number, what: string): RegistryError {
  return new RegistryError("SIZE_INVALID", `the request announced ${announced} bytes, but ${what}`);
}

/** Its reader looks for a way to push large layers, and may have met the smaller limit of an edge before. */
function tooLarge(): RegistryError {
  const message =
    `a layer may have at most ${MAX_BLOB_BYTES / 1024 ** 3} GiB; up to that, ` +
    "`berth proxy` gets it through limits that requests have on their way (docs/large-layers.md)";
  return new RegistryError("BLOB_TOO_LARGE", message);
}
