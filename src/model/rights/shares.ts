/** Private images that another account may pull: guide 4.6. */
import { isLongerThan } from "../../kernel/characters.ts";
import { shorten } from "../../kernel/digest.ts";
import type { RegistryError } from "../../kernel/errors.ts";
import { MAX_NOTE_LENGTH } from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";

/** To how many accounts one image may be shared (guide 7.2.2). */
export const MAX_SHARES = 500;
/** How many images one account may share with another one. The other account sees all of them in one list. */
export const MAX_SHARES_WITH_ACCOUNT = 1000;

export const FOREVER = "forever";

/** Until when a share holds. */
export interface Deadline {
  /** As it was given. */
  text: string;
  /** The first moment at which it no longer holds; null: it holds for ever. */
  endsAt: Date | null;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reads "forever", a date or a time (RFC 3339). Only the day counts, in UTC: the share ends with it.
 *
 * @throws RegistryError PARAMETER_INVALID for anything else, and for a day that is over.
 */
export function parseDeadline(text: string, now: Date): Deadline {
  if (text === FOREVER) return { text, endsAt: null };
  const deadline = shorten(text);
  const time = DATE.test(text) || TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || !isOfCalendar(text.slice(0, 10))) {
    throw refuse(reason("DEADLINE_FORM", { deadline }));
  }
  const endsAt = new Date((Math.floor(time / DAY_MS) + 1) * DAY_MS);
  if (endsAt <= now) throw refuse(reason("DEADLINE_PAST", { deadline }));
  return { text, endsAt };
}

function refuse(why: Reason): RegistryError {
  return refusal("PARAMETER_INVALID", why, { field: "deadline", detail: { field: "deadline" } });
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isOfCalendar(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

export function parseNote(text: string): string {
  if (!isLongerThan(text, MAX_NOTE_LENGTH)) return text;
  throw refusal("DESCRIPTION_TOO_LONG", reason("NOTE_TOO_LONG", { max: MAX_NOTE_LENGTH }), { field: "note" });
}
