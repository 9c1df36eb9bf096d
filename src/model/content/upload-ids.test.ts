import { describe, it } from "vitest";
import { parseRepositoryName } from "../../kernel/reference.ts";
import { readUploadId, signUploadId } from "./upload-ids.ts";

const OWNER = { repository: parseRepositoryName("acme/web"), userId: 7 };
const KEYS = ["a secret of more than 32 characters, for tests"] as const;

describe("the id of an upload", () => {
  it.for(["sha256", "sha512"] as const)("says what it was made with (%s)", (algorithm, { expect }) => {
    const before = Date.now();
    const id = signUploadId(KEYS, OWNER, algorithm);
    const read = readUploadId(KEYS, OWNER, id);
    expect(read?.algorithm).toBe(algorithm);
    expect(read?.issuedAt).toBeGreaterThanOrEqual(before);
    expect(read?.issuedAt).toBeLessThanOrEqual(Date.now());
  });

  it("is short, fits into a URL and is never the same twice", ({ expect }) => {
    const longest = { repository: parseRepositoryName(`acme/${"a".repeat(128)}`), userId: 2 ** 40 };
    const ids = Array.from({ length: 100 }, () => signUploadId(KEYS, longest, "sha256"));
    for (const id of ids) expect(id).toMatch(/^[\w-]{52}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is nobody else's, and of no other repository", ({ expect }) => {
    const id = signUploadId(KEYS, OWNER, "sha256");
    expect(readUploadId(KEYS, { ...OWNER, userId: 8 }, id)).toBeUndefined();
    expect(readUploadId(KEYS, { ...OWNER, repository: parseRepositoryName("acme/web2") }, id)).toBeUndefined();
  });

  it("is refused with any character altered, left out or added", ({ expect }) => {
    const id = signUploadId(KEYS, OWNER, "sha256");
    for (let at = 0; at < id.length; at += 1) {
      for (const other of ["", "A", "B", "_", "=", `${id[at]}A`]) {
        const altered = id.slice(0, at) + other + id.slice(at + 1);
        if (altered !== id) expect(readUploadId(KEYS, OWNER, altered), altered).toBeUndefined();
      }
    }
    for (const other of ["", " ", `${id} `, `${id}=`, `${id}A`, "0".repeat(64)]) {
      expect(readUploadId(KEYS, OWNER, other), other).toBeUndefined();
    }
  });

  it("outlives an exchange of the secret, for as long as the old one counts", ({ expect }) => {
    const id = signUploadId(KEYS, OWNER, "sha256");
    const next = "another secret of more than 32 characters";
    expect(readUploadId([next, ...KEYS], OWNER, id)).toBeDefined();
    expect(readUploadId([next], OWNER, id)).toBeUndefined();
  });
});
