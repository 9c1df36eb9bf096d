/** Tokens that say more than their users may do by now: what was granted for a name before others took it, or closed it. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  grant,
  newAccount,
  newName,
  newOrganization,
  PASSWORD,
  pushAs,
  type Client,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import {
  basic,
  digestOf,
  errorsOf,
  fetchAnonymously,
  OCI_MANIFEST,
  someBytes,
} from "../support/workerd/registry-requests.ts";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function tokenOf({ name, password }: Client, ...scopes: string[]): Promise<string> {
  const query = scopes.map((scope) => `&scope=${encodeURIComponent(scope)}`).join("");
  const headers = { Authorization: basic(name, password) };
  const answer = await fetchAnonymously(`/token?service=registry.test${query}`, { headers });
  return (await answer.json<{ token: string }>()).token;
}

/** Pushes a layer and an image, and answers their digests. */
async function pushSecret(client: Client, repository: string): Promise<{ blob: string; manifest: string }> {
  const bytes = someBytes();
  const blob = digestOf(bytes);
  const manifest = await pushAs(client, repository);
  const upload = await fetchAnonymously(`/v2/${repository}/blobs/uploads/?digest=${blob}`, {
    method: "POST",
    headers: { Authorization: basic(client.name, client.password), "Content-Length": String(bytes.byteLength) },
    body: bytes,
  });
  if (upload.status !== 201) throw new Error(`pushing a blob: ${upload.status} ${await upload.text()}`);
  return { blob, manifest };
}

describe("a token for a name that somebody else has taken since", () => {
  it.for(["pull,push", "push,pull", "*", "pull,push,delete"])(
    "is good for nothing there, asked for as %s",
    async (actions, { expect }) => {
      const { administrator: attacker } = await newAccount();
      const { administrator: victim } = await newAccount();
      const own = await newOrganization(attacker);
      await pushAs(attacker, `${own}/box`);
      const taken = newName("taken");
      const token = await tokenOf(
        attacker,
        `repository:${own}/box:pull,push`,
        `repository:${taken}/secret:${actions}`,
        `repository:${taken}/secret:pull`,
      );
      const { blob, manifest } = await pushSecret(victim, `${taken}/secret`);
      const base = `/v2/${taken}/secret`;
      const uploads = `/v2/${own}/box/blobs/uploads/`;
      const told: Record<string, number> = {};
      for (const [method, path] of [
        ["HEAD", `${base}/blobs/${blob}`],
        ["GET", `${base}/blobs/${blob}`],
        ["HEAD", `${base}/manifests/latest`],
        ["GET", `${base}/manifests/${manifest}`],
        ["GET", `${base}/tags/list`],
        ["GET", `${base}/referrers/${manifest}`],
        ["POST", `${base}/blobs/uploads/?digest=${digestOf("")}`],
        ["DELETE", `${base}/manifests/${manifest}`],
        ["DELETE", `${base}/blobs/${blob}`],
        ["POST", `${uploads}?mount=${blob}&from=${taken}/secret`],
        ["POST", `${uploads}?mount=${blob}`],
        ["GET", `/v2/${own}/box/blobs/${blob}`],
        ["POST", `/api/organizations/${taken}/images/secret/known-layers`],
        ["GET", `/api/organizations/${taken}/images/secret`],
        ["GET", `/api/organizations/${taken}/images/secret/archive?reference=latest`],
      ] as const) {
        const headers = { ...bearer(token), ...(path.startsWith("/api") && { "Content-Type": "application/json" }) };
        const body = path.endsWith("known-layers") ? { body: JSON.stringify({ diff_ids: [blob] }) } : {};
        told[`${method} ${path}`] = (await fetchAnonymously(path, { method, headers, ...body })).status;
      }
      const wrong = Object.entries(told).filter(([what, status]) => {
        if (what.includes("?mount=")) return status !== 202;
        if (what.includes(`${own}/box`)) return status !== 404;
        return status !== 401 && status !== 403 && status !== 404;
      });
      expect(wrong).toEqual([]);

      // Nobody is asked about an upload before its bytes come.
      const opened = await fetchAnonymously(`${base}/blobs/uploads/`, { method: "POST", headers: bearer(token) });
      const bytes = someBytes();
      for (const [method, query] of [
        ["PATCH", ""],
        ["PUT", `?digest=${digestOf(bytes)}`],
      ] as const) {
        const path = `${opened.headers.get("Location")}${query}`;
        const headers = { ...bearer(token), "Content-Length": String(bytes.byteLength) };
        expect((await fetchAnonymously(path, { method, headers, body: bytes })).status).toBe(403);
      }
    },
  );
});

