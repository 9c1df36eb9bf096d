/** Charts in the registry. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addAccount } from "../support/server-people.ts";
import { uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { useClient } from "./client-setup.ts";

const helm = useClient("helm", {
  need: "optional",
  prepare: async () => {
    for (const { address } of [helm.server, helm.recorder]) await helm.run(loginTo(address), { input: PASSWORD });
  },
});

const loginTo = (address: string, user = USER) => {
  return ["registry", "login", "--plain-http", "-u", user, "--password-stdin", address];
};
const push = (archive: string, address: string) => helm.run(["push", "--plain-http", archive, `oci://${address}/acme`]);

/** Packs a chart of one template and answers the archive. */
async function pack(name: string, version: string): Promise<string> {
  const folder = helm.path(`${name}-${version}`, name);
  mkdirSync(`${folder}/templates`, { recursive: true });
  writeFileSync(
    `${folder}/Chart.yaml`,
    `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: Chart of the tests\n`,
  );
  writeFileSync(`${folder}/values.yaml`, `greeting: hello from ${name}\n`);
  writeFileSync(
    `${folder}/templates/settings.yaml`,
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  greeting: {{ .Values.greeting | quote }}\n",
  );
  const { stdout } = await helm.run(["package", "--destination", helm.directory, folder]);
  return /saved it to: (\S+)/.exec(stdout)?.[1] ?? "";
}

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("a chart that is pushed is shown, rendered and pulled with the same bytes", async () => {
  const { address } = helm.server;
  const archive = await pack("web", "1.2.3");
  const chart = `oci://${address}/acme/web`;

  const pushed = await push(archive, address);

  expect(pushed.output).toContain((await helm.digestOf("acme/web", "1.2.3")) ?? "no such tag");
  const asked = ["--plain-http", "--version", "1.2.3"];
  expect((await helm.run(["show", "chart", chart, ...asked])).stdout).toContain("description: Chart of the tests");
  expect((await helm.run(["show", "values", chart, ...asked])).stdout).toContain("greeting: hello from web");
  expect((await helm.run(["template", chart, ...asked])).stdout).toContain('greeting: "hello from web"');
  mkdirSync(helm.path("pulled"));
  await helm.run(["pull", chart, ...asked, "--destination", helm.path("pulled")]);
  expect(sha256(helm.path("pulled", "web-1.2.3.tgz"))).toBe(sha256(archive));
});

test("a range of versions finds the newest, also one with build metadata", async () => {
  const { address } = helm.server;
  // A tag holds no "+": helm writes "_" in its place.
  for (const version of ["1.0.0", "1.1.0+build.5", "2.0.0"]) await push(await pack("ranged", version), address);

  const chart = `oci://${address}/acme/ranged`;
  const show = (version: string) => helm.run(["show", "chart", chart, "--plain-http", "--version", version]);
  expect((await show("^1.0.0")).stdout).toContain("version: 1.1.0+build.5");
  expect((await show(">0.0.0")).stdout).toContain("version: 2.0.0");
});

test("a second push uploads nothing", async () => {
  const { address, exchanges } = helm.recorder;
  const archive = await pack("again", "1.0.0");
  await push(archive, address);
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  await push(archive, address);

  expect(exchanges).not.toEqual([]);
  expect(uploadsAmong(exchanges)).toEqual([]);
});

test("a wrong password, none, and a user without rights, are told why", async () => {
  const { address } = helm.server;
  const archive = await pack("private", "1.0.0");
  await push(archive, address);
  const rival = await addAccount(helm.server, "rival");
  const chart = ["show", "chart", `oci://${address}/acme/private`, "--plain-http", "--version", "1.0.0"];

  expect(await helm.attempt(loginTo(address), { input: "wrong" })).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
  await helm.run(["registry", "logout", address]);
  expect(await helm.attempt(chart)).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("authentication required"),
  });
  await helm.run(loginTo(address, rival.name), { input: rival.password });
  const refused = await helm.attempt(["push", "--plain-http", archive, `oci://${address}/acme`]);
  await helm.run(loginTo(address), { input: PASSWORD });

  expect(refused).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the name of organization acme is taken by another account"),
  });
  await helm.run(chart);
});
