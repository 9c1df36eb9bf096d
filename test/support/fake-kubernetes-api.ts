/**
 * As much of Kubernetes' API as triggers need, with a controller that rolls out what is patched: one step for each look at
 * a workload. Without a server, so that tests within workerd can use it as well (`fake-cluster.ts` has one).
 */
export interface ApiRequest {
  method: string;
  /** With the query. */
  path: string;
  authorization: string | null;
  contentType: string | null;
  body: string;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** A Kubernetes object of any kind. */
// oxlint-disable-next-line typescript/no-explicit-any -- its fields are those of JSON
type Json = any;

const MERGED_BY_NAME = new Set(["containers", "initContainers"]);

export class KubernetesApi {
  /** Of a service account that may do what {@link KubernetesApi.isAllowed} says. */
  readonly token = "service-account-token";
  isAllowed: (verb: string, resource: string, namespace: string) => boolean = () => true;
  /** Looks until a rollout has come to its end. */
  looks = 2;
  /** How it ends: `stuck` never does. */
  end: "complete" | "exceeded" | "stuck" = "complete";
  /** Answers in place of the next requests, the first first; undefined: the usual. */
  readonly answers: ((request: ApiRequest) => ApiAnswer | undefined)[] = [];
  readonly requests: ApiRequest[] = [];
  readonly #objects = new Map<string, { object: Json; looksLeft: number }>();

  /** Makes a workload, which is as it should be; in namespace `default` unless `more` has another one. */
  add(resource: string, name: string, containers: Record<string, string>, more: Json = {}): void {
    const namespace = more.namespace ?? "default";
    const list = Object.entries(containers).map(([container, image]) => ({ name: container, image }));
    const template = { metadata: { labels: { app: name } }, spec: { containers: list, ...more.podSpec } };
    const spec = resource === "cronjobs" ? { schedule: "@daily", jobTemplate: { spec: { template } } } : { template };
    const object = {
      kind: resource,
      metadata: { name, namespace, generation: 1, resourceVersion: "1" },
      spec: { ...(resource === "daemonsets" || resource === "cronjobs" ? {} : { replicas: 3 }), ...spec, ...more.spec },
      status: {},
    };
    object.status = statusOf(resource, object, "complete");
    this.#objects.set(pathOf(resource, name, namespace), { object, looksLeft: 0 });
  }

  get(resource: string, name: string): Json {
    return this.#objects.get(pathOf(resource, name))?.object;
  }

  remove(resource: string, name: string): void {
    this.#objects.delete(pathOf(resource, name));
  }

  /** The images of a workload's containers by their names. */
  images(resource: string, name: string): Record<string, string> {
    const { spec } = this.get(resource, name);
    const template = spec.template ?? spec.jobTemplate.spec.template;
    const all = [...template.spec.containers, ...(template.spec.initContainers ?? [])];
    return Object.fromEntries(all.map((one: Json) => [one.name, one.image]));
  }

