/** A registry that many use at once, at random, at the limits of their quotas. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { it } from "vitest";
import { UPLOAD_IDLE_MS } from "../../src/kernel/limits.ts";
import type { QuotaResource } from "../../src/kernel/quotas.ts";
import { keepHouse } from "../../src/registry/housekeeping/housekeeping.ts";
import { openStores } from "../../src/storage/stores.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { DAY, useClock } from "../support/workerd/clock.ts";
import { type Client, grant, newAccount, newOrganization } from "../support/workerd/managing-clients.ts";
import { aboveLimits, miscounted, setLimits } from "../support/workerd/quota-counts.ts";
import {
  basic,
  digestOf,
  fetchAnonymously,
  OCI_INDEX,
  OCI_MANIFEST,
  streamOf,
} from "../support/workerd/registry-requests.ts";

const SEED = Number(env.GARBAGE_SEED || Date.now() % 1_000_000);
/** The fast suite plays a few; `npm run test:garbage` hundreds. */
const RUNS = Math.ceil(Number(env.GARBAGE_RUNS || 8) / 5);
const STEPS = 40;
/** How many things happen at once in a step. */
const AT_ONCE = 4;

const clock = useClock();
const { pass } = clock;

interface Upload {
  location: string;
  client: Client;
}

class Registry {
  readonly random: Random;
  readonly #users: Client[] = [];
  readonly #organizations: string[] = [];
  account = "";
  #uploads: Upload[] = [];
  /** Manifests that were pushed, by image. */
  readonly #digests: { image: string; digest: string; text: string }[] = [];

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  async prepare(): Promise<void> {
    const { account, administrator, member } = await newAccount();
    this.account = account;
    this.#users.push(administrator, member);
    for (let count = 0; count < 2; count += 1) {
      const organization = await newOrganization(administrator);
      await grant(administrator, organization, member.name, 7);
      this.#organizations.push(organization);
      await setLimits(`organizations/${organization}`, {
        storedBytes: 3000,
        manifestBytes: 5000,
        images: 3,
        tags: 5,
        openUploads: 6,
      });
    }
    await setLimits(`accounts/${account}`, {
      storedBytes: 5000,
      manifestBytes: 8000,
      images: 5,
      tags: 8,
      openUploads: 9,
    });
  }

