import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { switchReplicationOn } from "../../scripts/replication.ts";
import type { RunWrangler } from "../../scripts/wrangler.ts";

const UUID = "0b2f1c1e-6e0a-4c3f-9d0e-3a1c5f7b9d11";

/** Wrangler as it tells of the database. */
function wranglerTelling(info: unknown, exitCode = 0) {
  const commands: string[] = [];
  const wrangler: RunWrangler = async (args) => {
    commands.push(args.join(" "));
    return { exitCode, stdout: typeof info === "string" ? info : JSON.stringify(info), stderr: "" };
  };
  return { wrangler, commands };
}

/** A stand-in for Cloudflare's API, and what it was asked. */
async function cloudflare(status = 200) {
  const requests: { line: string; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const line = `${request.method} ${request.url}`;
      requests.push({ line, authorization: request.headers.authorization, body: JSON.parse(body) });
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ success: status < 300 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const access = {
    CLOUDFLARE_API_TOKEN: "the token",
    CLOUDFLARE_ACCOUNT_ID: "the-account",
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
  };
  return { requests, access };
}

test("replication is switched on by Cloudflare's API", async () => {
  const { requests, access } = await cloudflare();
  const { wrangler, commands } = wranglerTelling({ uuid: UUID, read_replication: { mode: "disabled" } });
  expect(await switchReplicationOn(wrangler, access)).toBeUndefined();
  expect(commands).toEqual(["d1 info DB --json"]);
  expect(requests).toEqual([
    {
      line: `PUT /client/v4/accounts/the-account/d1/database/${UUID}`,
      authorization: "Bearer the token",
      body: { read_replication: { mode: "auto" } },
    },
  ]);
});

test("nothing is asked where it is on", async () => {
  const { requests, access } = await cloudflare();
  const { wrangler } = wranglerTelling({ uuid: UUID, read_replication: { mode: "auto" } });
  expect(await switchReplicationOn(wrangler, access)).toBeUndefined();
  expect(requests).toEqual([]);
});

test.for([
  ["the token does not allow it", { uuid: UUID }, 403, {}, "answered 403"],
  ["there is no token", { uuid: UUID }, 200, { CLOUDFLARE_API_TOKEN: undefined }, "CLOUDFLARE_API_TOKEN"],
  ["there is no account", { uuid: UUID }, 200, { CLOUDFLARE_ACCOUNT_ID: "" }, "CLOUDFLARE_ACCOUNT_ID"],
  ["wrangler says nothing of use", "? error", 200, {}, "which database"],
  ["nobody answers", { uuid: UUID }, 200, { CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1" }, "did not answer"],
] as const)("one sentence tells how to do it by hand when %s", async ([, info, status, other, reason]) => {
  const { access } = await cloudflare(status);
  const { wrangler } = wranglerTelling(info);
  const left = await switchReplicationOn(wrangler, { ...access, ...other });
  expect(left).toContain(reason);
  expect(left).toContain("dashboard");
  expect(left?.match(/\.( |$)/g)).toHaveLength(1);
});
