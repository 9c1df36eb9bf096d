/** A stand-in for Docker Hub that a docker daemon reaches by Docker Hub's own name: the daemon's proxy leads there. */
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { startEdge } from "../cli/edge.ts";
import { makeCertificate } from "./certificates.ts";

const HUB = "registry-1.docker.io";

export interface DockerHub {
  /** What a daemon needs in its environment. Loopback addresses are never asked by way of a proxy. */
  environment: NodeJS.ProcessEnv;
  /** Hosts that the daemon wanted to talk to, with their ports. */
  asked: string[];
  stop: () => Promise<void>;
}

/**
 * Serves a registry of this machine as Docker Hub, and refuses connections to all other hosts.
 *
 * @param authorityFile where the authority's certificate is written to, which the daemon has to trust.
 */
export async function startDockerHub(port: number, authorityFile: string): Promise<DockerHub> {
  const authority = await makeCertificate({ name: "authority", isAuthority: true });
  const certified = await makeCertificate({ name: HUB, issuer: authority, names: [{ type: "dns", value: HUB }] });
  writeFileSync(authorityFile, authority.certificate);
  const edge = await startEdge(port, { certified, maxBody: "0" });
  const asked: string[] = [];
  const open = new Set<Socket>();
  const proxy = createServer((_request, response) => void response.writeHead(403).end());
  proxy.on("connect", ({ url = "" }: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push(url);
    client.on("error", () => client.destroy());
    if (url !== `${HUB}:443`) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const there = connect(edge.port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      there.write(head);
      client.pipe(there).pipe(client);
    });
    there.on("error", () => client.destroy());
    for (const socket of [client, there]) open.add(socket.on("close", () => open.delete(socket)));
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    environment: { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: "", SSL_CERT_FILE: authorityFile },
    asked,
    stop: async () => {
      for (const socket of open) socket.destroy();
      proxy.close();
      await edge.stop();
    },
  };
}