  /** Does some things at once, and answers what they were. */
  async step(): Promise<string[]> {
    const acts = Array.from({ length: 1 + this.random.below(AT_ONCE) }, () => this.#choose());
    return Promise.all(
      acts.map(async ([what, act]) => {
        const response = await act();
        await response?.body?.cancel();
        return `${what}: ${response?.status ?? "done"}`;
      }),
    );
  }

  #choose(): [string, () => Promise<Response | undefined>] {
    const { below, pick } = this.random;
    const client = pick(this.#users);
    const image = `${pick(this.#organizations)}/${pick(["a", "b", "c", "d"])}`;
    const [organization, name] = image.split("/");
    const tag = `v${below(4)}`;
    const upload = this.#uploads[below(Math.max(1, this.#uploads.length))];
    const pushed = this.#digests.filter((each) => each.image === image);
    const manifest = pushed[below(Math.max(1, pushed.length))];
    const bytes = this.#layer();
    const tags = `/v2/manage/namespaces/${organization}/repos/${name}/tags`;
    switch (below(19)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return [`push ${image}:${tag}`, () => this.#pushImage(client, image, tag)];
      case 4:
        return [`push ${bytes.byteLength} bytes to ${image}`, () => pushBytes(client, image, bytes)];
      case 5: {
        const from = `${pick(this.#organizations)}/${pick(["a", "b", "c", "d"])}`;
        const query = `mount=${digestOf(bytes)}&from=${from}`;
        return [`mount from ${from} to ${image}`, () => this.#open(client, image, `?${query}`)];
      }
      case 6:
      case 7:
        return [`open an upload to ${image}`, () => this.#open(client, image)];
      case 8:
        return [`go on with an upload`, async () => upload && this.#send(upload, "PATCH", bytes)];
      case 9:
        return [
          `finish an upload`,
          async () => upload && this.#send(upload, "PUT", bytes, `?digest=${digestOf(bytes)}`),
        ];
      case 10:
        return [
          `finish with a wrong digest`,
          async () => upload && this.#send(upload, "PUT", bytes, `?digest=${digestOf(tag)}`),
        ];
      case 11:
        return [`cancel an upload`, async () => upload && this.#send(upload, "DELETE")];
      case 12:
        return [`delete tag ${image}:${tag}`, () => client.delete(`${tags}/${tag}`)];
      case 13:
        return [
          `restore ${image}:${tag}`,
          () => client.post(`/api/organizations/${organization}/images/${name}/tags/${tag}/restore`),
        ];
      case 14: {
        const body = { source_tag: tag, destination_tag: `v${below(6)}`, override: below(2) === 0 };
        return [`name ${image}:${tag} ${body.destination_tag}`, () => client.post(tags, body)];
      }
      case 15:
        return [
          `delete a manifest of ${image}`,
          async () => manifest && client.delete(`/v2/${image}/manifests/${manifest.digest}`),
        ];
      case 16:
        return [
          `push an index to ${image}`,
          async () =>
            manifest &&
            client.send("PUT", `/v2/${image}/manifests/${tag}`, indexOf(manifest), { "Content-Type": OCI_INDEX }),
        ];
      case 17:
        return below(3) > 0
          ? [`delete a blob of ${image}`, () => client.delete(`/v2/${image}/blobs/${digestOf(bytes)}`)]
          : [`delete ${image}`, () => client.delete(`/v2/manage/namespaces/${organization}/repos/${name}`)];
      default:
        return [
          `let time pass`,
          async () => {
            pass(below(5) * DAY);
            for (const { location } of this.#uploads) await runDurableObjectAlarm(sessionOf(location));
            await keepHouse(openStores(env), new Date(clock.now));
            return undefined;
          },
        ];
    }
  }

  /** One of few, of different sizes. */
  #layer(): Uint8Array<ArrayBuffer> {
    const number = this.random.below(6);
    return new Uint8Array(200 + number * 150).fill(number);
  }

  async #pushImage(client: Client, image: string, tag: string): Promise<Response> {
    const layers = [this.#layer(), this.#layer()];
    for (const layer of layers) {
      const response = await pushBytes(client, image, layer);
      if (response.status !== 201) return response;
    }
    const describe = (bytes: Uint8Array, mediaType: string) => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    });
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: describe(layers[0] as Uint8Array, "application/vnd.oci.image.config.v1+json"),
      layers: layers.map((layer) => describe(layer, "application/vnd.oci.image.layer.v1.tar")),
      annotations: { number: String(this.random.below(100)) },
    });
    const reference = this.random.below(4) === 0 ? digestOf(text) : tag;
    const response = await client.send("PUT", `/v2/${image}/manifests/${reference}`, text, {
      "Content-Type": OCI_MANIFEST,
    });
    if (response.status === 201) this.#digests.push({ image, digest: digestOf(text), text });
    return response;
  }

  async #open(client: Client, image: string, query = ""): Promise<Response> {
    const response = await client.send("POST", `/v2/${image}/blobs/uploads/${query}`);
    const location = response.headers.get("Location");
    if (response.status !== 202 || !location) return response;
    const upload = { location, client };
    this.#uploads.push(upload);
    // A first chunk takes a place; an upload that none has come for yet may have all of its blob in one request.
    return this.random.below(3) === 0 ? response : this.#send(upload, "PATCH");
  }

  /** A quarter of the bodies break off, as those of clients that are killed, and another one says its length. */
  async #send({ location, client }: Upload, method: string, bytes?: Uint8Array<ArrayBuffer>, query = "") {
    const response = await fetchAnonymously(`${location}${query}`, {
      method,
      headers: { Authorization: basic(client.name, client.password) },
      ...(bytes && { body: this.#bodyOf(bytes) }),
    });
    if (response.status === 404) this.#uploads = this.#uploads.filter((upload) => upload.location !== location);
    return response;
  }

  #bodyOf(bytes: Uint8Array<ArrayBuffer>): BodyInit {
    const way = this.random.below(4);
    if (way === 0) return brokenStream(bytes);
    return way === 1 ? bytes : streamOf(bytes);
  }

  /** Deletes and abandons all there is. */
  async clear(): Promise<void> {
    const [client] = this.#users;
    for (const organization of this.#organizations) {
      for (const name of ["a", "b", "c", "d"]) {
        await client?.delete(`/v2/manage/namespaces/${organization}/repos/${name}`);
      }
    }
    pass(UPLOAD_IDLE_MS + DAY);
    for (const { location } of this.#uploads) await runDurableObjectAlarm(sessionOf(location));
    // Blobs whose manifest never came are no image that anybody could delete.
    for (let day = 0; day < 10; day += 1) {
      pass(DAY);
      await keepHouse(openStores(env), new Date(clock.now));
    }
  }

  async used(): Promise<Record<QuotaResource, number>> {
    const { results } = await env.DB.prepare(
      `SELECT resource, used FROM quotas JOIN accounts ON accounts.id = holder_id
       WHERE holder = 'account' AND accounts.name = ?`,
    )
      .bind(this.account)
      .all<{ resource: QuotaResource; used: number }>();
    return Object.fromEntries(results.map(({ resource, used }) => [resource, used])) as Record<QuotaResource, number>;
  }
}

/** A body whose sender dies in the middle. */
function brokenStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const breakOff = async () => {
    await writer.write(bytes.subarray(0, bytes.byteLength / 2));
    await writer.abort(new Error("the client was killed"));
  };
  breakOff().catch(() => undefined);
  return readable;
}

function sessionOf(location: string) {
  return env.UPLOADS.get(env.UPLOADS.idFromName(location.split("/").at(-1) ?? ""));
}

function pushBytes(client: Client, image: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetchAnonymously(`/v2/${image}/blobs/uploads/?digest=${digestOf(bytes)}`, {
    method: "POST",
    headers: {
      Authorization: basic(client.name, client.password),
      "Content-Length": String(bytes.byteLength),
    },
    body: bytes,
  });
}

function indexOf({ digest, text }: { digest: string; text: string }): string {
  const manifests = [{ mediaType: OCI_MANIFEST, digest, size: text.length }];
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}

it(
  `counts what is there after every step, and nobody ever has more than allowed (${RUNS} runs from seed ${SEED})`,
  { timeout: 60_000 + RUNS * 60_000 },
  async ({ expect }) => {
    for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
      const registry = new Registry(seed);
      await registry.prepare();
      const story: string[] = [];
      for (let step = 0; step < STEPS; step += 1) {
        story.push((await registry.step()).join(" | "));
        const told = `seed ${seed}:\n${story.join("\n")}`;
        expect(await miscounted(), told).toEqual([]);
        expect(await aboveLimits(), told).toEqual([]);
      }
      const all = story.join("\n");

      expect(all, `seed ${seed} met no limit`).toContain(": 403");
      await registry.clear();
      expect(await miscounted(), all).toEqual([]);
      expect(await registry.used(), `seed ${seed}:\n${all}`).toEqual({
        storedBytes: 0,
        manifestBytes: 0,
        images: 0,
        tags: 0,
        openUploads: 0,
      });
    }
  },
);
