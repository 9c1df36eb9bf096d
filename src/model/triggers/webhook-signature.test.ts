import { describe, it } from "vitest";
import { checkWebhookSecrets, signWebhook } from "./webhook-signature.ts";

/** The vector of the reference libraries (standard-webhooks, `libraries/javascript/src/webhook.test.ts`, "sign function works"). */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

const sign = (secret: string, body = VECTOR.body) => signWebhook(secret, VECTOR.id, VECTOR.timestamp, body);

/** As a receiver does that has the key and no library. */
async function hmac(key: Uint8Array, message: string): Promise<Buffer> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return Buffer.from(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(message)));
}

describe("the signature of Standard Webhooks", () => {
  it("is the published one", async ({ expect }) => {
    expect((await sign(VECTOR.secret))["Webhook-Signature"]).toBe(VECTOR.signature);
  });

  it("is the same for a secret without its prefix", async ({ expect }) => {
    const unprefixed = VECTOR.secret.slice("whsec_".length);
    expect((await sign(unprefixed))["Webhook-Signature"]).toBe(VECTOR.signature);
  });

  it("uses the text itself as the key when it is not base64", async ({ expect }) => {
    const message = `${VECTOR.id}.${VECTOR.timestamp}.${VECTOR.body}`;
    for (const secret of ["not base64!", "abc", "käse"]) {
      const expected = await hmac(new TextEncoder().encode(secret), message);
      expect((await sign(secret))["Webhook-Signature"]).toBe(`v1,${expected.toString("base64")}`);
    }
  });

  it("covers characters beyond ASCII as UTF-8", async ({ expect }) => {
    const key = Buffer.from(VECTOR.secret.slice("whsec_".length), "base64");
    const expected = await hmac(key, `${VECTOR.id}.${VECTOR.timestamp}."ü€😀"`);
    expect((await sign(VECTOR.secret, '"ü€😀"'))["Webhook-Signature"]).toBe(`v1,${expected.toString("base64")}`);
  });
});

describe("the signature that Flux reads", () => {
  it("is RFC 4231's for its second test case", async ({ expect }) => {
    expect((await sign("Jefe", "what do ya want for nothing?"))["X-Signature"]).toBe(
      "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  /** Flux takes the token from a Secret as it is (notification-controller, `receiver_handlers.go`, GenericHMACReceiver). */
  it("has the whole text for a key, prefix and all", async ({ expect }) => {
    const expected = await hmac(new TextEncoder().encode(VECTOR.secret), VECTOR.body);
    expect((await sign(VECTOR.secret))["X-Signature"]).toBe(`sha256=${expected.toString("hex")}`);
  });
});

describe("secrets", () => {
  it.for([
    {},
    { secret: "x" },
    { secret: "s".repeat(256) },
    { secret: VECTOR.secret },
    { secret: "käse 😀" },
    { authorization: "Bearer abc.def" },
    { authorization: "x" },
    { authorization: "a".repeat(4096) },
  ])("may be %j", (secrets, { expect }) => {
    expect(() => checkWebhookSecrets(secrets)).not.toThrow();
  });

  it.for([
    [{ secret: "" }, "must have 1 to 256"],
    [{ secret: "s".repeat(257) }, "must have 1 to 256"],
    [{ secret: "whsec_" }, "must be base64"],
    [{ secret: "whsec_not base64" }, "must be base64"],
    [{ secret: "whsec_abc" }, "must be base64"],
    [{ authorization: "" }, "must have 1 to 4096"],
    [{ authorization: "a".repeat(4097) }, "must have 1 to 4096"],
    [{ authorization: "Bearer x\r\nHost: evil" }, "printable ASCII"],
    [{ authorization: "Bearer ü" }, "printable ASCII"],
    [{ authorization: " Bearer x" }, "printable ASCII"],
    [{ authorization: "Bearer x " }, "printable ASCII"],
  ] as const)("are refused when they are %j: %s", ([secrets, why], { expect }) => {
    expect(() => checkWebhookSecrets(secrets)).toThrow(why);
  });

  it("are not quoted in a refusal", ({ expect }) => {
    expect(() => checkWebhookSecrets({ secret: "whsec_hunter2 hunter2" })).not.toThrow("hunter2");
    expect(() => checkWebhookSecrets({ authorization: "hunter2\n" })).not.toThrow("hunter2");
  });
});
