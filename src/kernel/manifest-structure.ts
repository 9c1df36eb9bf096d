/**
 * Whether every program reads the same in a manifest. JSON allows a key twice, and parsers keep the first or the last;
 * Go's takes `Layers` for `layers`; and a document with `layers` and `manifests` is an image to one program and an index
 * to another (CVE-2021-41190). What a scanner saw would then not be what runs.
 */
import { MAX_DESCRIPTORS, MAX_MANIFEST_VALUES } from "./limits.ts";

/** What an object of a manifest is, and with it which keys it may have; undefined where no program looks. */
type Kind = "manifest" | "descriptors" | "descriptor" | "platform" | "annotations";

/** The keys that programs look at, and what is under each: OCI image-spec, and `fsLayers` of Docker schema 1. */
const KEYS: Record<"manifest" | "descriptor" | "platform", Readonly<Record<string, Kind | undefined>>> = {
  manifest: {
    schemaVersion: undefined,
    mediaType: undefined,
    artifactType: undefined,
    config: "descriptor",
    layers: "descriptors",
    manifests: "descriptors",
    subject: "descriptor",
    annotations: "annotations",
    fsLayers: undefined,
  },
  descriptor: {
    mediaType: undefined,
    digest: undefined,
    size: undefined,
    urls: undefined,
    annotations: "annotations",
    data: undefined,
    artifactType: undefined,
    platform: "platform",
  },
  platform: {
    architecture: undefined,
    os: undefined,
    "os.version": undefined,
    "os.features": undefined,
    variant: undefined,
    features: undefined,
  },
};

/** The same, to be found whatever the case of a key's letters is. */
const FOLDED: ReadonlyMap<string, ReadonlyMap<string, { key: string; below: Kind | undefined }>> = new Map(
  Object.entries(KEYS).map(([kind, keys]) => [
    kind,
    new Map(Object.entries(keys).map(([key, below]) => [fold(key), { key, below }])),
  ]),
);
/** Each character of the longest of these keys may be written as `\u` and four digits. */
const MAX_WRITTEN_KEY =
  6 * Math.max(...Object.values(KEYS).flatMap((keys) => Object.keys(keys).map((key) => key.length)));

/** As Go compares keys: `ſ` and the Kelvin sign are letters of ASCII in another case. */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/** An object or array that the scan is in. */
interface Frame {
  kind: Kind | undefined;
  isArray: boolean;
  /** Keys that it had so far. */
  seen: Set<string>;
  /** Whether the next text is a key. */
  isAtKey: boolean;
  /** What the value of the last key is. */
  below: Kind | undefined;
  /** Of the last key, or of the entry. */
  name: string | number;
}

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const COMMA = ",".charCodeAt(0);
const OPEN_OBJECT = "{".charCodeAt(0);
const CLOSE_OBJECT = "}".charCodeAt(0);
const OPEN_ARRAY = "[".charCodeAt(0);
const CLOSE_ARRAY = "]".charCodeAt(0);

/**
 * Looks through a manifest's text once, in linear time, before anything is made of it: whether a key that matters is there
 * twice, or in other letters than it should be; and whether there is more in it than any manifest has.
 *
 * @param text need not be JSON, which is for the parser to find out.
 * @returns what is wrong, in a sentence that names the key and its place; undefined when nothing is.
 */
export function findKeyFault(text: string): string | undefined {
  const frames: Frame[] = [];
  /** How deep the scan is in what no program looks at. */
  let skipped = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const frame = frames.at(-1);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (skipped === 0 && frame?.isAtKey) {
        const fault = readKey(frame, frames, text, at, end);
        if (fault !== undefined) return fault;
      }
      at = end;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      values += 1;
      const kind = frame ? kindBelow(frame) : "manifest";
      if (skipped > 0 || kind === undefined) skipped += 1;
      else frames.push(newFrame(kind, code === OPEN_ARRAY));
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (skipped > 0) skipped -= 1;
      else frames.pop();
    } else if (code === COMMA) {
      values += 1;
      if (skipped === 0 && frame) {
        frame.isAtKey = !frame.isArray;
        if (frame.isArray && typeof frame.name === "number" && ++frame.name >= MAX_DESCRIPTORS) {
          return `${placeOf(frames.slice(0, -1))} has more than ${MAX_DESCRIPTORS} entries`;
        }
      }
    }
    if (values > MAX_MANIFEST_VALUES) return `the manifest has more than ${MAX_MANIFEST_VALUES} values in it`;
  }
  return undefined;
}

