/** `docker search`: Docker's first registry API, over what the caller may pull. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  newAccount,
  newName,
  newOrganization,
  pushAs,
  withSettings,
  type Client,
} from "../support/workerd/managing-clients.ts";
import { setLimits } from "../support/workerd/quota-counts.ts";
import { basic, errorCodes, fetchAnonymously, send } from "../support/workerd/registry-requests.ts";

interface Found {
  query: string;
  num_results: number;
  results: { name: string; description: string; is_official: boolean }[];
}

const search = async (query: string, headers: Record<string, string> = {}) => {
  const answer = await fetchAnonymously(`/v1/search?${query}`, { headers });
  return answer.json<Found>();
};
const names = ({ results }: Found) => results.map(({ name }) => name);
const authorization = ({ name, password }: Client) => ({ Authorization: basic(name, password) });

async function tokenOf(client: Client, scope: string): Promise<Record<string, string>> {
  const answer = await fetchAnonymously(`/token?service=registry.test&scope=${scope}`, {
    headers: authorization(client),
  });
  return { Authorization: `Bearer ${(await answer.json<{ token: string }>()).token}` };
}

describe("docker search", () => {
  it("finds what the caller may pull, and nothing else", async ({ expect }) => {
    const { administrator: owner } = await newAccount();
    const { administrator: stranger } = await newAccount();
    const organization = await newOrganization(owner);
    const word = newName("needle");
    await pushAs(owner, `${organization}/${word}-a`);
    await pushAs(owner, `${organization}/${word}-b`);
    await pushAs(owner, `${organization}/other`);
    const isPublic = await send("PATCH", `/v2/manage/namespaces/${organization}/repos/${word}-b`, {
      headers: { ...authorization(owner), "Content-Type": "application/json" },
      body: JSON.stringify({ is_public: true, category: "other", description: "a public one" }),
    });
    expect(isPublic.ok).toBe(true);
    const both = [`${organization}/${word}-a`, `${organization}/${word}-b`];

    const found = await search(`q=${word.toUpperCase()}&n=25`, authorization(owner));
    expect(names(found)).toEqual(both);
    expect(found).toMatchObject({ num_results: 2, query: word });
    expect(found.results[1]).toMatchObject({ description: "a public one", is_official: false });
    expect(names(await search(`q=${word}`, authorization(stranger)))).toEqual(both.slice(1));
    expect(names(await search(`q=${word}`))).toEqual(both.slice(1));
    expect(names(await search(`q=${word}&n=1`, authorization(owner)))).toEqual(both.slice(0, 1));
    // A token that is for something else finds what anybody finds.
    expect(names(await search(`q=${word}`, await tokenOf(owner, "registry:catalog:search")))).toEqual(both);
    expect(names(await search(`q=${word}`, await tokenOf(owner, `repository:${both[0]}:pull`)))).toEqual(both.slice(1));
  });

  it.for([
    ["some", 600],
    ["very many", 5001],
  ] as const)("finds names behind a thousand others, of a text that %s have", async ([, count], { expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const word = newName("many");
    await pushAs(administrator, `${organization}/a`);
    const add = (prefix: string, images: number) =>
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO repositories (organization_id, account_id, name, created_at)
         SELECT organization_id, account_id, ?2 || printf('%05d', i), 0 FROM repositories, n WHERE name = ?3`,
      )
        .bind(images, prefix, `${organization}/a`)
        .run();
    for (const holder of [`organizations/${organization}`, `accounts/${account}`])
      await setLimits(holder, { images: 10_000 });
    await add(`${organization}/b-`, 1200);
    await add(`${organization}/z-${word}-`, count);
    const found = await search(`q=${word}&n=2`, authorization(administrator));
    expect(names(found)).toEqual([1, 2].map((at) => `${organization}/z-${word}-0000${at}`));
  });

  it("needs credentials where the operator wants them", async ({ expect }) => {
    const answer = await withSettings({ ANONYMOUS_PULL: "false" })("http://registry.test/v1/search?q=x");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toContain('scope="registry:catalog:search"');
  });

  it.for(["n=0", "n=x", "n=-1", `q=${"a".repeat(101)}`])("refuses %s", async (query, { expect }) => {
    const answer = await fetchAnonymously(`/v1/search?${query}`);
    expect(answer.status).toBe(400);
    expect(await errorCodes(answer)).toHaveLength(1);
  });

  it("is announced as docker expects it", async ({ expect }) => {
    expect(await (await fetchAnonymously("/v1/_ping")).json()).toEqual({ standalone: true });
  });
});

describe("ollama", () => {
  it("gets a token for public images with a key that nobody knows", async ({ expect }) => {
    const key = `AAAAC3NzaC1lZDI1NTE5AAAAI${"a".repeat(43)}:${"b".repeat(86)}==`;
    const answer = await fetchAnonymously("/token?service=registry.test&scope=repository:a/b:pull&ts=1&nonce=x", {
      headers: { Authorization: key },
    });
    expect(answer.status).toBe(200);
    expect((await answer.json<{ token: string }>()).token).toEqual(expect.any(String));
    const other = await fetchAnonymously("/token?service=registry.test", { headers: { Authorization: "nonsense" } });
    expect(other.status).toBe(401);
  });
});
