import { existsSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { deploy, DeploymentFailed } from "../../scripts/deployment.ts";
import type { AdministratorState } from "../../scripts/first-administrator.ts";
import { hashPassword, verifyPassword } from "../../src/model/logins/passwords.ts";
import type { RunWrangler } from "../../scripts/wrangler.ts";

const answer = (stdout: unknown) => ({ exitCode: 0, stdout: JSON.stringify(stdout), stderr: "" });

const NOBODY: AdministratorState = {
  account_id: null,
  has_first_account: 0,
  has_operator: 0,
  user_id: null,
  user_account_id: null,
  role: null,
  password_hash: null,
};

const ADMINISTRATOR: AdministratorState = {
  account_id: 1,
  has_first_account: 1,
  has_operator: 1,
  user_id: 7,
  user_account_id: 1,
  role: "operator",
  password_hash: hashPassword("the one that is stored"),
};

/** An account as wrangler shows it, and what was asked of it. */
function account(state: { secrets?: string[]; administrator?: Partial<AdministratorState>; failsAt?: string } = {}) {
  const commands: string[] = [];
  const files: { path: string; mode: number; content: string }[] = [];
  const wrangler: RunWrangler = async (args) => {
    const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
    const path = option("--file") ?? option("--secrets-file");
    if (path !== undefined)
      files.push({ path, mode: statSync(path).mode & 0o777, content: readFileSync(path, "utf8") });
    const command = args.filter((arg) => arg !== path && arg !== option("--command")).join(" ");
    commands.push(command);
    if (state.failsAt !== undefined && command.startsWith(state.failsAt)) {
      return { exitCode: 1, stdout: "", stderr: "the reason" };
    }
    if (command.startsWith("secret list")) {
      return state.secrets === undefined
        ? { exitCode: 1, stdout: "", stderr: '✘ [ERROR] Worker "berth" not found.' }
        : answer(state.secrets.map((name) => ({ name, type: "secret_text" })));
    }
    if (command.includes("--json")) {
      return answer([{ results: [{ ...NOBODY, ...state.administrator }], success: true }]);
    }
    return answer(null);
  };
  return { wrangler, commands, files };
}

const SECRETS = ["TOKEN_SECRET", "ENCRYPTION_KEY"];
const MIGRATE = "d1 migrations apply DB --remote";
const QUERY = "d1 execute DB --remote --json --command";
const EXECUTE = "d1 execute DB --remote --yes --file";

test("the first deployment makes secrets, database and administrator", async () => {
  const { wrangler, commands, files } = account();
  const password = await deploy(wrangler);
  expect(commands).toEqual(["secret list --format json", "deploy --secrets-file", MIGRATE, QUERY, EXECUTE]);
  expect(Object.keys(JSON.parse(files[0]?.content ?? "") as object)).toEqual(SECRETS);
  expect(files.map((file) => file.mode)).toEqual([0o600, 0o600]);
  expect(files.filter((file) => existsSync(file.path))).toEqual([]);
  const hash = /'(\$scrypt[^']+)'/.exec(files[1]?.content ?? "")?.[1];
  expect(verifyPassword(password ?? "", hash ?? "")).toBe(true);
});

test("a later one keeps secrets and administrator, and migrates first", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, administrator: ADMINISTRATOR });
  expect(await deploy(wrangler)).toBeUndefined();
  expect(commands).toEqual(["secret list --format json", MIGRATE, "deploy", QUERY]);
});

test("a later one makes the secrets that have come since", async () => {
  const { wrangler, commands, files } = account({ secrets: ["TOKEN_SECRET"], administrator: ADMINISTRATOR });
  expect(await deploy(wrangler)).toBeUndefined();
  expect(commands).toEqual(["secret list --format json", MIGRATE, "deploy --secrets-file", QUERY]);
  expect(Object.keys(JSON.parse(files[0]?.content ?? "") as object)).toEqual(["ENCRYPTION_KEY"]);
});

test("a password of the operator's own replaces the one there is", async () => {
  const { wrangler, commands, files } = account({ secrets: SECRETS, administrator: ADMINISTRATOR });
  expect(await deploy(wrangler, "it's mine")).toBeUndefined();
  expect(commands.at(-1)).toBe(EXECUTE);
  expect(files[0]?.content.replaceAll(/\s+/g, " ")).toMatch(
    /^update "users" set "password_hash" = '\$scrypt\S+' where "users"\."id" = 7 .*insert into "audit_events" .*'user\.password', 'admin', 'success', '\{"by":"ADMIN_PASSWORD"\}', NULL .*delete from "sessions" where \("sessions"\."user_id" = 7 and/,
  );
});

test("the password that is stored already changes nothing", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, administrator: ADMINISTRATOR });
  expect(await deploy(wrangler, "the one that is stored")).toBeUndefined();
  expect(commands.at(-1)).toBe(QUERY);
});

test("a password of another account's admin is not touched", async () => {
  const administrator = { ...ADMINISTRATOR, user_account_id: 5 };
  const { wrangler, commands } = account({ secrets: SECRETS, administrator });
  await expect(deploy(wrangler, "it's mine")).rejects.toThrow(/belongs to another account/);
  expect(commands.at(-1)).toBe(QUERY);
});

test("secrets of the operator's own are set, beside those that are missing", async () => {
  const { wrangler, commands, files } = account({ secrets: ["TOKEN_SECRET"], administrator: ADMINISTRATOR });
  const ENCRYPTION_KEY_NEXT = Buffer.alloc(32, 1).toString("base64");
  await deploy(wrangler, undefined, { ENCRYPTION_KEY_NEXT });
  expect(commands).toEqual(["secret list --format json", MIGRATE, "deploy --secrets-file", QUERY]);
  const sent = JSON.parse(files[0]?.content ?? "") as Record<string, string>;
  expect(Object.keys(sent)).toEqual(["ENCRYPTION_KEY", "ENCRYPTION_KEY_NEXT"]);
  expect(sent["ENCRYPTION_KEY_NEXT"]).toBe(ENCRYPTION_KEY_NEXT);
  expect(files[0]?.mode).toBe(0o600);
  expect(existsSync(files[0]?.path ?? "")).toBe(false);
});

test.for([
  [{ TOKEN_SECRET: "short" }, "TOKEN_SECRET must have at least 32 characters"],
  [{ TOKEN_SECRET_NEXT: "short" }, "TOKEN_SECRET_NEXT must have"],
  [{ ENCRYPTION_KEY_PREVIOUS: "short" }, "ENCRYPTION_KEY_PREVIOUS must be 32 bytes"],
] as const)("one that is too weak, as in %j, is refused before anything is done", async ([secrets, message]) => {
  const { wrangler, commands } = account({ secrets: SECRETS, administrator: ADMINISTRATOR });
  await expect(deploy(wrangler, undefined, secrets)).rejects.toThrow(message);
  expect(commands).toEqual([]);
});

test("stops at the first step that fails", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, failsAt: "d1 migrations" });
  await expect(deploy(wrangler)).rejects.toThrow(DeploymentFailed);
  expect(commands).toEqual(["secret list --format json", MIGRATE]);
});

test("does not take another failure for a new Worker", async () => {
  const { wrangler, commands } = account({ failsAt: "secret list" });
  await expect(deploy(wrangler)).rejects.toThrow("the reason");
  expect(commands).toHaveLength(1);
});
