/** What a deployment is going to do, before it does anything; and what going back to the version before would. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SECRET_NAMES, type SecretName } from "./local/secrets.ts";
import { effectsOn } from "./migration-effects.ts";
import type { RunWrangler } from "./wrangler.ts";

/** A step of the deployment failed; wrangler has said why. */
export class DeploymentFailed extends Error {}

/** The checkout that is deployed. */
export interface Checkout {
  /** Of package.json. */
  version: string;
  /** File names, in order. */
  migrations: string[];
  /** Names of what wrangler.toml binds to the Worker, settings included. */
  bindings: string[];
}

/** A version of the Worker as Cloudflare has it. */
export interface DeployedVersion {
  /** Cloudflare's id of it. */
  id: string;
  /** Berth's version; undefined if it was deployed before versions were noted. */
  version: string | undefined;
  /** The number of its last migration, as `0012`; undefined as well. */
  lastMigration: string | undefined;
  bindings: string[];
}

/** What `npm run deploy` is going to do. */
export interface DeploymentPlan {
  version: string;
  /** What runs now; undefined when there is no Worker yet. */
  running: DeployedVersion | undefined;
  /** Whether there is a Worker, perhaps one that was never deployed to the end. */
  isThere: boolean;
  /** File names of migrations to apply. */
  migrations: string[];
  /** What the running version cannot do after them, until the new one is there: sentences. */
  effects: string[];
  /** Names that the Worker gets. */
  newBindings: string[];
  /** Secrets that are made up, because nobody has set them. */
  newSecrets: SecretName[];
  /** The version and its last migration, as the deployment is to be marked: `--tag`, `--message`. */
  mark: { tag: string; message: string };
}

/** What `npm run deploy -- --rollback` is going to do. */
export interface RollbackPlan {
  from: DeployedVersion;
  to: DeployedVersion;
  /** Migrations that the older version does not know. They stay. */
  newer: string[];
  /** What it cannot do after them: sentences. */
  effects: string[];
}

const Deployments = z.array(
  z.object({ created_on: z.string(), versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })) }),
);
const Version = z.object({
  annotations: z.record(z.string(), z.string()).optional(),
  resources: z.object({ bindings: z.array(z.object({ name: z.string() })).optional() }).optional(),
});

/** Finds out what a deployment would do. Changes nothing. */
export async function planDeployment(
  wrangler: RunWrangler,
  checkout: Checkout,
  chosenSecrets: readonly string[],
): Promise<DeploymentPlan> {
  const present = await presentSecrets(wrangler);
  const last = checkout.migrations.at(-1)?.slice(0, 4) ?? "";
  const isThere = present !== undefined;
  const migrations = isThere ? await pendingMigrations(wrangler, checkout) : checkout.migrations;
  const [current] = isThere ? await deployedIds(wrangler) : [];
  const running = current === undefined ? undefined : await describeVersion(wrangler, current);
  // What was there before versions were noted is as old as the migrations say.
  const runningLast = running?.lastMigration ?? checkout.migrations.filter((file) => !migrations.includes(file)).at(-1);
  return {
    version: checkout.version,
    running,
    isThere,
    migrations,
    effects: running === undefined || runningLast === undefined ? [] : effectsOn(runningLast.slice(0, 4), migrations),
    newBindings: checkout.bindings.filter((name) => running?.bindings.includes(name) !== true),
    newSecrets: SECRET_NAMES.filter((name) => present?.includes(name) !== true && !chosenSecrets.includes(name)),
    mark: { tag: checkout.version, message: `Berth ${checkout.version}, migrations to ${last}` },
  };
}

/**
 * Finds out what going back would do. Changes nothing.
 *
 * @throws DeploymentFailed when there is nothing to go back to.
 */
export async function planRollback(wrangler: RunWrangler, checkout: Checkout): Promise<RollbackPlan> {
  const [current, previous] = await deployedIds(wrangler);
  if (current === undefined || previous === undefined)
    throw new DeploymentFailed("There is no version before the one that runs.");
  const [from, to] = [await describeVersion(wrangler, current), await describeVersion(wrangler, previous)];
  const pending = await pendingMigrations(wrangler, checkout);
  const applied = checkout.migrations.filter((file) => !pending.includes(file));
  const known = to.lastMigration;
  const newer = known === undefined ? [] : applied.filter((file) => file.slice(0, 4) > known);
  return { from, to, newer, effects: known === undefined ? [] : effectsOn(known, newer) };
}

