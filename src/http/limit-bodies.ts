import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { networkOf } from "../model/client-network.ts";
import { isSignature } from "../model/logins/request-signatures.ts";
import { Places } from "../places.ts";
import { BODY_MS, beginVisit, bodyPlaces, overloaded } from "../streams.ts";
import { addressOf } from "./auth/identify.ts";
import type { AppEnv } from "./context.ts";

const PATIENCE_MS = 10_000;

/** Requests with bodies that share a number of places: those that have one, and those that wait for one. */
interface Crowd {
  places: Places;
  waiting: Places;
  bodyMs: () => number;
}

/** How many wait in each crowd, and of one network. */
export const MAX_WAITING_BODIES = 64;
const MAX_WAITING_OF_NETWORK = 48;
const createWaiting = () => new Places(MAX_WAITING_BODIES, MAX_WAITING_OF_NETWORK);

const named: Crowd = { places: bodyPlaces, waiting: createWaiting(), bodyMs: () => BODY_MS };

/**
 * Bodies that are read before it is known who sends them: those with a password in them, those that a signature covers, and
 * those of browsers, whose cookies may be of sessions that have ended. They are small, and their clients send them at once.
 */
export const MAX_STRANGERS = 32;
const MAX_STRANGERS_OF_NETWORK = 20;
const STRANGER_BODY_MS = 10_000;
/** The same while others wait. */
const HURRIED_STRANGER_BODY_MS = 2000;
export const strangerPlaces = new Places(MAX_STRANGERS, MAX_STRANGERS_OF_NETWORK);
const strangers: Crowd = {
  places: strangerPlaces,
  waiting: createWaiting(),
  bodyMs: () => (strangerPlaces.isWanted ? HURRIED_STRANGER_BODY_MS : STRANGER_BODY_MS),
};

/** Of all these, how many ask the database at the same time whether they may: it does one thing at a time anyway. */
const MAX_ENTERING = 48;
const entrance = new Places(MAX_ENTERING);

/**
 * Holds back a request with a body, or refuses it, when too many of them are under way already, before anything is
 * asked or read for it. Requests without credentials have places of their own, so that they cannot delay users who are
 * known. No network has all places.
 */
export const limitBodies = limiting((c) => (namesSomebody(c) ? named : strangers));

/** The same for routes that read a body before they look at any credentials. */
export const limitStrangers = limiting(() => strangers);

function limiting(crowdOf: (c: Context<AppEnv>) => Crowd) {
  return createMiddleware<AppEnv>(async function limit(c, next) {
    const { body } = c.req.raw;
    if (!body || c.req.header("Content-Length") === "0") return next();
    const crowd = crowdOf(c);
    const { places, bodyMs } = crowd;
    const network = networkOf(addressOf(c));
    const holder = crypto.randomUUID();
    if (!places.tryTake(holder, network)) await waitForPlace(crowd, holder, network);
    const leave = places.hold(holder, network);
    try {
      if (!(await entrance.take(holder, PATIENCE_MS))) throw overloaded("uploads");
      const leaveEntrance = entrance.hold(holder);
      const giveBack = beginVisit(body, { places, bodyMs, onAdmission: leaveEntrance });
      try {
        await next();
      } finally {
        giveBack();
        leaveEntrance();
      }
    } finally {
      leave();
    }
  });
}

/** Whether the headers name a user: then the user is known before the body is read. */
function namesSomebody(c: Context<AppEnv>): boolean {
  const authorization = c.req.header("Authorization");
  return authorization === undefined ? c.req.header("X-Auth-Token") !== undefined : !isSignature(authorization);
}

async function waitForPlace({ places, waiting }: Crowd, holder: string, network: string): Promise<void> {
  if (!waiting.tryTake(holder, network)) throw overloaded("uploads");
  const leave = waiting.hold(holder, network);
  try {
    if (!(await places.take(holder, PATIENCE_MS, network))) throw overloaded("uploads");
  } finally {
    leave();
  }
}
