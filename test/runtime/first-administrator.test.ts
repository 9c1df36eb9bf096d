import { resolve } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { Miniflare } from "miniflare";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ensureAdministrator, inlined, planAdministrator, STATE_QUERY } from "../../scripts/first-administrator.ts";
import type { AdministratorState } from "../../scripts/first-administrator.ts";
import { applyMigrations, readMigrations } from "../../scripts/local/migrations.ts";
import { verifyPassword } from "../../src/model/logins/passwords.ts";

const runtimes: Miniflare[] = [];
let database: D1Database;

beforeEach(async () => {
  const miniflare = new Miniflare({
    cf: {},
    workers: [
      {
        config: {
          name: "administrator",
          compatibilityDate: "2026-11-01",
          env: { DB: { type: "d1", id: "DB" } },
          manifest: {
            mainModule: "index.js",
            modules: { "index.js": { type: "esm", contents: "export default {}" } },
          },
        },
      },
    ],
  });
  runtimes.push(miniflare);
  database = await miniflare.getD1Database("DB");
  const directory = resolve(import.meta.dirname, "../../migrations");
  await applyMigrations(database, { files: await readMigrations(directory), table: "d1_migrations" });
});
afterAll(() => Promise.all(runtimes.map((miniflare) => miniflare.dispose())));

const rows = async (sql: string) => (await database.prepare(sql).raw()).map((row) => row.join(" "));
const hashOf = async (name: string) =>
  (await database.prepare("SELECT password_hash AS hash FROM users WHERE name = ?").bind(name).first<string>("hash")) ??
  "";
const users = () => rows("SELECT account_id, name, role FROM users ORDER BY id");
const events = () => rows("SELECT action, resource, user_name, detail FROM audit_events ORDER BY id");
const addSession = () =>
  database.exec(
    "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ('hash', (SELECT id FROM users WHERE name = 'admin'), 1, 9)",
  );
const sessions = () => rows("SELECT token_hash FROM sessions");

test("the first start makes the first account, its administrator and a password", async () => {
  const password = await ensureAdministrator(database, undefined);
  expect(await rows("SELECT id, name FROM accounts")).toEqual(["1 admin"]);
  expect(await users()).toEqual(["1 admin operator"]);
  expect(verifyPassword(password ?? "", await hashOf("admin"))).toBe(true);
  expect(await events()).toEqual(['user.create admin admin {"role":"operator","by":"first start"}']);
  expect(await ensureAdministrator(database, undefined)).toBe(undefined);
  expect(await events()).toHaveLength(1);
});

test("another password ends sessions and tokens, and is in the audit", async () => {
  await ensureAdministrator(database, "the first one");
  await addSession();
  expect(await ensureAdministrator(database, "another one")).toBe(undefined);
  expect(verifyPassword("another one", await hashOf("admin"))).toBe(true);
  expect(await sessions()).toEqual([]);
  expect(await rows("SELECT password_changes FROM users")).toEqual(["1"]);
  expect((await events()).at(-1)).toBe('user.password admin admin {"by":"ADMIN_PASSWORD"}');
});

test("the same password changes nothing", async () => {
  await ensureAdministrator(database, "the first one");
  await addSession();
  const before = await hashOf("admin");
  await ensureAdministrator(database, "the first one");
  expect(await hashOf("admin")).toBe(before);
  expect(await sessions()).toEqual(["hash"]);
  expect(await events()).toHaveLength(1);
});

test("an administrator who was demoted gets the rights back, and keeps the sessions with the same password", async () => {
  await ensureAdministrator(database, "the first one");
  await addSession();
  await database.exec("UPDATE users SET role = 'member'");
  await ensureAdministrator(database, "the first one");
  expect(await users()).toEqual(["1 admin operator"]);
  expect(await sessions()).toEqual(["hash"]);
  expect((await events()).at(-1)).toBe(
    'user.update admin admin {"role":{"from":"member","to":"operator"},"by":"ADMIN_PASSWORD"}',
  );
});

test("an administrator who was deleted stays so, until ADMIN_PASSWORD asks for one", async () => {
  await ensureAdministrator(database, "the first one");
  await database.batch([
    database.prepare(
      "INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (1, 'root', 'operator', 'x', 1)",
    ),
    database.prepare("DELETE FROM users WHERE name = 'admin'"),
  ]);
  expect(await ensureAdministrator(database, undefined)).toBe(undefined);
  expect(await users()).toEqual(["1 root operator"]);
  await ensureAdministrator(database, "the next one");
  expect(await users()).toEqual(["1 root operator", "1 admin operator"]);
});

test("a user of the name in another account is left alone, and the start says so", async () => {
  await ensureAdministrator(database, "the first one");
  await database.batch([
    database.prepare("UPDATE users SET name = 'root'"),
    database.prepare("INSERT INTO accounts (name, created_at) VALUES ('mallory', 1)"),
    database.prepare(
      "INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (2, 'admin', 'member', 'x', 1)",
    ),
  ]);
  await expect(ensureAdministrator(database, "the next one")).rejects.toThrow(/belongs to another account/);
  expect(await ensureAdministrator(database, undefined)).toBe(undefined);
  expect(await users()).toEqual(["1 root operator", "2 admin member"]);
  expect(await hashOf("admin")).toBe("x");
});

test("an account of the name that is not the first one gets no operator", async () => {
  await database.exec("INSERT INTO accounts (id, name, created_at) VALUES (5, 'admin', 1)");
  await expect(ensureAdministrator(database, "a password")).rejects.toThrow(/another account/);
  expect(await users()).toEqual([]);
});

test("a password that no login takes is refused", async () => {
  await expect(ensureAdministrator(database, "x".repeat(1001))).rejects.toThrow(/more than 1000 characters/);
});

test("the statements are the same as one text, for wrangler", async () => {
  const plan = async (password: string) => {
    const state = await database.prepare(STATE_QUERY).first<AdministratorState>();
    if (!state) throw new Error("no state");
    const text = inlined(planAdministrator(state, password, Date.now()).statements);
    for (const statement of text
      .replaceAll(/\s+/g, " ")
      .split(/(?<=;) ?/)
      .filter(Boolean))
      await database.exec(statement);
  };
  await plan("it's the first one?");
  await addSession();
  await plan("another one");
  expect(verifyPassword("another one", await hashOf("admin"))).toBe(true);
  expect(await users()).toEqual(["1 admin operator"]);
  expect(await sessions()).toEqual([]);
  expect(await events()).toHaveLength(2);
});
