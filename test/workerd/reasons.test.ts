/** What the management API says is wrong: in English, and as codes of which the console makes sentences in both languages. */
import { describe, it } from "vitest";
import chineseErrors from "../../src/console/i18n/zh/errors.ts";
import chineseReasons from "../../src/console/i18n/zh/reasons.ts";
import { app } from "../../src/app.ts";
import { describeApi } from "../../src/http/openapi-document.ts";
import { STATUS } from "../../src/http/errors.ts";
import { describeReason, REASONS } from "../../src/kernel/reason-sentences.ts";
import type { Reason } from "../../src/kernel/reasons.ts";
import { grant, newAccount, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";

interface SentProblem {
  code: string;
  message: string;
  detail?: Record<string, unknown>;
  reason?: Reason & { field?: string };
}

describe("codes", () => {
  it("all have a Chinese sentence, and there is none for what is no code", ({ expect }) => {
    const codes = [...Object.keys(STATUS), "NETWORK", "UNAVAILABLE", "UNKNOWN"];
    expect(codes.filter((code) => !/\p{Script=Han}/u.test(chineseErrors[code] ?? ""))).toEqual([]);
    expect(Object.keys(chineseErrors).filter((code) => !codes.includes(code))).toEqual([]);
    expect(Object.keys(chineseReasons).filter((code) => !Object.hasOwn(REASONS, code))).toEqual([]);
  });
});

/** What an answer says in a sentence, and what has the sentence in codes. */
const SENTENCES = ["message", "detail", "problem"];
const CODES = ["reason", "reasons", "problemReasons"];

/** Where a part of the document describes an object with a sentence and no codes. */
function sentencesWithoutCodes(part: unknown, path: string): string[] {
  if (typeof part !== "object" || part === null) return [];
  const { properties } = part as { properties?: Record<string, { type?: unknown }> };
  const isSentence = (name: string) => [properties?.[name]?.type].flat().includes("string");
  const lacks = SENTENCES.some(isSentence) && !CODES.some((name) => properties?.[name] !== undefined);
  const inside = Object.entries(part).flatMap(([name, value]) => sentencesWithoutCodes(value, `${path}/${name}`));
  return [...(lacks ? [path] : []), ...inside];
}

it("every sentence in an answer of the management API comes with its codes", ({ expect }) => {
  const { components, paths = {} } = describeApi(app);
  const ours = Object.entries(paths).filter(([path]) => path.startsWith("/api/"));
  // SWR's own answers have no place for codes.
  const named = Object.entries(components?.schemas ?? {}).filter(([name]) => !/^(Iam|Swr|TriggerHistory)/.test(name));
  const parts = { ...Object.fromEntries(named), ...Object.fromEntries(ours) };
  expect(ours.length).toBeGreaterThan(50);
  expect(sentencesWithoutCodes(parts, "")).toEqual([]);
});

/** The problems of a refusal; the English sentence of each is the one of its reason. */
async function problemsOf(response: Response): Promise<SentProblem[]> {
  const { errors } = await response.json<{ errors: SentProblem[] }>();
  for (const { message, reason } of errors) {
    if (reason && message !== describeReason(reason)) throw new Error(`${message} is not ${describeReason(reason)}`);
  }
  return errors;
}

/** What each problem is about, and where in the request. */
async function reasonsOf(response: Response): Promise<(string | undefined)[][]> {
  return (await problemsOf(response)).map(({ code, reason }) => {
    const { why } = reason?.values ?? {};
    const inner = reason?.code === "FIELD_WRONG" && typeof why === "object" ? why.code : reason?.code;
    return [code, inner, reason?.field];
  });
}

/** An image of an organization, and its administrator. */
async function anImage() {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/web`);
  const image = `/api/organizations/${organization}/images/web`;
  return { administrator, member, organization, image, triggers: `${image}/triggers` };
}

const WEBHOOK = { kind: "webhook", url: "https://hooks.example.com/berth", format: "cloudevents" };
const WORKLOAD = {
  kind: "kubernetes",
  cluster: "k8s",
  workload: "deployments",
  application: "web",
  namespace: "default",
};
const TRIGGER = { name: "hook", condition: { kind: "all" }, target: WEBHOOK };

describe("a refused trigger", () => {
  it.for([
    [{ name: "1st" }, "TRIGGER_INVALID", "TRIGGER_NAME_FORM", "name"],
    [{ condition: { kind: "tag", text: "" } }, "TRIGGER_INVALID", "CONDITION_EMPTY", "condition.text"],
    [{ condition: { kind: "tag", text: "a b" } }, "TRIGGER_INVALID", "CONDITION_NO_TAG", "condition.text"],
    [{ condition: { kind: "regular", text: "{a" } }, "TRIGGER_INVALID", "CONDITION_WRONG", "condition.text"],
    [{ condition: { kind: "regular", text: "^(a$" } }, "TRIGGER_INVALID", "CONDITION_WRONG", "condition.text"],
    [{ target: { ...WEBHOOK, url: "hooks" } }, "TRIGGER_INVALID", "URL_FORM", "url"],
    [{ target: { ...WEBHOOK, url: "https://10.0.0.1/" } }, "TRIGGER_INVALID", "ADDRESS_REFUSED_OF", "url"],
    [{ target: { ...WEBHOOK, url: "ftp://a.example" } }, "TRIGGER_INVALID", "ADDRESS_REFUSED_SOMEHOW", "url"],
    [{ target: { ...WEBHOOK, secret: "whsec_*" } }, "TRIGGER_INVALID", "SECRET_NOT_BASE64", "secret"],
    [{ target: { ...WEBHOOK, authorization: " a" } }, "TRIGGER_INVALID", "AUTHORIZATION_FORM", "authorization"],
    [{ target: { ...WEBHOOK, format: "fax" } }, "PARAMETER_INVALID", "NOT_ONE_OF", "target.format"],
    [{ target: { ...WORKLOAD, application: "A" } }, "TRIGGER_INVALID", "WORKLOAD_NAME_FORM", "application"],
    [{ target: { ...WORKLOAD, namespace: "a.b" } }, "TRIGGER_INVALID", "LABEL_FORM", "namespace"],
    [{ name: undefined }, "PARAMETER_INVALID", "REQUIRED", "name"],
    [{ enabled: "yes" }, "PARAMETER_INVALID", "MUST_BE_BOOLEAN", "enabled"],
    [{ colour: "red" }, "PARAMETER_INVALID", "UNKNOWN_FIELD", undefined],
  ] as const)("%j names the field and what is wrong with it", async ([fields, ...expected], { expect }) => {
    const { administrator, triggers } = await anImage();
    const response = await administrator.post(triggers, { ...TRIGGER, ...fields });
    expect([response.status, await reasonsOf(response)]).toEqual([400, [expected]]);
  });

  it("names the name that is taken", async ({ expect }) => {
    const { administrator, triggers } = await anImage();
    await administrator.post(triggers, TRIGGER);
    const response = await administrator.post(triggers, TRIGGER);
    expect(await reasonsOf(response)).toEqual([["TRIGGER_EXISTS", "TRIGGER_EXISTS", "name"]]);
  });
});

describe("a refusal", () => {
  it("tells of each field that is wrong", async ({ expect }) => {
    const { administrator } = await anImage();
    const response = await administrator.post("/api/users", { name: "1", role: "queen", password: "short" });
    expect(await reasonsOf(response)).toEqual([
      ["PARAMETER_INVALID", "PERSON_NAME_FORM", "name"],
      ["PARAMETER_INVALID", "TOO_SHORT", "password"],
      ["PARAMETER_INVALID", "NOT_ONE_OF", "role"],
    ]);
  });

  it.for([
    ["clusters", { name: "-", server: "https://a.example", token: "t" }, "CLUSTER_NAME_FORM", "name"],
    ["clusters", { name: "a", server: "a", token: "t" }, "SERVER_FORM", "server"],
    ["clusters", { name: "a", server: "https://10.0.0.1", token: "t" }, "ADDRESS_REFUSED_OF", "server"],
    ["clusters", { name: "a", server: "https://a.example", token: "a b", test: false }, "TOKEN_FORM", "token"],
    [
      "clusters",
      { name: "a", server: "https://a.example", token: "t", authority: "x" },
      "AUTHORITY_NOT_PEM",
      "authority",
    ],
    [
      "clusters",
      { name: "a", server: "https://a.example", token: "t", namespaces: ["A"] },
      "NAMESPACE_FORM",
      "namespaces",
    ],
  ] as const)("of %s %j names the field", async ([path, body, ...expected], { expect }) => {
    const { administrator, organization } = await anImage();
    const response = await administrator.post(`/api/organizations/${organization}/${path}`, body);
    expect([response.status, await reasonsOf(response)]).toEqual([400, [["CLUSTER_INVALID", ...expected]]]);
  });

  it.for([
    [{ name: "a b" }, "REMOTE_NAME_FORM", "name"],
    [{ url: "https://10.0.0.1" }, "ADDRESS_REFUSED_OF", "url"],
    [{ url: "https://a.example/b" }, "URL_WITH_PATH", "url"],
    [{ username: "a", password: null }, "REMOTE_LOGIN_HALF", "password"],
  ] as const)("of a remote registry %j names the field", async ([fields, ...expected], { expect }) => {
    const { administrator } = await anImage();
    const remote = { name: "tokyo", url: "https://a.example", username: null, password: null, test: false, ...fields };
    const response = await administrator.post("/api/remotes", remote);
    expect([response.status, await reasonsOf(response)]).toEqual([400, [["REMOTE_INVALID", ...expected]]]);
  });

  it("of a right says who may not do what", async ({ expect }) => {
    const { administrator, member, organization, image } = await anImage();
    await grant(administrator, organization, member.name, 1);
    const [problem] = await problemsOf(await member.delete(image));
    expect(problem?.reason).toEqual({
      code: "MAY_NOT_MANAGE",
      values: { user: member.name, name: `${organization}/web` },
    });
  });

  it("has no reason where its code says all, and the registry API never has one", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const [problem] = await problemsOf(await administrator.get(`/api/organizations/${organization}/images/none`));
    expect(problem).toEqual({
      code: "REPOSITORY_UNKNOWN",
      message: `image ${organization}/none does not exist`,
      detail: { name: `${organization}/none` },
    });
    const refused = await administrator.send("PUT", `/v2/${organization}/web/manifests/-`, "{}");
    const answer = await refused.json<{ errors: object[] }>();
    expect(answer.errors.map((error) => Object.keys(error).toSorted())).toEqual([["code", "detail", "message"]]);
  });
});
