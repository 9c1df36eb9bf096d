import { Suspense, useEffect, useState } from "react";
import { type Self, useSessionExpiry } from "../api/session.ts";
import { onSessionEnd, reportSessionEnd } from "../api/session-end.ts";
import { lazyPart } from "./lazy-page.ts";

const SignInAgain = lazyPart(() => import("./sign-in-again.tsx"));

/** The longest time that a browser's timer can wait, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Asks to sign in again when a session has ended, over the page, which keeps what was typed into it. */
export function SessionEnded({ user }: { user: Self }) {
  const expires = useSessionExpiry();
  const [hasEnded, setEnded] = useState(false);
  useEffect(() => onSessionEnd(() => setEnded(true)), []);
  useEffect(() => {
    if (expires === null) return undefined;
    const remaining = new Date(expires).getTime() - Date.now();
    const timer = setTimeout(reportSessionEnd, Math.min(Math.max(remaining, 0), MAX_TIMEOUT));
    return () => clearTimeout(timer);
  }, [expires]);

  if (!hasEnded) return null;
  return (
    <Suspense>
      <SignInAgain user={user} onClose={() => setEnded(false)} />
    </Suspense>
  );
}
