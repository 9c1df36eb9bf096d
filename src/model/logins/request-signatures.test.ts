import { describe, it } from "vitest";
import {
  canonicalPath,
  canonicalPaths,
  canonicalQuery,
  isSignature,
  parseSignature,
  parseSignatureDate,
  signatureOf,
} from "./request-signatures.ts";

const SECRET = "sksksksksksksksksksksksksksksksksksksksk";
const DATE = "20261124T080000Z";

function request(method: string, url: string, headers: Record<string, string> = {}, body = "") {
  const all = new Headers({ "Content-Type": "application/json", "X-Sdk-Date": DATE, ...headers });
  return { method, url: new URL(url), headers: all, body: new TextEncoder().encode(body) };
}

/** Made by AKSKSigner of @huaweicloud/huaweicloud-sdk-core 3.1.211 with the AK AKAKAKAKAKAKAKAKAKAK. */
const VECTORS = [
  {
    what: "a GET with a project",
    request: request("GET", "http://registry.test/v2/manage/namespaces", { "X-Project-Id": "p1" }),
    signedHeaders: "content-type;host;x-project-id;x-sdk-date",
    signature: "64f5c396ba1ce26a6af9a6f0b6e347b8f02691a4505a148be7e37e1648375d74",
  },
  {
    what: "a path and a query with characters to encode, as axios sends them",
    request: request(
      "GET",
      "http://registry.test/v2/manage/namespaces/acme/repos/shop$web/tags/v1.0+b_2" +
        "?filter=namespace::acme%7Cname::a+b*&limit=10&offset=0&b=2&b=10&b=1&Z=%C3%BC",
    ),
    signedHeaders: "content-type;host;x-sdk-date",
    signature: "2f7e12ead817b29b6d4c63b7a70ab930fb8342bad7c56434f92cbff04222e47b",
  },
  {
    what: "a body that is not ASCII",
    request: request("POST", "http://127.0.0.1:8080/v2/manage/namespaces", {}, '{"namespace":"grüße"}'),
    signedHeaders: "content-type;host;x-sdk-date",
    signature: "c7a00cad95e0340fbf4290e7879f614585bf65af569fb446178ae630173129f5",
  },
  {
    what: "a POST without a body",
    request: request("POST", "http://127.0.0.1:8080/v2/manage/utils/secret?projectname=x"),
    signedHeaders: "content-type;host;x-sdk-date",
    signature: "c6865daa97c24f9a5b57abde8a04d62cbcdd57b2b2f5dc439b6ca1b099460604",
  },
];

describe("the signature", () => {
  it.for(VECTORS)("of $what is the SDK's", (vector, { expect }) => {
    expect(signatureOf(SECRET, vector.request, vector.signedHeaders.split(";"))).toBe(vector.signature);
  });

  it("takes the Host header before the URL's host", ({ expect }) => {
    const [none, same, other] = [{}, { Host: "a.test" }, { Host: "a.test:80" }].map((host) =>
      signatureOf(SECRET, request("GET", "http://a.test/", host), ["host", "x-sdk-date"]),
    );
    expect(same).toBe(none);
    expect(other).not.toBe(none);
  });

  it("takes a hash of the body from a header only when it is true", ({ expect }) => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const signed = (hash: string, body = "") =>
      signatureOf(SECRET, request("POST", "http://a.test/", { "X-Sdk-Content-Sha256": hash }, body), ["x-sdk-date"]);
    expect(signed(empty)).toBe(signatureOf(SECRET, request("POST", "http://a.test/"), ["x-sdk-date"]));
    expect(signed("UNSIGNED-PAYLOAD")).not.toBe(signed(empty));
    expect(() => signed("UNSIGNED-PAYLOAD", "{}")).toThrow("not the hash of the body");
    expect(() => signed(empty, "{}")).toThrow("not the hash of the body");
  });

  it("needs every header that is said to be signed", ({ expect }) => {
    const unsigned = request("GET", "http://a.test/");
    expect(() => signatureOf(SECRET, unsigned, ["x-sdk-date", "x-project-id"])).toThrow("x-project-id");
  });
});

