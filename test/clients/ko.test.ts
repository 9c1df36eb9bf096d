/** Images that ko builds from Go's sources. */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { addReader, operatorOf } from "../support/server-people.ts";
import { pushImage, pushIndex } from "../support/server-images.ts";
import { uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { useClient } from "./client-setup.ts";

const BUILD_MS = 240_000;

let goCache: string;
const ko = useClient("ko", {
  need: "optional",
  needs: ["go"],
  prepare: async () => {
    goCache = (await execute(["go", "env", "GOCACHE"])).stdout.trim();
    for (const { address } of [ko.server, ko.recorder]) await login(address, USER, PASSWORD);
    await pushImage(operatorOf(ko.server), "acme/base", "1");
    await pushIndex(operatorOf(ko.server), "acme/base", "multi");
    mkdirSync(ko.path("program"));
    writeFileSync(ko.path("program", "go.mod"), "module example.com/program\n\ngo 1.21\n");
    writeFileSync(ko.path("program", "main.go"), 'package main\n\nfunc main() { println("hello") }\n');
  },
});

const login = (address: string, user: string, password: string) =>
  ko.run(["login", "-u", user, "--password-stdin", address], { input: password });
/** Builds the program and pushes it to a repository. */
const attemptBuild = (address: string, repository: string, ...options: string[]) =>
  ko.attempt(["build", "--bare", "--tags", "1", ...options, "."], {
    cwd: ko.path("program"),
    timeout: BUILD_MS,
    environment: {
      GOCACHE: goCache,
      GOTOOLCHAIN: "local",
      KO_DOCKER_REPO: `${address}/${repository}`,
      KO_DEFAULTBASEIMAGE: `${address}/acme/base:${options.includes("--platform=all") ? "multi" : "1"}`,
    },
  });

interface Manifest {
  layers?: { digest: string }[];
  manifests?: { platform: { architecture: string } }[];
}

async function manifestOf(repository: string, reference: string): Promise<Manifest> {
  return (await (await ko.ask(`/v2/${repository}/manifests/${reference}`)).json()) as Manifest;
}

test(
  "a program is built on a base image in the registry, with a list of its parts, and a second build uploads nothing",
  { timeout: BUILD_MS },
  async () => {
    const { address, exchanges } = ko.recorder;
    const built = await attemptBuild(address, "acme/program");

    const digest = await ko.digestOf("acme/program", "1");
    expect({ ...built, stdout: built.stdout.trim() }).toMatchObject({
      exitCode: 0,
      stdout: `${address}/acme/program:1@${digest}`,
    });
    const base = await manifestOf("acme/base", "1");
    const program = await manifestOf("acme/program", "1");
    expect(program.layers?.[0]?.digest).toBe(base.layers?.[0]?.digest);
    // The list is the tag of this name.
    const sbom = await manifestOf("acme/program", `${digest?.replace(":", "-")}.sbom`);
    const list = await ko.ask(`/v2/acme/program/blobs/${sbom.layers?.[0]?.digest}`);
    expect(await list.json()).toMatchObject({ spdxVersion: expect.stringContaining("SPDX") });

    exchanges.length = 0;
    expect(await attemptBuild(address, "acme/program")).toMatchObject({ exitCode: 0 });
    expect(await ko.digestOf("acme/program", "1")).toBe(digest);
    expect(exchanges).not.toEqual([]);
    expect(uploadsAmong(exchanges)).toEqual([]);
  },
);

test("a program is built for each platform of its base image", { timeout: BUILD_MS }, async () => {
  const { address } = ko.server;
  expect(await attemptBuild(address, "acme/platforms", "--platform=all")).toMatchObject({ exitCode: 0 });

  const { manifests } = await manifestOf("acme/platforms", "1");
  expect(manifests?.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64"]);
});

test("a wrong password, and a user who may only pull, are told why", { timeout: BUILD_MS }, async () => {
  const { address } = ko.server;
  const reader = await addReader(ko.server, operatorOf(ko.server), "reader", "acme");

  // ko stores a password without trying it.
  await login(address, USER, "wrong");
  const wrong = await attemptBuild(address, "acme/refused");
  await login(address, reader.name, reader.password);
  const refused = await attemptBuild(address, "acme/refused");
  await login(address, USER, PASSWORD);

  expect(wrong.exitCode).toBe(1);
  expect(wrong.output).toContain("the user name or the password is wrong");
  expect(refused.exitCode).toBe(1);
  expect(refused.output).toContain("reader may not push to acme/refused");
  expect(await ko.digestOf("acme/refused", "1")).toBeUndefined();
});
