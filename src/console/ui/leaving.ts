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

/** Where the window is. Each entry of its history has its position with it, to tell Back from Forward and how far. */
interface Place {
  position: number;
  pathname: string;
  search: string;
}

/** Undefined until the window is guarded. */
let here: Place | undefined;
/** Whether the browser is on the way back here, after the window was left without a question. */
let isReturning = false;

/** The address of the window for wouter; another page is gone to after the question. */
export const useGuardedLocation: BrowserLocationHook = (options) => {
  const [path, navigate] = useBrowserLocation(options);
  const [guarded] = useState((): typeof navigate => (to, how) => {
    const target = new URL(to, location.href);
    const go = () => {
      const position = (here?.position ?? 0) + (how?.replace ? 0 : 1);
      navigate(to, { ...how, state: { ...fieldsOf(how?.state), position } });
      arrive(position);
    };
    // Filters and tabs in the address are no other place; a dialog whose address this is guards itself.
    if (target.pathname === location.pathname && wholePage.loss !== "secret") go();
    else wholePage.leave(go);
  });
  // The browser shows the other address for a moment, before it is back.
  return [isReturning && here ? here.pathname : path, guarded];
};

/**
 * Asks before Back and Forward, and lets the browser ask before a reload and before the window is closed. To be called before anything is
 * rendered: listeners of the window are called in the order in which they came, and wouter would have the page leave first.
 */
export function guardWindow(): void {
  const { position = 0 } = fieldsOf(history.state);
  stamp(position);
  addEventListener("beforeunload", onUnload);
  addEventListener("popstate", onTraversal);
}

function onUnload(event: BeforeUnloadEvent): void {
  if (wholePage.loss !== undefined) event.preventDefault();
}

/**
 * Hears of Back and Forward. The window's address is the other one by then: so the browser is sent back first, and goes there
 * after the question. Nothing that shows the address hears of it meanwhile.
 */
function onTraversal(event: PopStateEvent): void {
  if (!here) return;
  // An entry without a position was made by hand: a fragment that was added to the address.
  const { position = here.position + 1 } = fieldsOf(history.state);
  const distance = position - here.position;
  if (isReturning) {
    event.stopImmediatePropagation();
    // Back was pressed again meanwhile.
    if (distance !== 0) history.go(-distance);
    else ended?.();
    return;
  }
  const isElsewhere = location.pathname !== here.pathname || location.search !== here.search;
  if (!isElsewhere || distance === 0 || wholePage.loss === undefined) {
    stamp(position);
    return;
  }
  event.stopImmediatePropagation();
  isReturning = true;
  ended = () => {
    isReturning = false;
    wholePage.leave(() => history.go(distance));
  };
  history.go(-distance);
}

/** Called once the browser is back. */
let ended: (() => void) | undefined;

/** Notes the entry that the window is at, in it and here. */
function stamp(position: number): void {
  const fields = fieldsOf(history.state);
  if (fields.position !== position) history.replaceState({ ...fields, position }, "");
  arrive(position);
}

function arrive(position: number): void {
  const { pathname, search } = location;
  here = { position, pathname, search };
}

/** What an entry of the history has with it. */
function fieldsOf(state: unknown): { position?: number } {
  return typeof state === "object" && state !== null ? state : {};
}
