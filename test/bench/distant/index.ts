/**
 * Berth as src/index.ts has it, at a distance: each trip to a binding takes longer, and is noted. `POST /__distance` sets the
 * distance, empties the cache at the edge and begins a new log; `GET /__trips` answers the log.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "../../../src/env.ts";
import * as berth from "../../../src/index.ts";
import { withExports } from "../../support/workerd/execution-context.ts";
import { type Trip, watched, type Watch } from "../counting/bindings.ts";
import { EdgeCache } from "./edge-cache.ts";
import type { Distance, Span, TripLog } from "./trips.ts";

/** Module state, because the Worker, its entrypoints and its Durable Objects share the isolate. */
let distance: Distance = { primary: 0, nearby: 0, r2: 0, object: 0, edge: 0 };
let log = newLog();
let position = 0;
const cache = new EdgeCache();
/** A request with the log that it is in: what it leaves for later belongs to it, when the next log has begun. */
interface Work {
  log: TripLog;
  /** Its place in the log. */
  request: number;
}

/** For what each Durable Object works at present. */
const served = new Map<string, Work>();
/** Requests by the ids that the entrypoint is given. */
const works = new Map<string, Work>();

/** Names the request for which the entrypoint is asked. */
const REQUEST = "Bench-Request";

function newLog(): TripLog {
  return { requests: [], primary: [], others: { nearby: 0, r2: 0, object: 0, edge: 0 } };
}

function begin(): Span {
  position += 1;
  return { start: position };
}

function end(span: Span): void {
  position += 1;
  span.end ??= position;
}

/** Delays and notes what is asked for a request. */
function delayed(workOf: () => Work | undefined): Watch {
  return async ({ to, object }: Trip, ask) => {
    const work = workOf();
    if (object !== undefined && work) served.set(object, work);
    const span = begin();
    if (work && to === "primary") work.log.primary.push(Object.assign(span, { request: work.request }));
    if (work && to !== "primary") work.log.others[to] += 1;
    await scheduler.wait(distance[to]);
    try {
      return await ask();
    } finally {
      end(span);
    }
  };
}

export class UploadSession extends berth.UploadSession {
  constructor(state: DurableObjectState, env: Env) {
    const id = state.id.toString();
    super(
      state,
      watched(
        env,
        delayed(() => served.get(id)),
      ),
    );
  }
}

type Entrypoint = new (context: ExecutionContext, env: Env) => WorkerEntrypoint<Env>;
const { ContentSource: Source = WorkerEntrypoint<Env> } = berth as { ContentSource?: Entrypoint };

/** Gives content by digest, if Berth has such an entrypoint. */
export class ContentSource extends Source {
  override fetch(request: Request): Promise<Response> {
    this.env = watched(
      this.env,
      delayed(() => works.get(request.headers.get(REQUEST) ?? "")),
    );
    return Promise.resolve(super.fetch?.(request) ?? new Response(null, { status: 404 }));
  }
}

/** An invocation whose entrypoint for content has the cache in front of it. */
function withEdge(context: ExecutionContext, id: string, work: Work): ExecutionContext {
  const exports = context.exports as { ContentSource?: Fetcher } | undefined;
  const edge = {
    async fetch(url: string) {
      work.log.others.edge += 1;
      await scheduler.wait(distance.edge);
      const headers = { [REQUEST]: id };
      return cache.fetch(url, async () => (await exports?.ContentSource?.fetch(url, { headers })) ?? Response.error());
    },
    async purge(tags: string[]) {
      await scheduler.wait(distance.edge);
      cache.purge(tags);
      return "purged";
    },
  };
  return withExports(context, { ...context.exports, ContentSource: edge });
}

/** The same answer, whose request ends with its last byte. */
function noted(answer: Response, request: Span, context: ExecutionContext): Response {
  if (!answer.body) {
    end(request);
    return answer;
  }
  const length = answer.headers.get("Content-Length");
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  const sent = answer.body.pipeTo(writable).finally(() => end(request));
  context.waitUntil(sent.catch(() => undefined));
  return new Response(readable, answer);
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/__distance") {
      distance = await request.json<Distance>();
      log = newLog();
      works.clear();
      cache.clear();
      return Response.json({});
    }
    if (pathname === "/__trips") {
      const seen = log;
      log = newLog();
      return Response.json(seen);
    }
    const span = begin();
    const work = { log, request: log.requests.push(span) - 1 };
    const id = crypto.randomUUID();
    works.set(id, work);
    const near = watched(
      env,
      delayed(() => work),
    );
    return noted(await berth.default.fetch(request, near, withEdge(context, id, work)), span, context);
  },
} satisfies ExportedHandler<Env>;
