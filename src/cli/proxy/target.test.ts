import { expect, test } from "vitest";
import { hostnameOf, isFromForeignPage, resolveTarget, TargetRefused } from "./target.ts";

const UPSTREAM = new URL("https://registry.example.com:8443/");

test.for([
  ["/", "/"],
  ["/v2/", "/v2/"],
  ["/v2/a/b/blobs/uploads/?digest=sha256:aa", "/v2/a/b/blobs/uploads/?digest=sha256:aa"],
  ["/v2/a/b/manifests/1.0", "/v2/a/b/manifests/1.0"],
  ["/v2/a..b/tags/list", "/v2/a..b/tags/list"],
  ["/token?scope=repository%3Aa%2Fb%3Apull&service=x//y", "/token?scope=repository%3Aa%2Fb%3Apull&service=x//y"],
  ["/v2/a/b/blobs/uploads/1?next=http://evil.example.com/", "/v2/a/b/blobs/uploads/1?next=http://evil.example.com/"],
  ["/@evil.example.com/", "/@evil.example.com/"],
  ["/:80/x", "/:80/x"],
  ["/http://evil.example.com/", "/http://evil.example.com/"],
] as const)("%s stays at the registry", ([target, path]) => {
  expect(resolveTarget(target, UPSTREAM).href).toBe(`https://registry.example.com:8443${path}`);
});

test.for([
  "",
  "*",
  "v2/",
  "evil.example.com:443",
  "//evil.example.com/v2/",
  "///evil.example.com/v2/",
  "//evil.example.com\\@registry.example.com/",
  "/\\evil.example.com/v2/",
  "\\\\evil.example.com/v2/",
  "\\/evil.example.com/",
  "http://evil.example.com/v2/",
  "HTTP://evil.example.com/v2/",
  "https://registry.example.com:8443/v2/",
  "https://registry.example.com:8443@evil.example.com/",
  "http:/evil.example.com/",
  "http:evil.example.com/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "@evil.example.com/",
  "/..//evil.example.com/",
  "/.//evil.example.com/",
  "/v2/../token",
  "/v2/./x",
  "/v2/..",
  "/v2/%2e%2e/token",
  "/v2/%2E./token",
  "/v2/.%2e/token",
  "/v2/a%2fb/tags/list",
  "/v2/a%5Cb/tags/list",
  "/%2fevil.example.com/",
  "/v2/a\\b/tags/list",
  "/v2/\t/x",
  "/\t/evil.example.com/",
  "/\n/evil.example.com/",
  "/\r\nHost: evil.example.com",
  "/v2/%0d%0aHost:%20evil.example.com",
  "/v2/%00",
  "/v2/ä",
  "/v2/#fragment",
  "/v2/?a#fragment",
  " /v2/",
  "\u0000/v2/",
])("%j leads nowhere", (target) => {
  expect(() => resolveTarget(target, UPSTREAM)).toThrow(TargetRefused);
});

test.for([
  ["localhost:5000", "localhost"],
  ["LOCALHOST", "localhost"],
  ["[::1]:5000", "[::1]"],
  ["127.0.0.1", "127.0.0.1"],
  ["localhost@evil.example.com", undefined],
  ["localhost/evil", undefined],
  ["localhost\\evil", undefined],
  ["localhost#", undefined],
  ["localhost, evil.example.com", undefined],
  ["", undefined],
] as const)("the host of %j is %j", ([host, name]) => {
  expect(hostnameOf(host)).toBe(name);
});

test.for([
  [{}, false],
  [{ origin: "http://localhost:5000" }, false],
  [{ origin: "http://LOCALHOST:5000", "sec-fetch-site": "same-origin" }, false],
  [{ "sec-fetch-site": "none" }, false],
  [{ "sec-fetch-site": "cross-site" }, true],
  [{ "sec-fetch-site": "same-site" }, true],
  [{ origin: "http://localhost:3000" }, true],
  [{ origin: "https://localhost:5000" }, true],
  [{ origin: "https://evil.example.com" }, true],
  [{ origin: "null" }, true],
] as const)("a request with %j is a foreign page's: %j", ([headers, expected]) => {
  expect(isFromForeignPage({ host: "localhost:5000", ...headers })).toBe(expected);
});
