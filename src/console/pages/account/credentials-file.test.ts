import { it } from "vitest";
import { credentialsFile } from "./credentials-file.ts";

it("has a line of headings and a line with the key", ({ expect }) => {
  expect(credentialsFile({ user: "alice", access: "HPUDXNBJ4K3M9W0R2A7C", secret: "s3cr3t" })).toBe(
    "User Name,Access Key Id,Secret Access Key\r\nalice,HPUDXNBJ4K3M9W0R2A7C,s3cr3t\r\n",
  );
});

it("quotes a name that a reader would take for two", ({ expect }) => {
  expect(credentialsFile({ user: 'a "b", c', access: "AK", secret: "SK" })).toContain('\r\n"a ""b"", c",AK,SK\r\n');
});
