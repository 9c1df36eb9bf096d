/** Signatures and attestations, in each of the ways in which cosign keeps them: with a key pair, without a transparency log. */
import { writeFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addReader, operatorOf } from "../support/server-people.ts";
import { type PushedImage, pushImage } from "../support/server-images.ts";
import { uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, type Server, USER } from "../support/server.ts";
import { useClient } from "./client-setup.ts";

const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
/** As cosign asks for the password of a key. */
const KEY_PASSWORD = { COSIGN_PASSWORD: "a password", COSIGN_YES: "true" };
const OFFLINE_SIGNING = ["--tlog-upload=false", "--use-signing-config=false"];

const cosign = useClient("cosign", {
  need: "optional",
  prepare: async () => {
    for (const { address } of [cosign.server, cosign.recorder]) await login(address, USER, PASSWORD);
    for (const name of ["mine", "theirs"]) {
      const options = { environment: KEY_PASSWORD };
      await cosign.run(["generate-key-pair", "--output-key-prefix", cosign.path(name)], options);
    }
  },
});

const login = (address: string, user: string, password: string) =>
  cosign.run(["login", "-u", user, "--password-stdin", address], { input: password });
const attemptSigning = (reference: string, ...options: string[]) => {
  const args = ["sign", "--key", cosign.path("mine.key"), ...OFFLINE_SIGNING, ...options, reference];
  return cosign.attempt(args, { environment: KEY_PASSWORD });
};
const verify = (key: string, reference: string, ...options: string[]) =>
  cosign.attempt(["verify", "--key", cosign.path(`${key}.pub`), "--insecure-ignore-tlog", ...options, reference]);

/** Tags of a repository. */
async function tagsOf(repository: string): Promise<string[]> {
  const { tags } = (await (await cosign.ask(`/v2/${repository}/tags/list`)).json()) as { tags: string[] };
  return tags;
}

/** Types of what refers to an image. */
async function referrersOf(repository: string, digest: string): Promise<(string | undefined)[]> {
  const answer = await cosign.ask(`/v2/${repository}/referrers/${digest}`);
  const { manifests } = (await answer.json()) as { manifests: { artifactType?: string }[] };
  return manifests.map(({ artifactType }) => artifactType);
}

/** Whether there is a registry: not when cosign is missing, and all tests are skipped. */
const isReady = () => (cosign.server as Server | undefined) !== undefined;

/** The two forms that a signature or an attestation can have. */
describe.each([
  { form: "as a tag made of the image's digest", repository: "acme/tagged", option: "--new-bundle-format=false" },
  { form: "as a referrer of the image", repository: "acme/referred", option: "--new-bundle-format=true" },
])("$form", ({ repository, option }) => {
  const isTagged = option.endsWith("false");
  let image: PushedImage;
  let reference: string;

  beforeAll(async () => {
    if (isReady()) image = await pushImage(operatorOf(cosign.server), repository, "1");
  });
  beforeEach(() => {
    if (isReady()) reference = `${cosign.server.address}/${repository}@${image.digest}`;
  });

  test("a signature is found and verified, and not with another key", async () => {
    const unsigned = await verify("mine", reference, option);
    expect(unsigned.exitCode).not.toBe(0);
    expect(unsigned.output).toContain("no signatures found");
    expect(await attemptSigning(reference, option)).toMatchObject({ exitCode: 0 });

    const verified = await verify("mine", reference, option);
    expect(verified).toMatchObject({ exitCode: 0, output: expect.stringContaining("verified against the specified") });
    expect(verified.stdout).toContain(image.digest);
    expect((await verify("theirs", reference, option)).exitCode).not.toBe(0);
    const tag = `${image.digest.replace(":", "-")}.sig`;
    expect(await tagsOf(repository)).toEqual(isTagged ? ["1", tag] : ["1"]);
    expect(await referrersOf(repository, image.digest)).toEqual(isTagged ? [] : [BUNDLE_TYPE]);
  });

  test("an attestation comes back with what it says", async () => {
    writeFileSync(cosign.path("predicate.json"), JSON.stringify({ tested: "by Berth" }));
    const key = ["--key", cosign.path("mine.key")];
    const predicate = ["--type", "custom", "--predicate", cosign.path("predicate.json")];
    const args = ["attest", ...key, ...OFFLINE_SIGNING, ...predicate, option, reference];
    await cosign.run(args, { environment: KEY_PASSWORD });

    const verifying = ["verify-attestation", "--type", "custom", "--insecure-ignore-tlog", option];
    const { stdout } = await cosign.run([...verifying, "--key", cosign.path("mine.pub"), reference]);
    const { payload } = JSON.parse(stdout) as { payload: string };
    const statement = Buffer.from(payload, "base64").toString();
    expect(statement).toContain(image.digest.replace("sha256:", ""));
    expect(statement).toContain("by Berth");
    const theirs = await cosign.attempt([...verifying, "--key", cosign.path("theirs.pub"), reference]);
    expect(theirs.exitCode).not.toBe(0);
    expect(await tagsOf(repository)).toHaveLength(isTagged ? 3 : 1);
    expect(await referrersOf(repository, image.digest)).toHaveLength(isTagged ? 0 : 2);
  });
});

