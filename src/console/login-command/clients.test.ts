import { describe, it } from "vitest";
import { LOGIN_COMMANDS, type LoginClient, loginKey, loginKeyScript, needsInsecureRegistry } from "./clients.ts";

const LOGIN = { user: "berth@AK", password: "0af" };
const CLIENTS = Object.keys(LOGIN_COMMANDS) as LoginClient[];

it("is docker's at first, as the guide words it", ({ expect }) => {
  expect(CLIENTS[0]).toBe("docker");
  const command = LOGIN_COMMANDS.docker({ host: "registry.example.com", isPlainHttp: false }, LOGIN);
  expect(command).toBe("docker login -u berth@AK -p 0af registry.example.com");
});

it.for(CLIENTS)("names user, password and registry for %s, and no flags that https needs not", (client, { expect }) => {
  const secure = LOGIN_COMMANDS[client]({ host: "registry.example.com", isPlainHttp: false }, LOGIN);
  expect(secure).toMatch(/ -u berth@AK -p 0af registry\.example\.com$/);
  expect(secure).not.toMatch(/tls|insecure|plain/);
});

it.for([
  ["podman", "podman login --tls-verify=false -u"],
  ["nerdctl", "nerdctl login --insecure-registry -u"],
  ["skopeo", "skopeo login --tls-verify=false -u"],
  ["oras", "oras login --plain-http -u"],
  ["helm", "helm registry login --plain-http -u"],
  ["regctl", "regctl registry set --tls disabled 127.0.0.1:8787\n"],
] as const)("tells %s that there is no TLS", ([client, beginning], { expect }) => {
  expect(LOGIN_COMMANDS[client]({ host: "127.0.0.1:8787", isPlainHttp: true }, LOGIN)).toContain(beginning);
});

it.for([
  ["127.0.0.1:8787", true, false],
  ["localhost:8787", true, false],
  ["192.0.2.7:8787", true, true],
  ["registry.example.com", false, false],
] as const)("knows whether docker takes %s (http: %s) as it is", ([host, isPlainHttp, needed], { expect }) => {
  expect(needsInsecureRegistry({ host, isPlainHttp })).toBe(needed);
});

describe("the login key", () => {
  it("is what the guide's commands print", async ({ expect }) => {
    const key = await loginKey("HPUDXNBJ4K3M9W0R2A7C", "abcDEF0123456789abcDEF0123456789abcDEF01");
    // By openssl 3.
    expect(key).toBe("2f4cf0fadb045b84c900b1447bed05248d22150e505fc1a3a2b67a04f814b716");
  });

  it("has a script with the guide's commands, which asks for a secret that is not known", ({ expect }) => {
    expect(loginKeyScript("AK1", "SK1")).toContain("AK=AK1\nSK=SK1\n");
    const asking = loginKeyScript("AK1", undefined);
    expect(asking).toContain('read -rsp "SK: " SK');
    expect(asking).toContain(String.raw`sed 's/[ \n]//g' | sed 'N;s/\n//'`);
  });
});
