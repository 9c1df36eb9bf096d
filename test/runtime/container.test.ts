/** The registry in a container, as far as that can be shown without one: what the files say, and that it works outside. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { describe, expect, test } from "vitest";
import { SETTING_NAMES } from "../../src/model/settings.ts";
import { freePort } from "../support/ports.ts";
import { ROOT, run, temporaryDirectory } from "./programs.ts";

/** A build of the console and of the Worker, and a start, on a machine that is busy. */
const CONTAINER_TIMEOUT_MS = 600_000;

const read = (name: string) => readFileSync(join(ROOT, name), "utf8");

/** The instructions of the Dockerfile, in their order. */
const instructions = read("Dockerfile")
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => /^([A-Z]+) +(.*)$/.exec(line) ?? [])
  .map(([, name = "", rest = ""]) => ({ name, rest }));
const all = (name: string) => instructions.filter((each) => each.name === name).map(({ rest }) => rest);

/** What each COPY takes from the checkout, and where it puts that. */
const copies = all("COPY").map((rest) => {
  const words = rest.split(/ +/).filter((word) => !word.startsWith("--"));
  return { sources: words.slice(0, -1), target: words.at(-1) ?? "" };
});

/** Whether .dockerignore leaves a file out: the last line that fits decides. */
const ignored = (() => {
  const lines = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return (path: string) => {
    const above = path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"));
    const last = lines.findLast((line) =>
      above.some((each) => line === "*" || matchesGlob(each, line.replace(/^!/, ""))),
    );
    return last !== undefined && !last.startsWith("!");
  };
})();

/** A command in the form of a list of words. */
const wordsOf = (text: string) => JSON.parse(text.slice(text.indexOf("["))) as string[];
const environment = Object.fromEntries(
  all("ENV").flatMap((rest) => rest.split(/ +/).map((pair) => pair.split("=") as [string, string])),
);

describe("the Dockerfile", () => {
  test("has the instructions that docker knows, in one stage, and does not end as root", () => {
    const known = ["FROM", "WORKDIR", "RUN", "USER", "COPY", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"];
    expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
    expect(all("FROM")).toEqual([expect.stringMatching(/^node:22-[a-z]+-slim$/)]);
    expect(all("USER")).toEqual(["node"]);
    const names = instructions.map(({ name }) => name);
    expect(names.indexOf("USER")).toBeLessThan(names.indexOf("COPY"));
    for (const rest of all("COPY")) expect(rest).toMatch(/^--chown=node:node /);
  });

  test("copies what is there and what .dockerignore lets through, and no tests", () => {
    for (const source of copies.flatMap(({ sources }) => sources)) {
      expect([source, existsSync(join(ROOT, source)), ignored(source)]).toEqual([source, true, false]);
    }
    for (const path of [
      "src/kernel/loopback.test.ts",
      ".git/config",
      "node_modules/x",
      ".berth/secrets.json",
      "test/x.ts",
    ]) {
      expect([path, ignored(path)]).toEqual([path, true]);
    }
    expect(ignored("src/index.ts")).toBe(false);
  });

  test("runs files that it has copied", () => {
    const commands = [...all("CMD"), ...all("HEALTHCHECK").map((rest) => rest.slice(rest.indexOf("CMD")))].map(wordsOf);
    const runs = all("RUN").flatMap((rest) => rest.split(" && ").map((command) => command.split(" ")));
    const files = [...commands, ...runs].flat().filter((word) => /\.(?:ts|mjs)$/.test(word));
    expect(files).toContain("scripts/start.ts");
    expect(files).toContain("scripts/health.mjs");
    const copied = copies.flatMap(({ sources }) => sources);
    for (const file of files) {
      expect([file, existsSync(join(ROOT, file)), copied.includes(file.split("/")[0] ?? "")]).toEqual([
        file,
        true,
        true,
      ]);
    }
  });

  test("listens where compose.yaml publishes it, and keeps data where that has its volume", () => {
    const compose = read("compose.yaml");
    expect(environment).toEqual({ LISTEN: "0.0.0.0", PORT: "8787", STATE_DIR: "/data" });
    expect(all("EXPOSE")).toEqual(["8787"]);
    expect(all("VOLUME")).toEqual(["/data"]);
    expect(compose).toContain('- "127.0.0.1:8787:8787"\n');
    expect(compose).toContain("- berth-data:/data\n");
    const names = [...compose.matchAll(/^ {6}([A-Z_]+): \$\{\1:-/gm)].map(([, name]) => name);
    expect(names).toEqual(["PUBLIC_URL", "ADMIN_PASSWORD", "TLS"]);
  });
});

test(
  "what it copies builds the console and starts in an empty folder; its health check says so, before and after",
  async () => {
    const directory = temporaryDirectory();
    for (const { sources, target } of copies) {
      for (const source of sources) {
        const into = join(directory, target, target.endsWith("/") ? source : "");
        mkdirSync(dirname(into), { recursive: true });
        const filter = (from: string) => !ignored(from.slice(ROOT.length + 1));
        // The built-in copy keeps times, as docker does.
        cpSync(join(ROOT, source), into, { recursive: true, preserveTimestamps: true, filter });
      }
    }
    // What `npm ci` would leave.
    symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
    for (const command of all("RUN").filter((rest) => rest.startsWith("node "))) {
      const [, ...args] = command.split(" ");
      execFileSync(process.execPath, args, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
    }
    expect(statSync(join(directory, "dist", "console", "index.html")).size).toBeGreaterThan(0);

    const port = String(await freePort());
    const settings = {
      ...environment,
      LISTEN: "0.0.0.0",
      PORT: port,
      STATE_DIR: join(directory, "data"),
      TLS: "self-signed",
    };
    const health = () => {
      const [, ...args] = wordsOf(all("HEALTHCHECK")[0] ?? "");
      return run(args, settings, directory);
    };
    const before = health();
    expect(await before.ended).toBe(1);
    expect(before.output()).toMatch(/^Berth at 127\.0\.0\.1:\d+ is not well: .*ECONNREFUSED.*\n$/);

    const [, ...args] = wordsOf(all("CMD")[0] ?? "");
    const server = run(args, { ...settings, ADMIN_PASSWORD: "" }, directory);
    await server.printed(/stops it/, 300_000);
    expect(server.output()).toContain("Password");
    const after = health();
    expect([await after.ended, after.output()]).toEqual([0, ""]);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(await health().ended).toBe(1);
  },
  CONTAINER_TIMEOUT_MS,
);

test("docs/local.md lists each variable of npm start", () => {
  const docs = read("docs/local.md");
  const sources = ["program.ts", "certificates.ts"].map((name) => read(join("scripts", "local", name))).join("\n");
  const names = [
    ...[...sources.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name]) => name),
    // Of functions that take the environment.
    ...[...sources.matchAll(/\{ ([A-Z_, ]+) \}: NodeJS\.ProcessEnv/g)].flatMap(([, list = ""]) => list.split(", ")),
    ...SETTING_NAMES,
  ];
  expect(names).toEqual(
    expect.arrayContaining(["PORT", "LISTEN", "TLS", "TLS_CERT", "TLS_KEY", "STATE_DIR", "MIRRORS"]),
  );
  expect(names.filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
});
