/** The tool as it reaches its users: with `npx` in a checkout, and installed from a package. */
import { delimiter, dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { execute, findProgram } from "../support/commands.ts";
import { ROOT } from "../support/server.ts";
import { VERSION } from "../../src/kernel/version.ts";
import { succeed, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const INSTALL_MS = 180_000;
let program = "";

/** The PATH that a shell has: in a test it begins with this checkout's own programs, its Node among them. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => folder !== join(ROOT, "node_modules", ".bin"))
  .join(delimiter);

beforeAll(async () => {
  const folder = registry.home.path("package");
  const printed = await succeed([process.execPath, join(ROOT, "bin", "pack.ts"), folder], { cwd: ROOT });
  const archive = printed.trim().split("\n").at(-1) ?? "";
  const prefix = registry.home.path("global");
  const environment = { PATH, HOME: registry.home.directory };
  await succeed(["npm", "install", "--global", "--offline", "--prefix", prefix, archive], { environment });
  program = join(prefix, "bin", "berth");
}, INSTALL_MS);

test("npx berth runs in a checkout, with its exit codes and from any folder", { timeout: INSTALL_MS }, async () => {
  const environment = { ...registry.home.environment, PATH };
  expect(await succeed(["npx", "berth", "--version"], { cwd: ROOT, environment })).toBe(`${VERSION}\n`);
  const absent = await execute(["npx", "berth", "image", "show", "acme/absent"], { cwd: ROOT, environment });
  expect(absent).toMatchObject({ exitCode: 4 });
  const elsewhere = await execute([join(ROOT, "bin", "berth.mjs"), "whoami"], {
    cwd: registry.home.directory,
    environment,
  });
  expect(elsewhere).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("operator") });
});

test(
  "the package needs no other, and runs with the Node that is there, from 20 on",
  { timeout: INSTALL_MS },
  async () => {
    const nodes = [dirname(findProgramIn(PATH, "node")), dirname(process.execPath)];
    for (const folder of nodes) {
      const environment = { ...registry.home.environment, PATH: [folder, PATH].join(delimiter) };
      expect(await execute([program, "--version"], { environment })).toMatchObject({
        exitCode: 0,
        stdout: `${VERSION}\n`,
      });
      expect(await execute([program, "whoami"], { environment })).toMatchObject({ exitCode: 0 });
      expect(await execute([program, "no-such-command"], { environment })).toMatchObject({ exitCode: 2 });
      await execute([program, "org", "create", "acme"], { environment });
      expect(await succeed([program, "doctor"], { environment })).toMatch(/^ok +Delete/m);
    }
  },
);

function findProgramIn(path: string, name: string): string {
  const before = process.env.PATH;
  process.env.PATH = path;
  try {
    return findProgram(name) ?? process.execPath;
  } finally {
    process.env.PATH = before;
  }
}