/** What the plan says to the operator, in lines. */
export function describeDeployment(plan: DeploymentPlan): string {
  const { running, version, isThere, migrations, newBindings, newSecrets } = plan;
  return [
    `Version         ${isThere ? nameOf(running) : "none"} -> ${version}`,
    `Migrations      ${list(migrations)}`,
    `New bindings    ${list(newBindings)}`,
    `Secrets to make ${list(newSecrets)}`,
    ...plan.effects.map((effect) => `! The running version, until it is replaced: ${effect}`),
    ...(isThere && migrations.length > 0 ? ["Migrations stay if you go back (docs/upgrading.md)."] : []),
  ].join("\n");
}

/** The same of going back. */
export function describeRollback({ from, to, newer, effects }: RollbackPlan): string {
  return [
    `Version         ${nameOf(from)} -> ${nameOf(to)}`,
    `Migrations      ${newer.length === 0 ? "none that it does not know" : `stay: ${newer.join(", ")}`}`,
    ...(to.lastMigration === undefined
      ? ["! It does not say which migrations it knows: compare with docs/upgrading.md."]
      : []),
    ...effects.map((effect) => `! ${effect}`),
    "Images, accounts and secrets stay as they are.",
  ].join("\n");
}

/** Reads what is deployed. `bindings` are read by wrangler. */
export async function readCheckout(root: string): Promise<Checkout> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const { unstable_getMiniflareWorkerOptions: optionsOf } = await import("wrangler");
  const { workerOptions } = optionsOf(join(root, "wrangler.toml"));
  const groups = [
    workerOptions.d1Databases,
    workerOptions.r2Buckets,
    workerOptions.durableObjects,
    workerOptions.queueProducers,
    workerOptions.ratelimits,
    workerOptions.bindings,
  ];
  const bindings = groups.flatMap((group) => (Array.isArray(group) ? group : Object.keys(group ?? {})));
  const migrations = readdirSync(join(root, "migrations")).filter((file) => file.endsWith(".sql"));
  return { version, migrations: migrations.sort(), bindings };
}

/** The names of the secrets that the deployed Worker has; undefined when there is no such Worker yet. */
async function presentSecrets(wrangler: RunWrangler): Promise<string[] | undefined> {
  const { exitCode, stdout, stderr } = await wrangler(["secret", "list", "--format", "json"], { capture: true });
  if (exitCode === 0)
    return z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(stdout))
      .map((secret) => secret.name);
  // wrangler has no exit code of its own for it.
  if (/Worker ".*" not found/.test(stdout + stderr)) return undefined;
  throw new DeploymentFailed(`wrangler secret list failed:\n${(stdout + stderr).trim()}`);
}

async function pendingMigrations(wrangler: RunWrangler, { migrations }: Checkout): Promise<string[]> {
  const output = await ask(wrangler, ["d1", "migrations", "list", "DB", "--remote"]);
  // It prints a table, of those that are not applied.
  return migrations.filter((file) => output.includes(file));
}

/** Ids of the versions that all requests went to, the newest first; each once. */
async function deployedIds(wrangler: RunWrangler): Promise<string[]> {
  const deployments = Deployments.parse(JSON.parse(await ask(wrangler, ["deployments", "list", "--json"])));
  const ids = deployments
    .toSorted((one, other) => Date.parse(other.created_on) - Date.parse(one.created_on))
    .flatMap(({ versions: [version, ...more] }) => (version && more.length === 0 ? version.version_id : []));
  return [...new Set(ids)];
}

async function describeVersion(wrangler: RunWrangler, id: string): Promise<DeployedVersion> {
  const version = Version.parse(JSON.parse(await ask(wrangler, ["versions", "view", id, "--json"])));
  return {
    id,
    version: version.annotations?.["workers/tag"],
    lastMigration: /migrations to (\d{4})$/.exec(version.annotations?.["workers/message"] ?? "")?.[1],
    bindings: version.resources?.bindings?.map(({ name }) => name) ?? [],
  };
}

async function ask(wrangler: RunWrangler, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await wrangler(args, { capture: true });
  if (exitCode === 0) return stdout;
  throw new DeploymentFailed(`wrangler ${args.join(" ")} failed:\n${(stdout + stderr).trim()}`);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}

function nameOf(version: DeployedVersion | undefined): string {
  return version === undefined ? "none" : (version.version ?? `one without a number (${version.id})`);
}
