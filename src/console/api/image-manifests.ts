/** What is in a tag or manifest of an image. */
import { useQuery } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, queries } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";

export type Manifest = components["schemas"]["ManifestDetail"];
export type Layer = components["schemas"]["Layer"];
export type ChildManifest = components["schemas"]["Child"];
export type Configuration = components["schemas"]["ImageConfiguration"];
export type Referrer = components["schemas"]["Referrer"];

const MANIFEST = "/api/organizations/{organization}/images/{image}/manifests/{reference}";

/**
 * A manifest with its layers and configuration.
 *
 * @param reference a tag or digest; undefined while there is none to ask for.
 */
export function useManifest({ organization, image }: ImageName, reference: string | undefined) {
  const path = { organization, image, reference: reference ?? "" };
  return queries.useQuery("get", MANIFEST, { params: { path } }, { enabled: reference !== undefined });
}

/** The exact text of a manifest. Looking at it counts as no pull. */
export function useManifestText({ organization, image }: ImageName, digest: string) {
  const path = { organization, image, reference: digest };
  return queries.useQuery(
    "get",
    `${MANIFEST}/text`,
    { params: { path }, parseAs: "text" },
    // What has a digest never changes.
    { staleTime: Number.POSITIVE_INFINITY },
  );
}

/** What refers to a manifest: signatures, lists of what is in it, and the like. */
export function useReferrers({ organization, image }: ImageName, digest: string): CursorList<Referrer> {
  const path = { organization, image, reference: digest };
  return useCursorList(`${MANIFEST}/referrers`, { path }, "referrers");
}

/** Bytes of a file that is read to be shown: lists of the packages of large images have some 10 MiB. */
export const MAX_SHOWN_FILE_BYTES = 16 * 1024 * 1024;

/** A file that is not read, because it is longer than {@link MAX_SHOWN_FILE_BYTES}. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
}

/**
 * What a file of an artifact says.
 *
 * @param read makes it from the file's text; the text itself is not kept.
 */
export function useFileContent<T>(
  { organization, image }: ImageName,
  { digest, size }: Layer,
  read: (text: string) => T,
) {
  return useQuery<T>({
    queryKey: ["file", organization, image, digest],
    queryFn: async ({ signal }) => {
      if (size > MAX_SHOWN_FILE_BYTES) throw new FileTooLarge();
      const path = { organization, image, digest };
      const answer = await api.GET(BLOB, { params: { path }, parseAs: "stream", signal });
      return read(await readText(unwrap<ReadableStream<Uint8Array> | null | undefined>(answer)));
    },
    // What has a digest never changes. It may be large, so it is not kept for long.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: FORGET_MS,
    structuralSharing: false,
    retry: false,
  });
}

const BLOB = "/api/organizations/{organization}/images/{image}/blobs/{digest}";
const FORGET_MS = 60_000;

/** Whatever the manifest says, no more than {@link MAX_SHOWN_FILE_BYTES} are read. */
async function readText(stream: ReadableStream<Uint8Array> | null | undefined): Promise<string> {
  if (!stream) return "";
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_SHOWN_FILE_BYTES) {
      await reader.cancel();
      throw new FileTooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
}
