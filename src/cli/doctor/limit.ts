/** How large a request the way to the registry lets through. */
import { NetworkLost, RegistryRefusal } from "../../client/errors.ts";
import { pushScope, RegistryClient } from "../../client/registry-client.ts";
import { BlobUpload } from "../../client/blob-upload.ts";
import { reasonOf } from "../explain.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { type Check, failed, type Finding, ok, skipped } from "./examination.ts";

/** Just above Cloudflare's limits on Free and Pro, and on Business. */
const PROBES = [105_000_000, 210_000_000];
const PIECE = new Uint8Array(1024 * 1024);
const TAKEN = "taken";
const REFUSED = "refused";
const PROBE_MS = 15 * 60_000;

export const limit: Check = {
  name: "Request limit",
  run: async ({ registry, credentials, fetch, probesLimit, isSignedIn, pushed }) => {
    if (!probesLimit) return skipped("sends 100 MB and more", "Ask for it by --probe-limit.");
    if (isSignedIn !== true || !pushed) return skipped("needs a place that one may push to");
    const { repository } = pushed;
    const client = new RegistryClient({ url: registry.url, credentials, fetch, retry: { attempts: 2 } });
    let passed = 0;
    for (const bytes of PROBES) {
      const outcome = await probe(client, repository, bytes);
      if (outcome === REFUSED) return judge(passed, bytes);
      if (outcome !== TAKEN)
        return failed(`a request of ${formatBytes(bytes)} fails: ${outcome}`, "Try again, from a faster line.");
      passed = bytes;
    }
    return ok(`requests of ${formatBytes(passed)} pass: docker pushes layers of that size directly`);
  },
};

function judge(passed: number, refused: number): Finding {
  const below = passed === 0 ? "" : `, of ${formatBytes(passed)} they pass`;
  return {
    status: "ok",
    detail: `requests of ${formatBytes(refused)} are refused with 413${below}`,
    mend: "As Cloudflare has it. docker needs `berth proxy` for larger layers; `berth push` does not (docs/large-layers.md).",
  };
}

/**
 * Sends one chunk of so many bytes to an upload that is then given up.
 *
 * @returns {@link TAKEN}, {@link REFUSED} as too large, or why it failed otherwise.
 */
async function probe(client: RegistryClient, repository: string, bytes: number): Promise<string> {
  const session = await BlobUpload.open({ client, repository });
  if (session === "mounted") return "a mount that nobody asked for";
  const pieces = Array.from({ length: Math.ceil(bytes / PIECE.byteLength) }, () => PIECE);
  const body = new Blob(pieces).slice(0, bytes);
  const request = {
    method: "PATCH",
    url: session.location,
    scopes: [pushScope(repository)],
    body,
    attempts: 1,
    timeoutMs: PROBE_MS,
  };
  try {
    await client.send({ ...request, headers: { "Content-Type": "application/octet-stream" } }, (answer) =>
      answer.body?.cancel(),
    );
    return TAKEN;
  } catch (error) {
    if (error instanceof RegistryRefusal && error.status === 413) return REFUSED;
    // What refuses a body may also just close the connection that it comes by.
    if (error instanceof NetworkLost && /EPIPE|ECONNRESET|socket hang up/.test(reasonOf(error))) return REFUSED;
    return reasonOf(error);
  } finally {
    await session.cancel();
  }
}
