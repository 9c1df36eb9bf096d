/** The moment when the registry no longer knows the session, which any request may notice. */
type Listener = () => void;

const listeners = new Set<Listener>();

/** Says that a request was refused for want of a session. */
export function reportSessionEnd(): void {
  for (const listener of listeners) listener();
}

/** @returns a call that stops listening. */
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
