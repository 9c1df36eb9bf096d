/** What a push of a tag sets off (guide 4.7), and what became of it. */
import { keepPreviousData } from "@tanstack/react-query";
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";

export type Trigger = components["schemas"]["ImageTrigger"];
/** As lists have it. */
export type ListedTrigger = components["schemas"]["ListedImageTrigger"];
export type TriggerTarget = Trigger["target"];
export type NewTrigger = components["schemas"]["NewTrigger"];
export type NewTriggerTarget = NewTrigger["target"];
export type TriggerChanges = components["schemas"]["TriggerChanges"];
export type Condition = Trigger["condition"];
export type ConditionKind = Condition["kind"];
export type TriedTag = components["schemas"]["TriedCondition"]["tags"][number];
export type WebhookFormat = components["schemas"]["WebhookTarget"]["format"];
export type WorkloadKind = components["schemas"]["KubernetesTarget"]["workload"];
export type Delivery = components["schemas"]["Delivery"];
export type DeliveryStatus = Delivery["status"];
export type DeliveryAttempt = components["schemas"]["WholeDelivery"]["attempts"][number];
export type WholeDelivery = components["schemas"]["WholeDelivery"];

export const CONDITION_KINDS = ["all", "tag", "regular"] as const satisfies readonly ConditionKind[];
export const WEBHOOK_FORMATS = [
  "cloudevents",
  "distribution",
  "harbor",
  "dockerhub",
  "keel",
  "text",
] as const satisfies readonly WebhookFormat[];
export const WORKLOAD_KINDS = [
  "deployments",
  "statefulsets",
  "daemonsets",
  "cronjobs",
] as const satisfies readonly WorkloadKind[];

const TRIGGERS = "/api/organizations/{organization}/images/{image}/triggers";
const TRIGGER = `${TRIGGERS}/{trigger}` as const;
const DELIVERIES = `${TRIGGER}/deliveries` as const;

/** A trigger as paths of the API name it. */
export interface TriggerName extends ImageName {
  trigger: string;
}

/** All triggers of an image, by name, with what they delivered last. */
export function useTriggers({ organization, image }: ImageName) {
  return queries.useQuery(
    "get",
    TRIGGERS,
    { params: { path: { organization, image } } },
    {
      select: ({ triggers }) => triggers,
      refetchInterval: ({ state }) => pauseFor(state.data?.triggers.flatMap(({ last }) => last ?? []) ?? []),
    },
  );
}

/** One of them. */
export function useTrigger(path: TriggerName) {
  return queries.useQuery("get", TRIGGER, { params: { path } });
}

/** What one can do with an image's triggers. */
export function useTriggerChanges({ organization, image }: ImageName) {
  const path = { organization, image };
  const list = keyOf(TRIGGERS, path);
  const one = keyOf(TRIGGER, path);
  const add = useChange((body: NewTrigger) => api.POST(TRIGGERS, { params: { path }, body }), list, one);
  const change = useChange(
    ({ trigger, changes, version }: { trigger: string; changes: TriggerChanges; version?: string | undefined }) =>
      api.PATCH(TRIGGER, { params: { path: { ...path, trigger } }, body: changes, ...ifUnchanged(version) }),
    list,
    one,
  );
  const remove = useChange(
    (trigger: string) => api.DELETE(TRIGGER, { params: { path: { ...path, trigger } } }),
    // Its own page may be on screen still, and would only learn that the trigger is gone.
    list,
  );
  return { add, change, remove };
}

/** How a condition is read and which of an image's newest tags meet it; the one before stays on screen until the answer comes. */
export function useTriedCondition(path: ImageName, condition: Condition, { isEnabled }: { isEnabled: boolean }) {
  return queries.useQuery(
    "post",
    `${TRIGGERS}/try-condition`,
    { params: { path }, body: condition },
    { placeholderData: keepPreviousData, enabled: isEnabled },
  );
}

export type RunningWorkload = components["schemas"]["RunningWorkload"];

const WORKLOADS = "/api/organizations/{organization}/images/{image}/workloads";
/** The registry asks the cluster each time, so not at each look at the form. */
const WORKLOADS_FRESH_MS = 60_000;

/**
 * The workloads of a cluster that run an image, as the cluster says now; in one namespace if it may not list all of them.
 *
 * @param where "" for a cluster that is not chosen yet.
 */
export function useRunningWorkloads({ organization, image }: ImageName, where: { cluster: string; namespace: string }) {
  const { cluster, namespace } = where;
  const ask = (query: { cluster: string; namespace?: string }) =>
    [{ params: { path: { organization, image }, query } }, { staleTime: WORKLOADS_FRESH_MS, retry: false }] as const;
  const [all, options] = ask({ cluster });
  const everywhere = queries.useQuery("get", WORKLOADS, all, { ...options, enabled: cluster !== "" });
  const isNarrowed = everywhere.data?.reasons[0]?.code === "MAY_NOT_LIST" && namespace !== "";
  const [some] = ask({ cluster, namespace });
  const within = queries.useQuery("get", WORKLOADS, some, { ...options, enabled: isNarrowed });
  return isNarrowed && within.data ? within : everywhere;
}

// --- Deliveries ---

/** How often what is under way is looked at again, in milliseconds. */
const WATCH_MS = 2000;
/** And what waits for its next try. */
const WAIT_MS = 15_000;

/** For how long something new is watched closely: a webhook takes seconds, a rollout minutes. */
const NEW_MS = 60_000;

/** When to ask again: often while something new is under way, now and then while it waits, else not at all. */
export function pauseFor(deliveries: readonly Pick<Delivery, "status" | "created">[]): number | false {
  const open = deliveries.filter(({ status }) => status === "pending" || status === "rolling");
  if (open.length === 0) return false;
  return open.some(({ created }) => Date.now() - Date.parse(created) < NEW_MS) ? WATCH_MS : WAIT_MS;
}

/** What a trigger was to deliver, newest first. */
export function useDeliveries(path: TriggerName): CursorList<Delivery> {
  return useCursorList(DELIVERIES, { path }, "deliveries", { pauseFor });
}

/** A delivery with its tries. */
export function useDelivery(path: TriggerName & { id: number }) {
  return queries.useQuery(
    "get",
    `${DELIVERIES}/{id}`,
    { params: { path } },
    { refetchInterval: ({ state }) => pauseFor(state.data ? [state.data] : []) },
  );
}

/** Has a trigger deliver something by hand; both answer the new delivery. */
export function useDeliverNow(path: TriggerName) {
  const { organization, image, trigger } = path;
  const stale = [keyOf(DELIVERIES, { organization, image, trigger }), keyOf(TRIGGERS, { organization, image })];
  const test = useChange(() => api.POST(`${TRIGGER}/test`, { params: { path } }), ...stale);
  const resend = useChange(
    (id: number) => api.POST(`${DELIVERIES}/{id}/resend`, { params: { path: { ...path, id } } }),
    ...stale,
  );
  return { test, resend };
}
