/**
 * Round trips of a push: D1 may be 170 ms away, and a Durable Object costs a database of its own. A trip more than here is a
 * regression.
 */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { UPLOAD_PART_BYTES } from "../../src/kernel/limits.ts";
import { type Client, newAccount, newOrganization, pushAs, tokenFor } from "../support/workerd/managing-clients.ts";
import { digestOf, fetchAnonymously, OCI_MANIFEST, someBytes, streamOf } from "../support/workerd/registry-requests.ts";
import { twoMinutesLater } from "../support/workerd/clock.ts";
import { tripsOf } from "../support/workerd/trips.ts";

interface Place {
  client: Client;
  organization: string;
  repository: string;
  headers: Record<string, string>;
}

/** A user with a token for images of an organization, of which `image` and `source` exist, and `new` does not. */
async function newPlace(): Promise<Place> {
  const { administrator: client } = await newAccount();
  const organization = await newOrganization(client);
  for (const name of ["image", "source"]) await pushAs(client, `${organization}/${name}`);
  const scopes = ["image", "source", "new"].map((name) => `repository:${organization}/${name}:pull,push`);
  const token = await tokenFor(client, scopes.join(" "));
  const headers = { Authorization: `Bearer ${token}` };
  return { client, organization, repository: `${organization}/image`, headers };
}

/** Read where it is stored: a pull is counted a second later, which is a trip as well. */
async function manifestOf(repository: string): Promise<string> {
  const text = await env.DB.prepare(
    `SELECT text FROM manifest_texts JOIN manifests ON manifests.id = manifest_id
     JOIN repositories ON repositories.id = repository_id WHERE name = ?`,
  )
    .bind(repository)
    .first<string>("text");
  if (text === null) throw new Error(`there is no manifest in ${repository}`);
  return text;
}

const open = ({ repository, headers }: Place) =>
  fetchAnonymously(`/v2/${repository}/blobs/uploads/`, { method: "POST", headers });

async function locationOf(response: Response | Promise<Response>): Promise<string> {
  return (await response).headers.get("Location") ?? "";
}

function put(place: Place, location: string, bytes: Uint8Array<ArrayBuffer>, body?: BodyInit) {
  return fetchAnonymously(`${location}?digest=${digestOf(bytes)}`, {
    method: "PUT",
    headers: place.headers,
    ...(body !== undefined && { body }),
  });
}

