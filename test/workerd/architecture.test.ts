import { it } from "vitest";

const SOURCES = import.meta.glob<string>("../../src/{kernel,model,storage,registry,http}/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Imports only go down (design.md, 1). What is not named here is wiring and may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernel: ["kernel"],
  model: ["model", "kernel"],
  storage: ["storage", "model", "kernel", "env", "documents", "memory", "places", "streams"],
  registry: ["registry", "storage", "model", "kernel", "documents", "memory"],
  http: ["http", "registry", "model", "kernel", "env", "documents", "memory", "places", "streams"],
};

/** Every feature has one name, which is that of its folder in each of these layers. */
const FEATURES: readonly string[] = [
  "accounts",
  "aging",
  "audit",
  "content",
  "deletion",
  "garbage",
  "housekeeping",
  "images",
  "immutable-rules",
  "logins",
  "organizations",
  "overview",
  "quotas",
  "rights",
  "triggers",
];

const LAYERED = Object.entries(SOURCES).flatMap(([path, source]) => {
  const file = path.replace("../../src/", "");
  const layer = file.split("/")[0] ?? "";
  return layer in MAY_IMPORT ? [{ file, layer, source }] : [];
});

it("finds sources of every layer", ({ expect }) => {
  expect(new Set(LAYERED.map(({ layer }) => layer))).toEqual(new Set(Object.keys(MAY_IMPORT)));
});

it.for(LAYERED)("$file imports only its own layer and those below", ({ file, layer, source }, { expect }) => {
  const imports = [...source.matchAll(/from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)].map(
    ([, from, lazy]) => from ?? lazy ?? "",
  );
  const layers = imports.map((path) => {
    const { pathname } = new URL(path, `file:///${file}`);
    return pathname.slice(1).split("/")[0]?.replace(/\.ts$/, "");
  });
  expect(layers.filter((name) => !MAY_IMPORT[layer]?.includes(name ?? ""))).toEqual([]);
});

it("gives a feature the same folder in every layer", ({ expect }) => {
  const folders = LAYERED.flatMap(
    ({ file }) => /^(?:http\/api|model|registry|storage)\/([^/]+)\//.exec(file)?.[1] ?? [],
  );
  expect([...new Set(folders)].sort()).toEqual(FEATURES);
});

it.for(LAYERED.filter(({ file, layer }) => layer === "kernel" && !file.endsWith(".test.ts")))(
  "$file runs in browsers too",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "(?:node|cloudflare):|\bBuffer\b|\bprocess\b/);
  },
);

it.for(LAYERED.filter(({ layer }) => layer !== "storage"))(
  "$file leaves the database to storage",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "drizzle-orm/);
  },
);

/** A client writes the host of its request itself: public-address.ts says what may go by it (ADR 0016). */
it.for(LAYERED.filter(({ file, layer }) => layer === "http" && file !== "http/public-address.ts"))(
  "$file does not read what host a request names",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/(?:req|request|raw)(?:\.raw)?\.url\b|\{[^{}=]*\burl\b[^{}=]*\} = c\.req/);
    expect(source).not.toMatch(/(?:header|headers\.get)\(\s*["'`](?:x-forwarded-\w+|forwarded|host)["'`]/i);
  },
);

it.for(LAYERED.filter(({ layer }) => layer !== "http"))(
  "$file leaves HTTP to the protocols",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "hono/);
  },
);

it.for(LAYERED.filter(({ file }) => !file.endsWith(".test.ts") && file !== "model/regular-expression.ts"))(
  "$file compiles no expression of a user's by itself",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "re2js"/);
  },
);

it("has one file that hashes passwords, so that all hashes are paced", ({ expect }) => {
  const hashing = LAYERED.filter(({ file, source }) => {
    return !file.endsWith(".test.ts") && /\b(?:hashPassword|verifyPassword|scryptSync|scrypt\()/.test(source);
  });
  expect(hashing.map(({ file }) => file).sort()).toEqual([
    "model/logins/passwords.ts",
    "registry/logins/password-hashing.ts",
  ]);
});

/** Buffers of their own kind, whose entries are small and at most a fixed number. */
const BOUNDED_ELSEWHERE = ["registry/content/pulls.ts"];

it.for(LAYERED.filter(({ file }) => !BOUNDED_ELSEWHERE.includes(file)))(
  "$file remembers between requests only what is bounded by bytes",
  ({ source }, { expect }) => {
    const growing = [...source.matchAll(/^(?:export )?(?:const|let) .*= new (?:Map|Set)\b.*/gm)].map(([line]) => line);
    expect(growing.filter((line) => !/: Readonly(?:Map|Set)</.test(line))).toEqual([]);
  },
);

const CLIENTS = import.meta.glob<string>("../../src/{console,cli}/**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The console and the command line, which are clients of the API like any other. */
const CLIENT_FILES = Object.entries(CLIENTS).map(([path, source]) => {
  const file = path.replace("../../src/", "");
  return { file, own: file.split("/")[0] ?? "", source };
});

it("finds sources of both clients", ({ expect }) => {
  expect(new Set(CLIENT_FILES.map(({ own }) => own))).toEqual(new Set(["console", "cli"]));
});

it.for(CLIENT_FILES)("$file imports, beside its own, what all clients share", ({ file, own, source }, { expect }) => {
  const imports = [...source.matchAll(/from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)].map(
    ([, from, lazy]) => from ?? lazy ?? "",
  );
  const roots = imports.map((path) => new URL(path, `file:///${file}`).pathname.split("/")[1] ?? "");
  expect(roots.filter((root) => ![own, "client", "kernel"].includes(root))).toEqual([]);
});

/** What names SWR's and IAM's APIs without asking them for anything. */
const NAMES_OTHER_APIS: readonly string[] = [
  // What `docker push` sends is passed on, and what has the same beginning is no push.
  "cli/proxy/server.ts",
  // The console's page about the APIs shows how others ask them.
  "console/pages/operations/api-examples.ts",
  "console/pages/operations/api-reference.tsx",
];

it.for(CLIENT_FILES.filter(({ file }) => !NAMES_OTHER_APIS.includes(file) && !file.endsWith(".test.ts")))(
  "$file manages by Berth's own API",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/\/v2\/manage|\/v3\b|SVCSTG|namespaces\/\{/);
  },
);
