/** Images with triggers for tests, and a queue that hands out nothing by itself. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../../src/app.ts";
import type { MessageQueue } from "../../../src/env.ts";
import { deliver } from "../../../src/registry/triggers/deliveries.ts";
import type { Stores } from "../../../src/registry/stores.ts";
import { lastingStores } from "./lasting-stores.ts";
import { asUser, type Client, newAccount, newOrganization, pushAs } from "./managing-clients.ts";

/** What no answer and no audit may have in it. */
export const SECRETS = {
  secret: "whsec_c2VjcmV0IG9mIGEgaG9vaw==",
  authorization: "Bearer authorization-of-a-hook",
  token: "token-of-a-service-account",
} as const;

/** Ids that were handed to the queue. */
export const queued: number[] = [];

export const QUEUE: MessageQueue<{ delivery: number }> = {
  async sendBatch(messages) {
    for (const { body } of messages) queued.push(body.delivery);
  },
};

export const stores: Stores = { ...lastingStores(), deliveries: QUEUE };

/** The texts of all answers to {@link clientOf}. */
export const answers: string[] = [];

/** The same user, whose requests use {@link QUEUE} and are over when all that goes on after their answers is. */
export function clientOf({ name, password }: Pick<Client, "name" | "password">, bindings: object = {}): Client {
  return asUser(name, password, async (path, init) => {
    const context = createExecutionContext();
    const request = new Request(new URL(path, "http://registry.test"), init);
    const response = await app.fetch(request, { ...env, DELIVERIES: QUEUE, ...bindings }, context);
    await waitOnExecutionContext(context);
    answers.push(await response.clone().text());
    return response;
  });
}

export interface TriggeredImage {
  account: string;
  administrator: Client;
  member: Client;
  organization: string;
  /** `organization/web`. */
  repository: string;
  /** Of the image in `/api/`. */
  path: string;
  /** Of its triggers in SWR's API. */
  swr: string;
  /** The digest of its tag `latest`. */
  digest: string;
}

/** An image `web` with the tag `latest`, in an account of its own. */
export async function anImage(): Promise<TriggeredImage> {
  const { account, administrator: owner, member } = await newAccount();
  const administrator = clientOf(owner);
  const organization = await newOrganization(administrator);
  const repository = `${organization}/web`;
  return {
    account,
    administrator,
    member: clientOf(member),
    organization,
    repository,
    path: `/api/organizations/${organization}/images/web`,
    swr: `/v2/manage/namespaces/${organization}/repos/web/triggers`,
    digest: await pushAs(administrator, repository),
  };
}

export const CLUSTER = { name: "production", server: "https://cluster.example.com:6443", token: SECRETS.token };

/** Gives an organization a cluster that nobody has tried out, and answers its id. */
export async function newCluster(client: Client, organization: string, name = CLUSTER.name): Promise<string> {
  const response = await client.post(`/api/organizations/${organization}/clusters`, { ...CLUSTER, name, test: false });
  if (response.status !== 201) throw new Error(`making a cluster: ${response.status} ${await response.text()}`);
  return (await response.json<{ id: string }>()).id;
}

export const WEBHOOK = { kind: "webhook", url: "https://hooks.example.com/berth", format: "cloudevents" } as const;
export const KUBERNETES = {
  kind: "kubernetes",
  cluster: CLUSTER.name,
  workload: "deployments",
  application: "nginx",
  namespace: "default",
} as const;

/** Gives an image a trigger, for all tags and a webhook unless told otherwise. */
export async function newTrigger({ administrator, path }: TriggeredImage, fields: object = {}): Promise<string> {
  const wanted = { name: "hook", condition: { kind: "all" }, target: WEBHOOK, ...fields };
  const response = await administrator.post(`${path}/triggers`, wanted);
  if (response.status !== 201) throw new Error(`making a trigger: ${response.status} ${await response.text()}`);
  return wanted.name;
}

export interface DeliveryRow {
  id: number;
  trigger: string;
  tag: string;
  digest: string;
  status: string;
  event: string;
}

/** Everything that was to be delivered for an image, the oldest first. */
export async function deliveriesOf({ repository }: TriggeredImage): Promise<DeliveryRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT deliveries.id, triggers.name AS trigger, tag, digest, status, event
     FROM deliveries JOIN triggers ON triggers.id = trigger_id JOIN repositories ON repositories.id = repository_id
     WHERE repositories.name = ? ORDER BY deliveries.id`,
  )
    .bind(repository)
    .all<DeliveryRow>();
  return results;
}

/** `trigger: tag` of each, in order of these. */
export async function firedBy(setting: TriggeredImage): Promise<string[]> {
  return (await deliveriesOf(setting)).map(({ trigger, tag }) => `${trigger}: ${tag}`).sort();
}

/** Delivers what is in {@link queued}. */
export async function drain(): Promise<void> {
  for (const id of queued.splice(0)) await deliver(stores, id);
}

/** The audit as one text. */
export async function wholeAudit(): Promise<string> {
  const { results } = await env.DB.prepare("SELECT * FROM audit_events").all();
  return JSON.stringify(results);
}
