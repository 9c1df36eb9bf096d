/** Changes under the condition that nobody has changed the same thing meanwhile. */
import { changedMeanwhile } from "../kernel/precondition.ts";
import { isVersionFailure } from "../storage/versions.ts";

/**
 * Makes a change that storage refuses if what it changes has another version than is wanted.
 *
 * @param what names it: "trigger deploy".
 * @throws RegistryError PRECONDITION_FAILED.
 */
export async function unlessChanged<T>(what: string, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (isVersionFailure(error)) throw changedMeanwhile(what);
    throw error;
  }
}
