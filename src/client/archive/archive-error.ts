/** Why an archive cannot be uploaded (guide, 7.3.3, and what else may be wrong with one). */

/** The fields of an error; each code says which of them are set. */
export interface ArchiveErrorParticulars {
  /** A file in the archive. */
  path?: string;
  /** What an image, a tag, a compression is called. */
  name?: string;
  /** Bytes, entries or levels that are allowed. */
  limit?: number;
}

const MESSAGES = {
  "not-an-archive": () =>
    "This is not an image archive. Make one with `docker save -o image.tar NAME:TAG` and upload that file.",
  empty: () => "The file is empty. Save the image again and upload the new file.",
  "unsupported-compression": ({ name }) =>
    `The archive is compressed with ${name ?? "an unknown method"}. Unpack it, or pack it with gzip or zstd, and upload the result.`,
  "unsupported-layer": ({ path, name }) =>
    `The layer ${path ?? ""} in the archive is compressed with ${name ?? "an unknown method"}, which is not unpacked here. Load the archive with docker or podman, save the image again, and upload that file.`,
  "no-manifest": () =>
    "The archive holds no image: it has neither manifest.json nor index.json nor repositories. Make it with `docker save`, not with `docker export`.",
  "no-image": () => "The archive names no image. Save it again, naming the image: `docker save -o image.tar NAME:TAG`.",
  "bad-manifest": ({ path }) =>
    `The archive is damaged: ${path ?? "its manifest"} cannot be read. Save the image again.`,
  "bad-config": ({ path }) =>
    `The archive is damaged: the image's configuration ${path ?? ""} cannot be read. Save the image again.`,
  "unsupported-schema": ({ path }) =>
    `${path ?? "The manifest"} has a format that is no longer in use. Save the image again with Docker 1.11.2 or newer.`,
  "bad-name": ({ name }) =>
    `"${name ?? ""}" cannot be the name of an image. Use lower-case letters and digits, with single dots, one or two underscores, or hyphens only between them, at most 128 characters.`,
  "bad-tag": ({ name }) =>
    `"${name ?? ""}" cannot be a tag. Use 1 to 128 letters, digits, "_", "." or "-"; the first no "." or "-".`,
  "too-large": ({ limit }) =>
    `The archive is too large: it may have ${gibibytes(limit)}, packed and unpacked. Push larger images with docker or \`berth push\`.`,
  "too-many-files": ({ limit }) =>
    `The archive has more than ${limit ?? 0} files. Upload an archive made by \`docker save\`.`,
  "file-too-large": ({ path, limit }) =>
    `${path ?? "A file"} in the archive has more than ${limit ?? 0} bytes, too much for what it should be. Save the image again.`,
  "nested-too-deeply": ({ path, limit }) =>
    `The archive has more than ${limit ?? 0} indexes one below the other: ${path ?? "an index"} is not read. Save the images that it names by themselves.`,
  "cut-short": () => "The archive ends in the middle. Copy or save it again, and compare the sizes of the files.",
  damaged: ({ path }) => `The archive is damaged${path === undefined ? "" : ` at ${path}`}. Copy or save it again.`,
  "damaged-layer": ({ path }) =>
    `The archive is damaged: the layer ${path ?? ""} is not the one that the image was made of. Save the image again.`,
  "missing-file": ({ path }) => `The archive is incomplete: ${path ?? "a file"} is missing. Save the image again.`,
  "bad-link": ({ path }) =>
    `The archive is damaged: the link ${path ?? ""} leads nowhere, or out of the archive. Save the image again.`,
  "same-target": ({ name }) =>
    `Two images of the archive would be pushed as ${name ?? "the same name"}, and only the later one would stay. Give each a tag of its own, or leave one out.`,
  sparse: ({ path }) =>
    `${path ?? "A file"} is stored as a sparse file, which image archives never are. Save the image again with \`docker save\`.`,
  "source-changed": () => "The file changed, or went away, while it was read. Choose it again.",
} satisfies Record<string, (particulars: ArchiveErrorParticulars) => string>;

/** What is wrong; pages translate by it. */
export type ArchiveErrorCode = keyof typeof MESSAGES;

/** An archive that cannot be uploaded; the message says what to do. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly code: ArchiveErrorCode;
  readonly particulars: ArchiveErrorParticulars;

  constructor(code: ArchiveErrorCode, particulars: ArchiveErrorParticulars = {}, options?: ErrorOptions) {
    super(MESSAGES[code](particulars), options);
    this.code = code;
    this.particulars = particulars;
  }
}

/** What makes one description of an image unusable, and leaves another one of the same archive as it is. */
const FAULTS: ReadonlySet<ArchiveErrorCode> = new Set<ArchiveErrorCode>([
  "bad-manifest",
  "bad-config",
  "unsupported-schema",
  "file-too-large",
  "nested-too-deeply",
  "damaged",
  "damaged-layer",
  "missing-file",
  "bad-link",
]);

/** Whether a description cannot be used, so that another one of the archive counts. */
export function isFault(error: unknown): error is ArchiveError {
  return error instanceof ArchiveError && FAULTS.has(error.code);
}

function gibibytes(limit = 0): string {
  const value = limit / 1024 ** 3;
  return value >= 0.1 ? `${Number(value.toFixed(1))} GiB` : `${limit} bytes`;
}
