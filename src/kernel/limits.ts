const MIB = 1024 * 1024;

/** The largest layer the guide promises to take (1.5, 7.2.1). */
export const MAX_BLOB_BYTES = 10 * 1024 * MIB;
/** How many archives the console uploads one after the other (guide 1.5). */
export const MAX_PAGE_UPLOADS = 10;
/** OCI distribution-spec ("Pushing Manifests") asks registries for at least this much. */
export const MAX_MANIFEST_BYTES = 4 * MIB;
/**
 * Layers of an image, or manifests of an index. No file system takes more than some hundred layers, and artifacts of many
 * files have some thousand. The digests of so many, sha512 ones too, fit into one parameter of D1, which ends at 2 MB.
 */
export const MAX_DESCRIPTORS = 10_000;
/**
 * JSON values in one manifest: twenty for each of as many descriptors. Without it 4 MiB of `{},` are 1.4 million objects,
 * more than an isolate has memory for.
 */
export const MAX_MANIFEST_VALUES = 200_000;
/** Characters of a media type or `artifactType`: 127 on either side of the slash (RFC 6838, section 4.2). */
export const MAX_MEDIA_TYPE_LENGTH = 255;
/** Characters of each field of a platform: the longest real ones, versions of Windows, have about fifteen. */
export const MAX_PLATFORM_FIELD_LENGTH = 255;
/** Characters of the name of an annotation, which is a reversed domain name (image-spec, "Annotations") with a path. */
export const MAX_ANNOTATION_NAME_LENGTH = 1024;
/**
 * All parts of an R2 multipart upload but the last must have one size of at least 5 MiB, and there may be 10,000. The
 * smallest size keeps the memory of many simultaneous uploads in one isolate low and still allows 48 GiB.
 */
export const UPLOAD_PART_BYTES = 5 * MIB;
/** How many images an organization may have of which blobs came and no manifest yet: as many pushes of new images at once. */
export const MAX_BEGUN_IMAGES = 1000;
/** An upload that nobody continued for this long is removed. */
export const UPLOAD_IDLE_MS = 24 * 60 * 60 * 1000;
/**
 * For how long the id of an upload opens its session, and from its end on, for how long a session is known to have ended: so
 * none is opened twice, and a repeated closing PUT, from a client that missed the answer, gets the same one.
 */
export const UPLOAD_DONE_MS = 60 * 60 * 1000;
/**
 * How long a deleted organization's name stays closed to other accounts: longer than a token lives, for one that was
 * given for the old organization's images must not open the new one's.
 */
export const ORGANIZATION_NAME_REST_MS = 10 * 60 * 1000;

/** How many triggers an image may have, and all images of an account: migration 0004 counts the latter. */
export const MAX_TRIGGERS = 100;
export const MAX_ACCOUNT_TRIGGERS = 10_000;
/** How many clusters an organization may have, and all organizations of an account: migration 0004 counts the latter. */
export const MAX_CLUSTERS = 100;
export const MAX_ACCOUNT_CLUSTERS = 200;
/** How many rules of synchronization an image may have, an organization for its images, and all of an account. */
export const MAX_SYNC_RULES = 10;
export const MAX_ORGANIZATION_SYNC_RULES = 10;
export const MAX_ACCOUNT_SYNC_RULES = 1000;
/** How many jobs one push may set off, as with deliveries below; and how many tags one request synchronizes. */
export const MAX_SYNC_JOBS_PER_PUSH = 1000;
export const MAX_SYNCED_TAGS = 1000;
/** How many registries elsewhere an account may register. */
export const MAX_REMOTES = 50;
/** How many users an account may have: migration 0004 counts them. */
export const MAX_ACCOUNT_USERS = 10_000;
/**
 * How many deliveries one push may set off: as many triggers as an image may have for each of ten tags, which is as many
 * as a push by digest has to be able to name (OCI distribution-spec, "Pushing Manifests").
 */
export const MAX_DELIVERIES_PER_PUSH = 1000;
