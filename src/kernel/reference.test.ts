import { describe, it } from "vitest";
import { isDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { isImageName, isTag, parseReference, parseRepositoryName, parseTag, splitReference } from "./reference.ts";

const LONG = "a".repeat(128);
const NAMES = [
  "web",
  "a",
  "0",
  "a.b",
  "a_b",
  "a__b",
  "a---b",
  "a/b/c",
  "a1/b2",
  LONG,
  `${"a".repeat(64)}/${"b".repeat(63)}`,
];
const NO_NAMES = [
  "",
  "a___b",
  "a..b",
  "-a",
  "a-",
  ".a",
  "a_",
  "a.-b",
  "a-_b",
  "a_.b",
  "A",
  "web app",
  "a//b",
  "/a",
  "a/",
  `${LONG}a`,
];
const ODD_NAMES = ["a:b", "a@b", "é", "<script>", "a\nb", "a\n", "a\u202eb"];

describe("an image", () => {
  it.for(NAMES)("may be called %j", (name, { expect }) => {
    expect(isImageName(name)).toBe(true);
    expect(parseRepositoryName(`acme/${name}`)).toBe(`acme/${name}`);
  });

  it.for([...NO_NAMES, ...ODD_NAMES])("may not be called %j", (name, { expect }) => {
    expect(isImageName(name)).toBe(false);
    expect(() => parseRepositoryName(`acme/${name}`)).toThrow(RegistryError);
  });
});

const TAGS = ["1", "latest", "_", "a.b-c_d", "A", LONG];
const NO_TAGS = ["", ".a", "-a", "a b", "a:b", "a/b", `${LONG}a`, "é", "a\n"];

describe("a tag", () => {
  it.for(TAGS)("may be %j", (tag, { expect }) => {
    expect(isTag(tag)).toBe(true);
    expect(parseTag(tag)).toBe(tag);
  });

  it.for(NO_TAGS)("may not be %j", (tag, { expect }) => {
    expect(isTag(tag)).toBe(false);
    expect(() => parseTag(tag)).toThrow(RegistryError);
  });
});

const DIGESTS = [`sha256:${"0".repeat(64)}`, `sha512:${"f".repeat(128)}`];
const NO_DIGESTS = [
  "",
  "sha256:",
  `sha256:${"0".repeat(63)}`,
  `sha256:${"A".repeat(64)}`,
  `sha512:${"0".repeat(64)}`,
  `md5:${"0".repeat(32)}`,
];

describe("a digest", () => {
  it.for(DIGESTS)("may be %j", (digest, { expect }) => {
    expect(isDigest(digest)).toBe(true);
    expect(parseReference(digest)).toBe(digest);
  });

  it.for(NO_DIGESTS)("may not be %j", (digest, { expect }) => {
    expect(isDigest(digest)).toBe(false);
    expect(() => parseReference(digest)).toThrow(RegistryError);
  });
});

it.for([
  ["web", "web", undefined, undefined],
  ["web:1", "web", "1", undefined],
  ["host:5000/acme/web", "host:5000/acme/web", undefined, undefined],
  ["host:5000/acme/web:1", "host:5000/acme/web", "1", undefined],
  ["acme/web:1@sha256:0", "acme/web", "1", "sha256:0"],
  ["acme/web@sha256:0@", "acme/web", undefined, "sha256:0@"],
  ["web:", "web", "", undefined],
  ["", "", undefined, undefined],
] as const)("takes %j apart", ([text, name, tag, digest], { expect }) => {
  expect(splitReference(text)).toEqual({ name, tag, digest });
});
