/** By type and extension, for the file chooser; what is in a file decides. */
export const ARCHIVE_TYPES = [
  ".tar",
  ".tar.gz",
  ".tgz",
  ".tar.zst",
  ".zst",
  "application/x-tar",
  "application/gzip",
  "application/zstd",
];
