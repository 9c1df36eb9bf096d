/** Asking before something is left that would be lost: a form half filled, a secret that is shown once. */
import { createContext, use, useEffect, useState } from "react";
import { type BrowserLocationHook, useBrowserLocation } from "wouter/use-browser-location";

/** What leaving would lose. */
export type Loss = "changes" | "secret";

/** Something that would be lost. It counts while it is armed. */
export class LeaveGuard {
  readonly #scope: LeaveScope;
  loss: Loss = "changes";

  constructor(scope: LeaveScope) {
    this.#scope = scope;
  }

  arm(loss: Loss): void {
    this.loss = loss;
    this.#scope.add(this);
  }

  disarm(): void {
    this.#scope.remove(this);
  }
}

/** What can be left at once: a dialog, or the page with all that is open over it. */
export class LeaveScope {
  readonly #outer: LeaveScope | undefined;
  readonly #guards = new Set<LeaveGuard>();

  constructor(outer?: LeaveScope) {
    this.#outer = outer;
  }

  add(guard: LeaveGuard): void {
    this.#guards.add(guard);
    this.#outer?.add(guard);
  }

  remove(guard: LeaveGuard): void {
    this.#guards.delete(guard);
    this.#outer?.remove(guard);
  }

  /** What leaving it would lose; undefined: nothing. A secret counts more. */
  get loss(): Loss | undefined {
    const losses = [...this.#guards].map(({ loss }) => loss);
    return losses.includes("secret") ? "secret" : losses[0];
  }

  /** Leaves it, with a question first if that loses something. */
  leave(proceed: () => void): void {
    const { loss } = this;
    if (loss === undefined) {
      proceed();
      return;
    }
    ask({
      loss,
      proceed: () => {
        for (const guard of this.#guards) guard.disarm();
        proceed();
      },
    });
  }
}

/** Everything that the window shows. */
export const wholePage = new LeaveScope();

/** The innermost dialog, or the page. */
export const LeaveScopeContext = /* @__PURE__ */ createContext(wholePage);

/** A scope for what is inside of a dialog. */
export function useLeaveScope(): LeaveScope {
  const outer = use(LeaveScopeContext);
  const [scope] = useState(() => new LeaveScope(outer));
  return scope;
}

/** A guard of the component's own, disarmed when that goes. */
export function useLeaveGuard(): LeaveGuard {
  const scope = use(LeaveScopeContext);
  const [guard] = useState(() => new LeaveGuard(scope));
  useEffect(() => () => guard.disarm(), [guard]);
  return guard;
}

/** Guards what leaving would lose as things are; undefined: nothing. */
export function useLoss(loss: Loss | undefined): void {
  const guard = useLeaveGuard();
  useEffect(() => {
    if (loss === undefined) return undefined;
    guard.arm(loss);
    return () => guard.disarm();
  }, [guard, loss]);
}

// --- The question ---

export interface LeaveQuestion {
  loss: Loss;
  /** Leaves. */
  proceed: () => void;
}

let question: LeaveQuestion | undefined;
const listeners = new Set<() => void>();

function ask(asked: LeaveQuestion | undefined): void {
  question = asked;
  for (const listener of listeners) listener();
}

/** For `useSyncExternalStore`, with {@link openQuestion}. */
export function subscribeToQuestion(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** What is to be asked now. */
export function openQuestion(): LeaveQuestion | undefined {
  return question;
}

/** Stays, or has been answered. */
export function closeQuestion(): void {
  ask(undefined);
}

// --- Other pages ---

/** The address of the window for wouter; another page is gone to after the question. */
export const useGuardedLocation: BrowserLocationHook = (options) => {
  const [path, navigate] = useBrowserLocation(options);
  const [guarded] = useState((): typeof navigate => (to, how) => {
    const target = new URL(to, location.href);
    // Filters and tabs in the address are no other place; a dialog whose address this is guards itself.
    if (target.pathname === location.pathname && wholePage.loss !== "secret") navigate(to, how);
    else wholePage.leave(() => navigate(to, how));
  });
  return [path, guarded];
};

/** Lets the browser ask before a reload, and before the window is closed. @returns stops it. */
export function guardWindow(): () => void {
  addEventListener("beforeunload", onUnload);
  return () => removeEventListener("beforeunload", onUnload);
}

function onUnload(event: BeforeUnloadEvent): void {
  if (wholePage.loss !== undefined) event.preventDefault();
}