describe("a push with a token from before its right was gone", () => {
  /** What takes the right to push to a name away, between the token and the push. */
  const losses = {
    "because another account took the name": async (_pusher: Client, name: string) => {
      const { administrator } = await newAccount();
      await newOrganization(administrator, name);
    },
    "because another account pushed there first": async (_pusher: Client, name: string) => {
      const { administrator } = await newAccount();
      await pushAs(administrator, `${name}/image`);
    },
    "because the name was another account's until a moment ago": async (_pusher: Client, name: string) => {
      const { administrator } = await newAccount();
      await newOrganization(administrator, name);
      await administrator.delete(`/v2/manage/namespaces/${name}`);
    },
    "because the user has made as many organizations as allowed": async (pusher: Client) => {
      await newOrganization(pusher);
    },
  };
  const fetchLimited = withSettings({ ORGANIZATION_QUOTA: "1" });

  for (const [why, lose] of Object.entries(losses)) {
    it(`is refused ${why}, in the words of a push without it`, async ({ expect }) => {
      const { administrator: pusher } = await newAccount();
      const name = newName("late");
      const token = await tokenOf(pusher, `repository:${name}/image:pull,push`);
      const bytes = someBytes();
      const config = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.byteLength };
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] });
      await lose(pusher, name);
      const writes = [
        ["POST", `/v2/${name}/image/blobs/uploads/?digest=${config.digest}`, bytes],
        ["PUT", `/v2/${name}/image/manifests/latest`, manifest],
      ] as const;
      for (const [method, path, body] of writes) {
        const headers = { "Content-Type": OCI_MANIFEST, "Content-Length": String(body.length) };
        const send = (authorization: Record<string, string>) =>
          fetchLimited(path, { method, body, headers: { ...headers, ...authorization } });
        const [late, fresh] = [await send(bearer(token)), await send({ Authorization: basic(pusher.name, PASSWORD) })];
        const [[refusal], [expected]] = [await errorsOf(late), await errorsOf(fresh)];
        expect([path, late.status, refusal?.code, refusal?.message]).toEqual([path, 403, "DENIED", expected?.message]);
      }
    });
  }
});

