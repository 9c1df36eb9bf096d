CREATE TABLE blobs (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, object_key TEXT NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE links (
  repository TEXT NOT NULL, blob_id INTEGER NOT NULL, PRIMARY KEY (repository, blob_id)
) WITHOUT ROWID;
CREATE TABLE manifests (
  id INTEGER PRIMARY KEY, repository TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL,
  size INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (repository, digest)
);
CREATE TABLE tags (
  repository TEXT NOT NULL, name TEXT NOT NULL, manifest_id INTEGER NOT NULL, PRIMARY KEY (repository, name)
) WITHOUT ROWID;
