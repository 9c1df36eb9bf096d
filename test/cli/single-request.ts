/** Pushes a layer in one request, as container tools do, without keeping any of it. */
import { type Answer, Connection, type Request } from "../bench/client.ts";
import { newLayer } from "../bench/layers.ts";
import type { PushKind } from "../bench/stores.ts";
import { PASSWORD, USER } from "../support/server.ts";

const AUTHORIZATION = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

/**
 * Pushes a layer that nobody has seen.
 *
 * @param kind docker's way, one PATCH without length, or containerd's, one PUT with.
 * @returns its digest.
 * @throws when the registry, or what is before it, refuses.
 */
export async function pushLayer(url: string, repository: string, bytes: number, kind: PushKind): Promise<string> {
  const layer = newLayer(bytes);
  const connection = await Connection.open(url);
  const send = async (request: Request) => {
    const headers = { Authorization: AUTHORIZATION, "Content-Type": "application/octet-stream" };
    const answer = await connection.request({ ...request, headers, keepsBody: true });
    if (answer.status >= 200 && answer.status < 300) return locationOf(answer, url);
    throw new Error(
      `${request.method} ${request.path} answered ${answer.status}: ${answer.body.toString().slice(0, 500)}`,
    );
  };
  try {
    let location = await send({ method: "POST", path: `/v2/${repository}/blobs/uploads/` });
    if (kind === "streamed") {
      location = await send({ method: "PATCH", path: location, body: { pieces: layer.chunked } });
    }
    const path = `${location}${location.includes("?") ? "&" : "?"}digest=${layer.digest}`;
    const whole = kind === "streamed" ? {} : { body: { length: layer.size, pieces: layer.plain } };
    await send({ method: "PUT", path, ...whole });
    return layer.digest;
  } finally {
    connection.close();
  }
}

function locationOf({ headers }: Answer, url: string): string {
  const { pathname, search } = new URL(headers.get("location") ?? "", url);
  return pathname + search;
}
