/** Pulling blobs, through connections that break off. */
import { type Bytes, type ByteStream, readLimited, streamOf } from "./bytes.ts";
import { NetworkLost, ProtocolViolation } from "./errors.ts";
import { type Expectation, verified } from "./hash.ts";
import { type CallOptions, pullScope, type RegistryClient } from "./registry-client.ts";
import { Patience } from "./retry.ts";

export interface BlobToDownload {
  digest: string;
  /** Bytes, when known. */
  size?: number | undefined;
}

/** A connection over which nothing comes for so long is dead. */
const IDLE_MS = 60_000;

/**
 * Reads a blob. When the connection breaks off it goes on where it stopped; at the end the bytes are compared with the
 * digest.
 *
 * @throws (from the stream) RegistryRefusal, status 404 when there is no such blob; ContentMismatch; NetworkLost when
 * several tries brought nothing on; the signal's reason.
 */
export function downloadBlob(
  client: RegistryClient,
  repository: string,
  { digest, size }: BlobToDownload,
  options: CallOptions = {},
): ByteStream {
  const expected: Expectation = { digest, size, what: `the blob ${digest}` };
  return verified(streamOf(readBlob(client, repository, digest, options)), expected, client.createHash);
}

/**
 * Reads a whole blob that is small, such as a configuration.
 *
 * @param max bytes.
 * @throws as {@link downloadBlob}; ProtocolViolation when the blob is larger.
 */
export async function readSmallBlob(
  client: RegistryClient,
  repository: string,
  blob: BlobToDownload,
  max: number,
  options: CallOptions = {},
): Promise<Bytes> {
  return readLimited(downloadBlob(client, repository, blob, options), max, () => {
    return new ProtocolViolation(`the blob ${blob.digest} has more than ${max} bytes`);
  });
}

async function* readBlob(
  client: RegistryClient,
  repository: string,
  digest: string,
  { signal }: CallOptions,
): AsyncGenerator<Bytes, void, undefined> {
  const patience = new Patience(client.retry);
  let offset = 0;
  for (;;) {
    const connection = new AbortController();
    const link = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal;
    const { body, skip } = await openBlob(client, repository, digest, offset, link);
    const reader = body.getReader();
    let left = skip;
    try {
      for (;;) {
        const { done, value } = await withinIdleTime(reader.read(), connection);
        if (done) return;
        const fresh = value.subarray(Math.min(left, value.byteLength));
        left -= value.byteLength - fresh.byteLength;
        if (fresh.byteLength === 0) continue;
        offset += fresh.byteLength;
        patience.reset();
        yield fresh;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const message = `the blob ${digest}: the connection broke off after ${offset} bytes`;
      if (!patience.hasMore()) throw new NetworkLost(message, { cause: error });
      await patience.wait(signal);
    } finally {
      connection.abort();
    }
  }
}

/** @returns the answer's body, and how many bytes of it are known already: some servers give no parts. */
async function openBlob(
  client: RegistryClient,
  repository: string,
  digest: string,
  offset: number,
  signal: AbortSignal,
): Promise<{ body: ByteStream; skip: number }> {
  const headers: Record<string, string> = offset > 0 ? { Range: `bytes=${offset}-` } : {};
  const url = `/v2/${repository}/blobs/${digest}`;
  const request = { method: "GET", url, headers, scopes: [pullScope(repository)], signal, expected: [416] };
  return client.send(request, async ({ status, body }) => {
    if (status === 416) {
      await body?.cancel();
      // Everything had come, but not that this was all.
      return { body: new Blob([]).stream(), skip: 0 };
    }
    return { body: body ?? new Blob([]).stream(), skip: status === 206 ? 0 : offset };
  });
}

async function withinIdleTime<T>(reading: Promise<T>, connection: AbortController): Promise<T> {
  const timer = setTimeout(() => connection.abort(new NetworkLost(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
  try {
    return await reading;
  } finally {
    clearTimeout(timer);
  }
}
