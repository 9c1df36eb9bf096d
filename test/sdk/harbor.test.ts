/**
 * Harbor's replications from and to Berth with its adapter for SWR. The Go module proxy does not give out Harbor's module, so
 * the adapter is not run itself: `drivers/harbor` repeats its requests and reads the answers as it does.
 */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccessKey, addReader, type Person } from "../support/server-people.ts";
import { MANIFEST_TYPE, pushImage, pushIndex, type PushedImage } from "../support/server-images.ts";
import { skipAll } from "../support/requirements.ts";
import { Driver, prepareHarbor } from "./drivers/driver.ts";
import { type SdkRegistry, useRegistry } from "./sdk-registry.ts";

const source = useRegistry();
const target = useRegistry();
const prepared = await prepareHarbor();
if ("reason" in prepared) skipAll("Harbor's replications", prepared.reason);

interface Login {
  url: string;
  name: string;
  password: string;
}

let driver: Driver;
let owner: Person;
let receiver: Person;
let from: Login;
let to: Login;
let web: PushedImage;
let multi: PushedImage;

/** What Huawei's guide has users enter in Harbor: a project and an AK, and what is computed of both keys (guide 4.2). */
function lastingLogin({ server }: SdkRegistry, { access, secret }: AccessKey): Login {
  const password = createHmac("sha256", secret).update(access).digest("hex");
  return { url: server.url, name: `berth@${access}`, password };
}

beforeAll(async () => {
  if ("reason" in prepared) return;
  ({ person: owner } = await source.account("sender"));
  ({ person: receiver } = await target.account("receiver"));
  from = lastingLogin(source, await owner.addAccessKey());
  to = lastingLogin(target, await receiver.addAccessKey());
  // Each request names who sends it.
  driver = new Driver(prepared, "", { access: "", secret: "" });
  await owner.ask("POST", "/v2/manage/namespaces", { namespace: "shop" });
  web = await pushImage(owner, "shop/team/web", "1.0");
  multi = await pushIndex(owner, "shop/multi", "1");
  // A signature, as cosign tags it.
  await pushImage(owner, "shop/team/web", `${web.digest.replace(":", "-")}.sig`);
});
afterAll(async () => {
  if (!("reason" in prepared)) await driver.stop();
});

async function call<T>(operation: string, fields: Record<string, unknown> = {}): Promise<T> {
  const { status, code, body } = await driver.call(operation, fields);
  if (status !== 200) throw new Error(code);
  return body as T;
}

async function digestOf(person: Person, image: string, reference: string): Promise<string | null> {
  const accept = `${MANIFEST_TYPE}, application/vnd.oci.image.index.v1+json`;
  const response = await person.send("HEAD", `/v2/${image}/manifests/${reference}`, undefined, { Accept: accept });
  return response.headers.get("Docker-Content-Digest");
}

test("everything is listed to somebody with a lasting login or a password", async () => {
  const password = { url: source.server.url, name: owner.name, password: owner.password };
  for (const login of [from, password]) {
    expect(await call("listNamespaces", { to: login })).toMatchObject([{ name: "shop", auth: 7, image_count: 2 }]);
    const listed = await call<{ name: string; tags: string[]; totalRange: number }[]>("fetchArtifacts", { to: login });
    expect(listed.map(({ name, tags, totalRange }) => [name, tags.length, totalRange])).toEqual([
      ["shop/team/web", 2, 2],
      ["shop/multi", 3, 2],
    ]);
  }
});

test("a namespace is looked for and made before images are pushed, and once only", async () => {
  expect(await call("getNamespace", { to, namespace: "made" })).toMatchObject({ name: "" });
  await call("prepareForPush", { to, repositories: ["made/a", "made/b"] });
  expect(await call("getNamespace", { to, namespace: "made" })).toMatchObject({ name: "made", auth: 7 });
  await call("prepareForPush", { to, repositories: ["made/a", "made/c"] });
});

test("all images are copied with their tags, indexes and signatures, with the same digests", async () => {
  const copied = await call<string[]>("replicate", { from, to, namespace: "mirror" });
  expect(copied).toHaveLength(5);
  expect(await digestOf(receiver, "mirror/web", "1.0")).toBe(web.digest);
  expect(await digestOf(receiver, "mirror/multi", "1")).toBe(multi.digest);
  const { companions } = await receiver.ask<{ companions: number }>("GET", "/api/organizations/mirror/images/web");
  expect(companions).toBe(1);
  // Harbor's next run finds all of it there.
  expect(await call("replicate", { from, to, namespace: "mirror" })).toEqual(copied);
});

test("blobs come in chunks as well, of which the last one is put", async () => {
  await call("replicate", { from, to, namespace: "chunks", chunkSize: 300 });
  expect(await digestOf(receiver, "chunks/web", "1.0")).toBe(web.digest);
});

test("whether a manifest exists is told by tag and by digest, also where there is no image", async () => {
  const image = { to, repository: "mirror/web" };
  for (const reference of ["1.0", web.digest]) {
    const found = await call("manifestExist", { ...image, reference });
    expect(found).toEqual({ exists: true, mediaType: MANIFEST_TYPE, size: web.size });
  }
  const absent = { exists: false, mediaType: "", size: 0 };
  expect(await call("manifestExist", { ...image, reference: "2.0" })).toEqual(absent);
  expect(await call("manifestExist", { to, repository: "mirror/absent", reference: "1" })).toEqual(absent);
  expect(await call("manifestExist", { to, repository: "unheard-of/absent", reference: "1" })).toEqual(absent);
});

test("what was deleted in Harbor is deleted here, with a token that asks to push", async () => {
  await call("deleteManifest", { to, repository: "mirror/multi", reference: "1-amd64" });
  expect(await digestOf(receiver, "mirror/multi", "1-amd64")).toBe(null);
  expect(await digestOf(receiver, "mirror/multi", "1")).toBe(multi.digest);
});

test("a reader copies from here, and is told why not to here", async () => {
  const reader = await addReader(source.server, owner, "reader", "shop");
  const login = { url: source.server.url, name: reader.name, password: reader.password };
  expect(await call("replicate", { from: login, to, namespace: "read" })).toHaveLength(5);
  const refused = { from, to: login, namespace: "shop" };
  await expect(call("replicate", refused)).rejects.toThrow(/http status code: 403.*reader may not push to shop/);
  const remove = { to: login, repository: "shop/multi", reference: "1" };
  await expect(call("deleteManifest", remove)).rejects.toThrow(/^\[403\]\[.*reader may not delete/);
  await expect(call("prepareForPush", { to: { ...login, password: "wrong" }, repositories: ["a/b"] })).rejects.toThrow(
    /^\[401\]/,
  );
});
