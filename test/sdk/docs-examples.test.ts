/**
 * Every example of `/docs` as a reader copies it from its page: typed into a real shell, sent by a real curl to a real server. It has to
 * be answered as the operation says of success.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { type ExampleOperation, ExampleState } from "../support/docs-examples.ts";
import { type Page, readPages } from "../support/docs-pages.ts";
import { type Cluster, startCluster } from "../support/fake-cluster.ts";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { requirePrograms } from "../support/requirements.ts";
import { pushImage } from "../support/server-images.ts";
import { operatorOf } from "../support/server-people.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { useRegistry } from "./sdk-registry.ts";

/** An operation, with the statuses of success that `/openapi.json` has for it. */
interface Described extends ExampleOperation {
  successes: string[];
}

requirePrograms("the examples of /docs", ["bash", "curl"]);

const setting = useRegistry({ ALLOWED_TARGETS: "127.0.0.1" });
/** A receiver of webhooks, and a registry that is there but takes nothing at present: so jobs wait, and can be cancelled. */
const receiver = new Receiver({ "/": answer(200), "/v2/": answer(200) }, answer(503));
let cluster: Cluster;
let issuer: LoopbackIssuer;
let state: ExampleState;
let operations: Map<string, Described>;
let pages: { en: Page[]; zh: Page[] };
let home: string;

beforeAll(async () => {
  const operator = operatorOf(setting.server);
  const elsewhere = `http://127.0.0.1:${await receiver.listen()}`;
  cluster = await startCluster();
  issuer = await startIssuer();
  state = new ExampleState({
    send: (method, path, body) => operator.send(method, path, body),
    sendAnonymously: (method, path, body) => {
      const headers = { "Content-Type": "application/json" };
      return fetch(`${setting.server.url}${path}`, { method, headers, body: JSON.stringify(body) });
    },
    push: async (repository, tag) => (await pushImage(operator, repository, tag)).config ?? "",
    credentials: operator,
    elsewhere: {
      cluster: { server: cluster.server, token: cluster.api.token, authority: cluster.authority },
      remotes: { tokyo: elsewhere, "docker-hub": elsewhere },
      receiver: `${elsewhere}/`,
      issuer: issuer.url,
    },
  });
  operations = await readOperations();
  pages = { en: await readPages(setting.server.url, "en"), zh: await readPages(setting.server.url, "zh") };
  home = join(setting.directory, "reader");
  mkdirSync(home);
  // The example itself stays as it is.
  writeFileSync(join(home, ".curlrc"), 'silent\nshow-error\nwrite-out = "\\n%{http_code}"\n');
});
afterAll(async () => {
  await receiver.close();
  await cluster.vanish();
  await issuer.stop();
});

/** What examples name elsewhere that has to answer, with what does here, by operation. */
const ELSEWHERE: Readonly<Record<string, () => Record<string, string>>> = {
  createTrustRule: () => ({ "https://token.actions.githubusercontent.com": issuer.url }),
  replaceTrustRule: () => ({ "https://token.actions.githubusercontent.com": issuer.url }),
};

/** All operations, by their ids. */
async function readOperations(): Promise<Map<string, Described>> {
  const document = await operatorOf(setting.server).ask<{
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  }>("GET", "/openapi.json");
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, responses }]) => {
      return { id, method, path, successes: Object.keys(responses).filter((status) => status.startsWith("2")) };
    }),
  );
  return new Map(all.map((operation) => [operation.id, operation]));
}

/** The commands of a language's pages, by the ids of their operations. */
function commandsOf(of: readonly Page[]): Map<string, string> {
  return new Map(of.flatMap(({ operations: shown }) => [...shown]));
}

test("both languages have the same example of each operation", () => {
  const english = commandsOf(pages.en);
  expect([...english.keys()].toSorted()).toEqual([...operations.keys()].toSorted());
  expect(commandsOf(pages.zh)).toEqual(english);
});

test("every example is answered as its operation says of success", async () => {
  const variables = await state.variables();
  const failures: string[] = [];
  for (const [id, command] of commandsOf(pages.en)) {
    const operation = operations.get(id);
    if (operation === undefined) throw new Error(`${id} is no operation`);
    let filled = command;
    const values = { ...(await state.prepareFor(operation)), ...ELSEWHERE[id]?.() };
    for (const [placeholder, value] of Object.entries(values)) {
      expect(filled).toContain(placeholder);
      filled = filled.replaceAll(placeholder, () => value);
    }
    const { exitCode, output } = await execute(["bash", "-euo", "pipefail", "-c", filled], {
      environment: { ...variables, HOME: home },
      cwd: home,
    });
    const status = output.slice(-3);
    if (exitCode !== 0 || !operation.successes.includes(status)) {
      failures.push(`${id} ended with ${exitCode}:\n${filled}\n${output}`);
    }
    await state.tidyAfter(operation);
  }
  expect(failures).toEqual([]);
});
