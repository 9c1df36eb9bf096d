/** An issuer of jobs' tokens on this machine, as GitHub Actions or GitLab is one: discovery and keys over HTTP. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export interface LoopbackIssuer {
  /** `http://127.0.0.1:port`, and a path perhaps: what ALLOWED_TARGETS has to have. */
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  /** A token for a job of `acme/web`, with other claims besides. */
  token: (claims?: JWTPayload) => Promise<string>;
  stop: () => Promise<void>;
}

/** @param path what its address ends with; "" for nothing. */
export async function startIssuer(path = ""): Promise<LoopbackIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const key = { ...(await exportJWK(publicKey)), kid: "first", alg: "RS256", use: "sig" };
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const answers: Record<string, object> = {
      [`${path}/.well-known/openid-configuration`]: { issuer: url, jwks_uri: `${url}/jwks` },
      [`${path}/jwks`]: { keys: [key] },
    };
    const answer = answers[request.url ?? ""];
    response.writeHead(answer ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${path}`;
  return {
    url,
    asked,
    token: (claims = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ sub: "repo:acme/web:ref:refs/heads/main", repository: "acme/web", ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "first" })
        .setIssuer(url)
        .setIssuedAt(now)
        .setExpirationTime(now + 300)
        .sign(privateKey);
    },
    stop: () => new Promise((stopped) => server.close(() => stopped())),
  };
}
