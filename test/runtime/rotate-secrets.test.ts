import { createHmac } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dropPreviousSecrets, exchangeSecrets, localSecrets } from "../../scripts/local/secrets.ts";
import { eventually, run, temporaryDirectory } from "./programs.ts";

const PASSWORD = "correct horse battery";
const READY = /Berth is ready at (http:\/\/127\.0\.0\.1:\d+)\n/;
const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

// It starts programs eight times.
test(
  "secrets are exchanged between two runs, and nothing that is under them is lost",
  { timeout: 400_000 },
  async () => {
    const STATE_DIR = temporaryDirectory();
    const file = join(STATE_DIR, "secrets.json");
    const secrets = () => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    const rotate = async (...args: string[]) => {
      const program = run(["scripts/bootstrap.mjs", "scripts/rotate-secrets.ts", ...args], { STATE_DIR });
      return { code: await program.ended, output: program.output() };
    };
    // A password that is set anew ends what was made with the one before.
    const whileRunning = async <T>(act: (url: string) => Promise<T>, ADMIN_PASSWORD = ""): Promise<T> => {
      const server = run(["scripts/bootstrap.mjs", "scripts/start.ts"], {
        PORT: "0",
        STATE_DIR,
        ADMIN_PASSWORD,
      });
      const [, url = ""] = await eventually(() => READY.exec(server.output()) ?? undefined, 90_000);
      try {
        return await act(url);
      } finally {
        server.child.kill("SIGTERM");
        await server.ended;
      }
    };

    expect((await rotate()).output).toContain("There is no registry in");
    const made = await whileRunning(async (url) => {
      const headers = { Authorization: basic("admin", PASSWORD) };
      const key = (await (await fetch(`${url}/api/access-keys`, { method: "POST", headers })).json()) as {
        access: string;
        secret: string;
      };
      const tokens = (await (await fetch(`${url}/token?offline_token=true`, { headers })).json()) as {
        refresh_token: string;
      };
      const command = (await (await fetch(`${url}/api/login-command`, { method: "POST", headers })).json()) as {
        user: string;
        password: string;
      };
      const running = await rotate();
      expect(running).toMatchObject({ code: 1, output: expect.stringContaining("already running") as string });
      return {
        permanent: basic(`berth@${key.access}`, createHmac("sha256", key.secret).update(key.access).digest("hex")),
        temporary: basic(command.user, command.password),
        refreshToken: tokens.refresh_token,
      };
    }, PASSWORD);
    const statuses = (url: string) =>
      Promise.all([
        fetch(`${url}/v2/`, { headers: { Authorization: made.permanent } }),
        fetch(`${url}/token`, {
          method: "POST",
          body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: made.refreshToken }),
        }),
        fetch(`${url}/v2/`, { headers: { Authorization: made.temporary } }),
      ]).then((answers) => answers.map(({ status }) => status));

    const before = secrets();
    expect((await rotate("--finish")).output).toBe("No exchange of secrets is under way.\n");
    expect(await rotate()).toMatchObject({ code: 0, output: expect.stringContaining("--finish") as string });
    expect(secrets()).toMatchObject({
      TOKEN_SECRET_PREVIOUS: before["TOKEN_SECRET"],
      ENCRYPTION_KEY_PREVIOUS: before["ENCRYPTION_KEY"],
    });
    expect(secrets()["TOKEN_SECRET"]).not.toBe(before["TOKEN_SECRET"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await rotate()).output).toContain("An exchange is under way");
    expect(await whileRunning(statuses)).toEqual([200, 200, 200]);

    expect(await rotate("--finish")).toMatchObject({ code: 0 });
    expect(Object.keys(secrets()).sort()).toEqual(["ENCRYPTION_KEY", "TOKEN_SECRET"]);
    expect(await whileRunning(statuses)).toEqual([200, 200, 401]);
  },
);

test("a file with a secret that is too weak, or of another form, is named, and stays as it is", () => {
  const file = join(temporaryDirectory(), "secrets.json");
  for (const [content, message] of [
    ['{"TOKEN_SECRET":"short"}', "TOKEN_SECRET must have at least 32 characters"],
    ['{"ENCRYPTION_KEY_PREVIOUS":"short"}', "ENCRYPTION_KEY_PREVIOUS must be 32 bytes in base64"],
    ['{"TOKEN_SECRET":1}', "TOKEN_SECRET is not a text"],
    ["[]", "is damaged"],
    ["{", "is damaged"],
  ] as const) {
    writeFileSync(file, content);
    for (const act of [localSecrets, exchangeSecrets, dropPreviousSecrets]) expect(() => act(file)).toThrow(message);
    expect(() => localSecrets(file)).toThrow(file);
    expect(readFileSync(file, "utf8")).toBe(content);
  }
});
