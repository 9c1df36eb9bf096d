import { it } from "vitest";
import { loginKey, loginKeyScript } from "./login-key.ts";

it("is what the guide's commands print", async ({ expect }) => {
  const key = await loginKey("HPUDXNBJ4K3M9W0R2A7C", "abcDEF0123456789abcDEF0123456789abcDEF01");
  // By openssl 3.
  expect(key).toBe("2f4cf0fadb045b84c900b1447bed05248d22150e505fc1a3a2b67a04f814b716");
});

it("has a script with the guide's commands, which asks for a secret that is not known", ({ expect }) => {
  expect(loginKeyScript("AK1", "SK1")).toContain("AK=AK1\nSK=SK1\n");
  const asking = loginKeyScript("AK1", undefined);
  expect(asking).toContain('read -rsp "SK: " SK');
  expect(asking).toContain(String.raw`sed 's/[ \n]//g' | sed 'N;s/\n//'`);
});
