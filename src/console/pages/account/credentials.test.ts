import { describe, it } from "vitest";
import { credentialsFile, randomPassword } from "./credentials.ts";

describe("a random password", () => {
  it("has 20 characters that nobody mistakes for others, all of them used", ({ expect }) => {
    const passwords = Array.from({ length: 200 }, randomPassword);
    for (const password of passwords) expect(password).toMatch(/^[a-km-np-z2-9]{20}$/);
    expect(new Set(passwords.join("")).size).toBe(32);
    expect(new Set(passwords).size).toBe(200);
  });
});

describe("the file of an access key", () => {
  it("has a line of headings and a line with the key", ({ expect }) => {
    expect(credentialsFile({ user: "alice", access: "HPUDXNBJ4K3M9W0R2A7C", secret: "s3cr3t" })).toBe(
      "User Name,Access Key Id,Secret Access Key\r\nalice,HPUDXNBJ4K3M9W0R2A7C,s3cr3t\r\n",
    );
  });

  it("quotes a name that a reader would take for two", ({ expect }) => {
    expect(credentialsFile({ user: 'a "b", c', access: "AK", secret: "SK" })).toContain('\r\n"a ""b"", c",AK,SK\r\n');
  });
});
