/** What may be set of an organization that stands for a registry elsewhere: for forms and for the registry. */

export const DEFAULT_TAG_LIFETIME_S = 600;
/** Less would ask for nearly every pull; more would hide new images. */
export const MIN_TAG_LIFETIME_S = 10;
export const MAX_TAG_LIFETIME_S = 30 * 24 * 3600;
export const MAX_RETENTION_DAYS = 3650;
/** With an image's own name it is a name that clients still take, of up to 255 characters. */
export const MAX_UPSTREAM_PATH_LENGTH = 100;
