import type { Tag } from "../../kernel/reference.ts";
import { expireIdleTags, type IdleTag, listIdleTags, settleIdleTags } from "../../storage/upstreams/idle-tags.ts";
import { listAgingUpstreams } from "../../storage/upstreams/upstreams.ts";
import type { Stores } from "../../storage/stores.ts";
import { settleRepository } from "../content/companions.ts";
import type { Budget } from "../housekeeping/budget.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const PAGE_ORGANIZATIONS = 100;
/** Tags that are looked at at once: each that goes takes its manifest's rows along. */
const SLICE_TAGS = 50;

/**
 * Deletes tags of organizations that stand for a registry elsewhere when nobody has pulled them for as long as is set there. Garbage
 * collection then takes what only they needed.
 */
export async function expireUnpulled(stores: Stores, budget: Budget): Promise<void> {
  for (let last = 0; !budget.isSpent;) {
    const page = await listAgingUpstreams(stores.db, last, PAGE_ORGANIZATIONS);
    for (const { organizationId, retentionDays } of page) {
      await expireOf(stores, organizationId, retentionDays, budget);
      if (budget.isSpent) return;
    }
    last = page.at(-1)?.organizationId ?? last;
    if (page.length < PAGE_ORGANIZATIONS) return;
  }
}

async function expireOf({ db }: Stores, organizationId: number, days: number, budget: Budget): Promise<void> {
  const now = Date.now();
  const since = now - days * DAY_MS;
  while (!budget.isSpent) {
    const idle = await listIdleTags(db, organizationId, new Date(since), SLICE_TAGS);
    const expired = new Map<number, { repository: IdleTag["repository"]; names: Tag[] }>();
    const putOff: { repositoryId: number; name: Tag; usedAt: number }[] = [];
    const gone: { repositoryId: number; name: Tag }[] = [];
    for (const { name, repository, lastPulledAt, isThere } of idle) {
      const tag = { repositoryId: repository.id, name };
      if (!isThere) gone.push(tag);
      else if (lastPulledAt !== null && lastPulledAt >= since) putOff.push({ ...tag, usedAt: lastPulledAt });
      else {
        const same = expired.get(repository.id) ?? { repository, names: [] };
        same.names.push(name);
        expired.set(repository.id, same);
        // One that a rule keeps is looked at again after as many days; of all others nothing is left to look at.
        putOff.push({ ...tag, usedAt: now });
      }
    }
    for (const { repository, names } of expired.values()) {
      await settleRepository(db, repository, await expireIdleTags(db, repository, names, days), budget);
    }
    await settleIdleTags(db, putOff, gone);
    if (idle.length < SLICE_TAGS) return;
  }
}