test("a signature in cosign's older form is found as a referrer as well", async () => {
  const environment = { ...KEY_PASSWORD, COSIGN_EXPERIMENTAL: "1" };
  const { digest } = await pushImage(operatorOf(cosign.server), "acme/older", "1");
  const reference = `${cosign.server.address}/acme/older@${digest}`;
  const older = [...OFFLINE_SIGNING, "--new-bundle-format=false", "--registry-referrers-mode=oci-1-1"];
  await cosign.run(["sign", "--key", cosign.path("mine.key"), ...older, reference], { environment });

  expect(await referrersOf("acme/older", digest)).toEqual(["application/vnd.dev.cosign.artifact.sig.v1+json"]);
  const verifying = ["verify", "--insecure-ignore-tlog", "--new-bundle-format=false", "--experimental-oci11"];
  const verified = (key: string) =>
    cosign.attempt([...verifying, "--key", cosign.path(`${key}.pub`), reference], { environment });
  expect(await verified("mine")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(digest) });
  expect((await verified("theirs")).exitCode).not.toBe(0);
});

test("an image is copied with its signature, and a second copy uploads nothing", async () => {
  const { address, exchanges } = cosign.recorder;
  const { digest } = await pushImage(operatorOf(cosign.server), "acme/source", "1");
  const source = `${address}/acme/source`;
  expect(await attemptSigning(`${source}@${digest}`, "--new-bundle-format=false")).toMatchObject({ exitCode: 0 });

  await cosign.run(["copy", `${source}:1`, `${address}/acme/target:1`]);
  expect(await cosign.digestOf("acme/target", "1")).toBe(digest);
  const target = `${address}/acme/target@${digest}`;
  expect(await verify("mine", target, "--new-bundle-format=false")).toMatchObject({ exitCode: 0 });

  exchanges.length = 0;
  await cosign.run(["copy", "--force", `${source}:1`, `${address}/acme/target:1`]);
  expect(exchanges).not.toEqual([]);
  expect(uploadsAmong(exchanges)).toEqual([]);
});

test("a wrong password, and a user who may only pull, are told why", async () => {
  const { address } = cosign.server;
  const { digest } = await pushImage(operatorOf(cosign.server), "acme/private", "1");
  const reference = `${address}/acme/private@${digest}`;
  const reader = await addReader(cosign.server, operatorOf(cosign.server), "reader", "acme");

  // cosign stores a password without trying it.
  await login(address, USER, "wrong");
  const wrong = await attemptSigning(reference);
  await login(address, reader.name, reader.password);
  const refused = await attemptSigning(reference);
  await login(address, USER, PASSWORD);

  expect(wrong).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
  expect(refused).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("reader may not push to acme/private"),
  });
  expect(await attemptSigning(reference)).toMatchObject({ exitCode: 0 });
});
