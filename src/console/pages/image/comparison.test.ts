import { describe, it } from "vitest";
import type { Configuration, Layer } from "../../api/image-manifests.ts";
import { compareConfigurations, compareLayers } from "./comparison.ts";

function layer(digest: string, size: number): Layer {
  return {
    digest,
    size,
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    createdBy: null,
    created: null,
    annotations: null,
  };
}

const NOTHING: Configuration = {
  created: null,
  author: null,
  os: null,
  osVersion: null,
  architecture: null,
  variant: null,
  user: null,
  workingDir: null,
  env: null,
  entrypoint: null,
  cmd: null,
  exposedPorts: null,
  volumes: null,
  labels: null,
  stopSignal: null,
  stopTimeout: null,
  healthcheck: null,
  shell: null,
  onBuild: null,
  other: null,
};

describe("layers of two manifests", () => {
  it("are in both or in one of them, with their bytes", ({ expect }) => {
    const before = { layers: [layer("base", 100), layer("old", 20)] };
    const after = { layers: [layer("base", 100), layer("new", 7), layer("more", 3)] };
    const { layers, ...bytes } = compareLayers(before, after);
    expect(layers.map(({ kind, layer: { digest } }) => `${kind} ${digest}`)).toEqual([
      "shared base",
      "removed old",
      "added new",
      "added more",
    ]);
    expect(bytes).toEqual({ sharedBytes: 100, removedBytes: 20, addedBytes: 10 });
  });

  it("count once when a manifest names them twice", ({ expect }) => {
    const twice = { layers: [layer("empty", 32), layer("empty", 32)] };
    expect(compareLayers(twice, twice)).toMatchObject({ sharedBytes: 32, removedBytes: 0, addedBytes: 0 });
    expect(compareLayers({ layers: null }, twice).layers).toHaveLength(1);
  });
});

describe("two configurations", () => {
  it("may check an application's health differently", ({ expect }) => {
    const times = { interval: null, timeout: 0, startPeriod: null, startInterval: null, retries: null };
    const healthcheck = { ...times, test: ["CMD", "true"] };
    const before = { ...NOTHING, healthcheck };
    const after = { ...NOTHING, healthcheck: { ...healthcheck, retries: 3 } };
    expect(compareConfigurations(before, after)).toEqual([
      { group: "field", name: "healthcheck", before: '["CMD", "true"]', after: '["CMD", "true"] retries=3' },
    ]);
  });

  it("that are the same have no differences", ({ expect }) => {
    const config = { ...NOTHING, cmd: ["sh"], env: ["A=1"], labels: { a: "b" }, exposedPorts: ["80/tcp", "443/tcp"] };
    expect(compareConfigurations(config, { ...config, exposedPorts: ["443/tcp", "80/tcp"] })).toEqual([]);
    expect(compareConfigurations(NOTHING, null)).toEqual([]);
    expect(compareConfigurations({ ...NOTHING, volumes: [] }, NOTHING)).toEqual([]);
  });

  it("differ by what was changed, added and taken away", ({ expect }) => {
    const before = { ...NOTHING, entrypoint: ["/app"], user: "root", env: ["A=1", "B=2=2", "C"], labels: { v: "1" } };
    const after = { ...NOTHING, entrypoint: ["/app", "-v"], env: ["A=1", "B=3", "D=4"], labels: { v: "2" } };
    expect(compareConfigurations(before, after)).toEqual([
      { group: "field", name: "entrypoint", before: '["/app"]', after: '["/app", "-v"]' },
      { group: "field", name: "user", before: "root", after: undefined },
      { group: "env", name: "B", before: "2=2", after: "3" },
      { group: "env", name: "C", before: "", after: undefined },
      { group: "env", name: "D", before: undefined, after: "4" },
      { group: "label", name: "v", before: "1", after: "2" },
    ]);
  });

  it("are told apart by platform", ({ expect }) => {
    const arm = { ...NOTHING, os: "linux", architecture: "arm64", variant: "v8" };
    expect(compareConfigurations(arm, { ...arm, variant: null })).toEqual([
      { group: "field", name: "platform", before: "linux/arm64/v8", after: "linux/arm64" },
    ]);
  });
});
