/** What the configuration of an image tells about it: OCI image-spec, "Image Configuration". */
import { z } from "zod";
import { Excerpt } from "../../kernel/excerpt.ts";
import { type Platform, platformsOf } from "../../kernel/platform.ts";

/** A step that an image was built by. */
export interface HistoryEntry {
  created: string | null;
  createdBy: string | null;
  author: string | null;
  comment: string | null;
  /** It made no layer. */
  isEmptyLayer: boolean;
}

/** How a container is found to be healthy: docker's `HEALTHCHECK`, an extension of the configuration. Null: not said. */
export interface Healthcheck {
  /** `NONE`, or `CMD` or `CMD-SHELL` and what follows it. */
  test: string[] | null;
  /** Nanoseconds, as the configuration has them. */
  interval: number | null;
  timeout: number | null;
  startPeriod: number | null;
  startInterval: number | null;
  retries: number | null;
}

/** Null: not told, or not in the form that the specification asks for. Anybody may push anything as a configuration. */
export interface ImageConfig {
  created: string | null;
  author: string | null;
  os: string | null;
  osVersion: string | null;
  architecture: string | null;
  variant: string | null;
  user: string | null;
  workingDir: string | null;
  env: string[] | null;
  entrypoint: string[] | null;
  cmd: string[] | null;
  exposedPorts: string[] | null;
  volumes: string[] | null;
  labels: Record<string, string> | null;
  stopSignal: string | null;
  stopTimeout: number | null;
  healthcheck: Healthcheck | null;
  shell: string[] | null;
  onBuild: string[] | null;
  /** What else it says, by the names that it has there: JSON texts. Empty fields are left out. */
  other: Record<string, string> | null;
  history: HistoryEntry[] | null;
  /** How many steps of the whole history made a layer. */
  layerCount: number;
  /** The fields that are shown in part. */
  cut: ConfigField[];
}

/** What an excerpt of a configuration may leave something out of. */
export const CONFIG_FIELDS = [
  "author",
  "os",
  "osVersion",
  "architecture",
  "variant",
  "user",
  "workingDir",
  "env",
  "entrypoint",
  "cmd",
  "exposedPorts",
  "volumes",
  "labels",
  "stopSignal",
  "healthcheck",
  "shell",
  "onBuild",
  "history",
  "other",
] as const;
export type ConfigField = (typeof CONFIG_FIELDS)[number];

/** Bytes of JSON that are read out of a configuration; real ones have some KiB. */
const MAX_CONFIG_JSON_BYTES = 256 * 1024;
/** Characters of one text: the longest real ones are scripts within a `RUN`, and labels of development containers. */
const MAX_TEXT_LENGTH = 32 * 1024;
/** Entries of each list. An image has at most 127 layers in most file systems, and some steps between them. */
const MAX_ENTRIES = 1000;
/** Bytes of JSON that a step of the history has without its texts, with the layer that it is shown with. */
const STEP_BYTES = 300;

const word = z.string().min(1).nullable().catch(null);
const time = z.iso.datetime({ offset: true }).max(64).nullable().catch(null);
/** Lists and sets are looked at no further than they are shown: {@link MAX_ENTRIES} of what may be millions. */
const list = z
  .custom<unknown[]>((value) => Array.isArray(value))
  .nullable()
  .catch(null);
const set = z
  .custom<Record<string, unknown>>((value) => typeof value === "object" && value !== null && !Array.isArray(value))
  .nullable()
  .catch(null);

const count = z.number().int().nonnegative().nullable().catch(null);

const Health = z.object({
  Test: list,
  Interval: count,
  Timeout: count,
  StartPeriod: count,
  StartInterval: count,
  Retries: count,
});

const Execution = z.object({
  User: word,
  ExposedPorts: set,
  Env: list,
  Entrypoint: list,
  Cmd: list,
  Volumes: set,
  WorkingDir: word,
  Labels: set,
  StopSignal: word,
  StopTimeout: count,
  Healthcheck: Health.nullable().catch(null),
  Shell: list,
  OnBuild: list,
});
const Step = z.object({
  created: time,
  created_by: word,
  author: word,
  comment: word,
  empty_layer: z.boolean().catch(false),
});
const Configuration = z.object({
  created: time,
  author: word,
  os: word,
  "os.version": word,
  architecture: word,
  variant: word,
  config: Execution.catch(() => Execution.parse({})),
  history: list,
});

/**
 * Reads an image's configuration as far as it makes sense, and no more of it than an answer has room for.
 *
 * @returns undefined when the text is not JSON.
 */
export function parseImageConfig(text: string): ImageConfig | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const {
    config,
    history,
    created,
    author,
    os,
    "os.version": osVersion,
    architecture,
    variant,
  } = Configuration.safeParse(json).data ?? NOTHING;
  const excerpt = new Excerpt<ConfigField>(MAX_CONFIG_JSON_BYTES, MAX_TEXT_LENGTH);
  const shown = {
    created,
    author: excerpt.maybe("author", author),
    os: excerpt.maybe("os", os),
    osVersion: excerpt.maybe("osVersion", osVersion),
    architecture: excerpt.maybe("architecture", architecture),
    variant: excerpt.maybe("variant", variant),
    user: excerpt.maybe("user", config.User),
    workingDir: excerpt.maybe("workingDir", config.WorkingDir),
    stopSignal: excerpt.maybe("stopSignal", config.StopSignal),
    entrypoint: takeWords(excerpt, "entrypoint", config.Entrypoint),
    cmd: takeWords(excerpt, "cmd", config.Cmd),
    env: takeWords(excerpt, "env", config.Env),
    exposedPorts: takeNames(excerpt, "exposedPorts", config.ExposedPorts),
    volumes: takeNames(excerpt, "volumes", config.Volumes),
    labels: takeLabels(excerpt, config.Labels),
    history: history && excerpt.list("history", history, MAX_ENTRIES, STEP_BYTES, (step) => takeStep(excerpt, step)),
    stopTimeout: config.StopTimeout,
    healthcheck: config.Healthcheck && takeHealthcheck(excerpt, config.Healthcheck),
    shell: takeWords(excerpt, "shell", config.Shell),
    onBuild: takeWords(excerpt, "onBuild", config.OnBuild),
    layerCount: history?.filter(makesLayer).length ?? 0,
    other: takeOther(excerpt, json),
  };
  return { ...shown, cut: excerpt.cut };
}

