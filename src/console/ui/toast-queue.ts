import { UNSTABLE_ToastQueue as ToastQueue } from "react-aria-components/Toast";
import type { Tone } from "./tone.ts";

export interface ToastContent {
  message: string;
  tone: Tone;
  action?: { label: string; onPress: () => void };
}

export type ToastOptions = Partial<Omit<ToastContent, "message">>;

/** The toasts on screen and those that wait for room; ToastRegion shows them. */
export const toastQueue = /* @__PURE__ */ new ToastQueue<ToastContent>({ maxVisibleToasts: 3 });

/** Long enough to read a sentence; React Aria stops the clock while the pointer or the focus is on a toast. */
const TOAST_MS = 6000;
/** Somebody must notice, decide and reach the button. */
const TOAST_WITH_ACTION_MS = 12_000;

/** Tells what has happened, without getting in the way. Failures stay until they are closed. */
export function toast(message: string, { tone = "success", action }: ToastOptions = {}): void {
  toastQueue.add(
    { message, tone, ...(action && { action }) },
    tone === "danger" ? {} : { timeout: action ? TOAST_WITH_ACTION_MS : TOAST_MS },
  );
}
