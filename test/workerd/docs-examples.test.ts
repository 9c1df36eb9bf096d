/**
 * Every example of `/docs` as its page has it: read as a shell reads it, and sent. It has to be answered as the operation's description
 * says of success. `test/sdk/docs-examples.test.ts` runs them by a real shell and curl.
 */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { commandOf } from "../../src/http/docs/example.ts";
import { describeApi, operationsOf } from "../../src/http/openapi-document.ts";
import { ExampleState } from "../support/docs-examples.ts";
import { pushConfigured } from "../support/workerd/configured-images.ts";
import { ADMINISTRATOR, fetchAnonymously, send } from "../support/workerd/registry-requests.ts";

const ORIGIN = "http://registry.test";
const document = describeApi(app);
const operations = operationsOf(document);

/** Clusters, receivers, registries elsewhere and issuers: all of them answer. */
function answerOutside(input: RequestInfo | URL): Promise<Response> {
  const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname === "/.well-known/openid-configuration") {
    return Promise.resolve(Response.json({ issuer: origin, jwks_uri: `${origin}/keys` }));
  }
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const keys = [{ kty: "OKP", crv: "Ed25519", x, kid: "1", use: "sig" }];
  if (pathname.endsWith("/selfsubjectaccessreviews"))
    return Promise.resolve(Response.json({ status: { allowed: true } }));
  return Promise.resolve(Response.json(pathname === "/keys" ? { keys } : {}));
}

const JSON_HEADERS = { "Content-Type": "application/json" };
const state = new ExampleState({
  send: (method, path, body) =>
    send(method, path, { headers: JSON_HEADERS, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  sendAnonymously: (method, path, body) =>
    fetchAnonymously(path, { method, headers: JSON_HEADERS, body: JSON.stringify(body) }),
  push: async (repository, tag) => {
    const { config } = await pushConfigured(repository, tag, { architecture: "amd64", os: "linux" });
    return config.digest;
  },
  credentials: ADMINISTRATOR,
  elsewhere: {
    cluster: { server: "https://cluster.example.com", token: "token" },
    remotes: { tokyo: "https://tokyo.example.com", "docker-hub": "https://docker-hub.example.com" },
    receiver: "https://hooks.example.com/",
    issuer: "https://issuer.example.com",
  },
});

/** The words of a command, as a POSIX shell takes them apart: quotes of both kinds, and variables in double ones. */
function wordsOf(command: string, variables: Readonly<Record<string, string>>): string[] {
  const parts = command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|"([^"]*)"|\\(.)|([^\s'"\\]+)|(\s+)/g);
  const words = [""];
  for (const [, single, double, escaped, plain, space] of parts) {
    if (space !== undefined) words.push("");
    else {
      const filled = double?.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => {
        const value = variables[name];
        if (value === undefined) throw new Error(`nobody has said what $${name} is`);
        return value;
      });
      words[words.length - 1] += single ?? filled ?? escaped ?? plain ?? "";
    }
  }
  return words.filter((word) => word !== "");
}

/** Sends what curl would. */
function run(command: string, variables: Readonly<Record<string, string>>): Promise<Response> {
  const [program, ...words] = wordsOf(command, variables);
  expect(program).toBe("curl");
  const headers = new Headers();
  let method = "GET";
  let address = "";
  let body: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const next = () => words[++at] ?? "";
    if (word === "-X") method = next();
    else if (word === "-u") headers.set("Authorization", `Basic ${btoa(next())}`);
    else if (word === "-H") headers.set(...(next().split(": ", 2) as [string, string]));
    else if (word === "-d") body = next();
    else address = word;
  }
  expect(address.startsWith(ORIGIN)).toBe(true);
  return fetchAnonymously(address, { method, headers, ...(body !== undefined && { body }) });
}

describe("the example of", () => {
  let variables: Record<string, string>;
  beforeAll(async () => {
    vi.spyOn(globalThis, "fetch").mockImplementation(answerOutside);
    variables = await state.variables();
  });

  it.for(operations)("$method $path is answered as described", async (described, { expect: expectHere }) => {
    const { operation, method, path } = described;
    const example = { id: operation.operationId ?? "", method, path };
    let command = commandOf(document, described, ORIGIN);
    for (const [placeholder, value] of Object.entries(await state.prepareFor(example))) {
      expectHere(command).toContain(placeholder);
      command = command.replaceAll(placeholder, () => value);
    }
    const response = await run(command, variables);
    const text = await response.text();
    await state.tidyAfter(example);
    const successes = Object.keys(operation.responses ?? {}).filter((status) => status.startsWith("2"));
    expectHere({ command, status: String(response.status), text }).toMatchObject({
      status: expect.toBeOneOf(successes),
    });
  });
});
