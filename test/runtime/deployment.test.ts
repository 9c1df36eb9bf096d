import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deploy as deployPlanned, rollBack } from "../../scripts/deployment.ts";
import {
  type Checkout,
  DeploymentFailed,
  describeDeployment,
  describeRollback,
  planDeployment,
  planRollback,
  readCheckout,
} from "../../scripts/deployment-plan.ts";
import type { AdministratorState } from "../../scripts/first-administrator.ts";
import { hashPassword, verifyPassword } from "../../src/model/logins/passwords.ts";
import type { RunWrangler } from "../../scripts/wrangler.ts";
import type { SecretValues } from "../../src/model/secrets.ts";
import { ROOT, run } from "./programs.ts";

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

const CHECKOUT: Checkout = {
  version: "1.2.0",
  migrations: ["0000_registry.sql", "0001_more.sql", "0002_most.sql"],
  bindings: ["DB", "BUCKET", "SYNCS"],
};
const MARK = ["--tag", "1.2.0", "--message", "Berth 1.2.0, migrations to 0002"];

interface AccountState {
  secrets?: string[];
  administrator?: Partial<AdministratorState>;
  failsAt?: string;
  /** Migrations that are not applied. */
  pending?: string[];
  /** The deployed version: what it was marked with. Of the one before, too. */
  tags?: { tag?: string; message?: string }[];
}

/** An account as wrangler shows it, and what was asked of it. */
function account(state: AccountState = {}) {
  const commands: string[] = [];
  const files: { path: string; mode: number; content: string }[] = [];
  const wrangler: RunWrangler = async (args) => {
    const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
    const path = option("--file") ?? option("--secrets-file");
    if (path !== undefined)
      files.push({ path, mode: statSync(path).mode & 0o777, content: readFileSync(path, "utf8") });
    const command = args
      .filter((arg) => arg !== path && arg !== option("--command"))
      .join(" ")
      .replace(` ${MARK.join(" ")}`, " (marked)");
    commands.push(command);
    if (state.failsAt !== undefined && command.startsWith(state.failsAt)) {
      return { exitCode: 1, stdout: "", stderr: "the reason" };
    }
    if (command.startsWith("secret list")) {
      return state.secrets === undefined
        ? { exitCode: 1, stdout: "", stderr: '✘ [ERROR] Worker "berth" not found.' }
        : answer(state.secrets.map((name) => ({ name, type: "secret_text" })));
    }
    const tags = state.tags ?? [{ tag: "1.1.0", message: "Berth 1.1.0, migrations to 0001" }];
    if (command.startsWith("d1 migrations list")) {
      return {
        exitCode: 0,
        stdout: `│ Name │\n${(state.pending ?? []).map((name) => `│ ${name} │\n`).join("")}`,
        stderr: "",
      };
    }
    if (command.startsWith("deployments list")) {
      const one = (_: unknown, at: number) => ({
        created_on: new Date(2026, 0, 10 - at).toISOString(),
        versions: [{ version_id: `version-${at}`, percentage: 100 }],
      });
      // As wrangler has them: the oldest first.
      return answer(tags.map(one).toReversed());
    }
    if (command.startsWith("versions view")) {
      const { tag, message } = tags[Number(args[2]?.slice("version-".length))] ?? {};
      const annotations = { "workers/tag": tag, "workers/message": message };
      return answer({ annotations, resources: { bindings: [{ name: "DB" }, { name: "BUCKET" }] } });
    }
    if (command.includes("--json")) {
      return answer([{ results: [{ ...NOBODY, ...state.administrator }], success: true }]);
    }
    return answer(null);
  };
  return { wrangler, commands, files };
}

/** Plans a deployment and does it, as `npm run deploy` does. */
async function deploy(wrangler: RunWrangler, password?: string, secrets: SecretValues = {}) {
  const plan = await planDeployment(wrangler, CHECKOUT, Object.keys(secrets));
  return deployPlanned(wrangler, plan, password, secrets);
}

