/** Synchronization of images to remote registries: rules, of images and of organizations, and jobs. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { MAX_DELETED_TAGS } from "../../kernel/field-limits.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";

/** The glob that all tags and all images match. */
export const EVERYTHING = "**";

/** A rule; those of organizations say for which images. */
export type SyncRule = components["schemas"]["SyncRule"] & { images?: string };
export type NewSyncRule = components["schemas"]["NewSyncRule"] & { images?: string };
export type SyncRuleChanges = components["schemas"]["SyncRuleChanges"] & { images?: string };
export type SyncJob = components["schemas"]["SyncJob"];
export type SyncStatus = SyncJob["status"];
export type SyncAttempt = components["schemas"]["WholeSyncJob"]["attempts"][number];

/** Whose rules and jobs are meant: an image's, or an organization's for all of its images. */
export interface SyncOwner {
  organization: string;
  image?: string;
}

const ORGANIZATION = "/api/organizations/{organization}";
const IMAGE = `${ORGANIZATION}/images/{image}` as const;
const RULES = `${ORGANIZATION}/sync-rules` as const;
const IMAGE_RULES = `${IMAGE}/sync-rules` as const;
const JOBS = `${ORGANIZATION}/sync-jobs` as const;
const IMAGE_JOBS = `${IMAGE}/sync-jobs` as const;
const IMAGE_JOB = `${IMAGE_JOBS}/{id}` as const;

// --- Rules ---

function keyOfRules({ organization, image }: SyncOwner) {
  return image === undefined ? keyOf(RULES, { organization }) : keyOf(IMAGE_RULES, { organization, image });
}

/** The path's parameters for either kind of owner; what an organization does not need is left out of its path. */
function pathOf({ organization, image = "" }: SyncOwner) {
  return { organization, image };
}

/** Lists of jobs that may have changed with those of an organization's images. */
function keysOfJobs(organization: string) {
  return [keyOf(JOBS, { organization }), keyOf(IMAGE_JOBS, { organization })];
}

/** All rules of an image, or of an organization without those of its images, by remote registry. */
export function useSyncRules(owner: SyncOwner) {
  return useQuery({
    queryKey: keyOfRules(owner),
    queryFn: async ({ signal }): Promise<readonly SyncRule[]> => {
      const options = { params: { path: pathOf(owner) }, signal };
      const answer =
        owner.image === undefined ? unwrap(await api.GET(RULES, options)) : unwrap(await api.GET(IMAGE_RULES, options));
      return answer.rules;
    },
  });
}

