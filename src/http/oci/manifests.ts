import { type Context, Hono } from "hono";
import { withDocuments } from "../../documents.ts";
import { isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_MANIFEST_BYTES } from "../../kernel/limits.ts";
import { parsePrecondition, type Precondition } from "../../kernel/precondition.ts";
import { parseReference, parseTag, type Reference } from "../../kernel/reference.ts";
import { actorOf, requireAccess } from "../../registry/rights/access.ts";
import { cleanUpAfterwards } from "../../registry/deletion/cleanups.ts";
import { deleteManifest } from "../../registry/content/delete-manifest.ts";
import { recordPlatform } from "../../registry/images/platforms.ts";
import {
  type Accepted,
  pullManifest,
  statManifest,
  type StoredManifest,
} from "../../registry/content/pull-manifest.ts";
import { countPull } from "../../registry/content/pulls.ts";
import { dispatch } from "../../registry/triggers/deliveries.ts";
import { pushManifest } from "../../registry/content/push-manifest.ts";
import { readSmallBody } from "../../streams.ts";
import { type AppEnv, continueAfterAnswer, repositoryParam } from "../context.ts";
import { sendDocument } from "../bound-answers.ts";
import { isNotModified, setContentHeaders } from "./caching.ts";
import { ownAddress } from "../public-address.ts";

/** OCI distribution-spec asks for at least 10 ("Pushing Manifests"). */
const MAX_TAG_PARAMETERS = 100;

/** OCI distribution-spec, "Pulling manifests", "Pushing Manifests" and "Content Management". */
export const manifests = new Hono<AppEnv>()
  .get("/:name{.+}/manifests/:reference", async (c) => {
    const repository = repositoryParam(c);
    await requireAccess(c.var.stores, c.var.caller, "pull", repository);
    const reference = parseReference(c.req.param("reference"));
    const { stores, caller } = c.var;
    const accepted = acceptedTypes(c);
    if (c.req.method === "HEAD") {
      const stored = await statManifest(stores, repository, reference, accepted, caller);
      return c.body(null, isKnown(c, stored, reference) ? 304 : 200);
    }
    return withDocuments(async (memory) => {
      const manifest = await pullManifest(stores, repository, reference, accepted, memory);
      if (isKnown(c, manifest, reference)) return c.body(null, 304);
      const { repository: pulledFrom, isCounted, size: bytes, pulledIds: manifestIds } = manifest;
      continueAfterAnswer(c, countPull(stores, { repository: pulledFrom, isCounted, bytes, manifestIds }));
      return sendDocument(c, manifest.text, memory);
    });
  })
  .put("/:name{.+}/manifests/:reference", async (c) => {
    const repository = repositoryParam(c);
    await requireAccess(c.var.stores, c.var.caller, "push", repository);
    const reference = parseReference(c.req.param("reference"));
    const pushed = await pushManifest(c.var.stores, {
      repository,
      actor: actorOf(c.var.caller),
      reference,
      tags: tagParameters(c, reference),
      contentType: c.req.header("Content-Type"),
      precondition: preconditionOf(c),
      bytes: await readSmallBody(c.req.raw.body, MAX_MANIFEST_BYTES, () => {
        return new RegistryError("MANIFEST_TOO_LARGE", `a manifest may have at most ${MAX_MANIFEST_BYTES} bytes`);
      }),
      ...ownAddress(c),
    });
    continueAfterAnswer(c, dispatch(c.var.stores, pushed.outbox));
    continueAfterAnswer(c, recordPlatform(c.var.stores, repository, pushed.digest, pushed.imageConfig));
    c.header("Location", `/v2/${repository}/manifests/${pushed.digest}`);
    c.header("Docker-Content-Digest", pushed.digest);
    if (pushed.subject) c.header("OCI-Subject", pushed.subject);
    if (isDigest(reference)) for (const tag of pushed.tags) c.header("OCI-Tag", tag, { append: true });
    return c.body(null, 201);
  })
  .delete("/:name{.+}/manifests/:reference", async (c) => {
    const repository = repositoryParam(c);
    await requireAccess(c.var.stores, c.var.caller, "delete", repository);
    const reference = parseReference(c.req.param("reference"));
    await deleteManifest(c.var.stores, actorOf(c.var.caller), repository, reference, preconditionOf(c));
    continueAfterAnswer(c, cleanUpAfterwards(c.var.stores));
    return c.body(null, 202);
  });

/** Sets the headers that describe a manifest. @returns whether the client has it already, and needs no more. */
function isKnown(c: Context, { digest, mediaType, size }: StoredManifest, reference: Reference): boolean {
  setContentHeaders(c, digest, isDigest(reference));
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