const SECRETS = ["TOKEN_SECRET", "ENCRYPTION_KEY"];
const LOOK = [
  "secret list --format json",
  "d1 migrations list DB --remote",
  "deployments list --json",
  "versions view version-0 --json",
];
const MIGRATE = "d1 migrations apply DB --remote";
const QUERY = "d1 execute DB --remote --json --command";
const EXECUTE = "d1 execute DB --remote --yes --file";

test("the first deployment makes secrets, database and administrator", async () => {
  const { wrangler, commands, files } = account();
  const password = await deploy(wrangler);
  expect(commands).toEqual(["secret list --format json", "deploy (marked) --secrets-file", MIGRATE, QUERY, EXECUTE]);
  expect(Object.keys(JSON.parse(files[0]?.content ?? "") as object)).toEqual(SECRETS);
  expect(files.map((file) => file.mode)).toEqual([0o600, 0o600]);
  expect(files.filter((file) => existsSync(file.path))).toEqual([]);
  const hash = /'(\$scrypt[^']+)'/.exec(files[1]?.content ?? "")?.[1];
  expect(verifyPassword(password ?? "", hash ?? "")).toBe(true);
});

test("a later one keeps secrets and administrator, and migrates first", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, administrator: ADMINISTRATOR });
  expect(await deploy(wrangler)).toBeUndefined();
  expect(commands).toEqual([...LOOK, MIGRATE, "deploy (marked)", QUERY]);
});

test("a later one makes the secrets that have come since", async () => {
  const { wrangler, commands, files } = account({ secrets: ["TOKEN_SECRET"], administrator: ADMINISTRATOR });
  expect(await deploy(wrangler)).toBeUndefined();
  expect(commands).toEqual([...LOOK, MIGRATE, "deploy (marked) --secrets-file", QUERY]);
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
  expect(commands).toEqual([...LOOK, MIGRATE, "deploy (marked) --secrets-file", QUERY]);
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
  const plan = { isThere: true, newSecrets: [], mark: { tag: "", message: "" } };
  await expect(deployPlanned(wrangler, plan, undefined, secrets)).rejects.toThrow(message);
  expect(commands).toEqual([]);
});

test("stops at the first step that fails", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, failsAt: "d1 migrations apply" });
  await expect(deploy(wrangler)).rejects.toThrow(DeploymentFailed);
  expect(commands).toEqual([...LOOK, MIGRATE]);
});

test("does not take another failure for a new Worker", async () => {
  const { wrangler, commands } = account({ failsAt: "secret list" });
  await expect(deploy(wrangler)).rejects.toThrow("the reason");
  expect(commands).toHaveLength(1);
});

test("a plan says what a first deployment makes", async () => {
  const { wrangler, commands } = account();
  const plan = await planDeployment(wrangler, CHECKOUT, ["TOKEN_SECRET"]);
  expect(describeDeployment(plan)).toBe(
    "Version         none -> 1.2.0\n" +
      "Migrations      0000_registry.sql, 0001_more.sql, 0002_most.sql\n" +
      "New bindings    DB, BUCKET, SYNCS\n" +
      "Secrets to make ENCRYPTION_KEY",
  );
  expect(commands).toEqual(["secret list --format json"]);
});

test("a plan says what a later one changes, and changes nothing itself", async () => {
  const { wrangler, commands } = account({ secrets: SECRETS, pending: ["0002_most.sql"] });
  const plan = await planDeployment(wrangler, CHECKOUT, []);
  expect(describeDeployment(plan)).toBe(
    "Version         1.1.0 -> 1.2.0\n" +
      "Migrations      0002_most.sql\n" +
      "New bindings    SYNCS\n" +
      "Secrets to make none\n" +
      "Migrations stay if you go back (docs/upgrading.md).",
  );
  expect(commands).toEqual(LOOK);
});

test("a plan knows a Worker that was never deployed to its end, and one without a mark", async () => {
  const half = await planDeployment(account({ secrets: SECRETS, tags: [] }).wrangler, CHECKOUT, []);
  expect(describeDeployment(half)).toContain("none -> 1.2.0");
  expect(half.isThere).toBe(true);
  const unmarked = await planDeployment(account({ secrets: SECRETS, tags: [{}] }).wrangler, CHECKOUT, []);
  expect(describeDeployment(unmarked)).toContain("one without a number (version-0) -> 1.2.0");
});