describe("an image that was deleted and made again by others, under a token from before", () => {
  /** Everything that tells of an image. */
  async function readAll(token: string, image: string, { blob, manifest }: { blob: string; manifest: string }) {
    const paths = [`blobs/${blob}`, "manifests/latest", `manifests/${manifest}`, "manifests/none", "tags/list"];
    const answers: string[] = [];
    for (const method of ["HEAD", "GET"]) {
      for (const path of [...paths, `referrers/${manifest}`, `blobs/${digestOf("none")}`]) {
        const answer = await fetchAnonymously(`/v2/${image}/${path}`, { method, headers: bearer(token) });
        await answer.arrayBuffer();
        answers.push(`${method} ${path}: ${answer.status}`);
      }
    }
    return answers;
  }

  it.for(["pull", "pull,push", "*"])("is never read by another account, with %s", async (actions, { expect }) => {
    const { administrator: former } = await newAccount();
    const { administrator: owner } = await newAccount();
    const organization = await newOrganization(former);
    const image = `${organization}/image`;
    const before = await pushSecret(former, image);
    const token = await tokenOf(former, `repository:${image}:${actions}`);
    expect((await readAll(token, image, before))[1]).toContain(": 200");
    expect((await former.delete(`/v2/manage/namespaces/${organization}/repos/image`)).status).toBe(204);
    expect((await former.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
    // The name rests longer than a token lives. Should it not, that must change nothing.
    await env.DB.prepare("DELETE FROM audit_events WHERE organization = ?").bind(organization).run();
    await newOrganization(owner, organization);
    const secret = await pushSecret(owner, image);
    const told = await readAll(token, image, secret);
    expect(told.filter((answer) => /: 2\d\d$/.test(answer))).toEqual([]);
    // Not even which of them are there.
    expect(new Set(told.map((answer) => /: (\d+)/.exec(answer)?.[1])).size).toBe(1);
  });

  it("is never read by who had a right to the old one only, and is by who has one to the new", async ({ expect }) => {
    const { administrator: owner, member } = await newAccount();
    const organization = await newOrganization(owner);
    const image = `${organization}/image`;
    await pushSecret(owner, image);
    await grant(owner, organization, member.name, 1, "image");
    const token = await tokenOf(member, `repository:${image}:pull`);
    expect((await owner.delete(`/v2/manage/namespaces/${organization}/repos/image`)).status).toBe(204);
    const secret = await pushSecret(owner, image);
    expect((await readAll(token, image, secret)).filter((answer) => /: 2\d\d$/.test(answer))).toEqual([]);
    await grant(owner, organization, member.name, 1, "image");
    const told = await readAll(token, image, secret);
    expect(told.filter((answer) => answer.includes(": 404"))).toHaveLength(4);
    expect(told.filter((answer) => answer.includes(": 200"))).toHaveLength(10);
  });
});

describe("what is mounted stays, so the right to its source is looked up", () => {
  it("when a public image was made private", async ({ expect }) => {
    const { administrator: owner } = await newAccount();
    const { administrator: other } = await newAccount();
    const organization = await newOrganization(owner);
    const own = await newOrganization(other);
    const { blob } = await pushSecret(owner, `${organization}/image`);
    const image = `/v2/manage/namespaces/${organization}/repos/image`;
    expect((await owner.patch(image, { is_public: true, category: "other", description: "" })).status).toBe(201);
    const scopes = [`repository:${own}/box:pull,push`, `repository:${organization}/image:pull`];
    const token = await tokenOf(other, ...scopes);
    const mount = (query: string) =>
      fetchAnonymously(`/v2/${own}/box/blobs/uploads/?mount=${query}`, { method: "POST", headers: bearer(token) });
    expect((await owner.patch(image, { is_public: false, category: "other", description: "" })).status).toBe(201);
    expect((await mount(`${blob}&from=${organization}/image`)).status).toBe(202);
    expect((await mount(blob)).status).toBe(202);
    expect((await owner.patch(image, { is_public: true, category: "other", description: "" })).status).toBe(201);
    expect((await mount(blob)).status).toBe(201);
  });

  it("when an image was deleted and made again by others, for themselves", async ({ expect }) => {
    const { administrator: owner, member } = await newAccount();
    const organization = await newOrganization(owner);
    await pushSecret(owner, `${organization}/image`);
    await pushAs(owner, `${organization}/box`);
    await grant(owner, organization, member.name, 1, "image");
    await grant(owner, organization, member.name, 3, "box");
    const token = await tokenOf(
      member,
      `repository:${organization}/box:pull,push`,
      `repository:${organization}/image:pull`,
    );
    expect((await owner.delete(`/v2/manage/namespaces/${organization}/repos/image`)).status).toBe(204);
    const { blob } = await pushSecret(owner, `${organization}/image`);
    for (const query of [`${blob}&from=${organization}/image`, blob]) {
      const path = `/v2/${organization}/box/blobs/uploads/?mount=${query}`;
      expect((await fetchAnonymously(path, { method: "POST", headers: bearer(token) })).status).toBe(202);
    }
  });

  it("and a token's limit holds all the same", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const { blob } = await pushSecret(administrator, `${organization}/image`);
    await pushAs(administrator, `${organization}/box`);
    const mount = async (...scopes: string[]) => {
      const token = await tokenOf(administrator, ...scopes);
      const path = `/v2/${organization}/box/blobs/uploads/?mount=${blob}`;
      return (await fetchAnonymously(path, { method: "POST", headers: bearer(token) })).status;
    };
    expect(await mount(`repository:${organization}/box:pull,push`)).toBe(202);
    expect(await mount(`repository:${organization}/box:pull,push`, `repository:${organization}/image:push`)).toBe(202);
    expect(await mount(`repository:${organization}/box:pull,push`, `repository:${organization}/image:pull`)).toBe(201);
  });
});

it("a name that one account gave up is not another's while a token for it may live", async ({ expect }) => {
  const { administrator: owner } = await newAccount();
  const { administrator: other } = await newAccount();
  const organization = await newOrganization(owner);
  expect((await owner.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
  expect((await other.post("/v2/manage/namespaces", { namespace: organization })).status).not.toBe(201);
  expect((await other.post("/api/organizations", { name: organization })).status).not.toBe(201);
  await expect(pushAs(other, `${organization}/image`)).rejects.toThrow("was another account's");
  await newOrganization(owner, organization);
});
