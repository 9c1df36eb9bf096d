import type { Self } from "../api/session.ts";
import type { Audience } from "../routes.ts";

const RANKS: Readonly<Record<Self["role"], number>> = { member: 1, administrator: 2, operator: 3 };
const NEEDED: Readonly<Record<Audience, number>> = { anyone: 0, user: 1, administrator: 2, operator: 3 };

/** Whether a page is for this user; null is nobody. The registry decides for itself: this only spares refusals. */
export function isFor(audience: Audience, user: Self | null): boolean {
  return (user ? RANKS[user.role] : 0) >= NEEDED[audience];
}
