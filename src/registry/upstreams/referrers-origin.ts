/** What refers to manifests of one image that comes from elsewhere: signatures and SBOMs. */
import { z } from "zod";
import { readLimited } from "../../client/bytes.ts";
import { ProtocolViolation } from "../../client/errors.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import { OCI_INDEX } from "../../kernel/media-types.ts";
import type { Stores } from "../../storage/stores.ts";
import type { ReferrerDescription, ReferrersAnswer, ReferrersAsk } from "./upstream-contract.ts";
import { type OriginImage, UpstreamRequests } from "./upstream-requests.ts";

const PATIENCE_MS = 10_000;
const MAX_LIST_BYTES = 1024 * 1024;
/** Of one answer: upstreams that have more of them page, each in its own way. */
const MAX_LISTED = 1000;
/** For how long a list is given again. */
const BELIEVED_MS = 60_000;
const MAX_REMEMBERED = 20;

const Referrers = z.object({
  manifests: z
    .array(
      z.object({
        mediaType: z.string(),
        digest: z.string().refine(isDigest),
        size: z.int().nonnegative(),
        artifactType: z.string().nullish().catch(undefined),
        annotations: z.record(z.string(), z.string()).nullish().catch(undefined),
      }),
    )
    .nullish(),
});

/** A Durable Object has it, so that what is asked for at the same time is asked for once. */
export class ReferrersOrigin {
  readonly #requests: UpstreamRequests;
  readonly #remembered = new Map<Digest, { answer: Promise<ReferrersAnswer>; until: number }>();

  constructor(ask: ReferrersAsk) {
    this.#requests = new UpstreamRequests(ask);
  }

  list(stores: Stores, ask: ReferrersAsk): Promise<ReferrersAnswer> {
    const remembered = this.#remembered.get(ask.subject);
    if (remembered && remembered.until > Date.now()) return remembered.answer;
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    const answer = this.#list(stores, ask);
    this.#remembered.set(ask.subject, { answer, until: Date.now() + BELIEVED_MS });
    return answer;
  }

  async #list(stores: Stores, ask: ReferrersAsk): Promise<ReferrersAnswer> {
    const { subject } = ask;
    try {
      const image = await this.#requests.open(stores);
      // Registries without the referrers API have a tag in its place (OCI distribution-spec, "Referrers Tag Schema").
      const descriptors =
        (await this.#read(stores, image, `referrers/${subject}`)) ??
        (await this.#read(stores, image, `manifests/${subject.replace(":", "-")}`)) ??
        [];
      return { outcome: "listed", descriptors };
    } catch (error) {
      return this.#requests.refuse(stores, error, `what refers to ${ask.repository}@${subject}`, "MANIFEST_UNKNOWN");
    }
  }

  /** @returns undefined when there is no such list. */
  async #read(stores: Stores, image: OriginImage, path: string): Promise<ReferrerDescription[] | undefined> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const url = `/v2/${image.name}/${path}`;
    const request = { method: "GET", url, headers: { Accept: OCI_INDEX }, signal, expected: [404] };
    return this.#requests.send(stores, image, request, async ({ status, body }) => {
      if (status === 404) {
        await body?.cancel();
        return undefined;
      }
      const bytes = await readLimited(body, MAX_LIST_BYTES, () => {
        return new ProtocolViolation(`the list of referrers has more than ${MAX_LIST_BYTES} bytes`);
      });
      const { success, data } = Referrers.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
      if (!success) throw new ProtocolViolation("the list of referrers is none");
      return (data.manifests ?? [])
        .slice(0, MAX_LISTED)
        .map(({ mediaType, digest, size, artifactType, annotations }) => ({
          mediaType,
          digest,
          size,
          ...(artifactType && { artifactType }),
          ...(annotations && { annotations }),
        }));
    });
  }
}
