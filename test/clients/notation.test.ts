/** Signatures by notation, with a local certificate. */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addReader, operatorOf } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { useClient } from "./client-setup.ts";

const SIGNATURE_TYPE = "application/vnd.cncf.notary.signature";

const notation = useClient("notation", {
  prepare: async () => {
    mkdirSync(notation.path("home", ".config", "notation"), { recursive: true });
    // Makes a key, and trusts its certificate.
    await notation.run(["cert", "generate-test", "--default", "mine"]);
    trust("ca:mine");
  },
});

/** Makes notation verify against the certificates of a store. */
function trust(store: string): void {
  const trustedIdentities = ["*"];
  const policy = {
    name: "tests",
    registryScopes: ["*"],
    signatureVerification: { level: "strict" },
    trustStores: [store],
    trustedIdentities,
  };
  const file = notation.path("home", ".config", "notation", "trustpolicy.json");
  writeFileSync(file, JSON.stringify({ version: "1.0", trustPolicies: [policy] }), { mode: 0o600 });
}

/** Runs a command about an image as a user. */
const attempt = (command: string, reference: string, user = USER, password = PASSWORD, ...options: string[]) =>
  notation.attempt([command, "--insecure-registry", ...options, reference], {
    environment: { NOTATION_USERNAME: user, NOTATION_PASSWORD: password },
  });

/** Types of what refers to an image. */
async function referrersOf(repository: string, digest: string): Promise<(string | undefined)[]> {
  const answer = await notation.ask(`/v2/${repository}/referrers/${digest}`);
  const { manifests } = (await answer.json()) as { manifests: { artifactType?: string }[] };
  return manifests.map(({ artifactType }) => artifactType);
}

test.each(["jws", "cose"])(
  "a %s signature is listed and verified, and not with another certificate",
  async (format) => {
    const repository = `acme/${format}`;
    const { digest } = await pushImage(operatorOf(notation.server), repository, "1");
    const reference = `${notation.server.address}/${repository}@${digest}`;
    expect(await attempt("verify", reference)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("no signature is associated"),
    });

    const signed = await attempt("sign", reference, USER, PASSWORD, "--signature-format", format);
    expect(signed).toMatchObject({ exitCode: 0, output: expect.stringContaining(digest) });

    expect(await attempt("verify", reference)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("Successfully verified signature"),
    });
    expect((await attempt("list", reference)).stdout).toContain(SIGNATURE_TYPE);
    expect(await referrersOf(repository, digest)).toEqual([SIGNATURE_TYPE]);
    await notation.attempt(["cert", "generate-test", "theirs"]);
    trust("ca:theirs");
    const strange = await attempt("verify", reference);
    trust("ca:mine");
    expect(strange).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("signature verification failed"),
    });
  },
);

test("a tag is signed as the digest that it points to, and a second signature stands beside the first", async () => {
  const { digest } = await pushImage(operatorOf(notation.server), "acme/twice", "1");
  const reference = `${notation.server.address}/acme/twice:1`;

  for (const _ of ["first", "second"]) expect(await attempt("sign", reference)).toMatchObject({ exitCode: 0 });

  expect(await referrersOf("acme/twice", digest)).toEqual([SIGNATURE_TYPE, SIGNATURE_TYPE]);
  expect(await attempt("verify", reference)).toMatchObject({ exitCode: 0 });
});

test("a wrong password, and a user who may only pull, are told why", async () => {
  await pushImage(operatorOf(notation.server), "acme/private", "1");
  const reference = `${notation.server.address}/acme/private:1`;
  const reader = await addReader(notation.server, operatorOf(notation.server), "reader", "acme");

  expect(await attempt("sign", reference, USER, "wrong")).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
  expect(await attempt("sign", reference, reader.name, reader.password)).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("reader may not push to acme/private"),
  });
  const login = ["login", "--insecure-registry", "-u", USER, "--password-stdin", notation.server.address];
  expect(await notation.attempt(login, { input: "wrong" })).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
});
