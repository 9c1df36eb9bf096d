/**
 * Archives from before Docker 1.10, without manifest.json: the file `repositories` names the topmost layer of each tag, and
 * every layer its parent (Docker Image Specification v1). The image's configuration is made from these, as docker does
 * when it loads one.
 */
import { isJsonObject, type JsonObject, parseJsonObject, readPlatform } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { ArchiveError } from "./archive-error.ts";
import { type ArchiveFile, type ArchiveFiles, readDocument, requireFile } from "./archive-files.ts";
import type { ArchiveImage } from "./archive-image.ts";
import { checkLayer, DOCKER_CONFIG, sizeOfDistinct } from "./docker-archive.ts";
import { readReference } from "./image-name.ts";
import type { LayerChecker } from "./layer-check.ts";

export const REPOSITORIES_FILE = "repositories";
/** More than any storage driver of docker has ever taken. */
const MAX_LAYERS = 500;
/** What a layer says of itself and not of the image (docker's `MakeConfigFromV1Config`). */
const LAYER_FIELDS = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"];

interface LegacyLayer {
  json: JsonObject;
  file: ArchiveFile;
}

/**
 * Reads all images that `repositories` names.
 *
 * @returns undefined when there is no such file.
 * @throws ArchiveError bad-manifest, bad-config, missing-file, damaged-layer.
 */
export async function readLegacyImages(
  files: ArchiveFiles,
  checker: LayerChecker,
): Promise<ArchiveImage[] | undefined> {
  const file = files.find(REPOSITORIES_FILE);
  if (!file) return undefined;
  const repositories = parseJsonObject(await readDocument(file));
  if (!repositories) throw new ArchiveError("bad-manifest", { path: REPOSITORIES_FILE });
  const references = new Map<string, string[]>();
  for (const [name, tags] of Object.entries(repositories)) {
    if (!isJsonObject(tags)) throw new ArchiveError("bad-manifest", { path: REPOSITORIES_FILE });
    for (const [tag, id] of Object.entries(tags)) {
      if (typeof id !== "string") throw new ArchiveError("bad-manifest", { path: REPOSITORIES_FILE });
      references.set(id, [...(references.get(id) ?? []), `${name}:${tag}`]);
    }
  }
  const images: ArchiveImage[] = [];
  for (const [id, names] of references) images.push(await readImage(files, id, names, checker));
  return images;
}

async function readImage(
  files: ArchiveFiles,
  id: string,
  references: readonly string[],
  checker: LayerChecker,
): Promise<ArchiveImage> {
  const chain = await readChain(files, id);
  const layers = [];
  const diffIds: string[] = [];
  for (const { file } of chain) {
    const { diffId = "" } = await checker.check(file);
    diffIds.push(diffId);
    layers.push(await checkLayer(file, diffId, checker));
  }
  const config = makeConfig(chain, diffIds);
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  const digest = digestOf(bytes);
  const platform = readPlatform(config);
  return {
    names: references.map(readReference),
    id: digest,
    platforms: platform ? [platform] : [],
    size: sizeOfDistinct(chain.map(({ file }) => file)),
    contents: {
      kind: "rebuilt",
      config: { digest, size: bytes.byteLength, mediaType: DOCKER_CONFIG, content: bytes },
      layers,
    },
    missingPlatforms: 0,
    joinedPlatforms: 0,
  };
}

/** The layers of an image, the lowest first. */
async function readChain(files: ArchiveFiles, top: string): Promise<LegacyLayer[]> {
  const chain: LegacyLayer[] = [];
  for (let id: unknown = top; id !== undefined && id !== ""; id = chain[0]?.json["parent"]) {
    if (typeof id !== "string" || chain.length === MAX_LAYERS) {
      throw new ArchiveError("bad-config", { path: `${top}/json` });
    }
    const path = `${id}/json`;
    const json = parseJsonObject(await readDocument(requireFile(files, path)));
    if (!json) throw new ArchiveError("bad-config", { path });
    chain.unshift({ json, file: requireFile(files, `${id}/layer.tar`) });
  }
  return chain;
}

function makeConfig(chain: readonly LegacyLayer[], diffIds: readonly string[]): JsonObject {
  const own = Object.entries(chain.at(-1)?.json ?? {}).filter(([key]) => !LAYER_FIELDS.includes(key));
  const history = chain.map(({ json }) => historyOf(json));
  return { ...Object.fromEntries(own), history, rootfs: { type: "layers", diff_ids: diffIds } };
}

/** docker's `HistoryFromConfig`. */
function historyOf({ created, author, comment, container_config: container }: JsonObject): JsonObject {
  const command = isJsonObject(container) && Array.isArray(container["Cmd"]) ? container["Cmd"].join(" ") : "";
  return {
    created,
    ...(typeof author === "string" && author !== "" && { author }),
    ...(command !== "" && { created_by: command }),
    ...(typeof comment === "string" && comment !== "" && { comment }),
  };
}
