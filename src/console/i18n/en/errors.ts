/**
 * Refusals by the registry's codes. Its own sentences are English and name the culprit, so that English has only what
 * the registry does not word itself. A refusal that a language does not have is shown in the registry's words.
 */
const errors: Record<string, string> = {
  UNAUTHORIZED: "You were signed out. Sign in and try again.",
  NETWORK: "The registry cannot be reached. Check the connection and try again.",
};

export default errors;
