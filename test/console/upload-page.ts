/** What tests of the upload page share: a docker that has logged in to the registry, archives, and the page's own steps. */
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { DAEMON_PROGRAMS, dockerDaemon } from "../clients/docker-daemon.ts";
import { execute } from "../support/commands.ts";
import { dockerArchiveOf, type Image, writeImage } from "../support/image-layouts.ts";
import type { Person } from "../support/server-people.ts";
import { lacks } from "../support/requirements.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { type BrowsedRegistry, useConsole } from "./browsed-registry.ts";
import type { Visitor } from "./visitor.ts";

/** How long the page may take for anything but large archives. */
export const UPLOAD_MS = 60_000;
/** Where everything goes. */
export const ORGANIZATION = "acme";

export interface Uploading {
  setting: BrowsedRegistry;
  /** Whether what needs docker is skipped. */
  isWithoutDocker: boolean;
  /** A path in a folder that is removed after the tests. */
  path: (...names: string[]) => string;
  run: (...command: [string, ...string[]]) => Promise<string>;
  docker: (...args: string[]) => Promise<string>;
  skopeo: (...args: string[]) => Promise<string>;
  /** Makes an image in a layout of its own. */
  newImage: (name: string, layers?: readonly number[]) => Promise<Image & { layout: string }>;
  /** Packs a layout as an archive that docker would load; answers its path. */
  pack: (layout: string, name: string) => Promise<string>;
  /** What docker makes of an image once it has pulled it. */
  pulled: (name: string) => Promise<{ id: string; diffIds: string[] }>;
  /** Opens the upload page for the organization. */
  visitUpload: (person?: Pick<Person, "name" | "password">) => Promise<Visitor>;
}

/** Prepares a test file: registry, browser, docker. Without docker it says so, and in CI what needs it fails. */
export function useUploading(environment: NodeJS.ProcessEnv = {}): Uploading {
  const daemon = dockerDaemon();
  const isWithoutDocker = lacks("uploads that docker pulls back", [...DAEMON_PROGRAMS, "docker", "skopeo"]);
  const setting = useConsole({
    environment,
    prepare: async () => {
      await setting.operator.ask("POST", "/v2/manage/namespaces", { namespace: ORGANIZATION });
      if (isWithoutDocker) return;
      await daemon.start();
      await docker("login", "-u", USER, "-p", PASSWORD, setting.server.address);
    },
  });
  afterAll(() => daemon.stop());

  const path = (...names: string[]) => join(setting.directory, ...names);
  async function run(...command: [string, ...string[]]): Promise<string> {
    const variables = { DOCKER_CONFIG: path("docker"), HOME: setting.directory, TMPDIR: setting.directory };
    const result = await execute(command, { environment: variables, timeout: 300_000 });
    if (result.exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
    return result.stdout;
  }
  const docker = (...args: string[]) => run("docker", "--host", daemon.host, ...args);

  return {
    setting,
    isWithoutDocker,
    path,
    run,
    docker,
    skopeo: (...args) => run("skopeo", "--insecure-policy", ...args),
    newImage: async (name, layers = [1000, 200_000]) => {
      return { ...(await writeImage(path(name), { seed: name, layers })), layout: path(name) };
    },
    pack: async (layout, name) => {
      const [program, ...args] = dockerArchiveOf(layout);
      await run(program, ...args.map((argument) => (argument === "-" ? path(name) : argument)));
      return path(name);
    },
    pulled: async (name) => {
      const reference = `${setting.server.address}/${ORGANIZATION}/${name}`;
      await docker("pull", reference);
      const [inspected] = JSON.parse(await docker("inspect", reference)) as [
        { Id: string; RootFS: { Layers: string[] } },
      ];
      return { id: inspected.Id, diffIds: inspected.RootFS.Layers };
    },
    visitUpload: async (person = setting.operator) => {
      const visitor = await setting.visitAs(person);
      await visitor.open(`/upload?organization=${ORGANIZATION}`);
      return visitor;
    },
  };
}

/** What an image of a layout that is not compressed has to be once it was pulled. */
export function made({ config, layers }: Image): { id: string; diffIds: string[] } {
  return { id: config.digest, diffIds: layers.map(({ digest }) => digest) };
}

/** Chooses files in the page, and waits until all of them were looked at. */
export async function choose({ page }: Visitor, files: readonly string[], timeout = UPLOAD_MS): Promise<void> {
  await page.locator("input[type=file]").setInputFiles(files);
  await expect.poll(() => page.getByText(/^(Waiting|Checking)$/).count(), { timeout }).toBe(0);
}

export async function start({ page }: Visitor): Promise<void> {
  await page.getByRole("button", { name: /^(Start the upload|Upload \d+ archives)$/ }).click();
}

/** Waits until so many archives are uploaded. */
export async function expectUploaded({ page }: Visitor, count: number, timeout = UPLOAD_MS): Promise<void> {
  await expect.poll(() => page.getByText("Uploaded", { exact: true }).count(), { timeout }).toBe(count);
}
