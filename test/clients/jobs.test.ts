/** Jobs that log in with a token of their own (docs/ci.md), by a real client. */
import type { JWTPayload } from "jose";
import { expect, test } from "vitest";
import { digestInLayout } from "../support/image-layouts.ts";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { useClient } from "./client-setup.ts";

let issuer: LoopbackIssuer | undefined;

const skopeo = useClient("skopeo", {
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: async () => {
    issuer = await startIssuer();
    for (const name of ["acme", "other"]) await post("/api/organizations", { name });
    const rule = {
      name: "release",
      issuer: issuer.url,
      conditions: [{ claim: "sub", glob: "repo:acme/*:ref:refs/heads/main" }],
      grants: [{ organization: "acme", level: "edit" }],
    };
    const made = await post("/api/trust-rules", rule);
    if (made.status !== 201) throw new Error(`trusting: ${made.status} ${await made.text()}`);
  },
  cleanUp: async () => issuer?.stop(),
});

const tokenFor = async (claims: JWTPayload) => (await issuer?.token(claims)) ?? "";
const post = (path: string, body: object) =>
  skopeo.ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const login = (token: string, name: string) =>
  skopeo.attempt(["login", "--tls-verify=false", "-u", name, "--password-stdin", skopeo.server.address], {
    input: token,
  });
const push = (layout: string, image: string) =>
  skopeo.attempt([
    "copy",
    "--preserve-digests",
    "--dest-tls-verify=false",
    `oci:${layout}:latest`,
    `docker://${image}`,
  ]);
const pull = (image: string, layout: string) =>
  skopeo.attempt(["copy", "--preserve-digests", "--src-tls-verify=false", `docker://${image}`, `oci:${layout}:latest`]);

test.for(["oidc", "oidc/admin"])(
  "a job logs in as %s with its token, pushes a new image and pulls it",
  async (name) => {
    const { address } = skopeo.server;
    const image = await skopeo.image(`job-${name.length}`, [1000, 2000]);
    const target = `${address}/acme/job-${name.length}:1`;

    const loggedIn = await login(await tokenFor({ aud: address }), name);
    expect(loggedIn).toMatchObject({ exitCode: 0, output: expect.stringContaining("Login Succeeded!") });
    expect(await push(image.layout, target)).toMatchObject({ exitCode: 0 });
    expect(await pull(target, skopeo.path(`pulled-${name.length}`))).toMatchObject({ exitCode: 0 });
    expect(digestInLayout(skopeo.path(`pulled-${name.length}`))).toBe(image.descriptor.digest);

    const audit = await (await skopeo.ask("/api/audit?user=oidc:admin:release&action=manifest.push&limit=1")).json();
    expect(audit).toMatchObject({ events: [{ detail: { subject: "repo:acme/web:ref:refs/heads/main" } }] });
    // Keys are asked for once, and remembered.
    expect(issuer?.asked.filter((path) => path === "/jwks").length).toBeLessThanOrEqual(2);
  },
);

test("a job is told why it is not let in, and that it may not push elsewhere", async () => {
  const { address } = skopeo.server;
  const image = await skopeo.image("refused", [1000]);
  for (const claims of [
    { aud: "other.example.com" },
    { aud: address, sub: "repo:acme-evil/web:ref:refs/heads/main" },
  ]) {
    expect(await login(await tokenFor(claims), "oidc/admin")).toMatchObject({ exitCode: 1 });
  }
  expect(await login(await tokenFor({ aud: address }), "oidc/admin")).toMatchObject({ exitCode: 0 });
  expect(await push(image.layout, `${address}/other/web:1`)).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("no right to push there"),
  });
});