describe("an upload", () => {
  it("asks nobody when it is opened, in a repository that exists or not", async ({ expect }) => {
    const place = await newPlace();
    for (const repository of [place.repository, `${place.organization}/new`]) {
      expect(await tripsOf(() => open({ ...place, repository }))).toEqual({
        status: 202,
        database: 0,
        inSequence: 0,
        sessions: [],
      });
    }
    const { results } = await env.DB.prepare("SELECT id FROM open_uploads").all();
    expect(results).toEqual([]);
  });

  it("that comes whole takes one trip, by PUT and by POST", async ({ expect }) => {
    const place = await newPlace();
    const one = { status: 201, database: 1, inSequence: 1, sessions: [] };
    const bytes = someBytes();
    const location = await locationOf(open(place));
    expect(await tripsOf(() => put(place, location, bytes, bytes))).toEqual(one);
    // Again, as a client does that has lost the answer.
    expect(await tripsOf(() => put(place, location, bytes, bytes))).toEqual(one);
    const other = someBytes();
    const path = `/v2/${place.repository}/blobs/uploads/?digest=${digestOf(other)}`;
    const init = { method: "POST", headers: place.headers, body: other };
    expect(await tripsOf(() => fetchAnonymously(path, init))).toEqual(one);
  });

  it("that comes whole and is large takes no more, and looks for room meanwhile", async ({ expect }) => {
    const place = await newPlace();
    const bytes = someBytes(UPLOAD_PART_BYTES + 1);
    const location = await locationOf(open(place));
    const { database, ...others } = await tripsOf(() => put(place, location, bytes, bytes));
    expect(others).toMatchObject({ status: 201, sessions: [] });
    expect(database).toBe(2);
  });

  it("that comes whole, the first of its image, takes one as well", async ({ expect }) => {
    const place = await newPlace();
    const bytes = someBytes();
    const location = await locationOf(open({ ...place, repository: `${place.organization}/new` }));
    const one = { status: 201, database: 1, inSequence: 1, sessions: [] };
    expect(await tripsOf(() => put(place, location, bytes, bytes))).toEqual(one);
  });

  it("into an image that was deleted since its token was made takes two", async ({ expect }) => {
    const place = await newPlace();
    expect((await place.client.delete(`/api/organizations/${place.organization}/images/image`)).status).toBe(204);
    const bytes = someBytes();
    const location = await locationOf(open(place));
    const two = { status: 201, database: 2, inSequence: 2, sessions: [] };
    expect(await tripsOf(() => put(place, location, bytes, bytes))).toEqual(two);
    // From then on the isolate knows.
    const other = someBytes();
    expect(await tripsOf(async () => put(place, location, other, other))).toEqual({
      ...two,
      database: 1,
      inSequence: 1,
    });
  });

  it("in chunks takes one trip and one call for each request, the closing one included", async ({ expect }) => {
    const place = await newPlace();
    const pieces = [someBytes(1000), someBytes(1000)];
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    let location = await locationOf(open(place));
    for (const piece of pieces) {
      const trips = await tripsOf(async () => {
        const init = { method: "PATCH", headers: place.headers, body: streamOf(piece) };
        const response = await fetchAnonymously(location, init);
        location = await locationOf(response);
        return response;
      });
      expect(trips).toEqual({ status: 202, database: 1, inSequence: 1, sessions: ["append"] });
    }
    expect(await tripsOf(() => put(place, location, bytes))).toEqual({
      status: 201,
      database: 1,
      inSequence: 1,
      sessions: ["finish"],
    });
  });

  it("in chunks, the first of its image, takes no more", async ({ expect }) => {
    const place = await newPlace();
    const location = await locationOf(open({ ...place, repository: `${place.organization}/new` }));
    const init = { method: "PATCH", headers: place.headers, body: streamOf(someBytes()) };
    expect(await tripsOf(() => fetchAnonymously(location, init))).toEqual({
      status: 202,
      database: 1,
      inSequence: 1,
      sessions: ["append"],
    });
  });
});

describe("a manifest", () => {
  const push = (place: Place, path: string, body: string, headers: Record<string, string> = {}) =>
    fetchAnonymously(`/v2/${path}`, {
      method: "PUT",
      headers: { ...place.headers, "Content-Type": OCI_MANIFEST, ...headers },
      body,
    });

  it("takes one trip, under conditions as well", async ({ expect }) => {
    const place = await newPlace();
    const text = await manifestOf(place.repository);
    const one = { status: 201, database: 1, inSequence: 1, sessions: [] };
    const path = `${place.repository}/manifests`;
    expect(await tripsOf(() => push(place, `${path}/new`, text))).toEqual(one);
    expect(await tripsOf(() => push(place, `${path}/new`, text))).toEqual(one);
    expect(await tripsOf(() => push(place, `${path}/${digestOf(text)}`, text))).toEqual(one);
    const condition = { "If-Match": `"${digestOf(text)}"` };
    expect(await tripsOf(() => push(place, `${path}/new`, text, condition))).toEqual(one);
    expect(await tripsOf(() => push(place, `${path}/newer`, text, { "If-None-Match": "*" }))).toEqual(one);
  });

  it("that is the first of its image takes one", async ({ expect }) => {
    const place = await newPlace();
    const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] };
    const type = { "Content-Type": index.mediaType };
    const path = `${place.organization}/new/manifests/v1`;
    expect(await tripsOf(() => push(place, path, JSON.stringify(index), type))).toEqual({
      status: 201,
      database: 1,
      inSequence: 1,
      sessions: [],
    });
  });
});