/** What one can do with rules. Running one answers how many jobs there are for it now. */
export function useSyncRuleChanges(owner: SyncOwner) {
  const client = useQueryClient();
  const path = pathOf(owner);
  const isImage = owner.image !== undefined;
  const stale = keyOfRules(owner);
  const jobs = keysOfJobs(owner.organization);
  const add = useChange(({ images = EVERYTHING, ...rule }: NewSyncRule) => {
    const params = { path };
    return isImage
      ? api.POST(IMAGE_RULES, { params, body: rule })
      : api.POST(RULES, { params, body: { ...rule, images } });
  }, stale);
  const change = useChange(
    ({ rule, changes, version }: { rule: number; changes: SyncRuleChanges; version?: string | undefined }) => {
      const request = { params: { path: { ...path, rule } }, ...ifUnchanged(version) };
      const { images, ...others } = changes;
      if (isImage) return api.PATCH(`${IMAGE_RULES}/{rule}`, { ...request, body: others });
      return api.PATCH(`${RULES}/{rule}`, { ...request, body: { ...others, ...(images !== undefined && { images }) } });
    },
    stale,
  );
  const remove = useChange(
    (rule: number) => {
      const params = { path: { ...path, rule } };
      return isImage ? api.DELETE(`${IMAGE_RULES}/{rule}`, { params }) : api.DELETE(`${RULES}/{rule}`, { params });
    },
    stale,
    // Those that waited for it are not done.
    ...jobs,
  );
  const run = useMutation({
    mutationFn: async (rule: number) => {
      const params = { path: { ...path, rule } };
      return countJobs(async (body) => {
        const answer = isImage
          ? await api.POST(`${IMAGE_RULES}/{rule}/run`, { params, body })
          : await api.POST(`${RULES}/{rule}/run`, { params, body });
        return unwrap(answer);
      });
    },
    onSettled: () => Promise.all(jobs.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return { add, change, remove, run };
}

/** Asks until the jobs for all tags are made: a request makes some of them, and says where to go on. */
async function countJobs(
  ask: (from: { cursor?: string }) => Promise<{ jobs: number; next: string | null }>,
): Promise<number> {
  let count = 0;
  let from: { cursor?: string } | undefined = {};
  while (from) {
    const { jobs, next } = await ask(from);
    count += jobs;
    from = next === null ? undefined : { cursor: next };
  }
  return count;
}

/** What somebody wants to be copied now. */
export type WantedSync = Pick<NewSyncRule, "remote" | "remoteOrganization" | "override" | "referrers"> & {
  /** Null: all. */
  tags: readonly string[] | null;
};

/** Copies tags of an image now. Answers how many jobs were made, and which of the tags the image does not have any more. */
export function useSyncNow({ organization, image }: ImageName) {
  const client = useQueryClient();
  const params = { path: { organization, image } };
  return useMutation({
    mutationFn: async ({ tags, ...wanted }: WantedSync): Promise<{ jobs: number; unknown: string[] }> => {
      const unknown: string[] = [];
      if (tags === null) {
        const jobs = await countJobs(async (from) => {
          const answer = unwrap(await api.POST(`${IMAGE}/sync`, { params, body: { ...wanted, tags, ...from } }));
          return { jobs: answer.jobs.length, next: answer.next };
        });
        return { jobs, unknown };
      }
      let jobs = 0;
      for (let start = 0; start < tags.length; start += MAX_DELETED_TAGS) {
        const body = { ...wanted, tags: tags.slice(start, start + MAX_DELETED_TAGS) };
        const answer = unwrap(await api.POST(`${IMAGE}/sync`, { params, body }));
        jobs += answer.jobs.length;
        unknown.push(...answer.unknown);
      }
      return { jobs, unknown };
    },
    onSettled: () => Promise.all(keysOfJobs(organization).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

// --- Jobs ---

/** How often what is under way is looked at again, in milliseconds. */
const WATCH_MS = 3000;
/** And what waits for its next try. */
const WAIT_MS = 15_000;

/** Whether something is still to be done for a job. */
export function isOpen({ status }: Pick<SyncJob, "status">): boolean {
  return status === "waiting" || status === "running";
}

/** When to ask again: often while something is under way, now and then while it waits for its next try, else not at all. */
function pauseFor(jobs: readonly Pick<SyncJob, "status" | "next">[]): number | false {
  const open = jobs.filter(isOpen);
  if (open.length === 0) return false;
  const isSoon = ({ next }: Pick<SyncJob, "next">) => next === null || Date.parse(next) - Date.now() < WAIT_MS;
  return open.some((job) => job.status === "running" || isSoon(job)) ? WATCH_MS : WAIT_MS;
}

/**
 * Jobs of an image, or of all images of an organization, the newest first.
 *
 * @param isWatched whether those that have not ended are followed.
 */
export function useSyncJobs(owner: SyncOwner, { isWatched }: { isWatched: boolean }): CursorList<SyncJob> {
  const params = { path: pathOf(owner) };
  return useCursorList(owner.image === undefined ? JOBS : IMAGE_JOBS, params, "jobs", isWatched ? { pauseFor } : {});
}

/** A job with its tries, followed until it has ended. */
export function useSyncJob({ organization, image }: ImageName, id: number) {
  return queries.useQuery(
    "get",
    IMAGE_JOB,
    { params: { path: { organization, image, id } } },
    { refetchInterval: ({ state }) => pauseFor(state.data ? [state.data] : []) },
  );
}

/** Ends a job, or does it once more, which answers the new one. */
export function useSyncJobChanges({ organization, image }: ImageName) {
  const stale = [...keysOfJobs(organization), keyOf(IMAGE_JOB, { organization, image })];
  const cancel = useChange(
    (id: number) => api.POST(`${IMAGE_JOB}/cancel`, { params: { path: { organization, image, id } } }),
    ...stale,
  );
  const resend = useChange(
    (id: number) => api.POST(`${IMAGE_JOB}/resend`, { params: { path: { organization, image, id } } }),
    ...stale,
  );
  return { cancel, resend };
}
