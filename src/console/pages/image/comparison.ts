/** What is different between two manifests of an image, and how the values of their configurations are written. */
import type { Configuration, Layer, Manifest } from "../../api/image-manifests.ts";
import { formatSystem } from "./platforms.ts";

/** A layer that one of them has, or both. */
export interface ComparedLayer {
  kind: "shared" | "removed" | "added";
  layer: Layer;
}

/** The layers of two manifests, and how many bytes they are, each layer counted once. */
export interface LayerComparison {
  /** What both have, then what only the first one has, then what only the second one has. */
  layers: ComparedLayer[];
  sharedBytes: number;
  removedBytes: number;
  addedBytes: number;
}

export function compareLayers(before: Pick<Manifest, "layers">, after: Pick<Manifest, "layers">): LayerComparison {
  const first = distinct(before.layers ?? []);
  const second = distinct(after.layers ?? []);
  const shared = [...second.values()].filter(({ digest }) => first.has(digest));
  const removed = [...first.values()].filter(({ digest }) => !second.has(digest));
  const added = [...second.values()].filter(({ digest }) => !first.has(digest));
  return {
    layers: [...marked("shared", shared), ...marked("removed", removed), ...marked("added", added)],
    sharedBytes: bytesOf(shared),
    removedBytes: bytesOf(removed),
    addedBytes: bytesOf(added),
  };
}

function marked(kind: ComparedLayer["kind"], layers: readonly Layer[]): ComparedLayer[] {
  return layers.map((layer) => ({ kind, layer }));
}

function distinct(layers: readonly Layer[]): Map<string, Layer> {
  return new Map(layers.map((layer) => [layer.digest, layer]));
}

function bytesOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

/** Single values of a configuration, as they are compared. */
export const COMPARED_FIELDS = [
  "entrypoint",
  "cmd",
  "workingDir",
  "user",
  "ports",
  "volumes",
  "stopSignal",
  "stopTimeout",
  "healthcheck",
  "shell",
  "onBuild",
  "platform",
  "author",
  "built",
] as const;
export type ComparedField = (typeof COMPARED_FIELDS)[number];

/** Something that has another value in the second manifest; undefined where one has none. */
export interface Difference {
  /** A field of the configuration, or a name in its environment or among its labels. */
  group: "field" | "env" | "label";
  name: string;
  before: string | undefined;
  after: string | undefined;
}

/** What two configurations say differently: fields, then the environment, then labels, each by name. */
export function compareConfigurations(before: Configuration | null, after: Configuration | null): Difference[] {
  return [
    ...differences("field", fieldsOf(before), fieldsOf(after)),
    ...differences("env", envOf(before), envOf(after)),
    ...differences("label", labelsOf(before), labelsOf(after)),
  ];
}

type Values = ReadonlyMap<string, string | undefined>;

function differences(group: Difference["group"], before: Values, after: Values): Difference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  // The fields have an order of their own.
  if (group !== "field") names.sort();
  return names
    .map((name) => ({ group, name, before: before.get(name), after: after.get(name) }))
    .filter((difference) => difference.before !== difference.after);
}

function fieldsOf(config: Configuration | null): Values {
  if (!config) return new Map();
  const { os, architecture, variant, osVersion } = config;
  const values: Record<ComparedField, string | null | undefined> = {
    entrypoint: config.entrypoint && formatArguments(config.entrypoint),
    cmd: config.cmd && formatArguments(config.cmd),
    workingDir: config.workingDir,
    user: config.user,
    ports: config.exposedPorts?.toSorted().join(", "),
    volumes: config.volumes?.toSorted().join(", "),
    stopSignal: config.stopSignal,
    stopTimeout: config.stopTimeout?.toString(),
    healthcheck: config.healthcheck && formatHealthcheck(config.healthcheck),
    shell: config.shell && formatArguments(config.shell),
    onBuild: config.onBuild?.join("\n"),
    platform: os && architecture && formatSystem({ os, architecture, variant, osVersion }),
    author: config.author,
    built: config.created,
  };
  // Empty is the same as absent, for all of them.
  return new Map(COMPARED_FIELDS.map((field) => [field, values[field] || undefined]));
}

/** What it says, field by field, without what it leaves to docker. */
function formatHealthcheck({ test, ...times }: NonNullable<Configuration["healthcheck"]>): string {
  const said = Object.entries(times).filter(([, value]) => value !== null && value !== 0);
  return [formatArguments(test ?? []), ...said.map(([name, value]) => `${name}=${value}`)].join(" ");
}

function envOf(config: Configuration | null): Values {
  return new Map((config?.env ?? []).map(splitEnv));
}

function labelsOf(config: Configuration | null): Values {
  return new Map(Object.entries(config?.labels ?? {}));
}

/** Name and value of an environment variable, `NAME=value`; what has no `=` is a name. */
export function splitEnv(variable: string): [name: string, value: string] {
  const end = variable.indexOf("=");
  return end < 0 ? [variable, ""] : [variable.slice(0, end), variable.slice(end + 1)];
}

/** Arguments as a Dockerfile has them: `["/bin/sh", "-c", "exit"]`. */
export function formatArguments(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}
