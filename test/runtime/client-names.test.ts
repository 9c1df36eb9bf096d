/** The client cannot use the registry's own rules for names, which need more than a browser has: here they are compared. */
import { expect, test } from "vitest";
import { isImageName, isTag } from "../../src/client/archive/image-name.ts";
import { isDigest } from "../../src/client/hash.ts";
import { RegistryError } from "../../src/kernel/errors.ts";
import { isDigest as isRegistryDigest } from "../../src/kernel/digest.ts";
import { parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";

/** Whether the registry takes a text. */
function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof RegistryError) return false;
    throw error;
  }
}

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

test.for([...NAMES, ...NO_NAMES, ...ODD_NAMES])("the name %j", (name) => {
  expect(isImageName(name)).toBe(accepts(parseRepositoryName, `acme/${name}`));
});

const TAGS = ["1", "latest", "_", "a.b-c_d", "A", LONG];
const NO_TAGS = ["", ".a", "-a", "a b", "a:b", "a/b", `${LONG}a`, "é", "a\n"];

test.for([...TAGS, ...NO_TAGS])("the tag %j", (tag) => {
  expect(isTag(tag)).toBe(accepts(parseTag, tag));
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

test.for([...DIGESTS, ...NO_DIGESTS])("the digest %j", (digest) => {
  expect(isDigest(digest)).toBe(isRegistryDigest(digest));
});