  answer(request: ApiRequest): ApiAnswer {
    this.requests.push(request);
    const prepared = this.answers.shift()?.(request);
    if (prepared) return prepared;
    if (request.authorization !== `Bearer ${this.token}`) return status(401, "Unauthorized");
    const url = new URL(request.path, "http://kubernetes");
    if (url.pathname.endsWith("/selfsubjectaccessreviews") && request.method === "POST") return this.#review(request);
    const listed = /\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/.exec(url.pathname);
    if (listed && request.method === "GET") return this.#list(listed[2] ?? "", listed[1], url.searchParams);
    const [, resource = "", name = ""] = /\/([a-z]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    const verb = request.method.toLowerCase();
    const namespace = /namespaces\/([^/]+)\//.exec(url.pathname)?.[1] ?? "";
    if (!this.isAllowed(verb, resource, namespace)) {
      return status(403, `${resource} "${name}" is forbidden: User "berth" cannot ${verb} resource "${resource}"`);
    }
    const found = this.#objects.get(url.pathname);
    if (!found) return status(404, `${resource}.apps "${name}" not found`);
    if (request.method === "GET") {
      if (found.looksLeft > 0) {
        found.looksLeft -= 1;
        const state = found.looksLeft > 0 || this.end === "stuck" ? "waiting" : this.end;
        found.object.status = statusOf(resource, found.object, state);
        if (this.end === "stuck") found.looksLeft = 1;
      }
      return { status: 200, body: structuredClone(found.object) };
    }
    if (request.method !== "PATCH") return status(405, "the server does not allow this method");
    if (request.contentType !== "application/strategic-merge-patch+json") return status(415, "unsupported media type");
    return this.#patch(resource, found, JSON.parse(request.body), url.searchParams.get("dryRun") === "All");
  }

  /** A page of a list; a token to go on with is where the next page begins. Verb `list`, namespace "" for all of them. */
  #list(resource: string, namespace: string | undefined, query: URLSearchParams): ApiAnswer {
    if (!this.isAllowed("list", resource, namespace ?? "")) {
      return status(403, `${resource} is forbidden: User "berth" cannot list resource "${resource}"`);
    }
    const all = [...this.#objects.values()]
      .map(({ object }) => object)
      .filter(({ kind, metadata }) => kind === resource && metadata.namespace === (namespace ?? metadata.namespace));
    const start = Number(query.get("continue") ?? 0);
    const end = start + Number(query.get("limit") ?? all.length);
    const metadata = end < all.length ? { continue: String(end) } : {};
    return { status: 200, body: structuredClone({ kind: "List", metadata, items: all.slice(start, end) }) };
  }

  #patch(resource: string, found: { object: Json; looksLeft: number }, patch: Json, isDry: boolean): ApiAnswer {
    const { object } = found;
    const version = patch.metadata?.resourceVersion;
    if (version !== undefined && version !== object.metadata.resourceVersion) {
      return status(409, "the object has been modified; please apply your changes to the latest version");
    }
    const patched = merge(structuredClone(object), patch);
    const hasChanged = JSON.stringify(patched.spec) !== JSON.stringify(object.spec);
    patched.metadata.resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    if (hasChanged) patched.metadata.generation += 1;
    if (!isDry) {
      found.object = patched;
      if (hasChanged && resource !== "cronjobs") found.looksLeft = this.looks;
    }
    return { status: 200, body: structuredClone(patched) };
  }

  #review({ body }: ApiRequest): ApiAnswer {
    const review = JSON.parse(body);
    const { verb, resource, namespace } = review.spec.resourceAttributes;
    return { status: 201, body: { ...review, status: { allowed: this.isAllowed(verb, resource, namespace) } } };
  }
}

function pathOf(resource: string, name: string, namespace = "default"): string {
  const group = resource === "cronjobs" ? "batch" : "apps";
  return `/apis/${group}/v1/namespaces/${namespace}/${resource}/${name}`;
}

function status(code: number, message: string): ApiAnswer {
  return { status: code, body: { kind: "Status", apiVersion: "v1", status: "Failure", message, code } };
}

/** A strategic merge patch: objects are merged, null deletes, lists are replaced but for those of containers. */
function merge(target: Json, patch: Json): Json {
  for (const [key, value] of Object.entries<Json>(patch)) {
    if (value === null) delete target[key];
    else if (Array.isArray(value) && MERGED_BY_NAME.has(key)) {
      for (const item of value) {
        const same = (target[key] ??= []).find((one: Json) => one.name === item.name);
        if (same) merge(same, item);
        else target[key].push(item);
      }
    } else if (typeof value === "object" && !Array.isArray(value)) target[key] = merge(target[key] ?? {}, value);
    else target[key] = value;
  }
  return target;
}

/** What the controllers of each kind report. */
function statusOf(resource: string, { metadata, spec }: Json, state: "complete" | "exceeded" | "waiting"): Json {
  const isComplete = state === "complete";
  const observedGeneration = metadata.generation;
  if (resource === "cronjobs") return {};
  if (resource === "daemonsets") {
    const [all, some] = [3, isComplete ? 3 : 1];
    return { observedGeneration, desiredNumberScheduled: all, updatedNumberScheduled: some, numberAvailable: all };
  }
  const all = spec.replicas;
  const some = isComplete ? all : 1;
  if (resource === "statefulsets") {
    const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    return {
      observedGeneration,
      replicas: all,
      readyReplicas: all,
      updatedReplicas: isComplete ? all - partition : some,
      currentRevision: isComplete && partition === 0 ? "new" : "old",
      updateRevision: "new",
    };
  }
  return {
    observedGeneration,
    replicas: isComplete ? all : all + 1,
    updatedReplicas: some,
    availableReplicas: all,
    conditions: [
      state === "exceeded"
        ? {
            type: "Progressing",
            status: "False",
            reason: "ProgressDeadlineExceeded",
            message: 'ReplicaSet "nginx-2" has timed out progressing.',
          }
        : { type: "Progressing", status: "True", reason: "ReplicaSetUpdated" },
    ],
  };
}
