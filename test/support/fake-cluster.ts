/** A stand-in for a cluster's API server, over HTTPS with an authority of its own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Certified, makeCertificate } from "./certificates.ts";
import { KubernetesApi } from "./fake-kubernetes-api.ts";

export interface Cluster {
  api: KubernetesApi;
  /** `https://127.0.0.1:port`. */
  server: string;
  /** PEM. */
  authority: string;
  /** Closes all connections, and takes no more. */
  vanish: () => Promise<void>;
  /** Takes connections again at the same address. */
  returnAgain: () => Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const authority = await makeCertificate({ name: "kubernetes", isAuthority: true });
  const certified = await makeCertificate({ name: "kube-apiserver", issuer: authority });
  const api = new KubernetesApi();
  let running = await listen(api, certified, 0);
  const { port } = running;
  return {
    api,
    server: `https://127.0.0.1:${port}`,
    authority: authority.certificate,
    vanish: () => running.close(),
    returnAgain: async () => {
      running = await listen(api, certified, port);
    },
  };
}

async function listen(api: KubernetesApi, { certificate, key }: Certified, port: number) {
  const sockets = new Set<Socket>();
  // As API servers do: a client may have a certificate, or a token.
  const server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("request", (request, response) => void respond(request, response));
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const answer = api.answer({
      method: request.method ?? "",
      path: request.url ?? "",
      authorization: request.headers.authorization ?? null,
      contentType: request.headers["content-type"] ?? null,
      body,
    });
    response.writeHead(answer.status, { "Content-Type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body));
  };
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
