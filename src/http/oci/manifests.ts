import { type Context, Hono } from "hono";
import { withDocuments } from "../../documents.ts";
import { isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_MANIFEST_BYTES } from "../../kernel/limits.ts";
import { parsePrecondition, type Precondition } from "../../kernel/precondition.ts";
import { parseReference, parseTag, type Reference } from "../../kernel/reference.ts";
import { requireAccess } from "../../registry/rights/access.ts";
import { deleteManifest } from "../../registry/content/delete-manifest.ts";
import {
  type Accepted,
  type AnsweredManifest,
  pullManifest,
  statManifest,
} from "../../registry/content/pull-manifest.ts";
import { pushManifest } from "../../registry/content/push-manifest.ts";
import { readSmallBody } from "../../streams.ts";
import { registryCall } from "../call.ts";
import { type AppEnv, repositoryParam } from "../context.ts";
import { sendDocument } from "../bound-answers.ts";
import { isNotModified, setContentHeaders } from "./caching.ts";

/** OCI distribution-spec asks for at least 10 ("Pushing Manifests"). */
const MAX_TAG_PARAMETERS = 100;

/** OCI distribution-spec, "Pulling manifests", "Pushing Manifests" and "Content Management". */
export const manifests = new Hono<AppEnv>()
  .get("/:name{.+}/manifests/:reference", async (c) => {
    const call = registryCall(c);
    const access = await requireAccess(call, "pull", repositoryParam(c));
    const reference = parseReference(c.req.param("reference"));
    const wanted = { reference, accepted: acceptedTypes(c) };
    if (c.req.method === "HEAD") {
      const stored = await statManifest(call, access, wanted);
      return c.body(null, isKnown(c, stored, reference) ? 304 : 200);
    }
    return withDocuments(async (memory) => {
      const manifest = await pullManifest(call, access, wanted, memory);
      if (isKnown(c, manifest, reference)) return c.body(null, 304);
      return sendDocument(c, manifest.open(), memory);
    });
  })
  .put("/:name{.+}/manifests/:reference", async (c) => {
    const call = registryCall(c);
    const access = await requireAccess(call, "push", repositoryParam(c));
    const reference = parseReference(c.req.param("reference"));
    const pushed = await pushManifest(call, access, {
      reference,
      tags: tagParameters(c, reference),
      contentType: c.req.header("Content-Type"),
      precondition: preconditionOf(c),
      bytes: await readSmallBody(c.req.raw.body, MAX_MANIFEST_BYTES, () => {
        return new RegistryError("MANIFEST_TOO_LARGE", `a manifest may have at most ${MAX_MANIFEST_BYTES} bytes`);
      }),
    });
    c.header("Location", `/v2/${access.repository}/manifests/${pushed.digest}`);
    c.header("Docker-Content-Digest", pushed.digest);
    if (pushed.subject) c.header("OCI-Subject", pushed.subject);
    if (isDigest(reference)) for (const tag of pushed.tags) c.header("OCI-Tag", tag, { append: true });
    return c.body(null, 201);
  })
  .delete("/:name{.+}/manifests/:reference", async (c) => {
    const call = registryCall(c);
    const access = await requireAccess(call, "delete", repositoryParam(c));
    const reference = parseReference(c.req.param("reference"));
    await deleteManifest(call, access, reference, preconditionOf(c));
    return c.body(null, 202);
  });

/** Sets the headers that describe a manifest. @returns whether the client has it already, and needs no more. */
function isKnown(c: Context, described: AnsweredManifest, reference: Reference): boolean {
  const { digest, mediaType, size, warning } = described;
  setContentHeaders(c, digest, isDigest(reference));
  if (warning !== undefined) c.header("Warning", warning);
  c.header("Vary", "Accept");
  if (isNotModified(c, digest)) return true;
  c.header("Content-Type", mediaType);
  c.header("Content-Length", String(size));
  return false;
}

function preconditionOf(c: Context): Precondition | undefined {
  return parsePrecondition(c.req.header("If-Match"), c.req.header("If-None-Match"));
}

/** Every type in all `Accept` headers, without parameters; undefined when the client names none. */
function acceptedTypes(c: Context): Accepted {
  const header = c.req.header("Accept");
  if (!header) return undefined;
  return new Set(header.split(",").map((type) => type.split(";", 1)[0]?.trim() ?? ""));
}

/** `?tag=`, repeatable: tags for a manifest that is pushed by digest (OCI distribution-spec, main branch). */
function tagParameters(c: Context, reference: Reference) {
  const texts = c.req.queries("tag") ?? [];
  if (texts.length > MAX_TAG_PARAMETERS) {
    throw new RegistryError("TOO_MANY_TAGS", `one push may set at most ${MAX_TAG_PARAMETERS} tags`);
  }
  if (texts.length > 0 && !isDigest(reference)) {
    throw new RegistryError("TAG_INVALID", "the tag parameter goes with a push by digest, not by tag");
  }
  return [...new Set(texts)].map(parseTag);
}
