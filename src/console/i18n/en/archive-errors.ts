/** Why an archive cannot be uploaded, by code. English has the sentences of `client/archive/archive-error.ts`. */
const archiveErrors: Record<string, string> = {};

export default archiveErrors;