describe("a mount", () => {
  it.for(["from one repository", "from anywhere"])(
    "%s takes one trip, into a new image too",
    async (how, { expect }) => {
      const place = await newPlace();
      const source = `${place.organization}/source`;
      const { config } = JSON.parse(await manifestOf(source)) as { config: { digest: string } };
      const query = `mount=${config.digest}${how === "from anywhere" ? "" : `&from=${source}`}`;
      const mount = (name: string) => () =>
        fetchAnonymously(`/v2/${place.organization}/${name}/blobs/uploads/?${query}`, {
          method: "POST",
          headers: place.headers,
        });
      expect(await tripsOf(mount("image"))).toEqual({ status: 201, database: 1, inSequence: 1, sessions: [] });
      expect(await tripsOf(mount("new"))).toEqual({ status: 201, database: 1, inSequence: 1, sessions: [] });
    },
  );
});

describe("a look for a blob", () => {
  const look = ({ repository, headers }: Place, digest: string) =>
    tripsOf(() => fetchAnonymously(`/v2/${repository}/blobs/${digest}`, { method: "HEAD", headers }));

  async function pushLayer(place: Place): Promise<string> {
    const bytes = someBytes();
    const response = await put(place, await locationOf(open(place)), bytes, bytes);
    if (response.status !== 201) throw new Error(`pushing a layer: ${response.status}`);
    return digestOf(bytes);
  }

  it("that its user has just pushed asks R2 alone, in chunks as well", async ({ expect }) => {
    const place = await newPlace();
    const none = { status: 200, database: 0, inSequence: 0, sessions: [] };
    expect(await look(place, await pushLayer(place))).toEqual(none);
    const bytes = someBytes();
    const init = { method: "PATCH", headers: place.headers, body: streamOf(bytes) };
    const location = await locationOf(fetchAnonymously(await locationOf(open(place)), init));
    await put(place, location, bytes);
    expect(await look(place, digestOf(bytes))).toEqual(none);
  });

  it("beside one that was found asks R2 alone", async ({ expect }) => {
    const place = await newPlace();
    const [config, layer, other] = [await pushLayer(place), await pushLayer(place), await pushLayer(place)];
    const descriptorOf = (digest: string) => ({ mediaType: "application/octet-stream", digest, size: 100 });
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptorOf(config),
      layers: [descriptorOf(layer)],
    };
    const pushed = await fetchAnonymously(`/v2/${place.repository}/manifests/several`, {
      method: "PUT",
      headers: { ...place.headers, "Content-Type": OCI_MANIFEST },
      body: JSON.stringify(manifest),
    });
    expect(pushed.status).toBe(201);
    await twoMinutesLater(async () => {
      expect(await look(place, layer)).toMatchObject({ status: 200, inSequence: 1 });
      expect(await look(place, config)).toEqual({ status: 200, database: 0, inSequence: 0, sessions: [] });
      // No manifest has it.
      expect(await look(place, other)).toMatchObject({ status: 200, inSequence: 1 });
    });
  });

  it("is never answered by what another user has seen, nor of another repository", async ({ expect }) => {
    const place = await newPlace();
    const digest = await pushLayer(place);
    expect(await look({ ...place, repository: `${place.organization}/source` }, digest)).toMatchObject({ status: 404 });
    const { member } = await newAccount();
    const token = await tokenFor(member, `repository:${place.repository}:pull,push`);
    const stranger = { ...place, headers: { Authorization: `Bearer ${token}` } };
    expect((await look(stranger, digest)).status).not.toBe(200);
  });

  it("is true again at once after a removal, and when the bytes are lost", async ({ expect }) => {
    const place = await newPlace();
    const [removed, lost] = [await pushLayer(place), await pushLayer(place)];
    const headers = {
      Authorization: `Bearer ${await tokenFor(place.client, `repository:${place.repository}:delete`)}`,
    };
    const path = `/v2/${place.repository}/blobs/${removed}`;
    expect((await fetchAnonymously(path, { method: "DELETE", headers })).status).toBe(202);
    expect((await look(place, removed)).status).toBe(404);
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?").bind(lost).first("object_key");
    await env.BUCKET.delete(String(key));
    expect((await look(place, lost)).status).toBe(404);
  });
});
