/** Where people start it: packages for each platform, scripts in each shell, a sentence on Windows. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, isRunning, ROOT, run, temporaryDirectory } from "./programs.ts";

interface Package {
  version?: string;
  integrity?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, Package>;
};

const PLATFORMS = [
  { os: "linux", cpu: "x64" },
  { os: "linux", cpu: "arm64" },
  { os: "darwin", cpu: "x64" },
  { os: "darwin", cpu: "arm64" },
] as const;

/** Where the lock file has a package that another one needs, as Node looks for it. */
function lockedAt(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder === "." ? "" : folder, "node_modules", name);
    if (packages[path] !== undefined) return path;
    if (folder === "" || folder === ".") return undefined;
  }
}

/** Packages that come as one for each platform: what they need for them, by the place of the package that needs it. */
const families = Object.entries(packages).flatMap(([path, { os: own, optionalDependencies = {} }]) => {
  // What is for one platform itself needs others for no other.
  if (own !== undefined) return [];
  const names = Object.keys(optionalDependencies);
  const isFamily = names.some((name) => (packages[lockedAt(path, name) ?? ""]?.os ?? []).includes("linux"));
  return isFamily ? [{ path, names }] : [];
});

describe("the lock file", () => {
  test("has the packages that come for each platform", () => {
    const names = families.map(({ path }) => path.replace(/^.*node_modules\//, "") || "berth");
    expect(names).toEqual(expect.arrayContaining(["berth", "workerd", "esbuild", "rolldown", "oxlint", "typescript"]));
  });

  test.for(families)("lists for $path all of them, with their hashes", ({ path, names }) => {
    const missing = names.filter((name) => lockedAt(path, name) === undefined);
    expect(missing).toEqual([]);
    for (const name of names) {
      const locked = packages[lockedAt(path, name) ?? ""];
      expect({ name, ...locked }).toMatchObject({
        name,
        version: packages[path]?.optionalDependencies?.[name],
        integrity: expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/),
      });
    }
  });

  test.for(families.flatMap(({ path, names }) => PLATFORMS.map((platform) => ({ path, names, ...platform }))))(
    "lists for $path one for $os on $cpu",
    ({ path, names, os, cpu }) => {
      const fitting = names.filter((name) => {
        const { os: systems = [], cpu: processors, libc } = packages[lockedAt(path, name) ?? ""] ?? {};
        // npm's own packages of Node name no processor in the lock file, but in their names.
        const isProcessor = processors?.includes(cpu) ?? name.endsWith(cpu);
        return systems.includes(os) && isProcessor && (libc === undefined || libc.includes("glibc"));
      });
      expect(fitting).not.toEqual([]);
    },
  );
});

test("the project's own Node is there for each platform, in one version", () => {
  const { optionalDependencies = {} } = packages[""] ?? {};
  const versions = PLATFORMS.map(({ os, cpu }) => {
    return optionalDependencies[`node-${os}-${cpu}`] ?? optionalDependencies[`node-bin-${os}-${cpu}`];
  });
  expect(versions.map((version) => version?.split(".")[0])).toEqual(["22", "22", "22", "22"]);
});

describe("scripts of package.json", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  /** What npm, Node and the packages' own programs are called by. */
  const COMMAND =
    /^(?:node|npm|npm run [\w:-]+|patch-package|node scripts\/bootstrap\.mjs [\w./-]+)(?: [\w.,:/=*-]+)*$/;

  test.for(Object.entries(scripts))("%s has nothing that cmd.exe does not know", ([, script]) => {
    for (const command of script.split(" && ")) expect(command).toMatch(COMMAND);
  });

  test.for(Object.entries(scripts))("%s runs files that exist", ([, script]) => {
    const files = [...script.matchAll(/(?<= )(?:scripts|test)\/[\w./-]+\.(?:ts|mjs)/g)].map(([file]) => file);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

test("on Windows it says at once what is needed", async () => {
  const directory = temporaryDirectory();
  const pretence = join(directory, "windows.mjs");
  writeFileSync(pretence, 'Object.defineProperty(process, "platform", { value: "win32" });');
  const started = run(["--import", pretence, "scripts/bootstrap.mjs", "scripts/start.ts"]);
  expect(await started.ended).toBe(1);
  expect(started.output()).toMatch(/^Berth runs on Linux and macOS\. On Windows, run it inside WSL: https:\S+\n$/);
});

describe("a script that npm runs", () => {
  /** What a shell runs as npm does: one that becomes its last command, or one that waits for it. */
  const SHELLS = { "becomes the command": 'exec "$0" "$@"', "waits for the command": '"$0" "$@"; exit $?' };
  test.for(Object.entries(SHELLS))("ends with the shell that %s", async ([, line]) => {
    const directory = temporaryDirectory();
    const target = join(directory, "target.mjs");
    writeFileSync(
      target,
      `process.on("SIGTERM", () => { console.log("told"); process.exit(0); });
       console.log("pid " + process.pid);
       setInterval(() => undefined, 1000);`,
    );
    const shell = spawn("sh", ["-c", line, process.execPath, join(ROOT, "scripts", "bootstrap.mjs"), target], {
      env: { ...process.env, npm_lifecycle_event: "start" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    shell.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const pid = await eventually(() => Number(/pid (\d+)/.exec(output)?.[1]) || undefined);
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, "SIGKILL");
    });
    shell.kill("SIGTERM");
    await eventually(() => output.includes("told") || undefined);
    await eventually(() => !isRunning(pid) || undefined);
    expect(output).toBe(`pid ${pid}\ntold\n`);
  });

  test("goes on without a parent when npm has not started it", async () => {
    const directory = temporaryDirectory();
    const target = join(directory, "target.mjs");
    writeFileSync(target, 'console.log("pid " + process.pid); setInterval(() => undefined, 1000);');
    const line = '"$0" "$@" & sleep 0.2; exit 0';
    const { npm_lifecycle_event: _, ...environment } = process.env;
    const shell = spawn("sh", ["-c", line, process.execPath, join(ROOT, "scripts", "bootstrap.mjs"), target], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    shell.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const pid = await eventually(() => Number(/pid (\d+)/.exec(output)?.[1]) || undefined);
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, "SIGKILL");
    });
    await sleep(1000);
    expect(isRunning(pid)).toBe(true);
  });
});
