/** Images that are copied elsewhere in tests: a queue that hands out nothing by itself, and a registry that stands in for another. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { app } from "../../../src/app.ts";
import type { MessageQueue } from "../../../src/env.ts";
import { FakeRegistry } from "../../../src/client/testing/registry.ts";
import { readDetail } from "../../../src/model/read-detail.ts";
import { synchronize } from "../../../src/registry/sync/synchronize.ts";
import type { Stores } from "../../../src/registry/stores.ts";
import { lastingStores } from "./lasting-stores.ts";
import { asUser, type Client, newAccount, newOrganization } from "./managing-clients.ts";

/** Ids of jobs that were handed to the queue. */
export const queuedSyncs: number[] = [];

const QUEUE: MessageQueue<{ sync: number }> = {
  async sendBatch(messages) {
    for (const { body } of messages) queuedSyncs.push(body.sync);
  },
};

export const stores: Stores = { ...lastingStores(), syncs: QUEUE };

/** The same user, whose requests use the queue here, and are over when all that goes on after their answers is. */
export function clientOf({ name, password }: Pick<Client, "name" | "password">): Client {
  return asUser(name, password, async (path, init) => {
    const context = createExecutionContext();
    const request = new Request(new URL(path, "http://registry.test"), init);
    const response = await app.fetch(request, { ...env, SYNCS: QUEUE }, context);
    await waitOnExecutionContext(context);
    return response;
  });
}

export const ELSEWHERE = "https://elsewhere.example.com";

export interface SyncSetting {
  account: string;
  administrator: Client;
  member: Client;
  organization: string;
  /** `organization/web`; nobody has pushed it yet. */
  repository: string;
  /** Of the image in `/api/`. */
  path: string;
}

/** An account with a remote registry `elsewhere`, and an organization. */
export async function aSetting(): Promise<SyncSetting> {
  const { account, administrator: owner, member } = await newAccount();
  const administrator = clientOf(owner);
  const organization = await newOrganization(administrator);
  const remote = { name: "elsewhere", url: ELSEWHERE, username: null, password: null, test: false };
  const made = await administrator.post("/api/remotes", remote);
  if (made.status !== 201) throw new Error(`making a remote: ${made.status} ${await made.text()}`);
  return {
    account,
    administrator,
    member: clientOf(member),
    organization,
    repository: `${organization}/web`,
    path: `/api/organizations/${organization}/images/web`,
  };
}

export const TARGET = { remote: "elsewhere", remoteOrganization: "there" };

/** Makes a rule of the image, or of the organization where the image is not there yet; answers its id. */
export async function newRule(
  { administrator, organization, path }: SyncSetting,
  of: "image" | "organization",
  fields: object = {},
): Promise<number> {
  const where = of === "image" ? path : `/api/organizations/${organization}`;
  const response = await administrator.post(`${where}/sync-rules`, { ...TARGET, ...fields });
  if (response.status !== 201) throw new Error(`making a rule: ${response.status} ${await response.text()}`);
  return (await response.json<{ id: number }>()).id;
}

export interface JobRow {
  id: number;
  repository: string;
  tag: string;
  digest: string;
  operation: string;
  status: string;
  attempts: number;
  /** As a sentence. */
  detail: string | null;
}

/** All jobs of an organization's images, the oldest first. */
export async function jobsOf({ organization }: SyncSetting): Promise<JobRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT sync_jobs.id, repositories.name AS repository, tag, digest, operation, status, attempts, detail FROM sync_jobs
     JOIN repositories ON repositories.id = repository_id
     WHERE repositories.name LIKE ? || '/%' ORDER BY sync_jobs.id`,
  )
    .bind(organization)
    .all<JobRow>();
  return results.map((job) => ({ ...job, detail: job.detail && readDetail(job.detail).detail }));
}

/** `operation tag status` of each. */
export async function summaryOf(setting: SyncSetting): Promise<string[]> {
  return (await jobsOf(setting)).map(({ operation, tag, status }) => `${operation} ${tag} ${status}`);
}

/** A registry that answers what is sent to {@link ELSEWHERE}. */
export function newElsewhere(): FakeRegistry {
  const elsewhere = new FakeRegistry(ELSEWHERE);
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    // As a whole, because the stand-in reads it so.
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const { method, headers } = request;
    return elsewhere.fetch(request.url, {
      method,
      headers,
      signal: init?.signal ?? new AbortController().signal,
      ...(body !== undefined && { body }),
    });
  });
  return elsewhere;
}

/** Does all jobs that are queued, and what they queue; those that are due later are made due at once. */
export async function drain(): Promise<void> {
  for (let turns = 0; queuedSyncs.length > 0 && turns < 50; turns += 1) {
    await env.DB.exec("UPDATE sync_jobs SET next_attempt_at = 0 WHERE next_attempt_at IS NOT NULL");
    for (const id of queuedSyncs.splice(0)) await synchronize(stores, id);
  }
}
