import { it } from "vitest";

const SOURCES = import.meta.glob<string>("../../src/{model,storage,registry,http}/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Imports only go down (design.md, 1). What is not named here is wiring and may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: ["model"],
  storage: ["storage", "model", "env", "memory", "places", "streams"],
  registry: ["registry", "storage", "model"],
  http: ["http", "registry", "model", "env", "places", "streams"],
};

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

it.for(LAYERED.filter(({ layer }) => layer !== "storage"))(
  "$file leaves the database to storage",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "drizzle-orm/);
  },
);

it.for(LAYERED.filter(({ layer }) => layer !== "http"))(
  "$file leaves HTTP to the protocols",
  ({ source }, { expect }) => {
    expect(source).not.toMatch(/from "hono/);
  },
);