/** @returns null unless all that is looked at are texts. */
function takeWords(excerpt: Excerpt<ConfigField>, field: ConfigField, values: unknown[] | null): string[] | null {
  const first = values?.slice(0, MAX_ENTRIES + 1);
  if (!first?.every((value) => typeof value === "string")) return null;
  return excerpt.list(field, first, MAX_ENTRIES, 1, (value) => excerpt.text(field, value));
}

/** A set, which the specification writes as an object with empty values. */
function takeNames(
  excerpt: Excerpt<ConfigField>,
  field: ConfigField,
  entries: Record<string, unknown> | null,
): string[] | null {
  return entries && takeWords(excerpt, field, Object.keys(entries));
}

function takeHealthcheck(excerpt: Excerpt<ConfigField>, written: z.infer<typeof Health>): Healthcheck {
  const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = written;
  return {
    test: takeWords(excerpt, "healthcheck", Test),
    interval: Interval,
    timeout: Timeout,
    startPeriod: StartPeriod,
    startInterval: StartInterval,
    retries: Retries,
  };
}

/** Fields that are read above, and what repeats them or the manifest: `container_config` is docker's before 2017. */
const READ_FIELDS: ReadonlySet<string> = new Set([...Object.keys(Configuration.shape), "rootfs", "container_config"]);
const READ_SETTINGS: ReadonlySet<string> = new Set(Object.keys(Execution.shape));

/** What nobody has a name for here. Docker writes many fields that are always empty. */
function takeOther(excerpt: Excerpt<ConfigField>, json: unknown): Record<string, string> | null {
  const config = typeof json === "object" && json !== null && "config" in json ? json.config : undefined;
  const others = [...othersOf(json, READ_FIELDS, ""), ...othersOf(config, READ_SETTINGS, "config.")];
  if (others.length === 0) return null;
  const first = others.slice(0, MAX_ENTRIES + 1).map(([name, value]) => [name, JSON.stringify(value)]);
  return excerpt.record("other", Object.fromEntries(first) as Record<string, string>, MAX_ENTRIES);
}

function othersOf(fields: unknown, read: ReadonlySet<string>, prefix: string): [string, unknown][] {
  const { success, data } = set.safeParse(fields);
  if (!success || !data) return [];
  return Object.entries(data).flatMap(([name, value]) =>
    read.has(name) || isEmpty(value) ? [] : [[prefix + name, value]],
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === "" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** @returns null unless all are texts. */
function takeLabels(
  excerpt: Excerpt<ConfigField>,
  labels: Record<string, unknown> | null,
): Record<string, string> | null {
  if (!labels || !Object.values(labels).every((value) => typeof value === "string")) return null;
  return excerpt.record("labels", labels as Record<string, string>, MAX_ENTRIES);
}

/** One odd step leaves the others where they are. */
function takeStep(excerpt: Excerpt<ConfigField>, written: unknown): HistoryEntry {
  const step = Step.safeParse(written).data ?? Step.parse({});
  return {
    created: step.created,
    createdBy: excerpt.maybe("history", step.created_by),
    author: excerpt.maybe("history", step.author),
    comment: excerpt.maybe("history", step.comment),
    isEmptyLayer: step.empty_layer,
  };
}

/** As {@link takeStep} sees it, for all steps at little cost. */
function makesLayer(step: unknown): boolean {
  return typeof step !== "object" || step === null || !("empty_layer" in step) || step.empty_layer !== true;
}

const NOTHING = Configuration.parse({});

export function platformOf({ os, architecture, variant }: Pick<ImageConfig, keyof Platform>): Platform | undefined {
  return os !== null && architecture !== null ? platformsOf([{ os, architecture, variant }])[0] : undefined;
}

/**
 * Which layer each step made, by its position; null for steps that made none.
 *
 * @param made how many steps of the whole history made a layer; these are the first of them.
 * @returns undefined when there are more or fewer of them than layers, as some tools leave it: then nobody can tell.
 */
export function layersOfHistory(
  history: readonly HistoryEntry[],
  made: number,
  layerCount: number,
): (number | null)[] | undefined {
  if (made !== layerCount) return undefined;
  let next = 0;
  return history.map(({ isEmptyLayer }) => (isEmptyLayer ? null : next++));
}

const Layers = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/** What the layers of an image unpack to, the lowest first; nothing when the configuration does not tell. */
export function readDiffIds(text: string): string[] {
  try {
    return Layers.safeParse(JSON.parse(text)).data?.rootfs.diff_ids ?? [];
  } catch {
    return [];
  }
}