describe("a path", () => {
  it.for([
    ["/", "/"],
    ["/v2/manage", "/v2/manage/"],
    ["/v2/manage/", "/v2/manage/"],
    ["/a$b", "/a%24b/"],
    ["/a%24b", "/a%24b/"],
    ["/a%2Fb", "/a%2Fb/"],
    ["/a%2fb", "/a%2Fb/"],
    ["/~!'()*", "/~%21%27%28%29%2A/"],
    ["/%zz", "/%25zz/"],
    ["/%C3%BC", "/%C3%BC/"],
  ] as const)("%s is signed as %s", ([path, canonical], { expect }) => {
    expect(canonicalPath(path)).toBe(canonical);
  });

  it.for([
    ["/a$b", ["/a%24b/"]],
    ["/repos/shop%2Fweb/tags", ["/repos/shop%2Fweb/tags/", "/repos/shop/web/tags/", "/repos/shop%252Fweb/tags/"]],
    ["/repos/a%2fb", ["/repos/a%2Fb/", "/repos/a/b/", "/repos/a%252fb/"]],
  ] as const)("%s may be signed as %s", ([path, signed], { expect }) => {
    expect(canonicalPaths(path)).toEqual(signed);
  });
});

describe("a query", () => {
  it.for([
    ["", ""],
    ["?b=1&a=2&a=10&a=1", "a=1&a=10&a=2&b=1"],
    ["?a", "a="],
    ["?a=b=c", "a=b%3Dc"],
    ["?a+b=c%20d", "a%20b=c%20d"],
    ["?Z=1&a=1&_=1", "Z=1&_=1&a=1"],
    ["?a=%zz", "a=%25zz"],
    ["?filter=mode::visible", "filter=mode%3A%3Avisible"],
  ] as const)("%s is signed as %s", ([query, canonical], { expect }) => {
    expect(canonicalQuery(query)).toBe(canonical);
  });
});

describe("an Authorization header", () => {
  const hex = "0".repeat(64);

  it("is read", ({ expect }) => {
    const header = `SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host;x-sdk-date, Signature=${hex}`;
    expect(isSignature(header)).toBe(true);
    expect(parseSignature(header)).toEqual({
      accessKey: "AK1",
      signedHeaders: ["host", "x-sdk-date"],
      signature: hex,
    });
  });

  it.for([
    [`V11-HMAC-SHA256 Credential=AK/20261124/x/y, SignedHeaders=x-sdk-date, Signature=${hex}`, "V11-HMAC-SHA256"],
    [`SDK-HMAC-SM3 Access=AK, SignedHeaders=x-sdk-date, Signature=${hex}`, "SDK-HMAC-SM3"],
    [`SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=${hex}`, "x-sdk-date"],
    [`SDK-HMAC-SHA256 Access=AK, SignedHeaders=X-Sdk-Date, Signature=${hex}`, "lower-case"],
    [`SDK-HMAC-SHA256 Access=AK, SignedHeaders=a:b;x-sdk-date, Signature=${hex}`, "lower-case"],
    [`SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=${hex}0`, "not of the form"],
    [`SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=${hex.replace("0", "G")}`, "not of the form"],
    ["SDK-HMAC-SHA256 Access=AK", "not of the form"],
  ] as const)("%s is refused", ([header, why], { expect }) => {
    expect(isSignature(header)).toBe(true);
    expect(() => parseSignature(header)).toThrow(why);
  });

  it.for(["Basic YTpi", "Bearer a.b.c", "Bearer Access", ""])("%s is no signature", (header, { expect }) => {
    expect(isSignature(header)).toBe(false);
  });
});

describe("a date", () => {
  it("is read in UTC", ({ expect }) => {
    expect(parseSignatureDate(DATE)).toEqual(new Date("2026-11-24T08:00:00Z"));
  });

  it.for([null, "", "2026-11-24T08:00:00Z", "20261324T080000Z", "20261124T250000Z", "20261124T080000", `${DATE}Z`])(
    "is not %s",
    (text, { expect }) => {
      expect(() => parseSignatureDate(text)).toThrow("X-Sdk-Date");
    },
  );
});