/** @returns where the string ends that begins with the quote at a place. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function newFrame(kind: Kind, isArray: boolean): Frame {
  // A parser for Go finds nothing in an array where an object should be, so that its entries are of no concern.
  const isKnown = isArray === (kind === "descriptors");
  return {
    kind: isKnown ? kind : undefined,
    isArray,
    seen: new Set(),
    isAtKey: !isArray && isKnown,
    below: undefined,
    name: isArray ? 0 : "",
  };
}

function kindBelow({ kind, isArray, below }: Frame): Kind | undefined {
  if (isArray) return kind === "descriptors" ? "descriptor" : undefined;
  return below;
}

/** Notes the key of an object. @returns what is wrong with it. */
function readKey(frame: Frame, frames: readonly Frame[], text: string, start: number, end: number): string | undefined {
  frame.isAtKey = false;
  frame.below = undefined;
  const { kind, seen } = frame;
  if (kind === undefined || kind === "descriptors") return undefined;
  if (kind !== "annotations" && end - start - 1 > MAX_WRITTEN_KEY) return undefined;
  const key = decode(text.slice(start, end + 1));
  const known = kind === "annotations" ? { key, below: undefined } : FOLDED.get(kind)?.get(fold(key));
  if (!known) return undefined;
  if (known.key !== key) {
    return `${placeOf([...frames.slice(0, -1), { ...frame, name: key }])} must be written "${known.key}": some programs take one for the other`;
  }
  frame.name = key;
  if (seen.has(key)) return `${placeOf(frames)} is there twice, and programs differ in which one they take`;
  seen.add(key);
  frame.below = known.below;
  return undefined;
}

/** The decoded form of a key. If it is not valid JSON it stays as it is: the parser refuses it later. */
function decode(written: string): string {
  if (!written.includes("\\")) return written.slice(1, -1);
  try {
    return String(JSON.parse(written));
  } catch {
    return written;
  }
}

const MAX_SHOWN_KEY = 100;

/** Such as `layers.3.mediaType`. */
function placeOf(frames: readonly Pick<Frame, "name">[]): string {
  return frames.map(({ name }) => String(name).slice(0, MAX_SHOWN_KEY)).join(".") || "the manifest";
}

/** The fields by which programs tell an image from an index. */
export interface Shape {
  config?: unknown;
  layers?: unknown;
  manifests?: unknown;
  fsLayers?: unknown;
}

/**
 * Whether a manifest has the fields of another kind beside its own. Absent and null are one.
 *
 * @returns what is wrong, in a sentence that names the field; undefined when nothing is.
 */
export function findShapeFault(shape: Shape, isIndex: boolean): string | undefined {
  const foreign = isIndex ? (["config", "layers", "fsLayers"] as const) : (["manifests", "fsLayers"] as const);
  const field = foreign.find((name) => isThere(shape[name]));
  if (field === undefined) return undefined;
  const [what, other] = isIndex ? ["an index", "an image"] : ["an image manifest", "an index"];
  const owner = field === "fsLayers" ? "a Docker schema 1 manifest" : other;
  return `${field}: ${what} must not have it: some programs would take this for ${owner}`;
}

/** What a document without `mediaType` is, by its fields. */
export function isIndexByShape({ manifests, config, layers }: Shape): boolean {
  return isThere(manifests) && !isThere(config) && !isThere(layers);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
