import { it } from "vitest";

const SOURCES = import.meta.glob<string>(
  "../../src/{kernel,tls,model,storage,registry,http,client,cli,console}/**/*.{ts,tsx}",
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);

/** Imports only go down (design.md, 1). What is not named here is wiring and may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernel: ["kernel"],
  tls: ["tls", "kernel"],
  model: ["model", "tls", "kernel"],
  storage: ["storage", "model", "kernel", "env", "documents", "memory", "places", "streams"],
  // The Worker is a client itself, of registries elsewhere.
  registry: ["registry", "storage", "client", "model", "tls", "kernel", "documents", "memory", "places"],
  http: ["http", "registry", "model", "kernel", "env", "documents", "memory", "places", "streams"],
};

/** What runs in browsers and in Node, and knows the Worker by its API alone. */
const OUTSIDE_MAY_IMPORT: Record<string, readonly string[]> = {
  client: ["client", "kernel"],
  cli: ["cli", "client", "kernel"],
  console: ["console", "client", "kernel"],
};
/** The types of the API, which are made of its description. */
const API_TYPES = "console/api/schema.d.ts";

/** Every feature has one name, which is that of its folder in each of these layers. */
const FEATURES: readonly string[] = [
  "accounts",
  "aging",
  "audit",
  "content",
  "deletion",
  "dockyard",
  "garbage",
  "housekeeping",
  "images",
  "immutable-rules",
  "logins",
  "metrics",
  "organizations",
  "outbound",
  "overview",
  "quotas",
  "remotes",
  "rights",
  "sync",
  "triggers",
  "trust",
  "upstreams",
];

const FILES = Object.entries(SOURCES).map(([path, source]) => {
  const file = path.replace("../../src/", "");
  return { file, layer: file.split("/")[0] ?? "", source };
});
const LAYERED = FILES.filter(({ layer }) => layer in MAY_IMPORT);
const OUTSIDE = FILES.filter(({ layer }) => layer in OUTSIDE_MAY_IMPORT);

/** The files of `src` that a file imports, types included, as paths below `src`. */
function importsOf({ file, source }: (typeof FILES)[number]): string[] {
  const imports = source.matchAll(/(?:from |import |import\()"(\.[^"]+)"/g);
  return Array.from(imports, ([, path = ""]) => new URL(path, `file:///${file}`).pathname.slice(1));
}

/** Imports of folders, or of files beside them, that are not among those. */
function strangers(file: (typeof FILES)[number], allowed: readonly string[] = []): string[] {
  return importsOf(file).filter((path) => !allowed.includes(path.split("/")[0]?.replace(/\.ts$/, "") ?? ""));
}

it("finds sources of every layer", ({ expect }) => {
  const layers = [...Object.keys(MAY_IMPORT), ...Object.keys(OUTSIDE_MAY_IMPORT)];
  expect(new Set(FILES.map(({ layer }) => layer))).toEqual(new Set(layers));
});

it.for(LAYERED)("$file imports only its own layer and those below", (file, { expect }) => {
  expect(strangers(file, MAY_IMPORT[file.layer])).toEqual([]);
});

it.for(OUTSIDE)("$file knows the Worker by its API alone", (file, { expect }) => {
  expect(strangers(file, OUTSIDE_MAY_IMPORT[file.layer]).filter((path) => path !== API_TYPES)).toEqual([]);
});

it.for(LAYERED.filter(({ layer }) => layer !== "tls"))("$file takes TLS as a whole", (file, { expect }) => {
  expect(importsOf(file).filter((path) => path.startsWith("tls/") && path !== "tls/index.ts")).toEqual([]);
});

it("gives a feature the same folder in every layer", ({ expect }) => {
  const folders = LAYERED.flatMap(
    ({ file }) => /^(?:http\/api|model|registry|storage)\/([^/]+)\//.exec(file)?.[1] ?? [],
  );
  expect([...new Set(folders)].sort()).toEqual(FEATURES);
});

/** What only Node and Workers have. */
const NOT_IN_BROWSERS = /(?:from |import |import\()"(?:node|cloudflare):|\bBuffer[.(]|\bprocess\./;

it.for(
  FILES.filter(({ file, layer }) => ["kernel", "client", "console"].includes(layer) && !file.endsWith(".test.ts")),
)("$file runs in browsers too", ({ file, source }, { expect }) => {
  // It holds a program for Node, to be copied.
  if (file === "console/pages/operations/api-reference.tsx") return;
  expect(source).not.toMatch(NOT_IN_BROWSERS);
});

it.for(LAYERED.filter(({ layer }) => layer !== "storage"))(
  "$file leaves the database to storage",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "drizzle-orm/);
  },
);

/** Storage answers what happened. What users are told about it is the domain's to say. */
it.for(LAYERED.filter(({ layer }) => layer === "storage"))(
  "$file makes no refusals for users",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/\bimport\b[^;]*\b(?:RegistryError|quotaExceeded|failedPrecondition)\b/);
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

// A promise belongs to its request. The runtime cancels other requests that wait for it after that request has ended.
it("remembers between requests values, and no promises of them", ({ expect }) => {
  const remembers =
    /^(?:export )?(?:const|let) \w+(?:: Promise<.*| = new (?:BoundedMemory|Map|WeakMap)<.*\bPromise<.*)$/m;
  expect(LAYERED.filter(({ source }) => remembers.test(source)).map(({ file }) => file)).toEqual([]);
});

/** What goes on after the answer that is a part of it. */
const SENDS_ANSWERS = ["http/bound-answers.ts", "http/early-answer.ts"];

it.for(
  LAYERED.filter(({ file, layer }) => layer === "http" && file !== "http/call.ts" && !SENDS_ANSWERS.includes(file)),
)("$file leaves what follows an answer to registry functions", ({ source }, { expect }) => {
  expect(source).not.toMatch(/\bwaitUntil\b|\bcontinueAfterAnswer\b|\.after\(/);
});

it("has one file that makes callers of credentials", ({ expect }) => {
  const makers = LAYERED.filter(
    ({ file, source }) => !file.endsWith(".test.ts") && /\bapi: "management",/.test(source),
  );
  expect(makers.map(({ file }) => file)).toEqual(["registry/rights/callers.ts"]);
});

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
  "console/pages/operations/api-reference.tsx",
];

it.for(CLIENT_FILES.filter(({ file }) => !NAMES_OTHER_APIS.includes(file) && !file.endsWith(".test.ts")))(
  "$file manages by Berth's own API",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/\/v2\/manage|\/v3\b|SVCSTG|namespaces\/\{/);
  },
);
