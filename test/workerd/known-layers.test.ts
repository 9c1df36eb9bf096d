/** What an upload from a page need not send. */
import { env } from "cloudflare:workers";
import { it } from "vitest";
import { IMAGE_CONFIG, bytesOf, pushIndex, pushManifestOf } from "../support/workerd/configured-images.ts";
import { asUser } from "../support/workerd/managing-clients.ts";
import {
  ADMINISTRATOR,
  type Descriptor,
  digestOf,
  errorCodes,
  newRepository,
  OCI_MANIFEST,
  pushBlob,
  someBytes,
} from "../support/workerd/registry-requests.ts";

const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const PLAIN = "application/vnd.oci.image.layer.v1.tar";
const administrator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);
const newDiffId = () => digestOf(someBytes());

/** Pushes an image whose configuration says that its layers unpack to these. */
async function push(repository: string, tag: string, diffIds: readonly unknown[], mediaTypes: readonly string[]) {
  const config = JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: diffIds } });
  const layers: Descriptor[] = [];
  for (const mediaType of mediaTypes) layers.push(await pushBlob(repository, someBytes(), mediaType));
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await pushBlob(repository, bytesOf(config), IMAGE_CONFIG),
    layers,
  };
  return { ...(await pushManifestOf(repository, tag, manifest)), layers };
}

async function ask(repository: string, diffIds: readonly string[]) {
  const [organization = "", ...image] = repository.split("/");
  const body = { image: image.join("/"), diffIds };
  return administrator.post(`/api/organizations/${organization}/known-layers`, body);
}

async function known(repository: string, diffIds: readonly string[]) {
  const response = await ask(repository, diffIds);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json<{ layers: { diffId: string; digest: string; size: number }[] }>()).layers;
}

it("finds compressed layers by what they unpack to, in any of the newest tags", async ({ expect }) => {
  const repository = newRepository();
  const [base, first, second, absent] = [newDiffId(), newDiffId(), newDiffId(), newDiffId()];
  const one = await push(repository, "1", [base, first], [GZIP, GZIP]);
  const two = await push(repository, "2", [base, second], [GZIP, GZIP]);
  const layers = await known(repository, [base, first, second, absent]);
  expect(new Map(layers.map(({ diffId, digest }) => [diffId, digest]))).toEqual(
    new Map([
      [base, two.layers[0]?.digest],
      [second, two.layers[1]?.digest],
      [first, one.layers[1]?.digest],
    ]),
  );
  expect(layers.map(({ size }) => size)).toEqual([100, 100, 100]);
});

it("finds nothing that is not compressed, or that nobody can tell", async ({ expect }) => {
  const repository = newRepository();
  const [plain, uncertain, odd] = [newDiffId(), newDiffId(), newDiffId()];
  const image = await push(repository, "plain", [plain], [PLAIN]);
  await push(repository, "uncertain", [uncertain], [GZIP, GZIP]);
  await push(repository, "odd", [odd, 7], [GZIP, GZIP]);
  await pushIndex(repository, "index", [image]);
  expect(await known(repository, [plain, uncertain, odd])).toEqual([]);
});

it("finds nothing in an image that is not there, or whose configuration is lost", async ({ expect }) => {
  const repository = newRepository();
  const diffId = newDiffId();
  await push(repository, "1", [diffId], [GZIP]);
  expect(await known(`${repository}/absent`, [diffId])).toEqual([]);
  const { objects } = await env.BUCKET.list();
  await env.BUCKET.delete(objects.map(({ key }) => key));
  expect(await known(repository, [diffId])).toEqual([]);
});

it("is no pull", async ({ expect }) => {
  const repository = newRepository();
  const diffId = newDiffId();
  await push(repository, "1", [diffId], [GZIP]);
  await known(repository, [diffId]);
  const row = await env.DB.prepare(
    "SELECT manifests.last_pulled_at AS pulled FROM manifests JOIN repositories ON repositories.id = repository_id WHERE name = ?",
  )
    .bind(repository)
    .first<{ pulled: number | null }>();
  expect(row).toEqual({ pulled: null });
});

it("refuses what are no digests and no names", async ({ expect }) => {
  const repository = newRepository();
  for (const diffIds of [[], ["sha256:abc"], ["nothing"]]) {
    const response = await ask(repository, diffIds);
    expect([response.status, await errorCodes(response)]).toEqual([400, ["PARAMETER_INVALID"]]);
  }
  const response = await ask(`${repository}/..`, [newDiffId()]);
  expect([response.status, await errorCodes(response)]).toEqual([400, ["NAME_INVALID"]]);
});