test("what the running version cannot do after a migration is said in advance", async () => {
  const checkout = { ...CHECKOUT, migrations: ["0000_registry.sql", "0001_organizations.sql"] };
  const tags = [{ tag: "0.0.1", message: "Berth 0.0.1, migrations to 0000" }];
  const { wrangler } = account({ secrets: SECRETS, pending: ["0001_organizations.sql"], tags });
  const plan = await planDeployment(wrangler, checkout, []);
  expect(describeDeployment(plan)).toContain(
    "! The running version, until it is replaced: After 0001 it takes nobody for the operator",
  );
});

test("goes back to the version before, and says what stays", async () => {
  const tags = [
    { tag: "1.2.0", message: "Berth 1.2.0, migrations to 0002" },
    { tag: "1.1.0", message: "Berth 1.1.0, migrations to 0001" },
  ];
  const { wrangler, commands } = account({ secrets: SECRETS, tags });
  const plan = await planRollback(wrangler, CHECKOUT);
  expect(describeRollback(plan)).toBe(
    "Version         1.2.0 -> 1.1.0\n" +
      "Migrations      stay: 0002_most.sql\n" +
      "Images, accounts and secrets stay as they are.",
  );
  await rollBack(wrangler, plan);
  expect(commands.at(-1)).toBe("rollback version-1 --message back from 1.2.0 --yes");
});

test("going back says when a migration has made it impossible, or when nobody knows", async () => {
  const newest = { tag: "1.2.0", message: "Berth 1.2.0, migrations to 0002" };
  const plan = async (before: { tag?: string; message?: string }) =>
    describeRollback(
      await planRollback(account({ secrets: SECRETS, tags: [newest, before] }).wrangler, {
        ...CHECKOUT,
        migrations: ["0000_registry.sql", "0001_organizations.sql"],
      }),
    );
  expect(await plan({ tag: "0.0.1", message: "Berth 0.0.1, migrations to 0000" })).toContain(
    "! After 0001 it takes nobody for the operator",
  );
  expect(await plan({})).toContain("! It does not say which migrations it knows");
});

test("there is nothing to go back to after the first deployment", async () => {
  await expect(planRollback(account({ secrets: SECRETS }).wrangler, CHECKOUT)).rejects.toThrow("no version before");
});

test("the checkout's bindings are those of wrangler.toml", async () => {
  const { bindings, migrations, version } = await readCheckout(ROOT);
  expect(bindings).toEqual(
    expect.arrayContaining(["DB", "BUCKET", "UPLOADS", "DELIVERIES", "LOGIN_LIMITER", "GRACE_DAYS"]),
  );
  expect(migrations[0]).toBe("0000_registry.sql");
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("Cloudflare's deploy button has what it asks for", async () => {
  const { scripts, cloudflare } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
    cloudflare: { bindings: Record<string, { description: string }> };
  };
  // It runs this one, which applies migrations by the name of the binding, and `build` if there is one: that is part of it.
  expect(scripts["deploy"]).toContain("scripts/deploy.ts");
  expect(scripts["build"]).toBeUndefined();
  const { bindings } = await readCheckout(ROOT);
  expect(Object.keys(cloudflare.bindings).toSorted()).toEqual(bindings.toSorted());
  // It asks people for the secrets of such a file. `npm run deploy` makes them up.
  for (const file of [".dev.vars.example", ".env.example"]) expect(existsSync(join(ROOT, file))).toBe(false);
});

test.for([["--nonsense"], ["--dry-run", "--yes"], ["--dry-run", "--rollback"]])(
  "npm run deploy -- %j is refused before anything is asked",
  async (args) => {
    const refused = run(["scripts/deploy.ts", ...args]);
    expect(await refused.ended).toBe(64);
    expect(refused.output()).toMatch(/^Usage: npm run deploy/);
  },
);
