import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { deleteEndedSignatures } from "../../src/storage/logins/used-signatures.ts";
import { at, type Key, newKey, sendSigned, type Signing } from "../support/workerd/signed-requests.ts";
import { type Client, newAccount, newName, statusesOf } from "../support/workerd/managing-clients.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

const MINUTE = 60_000;
const NAMESPACES = "/v2/manage/namespaces";

let user: Client;
let key: Key;

beforeAll(async () => {
  user = (await newAccount()).administrator;
  key = await newKey(user);
});

/** The message of SWR's answer, which has both formats and the code of failed authentication. */
async function refusalOf(response: Response): Promise<string> {
  const body = await response.json<{
    errors: { errorCode: string; errorMessage: string }[];
    error_code: string;
    error_msg: string;
  }>();
  const codes = [response.status, body.error_code, body.errors[0]?.errorCode].join(" ");
  if (codes !== "401 SVCSTG.SWR.4010000 SVCSTG.SWR.4010000") throw new Error(codes);
  return body.error_msg;
}

function createNamespace(name: string, signing: Signing = {}): Promise<Response> {
  return sendSigned(key, "POST", NAMESPACES, { body: JSON.stringify({ namespace: name }), ...signing });
}

describe("a signed request", () => {
  it("is the user's whose key it is", async ({ expect }) => {
    const session = await sendSigned(key, "GET", "/api/session");
    expect(session.status).toBe(200);
    expect(await session.json()).toMatchObject({ user: { name: user.name } });
    const name = newName("org");
    expect((await createNamespace(name)).status).toBe(201);
    expect((await sendSigned(key, "GET", `${NAMESPACES}/${name}`)).status).toBe(200);
    expect((await sendSigned(key, "GET", `${NAMESPACES}?filter=mode::visible%7Cnamespace::${name}`)).status).toBe(200);
    expect((await sendSigned(key, "DELETE", `${NAMESPACES}/${name}`)).status).toBe(204);
  });

  it("may sign any headers, if its date is among them", async ({ expect }) => {
    const headers = { Accept: "application/json", "User-Agent": "golangsdk/2.0.0", "X-Project-Id": "p1" };
    for (const signed of [
      ["x-sdk-date"],
      ["accept", "user-agent", "x-sdk-date"],
      ["content-type", "host", "x-project-id", "x-sdk-date"],
    ]) {
      const response = await sendSigned(key, "GET", NAMESPACES, { headers, signed });
      expect([signed, response.status]).toEqual([signed, 200]);
    }
    const undated = await sendSigned(key, "GET", NAMESPACES, { signed: ["host"] });
    expect(await refusalOf(undated)).toContain("x-sdk-date");
  });

  it("verifies with `$` bare or encoded, and with a body to the byte", async ({ expect }) => {
    const name = newName("org");
    expect((await createNamespace(name, { body: `{ "namespace":"${name}" }\n` })).status).toBe(201);
    for (const image of ["shop$web", "shop%24web"]) {
      const response = await sendSigned(key, "GET", `${NAMESPACES}/${name}/repos/${image}/tags?filter=tag::a%20b`);
      expect(response.status).not.toBe(401);
    }
  });

  const alterations: [string, Signing["alter"]][] = [
    [
      "method",
      (request) => {
        request.method = "PUT";
      },
    ],
    [
      "path",
      (request) => {
        request.url.pathname += "/x";
      },
    ],
    ["query", (request) => request.url.searchParams.set("a", "2")],
    ["query, added", (request) => request.url.searchParams.append("b", "1")],
    ["signed header", (request) => request.headers.set("X-Project-Id", "p2")],
    ["signed header, removed", (request) => request.headers.delete("X-Project-Id")],
    ["date", (request) => request.headers.set("X-Sdk-Date", stamp(Date.now() + 3000))],
    ["date, removed", (request) => request.headers.delete("X-Sdk-Date")],
    [
      "body",
      (request) => {
        request.body = '{"namespace":"other"}';
      },
    ],
    [
      "body, removed",
      (request) => {
        request.body = undefined;
      },
    ],
    ["body's stated hash", (request) => request.headers.set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")],
    ["access key", (request) => replaceIn(request.headers, key.access, "A".repeat(20))],
    ["list of signed headers", (request) => replaceIn(request.headers, "content-type;", "")],
    ["signature", (request) => replaceIn(request.headers, /Signature=./, "Signature=g")],
  ];

  it.for(alterations)("is refused when its %s was altered", async ([, alter], { expect }) => {
    const name = newName("org");
    const signed = ["content-type", "host", "x-project-id", "x-sdk-date"];
    const signing = { body: JSON.stringify({ namespace: name }), headers: { "X-Project-Id": "p1" }, signed };
    const response = await sendSigned(key, "POST", `${NAMESPACES}?a=1`, { ...signing, ...(alter && { alter }) });
    await refusalOf(response);
    expect((await sendSigned(key, "GET", `${NAMESPACES}/${name}`)).status).toBe(404);
    expect((await sendSigned(key, "POST", `${NAMESPACES}?a=1`, signing)).status).toBe(201);
  });

  it("is refused with a wrong secret or an unknown key, alike", async ({ expect }) => {
    const wrong = await refusalOf(await sendSigned({ ...key, secret: "x".repeat(40) }, "GET", NAMESPACES));
    const unknown = await refusalOf(await sendSigned({ ...key, access: "A".repeat(20) }, "GET", NAMESPACES));
    expect(wrong).toBe(unknown);
    expect(wrong).toContain("signature");
  });

  it("is refused once its key is deleted", async ({ expect }) => {
    const { administrator } = await newAccount();
    const doomed = await newKey(administrator);
    expect((await sendSigned(doomed, "GET", NAMESPACES)).status).toBe(200);
    expect((await sendSigned(doomed, "DELETE", `/api/access-keys/${doomed.access}`)).status).toBe(204);
    expect((await sendSigned(doomed, "GET", NAMESPACES)).status).toBe(401);
  });

  it("may be 15 minutes off, and no second more", async ({ expect }) => {
    const now = Math.floor(Date.now() / 1000) * 1000;
    for (const [offset, status] of [
      [0, 200],
      [-15 * MINUTE, 200],
      [15 * MINUTE, 200],
      [-15 * MINUTE - 1000, 401],
      [15 * MINUTE + 1000, 401],
    ] as const) {
      const response = await at(now, () => sendSigned(key, "GET", NAMESPACES, { date: now + offset }));
      expect([offset, response.status]).toEqual([offset, status]);
      if (status === 401) expect(await refusalOf(response)).toContain("15 minutes");
    }
  });

  it.for([
    ["V11-HMAC-SHA256 Credential=AK/20261124/r/s, SignedHeaders=x-sdk-date, Signature=00", "V11-HMAC-SHA256"],
    ["SDK-HMAC-SM3 Access=AK, SignedHeaders=x-sdk-date, Signature=00", "SDK-HMAC-SM3"],
  ] as const)("names the algorithm that is not supported: %s", async ([Authorization, name], { expect }) => {
    const response = await fetchAnonymously(NAMESPACES, { headers: { Authorization } });
    expect(await refusalOf(response)).toContain(name);
  });

  it("is for the management APIs only", async ({ expect }) => {
    expect((await sendSigned(key, "GET", "/v2/_catalog")).status).toBe(401);
    expect((await sendSigned(key, "GET", "/token")).status).toBe(401);
  });

  it("has its failures in the audit, under the key", async ({ expect }) => {
    const access = "B".repeat(20);
    await sendSigned({ ...key, access }, "GET", NAMESPACES, { headers: { "CF-Connecting-IP": "192.0.2.80" } });
    const row = await env.DB.prepare("SELECT * FROM audit_events WHERE address = '192.0.2.80'").first();
    expect(row).toMatchObject({ action: "session.login", result: "denied", user_name: access });
  });
});

describe("a replayed request", () => {
  it("is refused when it changes something, until its date refuses it", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    const name = newName("org");
    const create = () => createNamespace(name, { date: start });
    expect(await at(start, async () => (await create()).status)).toBe(201);
    expect((await user.delete(`${NAMESPACES}/${name}`)).status).toBe(204);
    for (const [later, why] of [
      [2001, "came before"],
      [15 * MINUTE, "came before"],
      [15 * MINUTE + 1, "15 minutes"],
    ] as const) {
      const response = await at(start + later, create);
      expect(await refusalOf(response)).toContain(why);
    }
    expect((await user.get(`${NAMESPACES}/${name}`)).status).toBe(404);
  });

  it("is accepted within 2 seconds of its date, like two equal calls of an SDK", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    const name = newName("org");
    const create = () => createNamespace(name, { date: start });
    const answers = await at(start + 1999, () => Promise.all([create(), create()]));
    expect(statusesOf(answers)).toEqual([201, 409]);
    expect(await at(start + 2000, async () => (await create()).status)).toBe(409);
    expect(await at(start + 2001, async () => (await create()).status)).toBe(401);
  });

  it("is accepted once when it comes late, from the first client", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    const name = newName("org");
    const create = () => createNamespace(name, { date: start });
    const answers = await at(start + 5 * MINUTE, () => Promise.all([create(), create(), create()]));
    expect(statusesOf(answers)).toEqual([201, 401, 401]);
  });

  it("is not accepted early either, by a clock that is fast", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    const name = newName("org");
    const create = () => createNamespace(name, { date: start + 5 * MINUTE });
    expect(await at(start, async () => (await create()).status)).toBe(201);
    expect(await at(start + 1000, async () => (await create()).status)).toBe(401);
    expect(await at(start + 20 * MINUTE, async () => (await create()).status)).toBe(401);
  });

  it("may come again when it only reads", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    for (const later of [0, 10 * MINUTE, 10 * MINUTE]) {
      const response = await at(start + later, () => sendSigned(key, "GET", NAMESPACES, { date: start }));
      expect(response.status).toBe(200);
    }
  });

  it("is forgotten only when its date has passed", async ({ expect }) => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    const db = openDatabase(env.DB);
    const count = () => env.DB.prepare("SELECT count(*) AS n FROM used_signatures").first<number>("n");
    await deleteEndedSignatures(db, new Date(start + 60 * MINUTE), 1000);
    expect(await count()).toBe(0);
    await at(start, () => createNamespace(newName("org"), { date: start }));
    expect(await deleteEndedSignatures(db, new Date(start + 15 * MINUTE), 1000)).toBe(0);
    expect(await deleteEndedSignatures(db, new Date(start + 15 * MINUTE + 1), 1000)).toBe(1);
    expect(await count()).toBe(0);
  });
});

describe("the body of a request to a management API", () => {
  it.for([NAMESPACES, "/api/users", "/v3/auth/tokens"])("may have 1 MiB at %s", async (path, { expect }) => {
    const body = (length: number) => JSON.stringify({ a: "" }).replace('""', `"${"x".repeat(length - 8)}"`);
    const post = (text: string) => user.send("POST", path, text);
    expect(body(1024 * 1024).length).toBe(1024 * 1024);
    expect((await post(body(1024 * 1024))).status).toBe(400);
    expect((await post(body(1024 * 1024 + 1))).status).toBe(413);
    expect((await sendSigned(key, "POST", path, { body: body(1024 * 1024 + 1) })).status).toBe(413);
    expect((await fetchAnonymously(path, { method: "POST", body: body(1024 * 1024 + 1) })).status).toBe(413);
  });
});

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
}

function replaceIn(headers: Headers, text: string | RegExp, replacement: string): void {
  headers.set("Authorization", (headers.get("Authorization") ?? "").replace(text, replacement));
}
