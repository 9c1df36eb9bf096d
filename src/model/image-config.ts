/** What the configuration of an image tells about it: OCI image-spec, "Image Configuration". */
import { z } from "zod";
import { type Platform, platformsOf } from "./platform.ts";

/** A step that an image was built by. */
export interface HistoryEntry {
  created: string | null;
  createdBy: string | null;
  author: string | null;
  comment: string | null;
  /** It made no layer. */
  isEmptyLayer: boolean;
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
  history: HistoryEntry[] | null;
}

const word = z.string().min(1).nullable().catch(null);
const words = z.array(z.string()).nullable().catch(null);
const time = z.iso.datetime({ offset: true }).max(64).nullable().catch(null);
/** A set, which the specification writes as an object with empty values. */
const set = z
  .record(z.string(), z.unknown())
  .transform((entries) => Object.keys(entries))
  .nullable()
  .catch(null);

const Execution = z.object({
  User: word,
  ExposedPorts: set,
  Env: words,
  Entrypoint: words,
  Cmd: words,
  Volumes: set,
  WorkingDir: word,
  Labels: z.record(z.string(), z.string()).nullable().catch(null),
  StopSignal: word,
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
  // One odd step leaves the others where they are.
  history: z
    .array(Step.catch(() => Step.parse({})))
    .nullable()
    .catch(null),
});

/**
 * Reads an image's configuration as far as it makes sense.
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
  const { config, history, "os.version": osVersion, ...rest } = Configuration.safeParse(json).data ?? NOTHING;
  return {
    ...rest,
    osVersion,
    user: config.User,
    workingDir: config.WorkingDir,
    env: config.Env,
    entrypoint: config.Entrypoint,
    cmd: config.Cmd,
    exposedPorts: config.ExposedPorts,
    volumes: config.Volumes,
    labels: config.Labels,
    stopSignal: config.StopSignal,
    history:
      history?.map(({ created_by: createdBy, empty_layer: isEmptyLayer, ...step }) => ({
        ...step,
        createdBy,
        isEmptyLayer,
      })) ?? null,
  };
}

const NOTHING = Configuration.parse({});

export function platformOf({ os, architecture, variant }: Pick<ImageConfig, keyof Platform>): Platform | undefined {
  return os !== null && architecture !== null ? platformsOf([{ os, architecture, variant }])[0] : undefined;
}

/**
 * Which layer each step made, by its position; null for steps that made none.
 *
 * @returns undefined when there are more or fewer of them than layers, as some tools leave it: then nobody can tell.
 */
export function layersOfHistory(history: readonly HistoryEntry[], layerCount: number): (number | null)[] | undefined {
  let next = 0;
  const layers = history.map(({ isEmptyLayer }) => (isEmptyLayer ? null : next++));
  return next === layerCount ? layers : undefined;
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
