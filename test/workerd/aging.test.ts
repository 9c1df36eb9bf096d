import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { RE2JS } from "re2js";
import { beforeEach, describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import type { Actor } from "../../src/model/rights/access.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import type { AgingRule } from "../../src/model/aging/aging-rules.ts";
import { runDueRules, runRule } from "../../src/registry/aging/aging.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { listDeletedTags } from "../../src/storage/deletion/deleted-tags.ts";
import { claimRule, listDueRules, expireTags, listTagsByAge, settleRule } from "../../src/storage/aging/aging-runs.ts";
import { deleteRule, findRule, insertRule, updateRule } from "../../src/storage/aging/aging-rules.ts";
import { listLog, listLogBefore } from "../../src/storage/aging/aging-log.ts";
import { DAY, useClock } from "../support/workerd/clock.ts";
import type { Database } from "../../src/storage/database.ts";
import { dyingStores } from "../support/workerd/dying-stores.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { newRepository, pushImage, putManifest, send } from "../support/workerd/registry-requests.ts";

const stores = lastingStores();
const actor: Actor = {
  user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
  address: undefined,
};

const clock = useClock();
const { pass } = clock;
beforeEach(async () => {
  await env.DB.exec("DELETE FROM retention_rules");
});

const TAG_RULE: AgingRule = { kind: "tag_rule", amount: 2, labels: [], patterns: [] };
const DATE_RULE: AgingRule = { kind: "date_rule", amount: 30, labels: [], patterns: [] };

/** A repository with these tags, one pushed a day after the other, each an image of its own. */
async function repositoryWith(...tags: string[]) {
  const name = newRepository() as RepositoryName;
  for (const tag of tags) {
    pass(DAY);
    await pushImage(name, tag);
  }
  const row = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(name).first<{ id: number }>();
  if (!row) throw new Error(`${name} was not made`);
  return { id: row.id, name };
}

async function tagsOf({ name }: { name: RepositoryName }): Promise<string[]> {
  const answer = await send("GET", `/v2/${name}/tags/list`);
  return (await answer.json<{ tags: string[] }>()).tags;
}

/** The rule as a run reads it. */
async function storedRule(repository: { id: number }) {
  const rule = await findRule(stores.db, repository.id);
  if (!rule) throw new Error("there is no rule");
  return rule;
}

/** Gives the repository a rule; its id. */
async function setRule(repository: { id: number; name: RepositoryName }, rule: AgingRule): Promise<number> {
  const id = await insertRule(stores.db, actor, repository, rule);
  if (id === undefined) throw new Error("it has a rule");
  return id;
}

/** Adds so many tags that were pushed one after the other long ago. */
async function addOldTags(repository: { id: number }, count: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
     SELECT ?1, 't' || value, (SELECT id FROM manifests WHERE repository_id = ?1), 0, value
     FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?2) SELECT value FROM n)`,
  )
    .bind(repository.id, count)
    .run();
}

async function nextRun(repository: { id: number }): Promise<number | null> {
  const query = "SELECT next_run_at AS at FROM retention_rules WHERE repository_id = ?";
  return (await env.DB.prepare(query).bind(repository.id).first<{ at: number | null }>())?.at ?? null;
}

const plenty = () => new Budget(stores.db, 1000, DAY);

describe("an aging rule of older limits, whose expressions are too complex", () => {
  const TOO_COMPLEX = { ...TAG_RULE, patterns: Array.from({ length: 50 }, () => "a{1000}".repeat(70)) };

  it("is shown with what is in the way, without compiling anything", async ({ expect }) => {
    const repository = await repositoryWith("v1");
    const id = await setRule(repository, TOO_COMPLEX);
    const compiled = vi.spyOn(RE2JS, "compile");
    const [organization = "", image = ""] = repository.name.split("/");
    const aging = `/api/organizations/${organization}/images/${image}/aging`;
    const swr = `/v2/manage/namespaces/${organization}/repos/${image}/retentions`;
    const problem = expect.stringContaining("together too complex") as string;
    expect(await (await send("GET", aging)).json()).toMatchObject({ rule: { id, problem } });
    expect(await (await send("GET", `${aging}/rule`)).json()).toMatchObject({ id, problem });
    for (const path of [swr, `${swr}/${id}`, `${aging}/log`, `${swr}/histories`]) {
      expect((await send("GET", path)).status).toBe(200);
    }
    expect(compiled).not.toHaveBeenCalled();
    compiled.mockRestore();
  });

  it("deletes nothing, and holds up no other rule", async ({ expect }) => {
    const [odd, other] = [await repositoryWith("v1", "v2", "v3"), await repositoryWith("v1", "v2", "v3")];
    await setRule(odd, TOO_COMPLEX);
    await setRule(other, TAG_RULE);
    pass(1);
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await runDueRules(stores, plenty());
    expect(logged).toHaveBeenCalled();
    logged.mockRestore();
    expect(await tagsOf(odd)).toEqual(["v1", "v2", "v3"]);
    expect(await tagsOf(other)).toEqual(["v2", "v3"]);
    expect(await nextRun(odd)).toBeGreaterThan(clock.now);
  });
});

it.for(["date_rule", "tag_rule"])("the number of a %s is refused as the request calls it", async (kind, { expect }) => {
  const repository = await repositoryWith("v1");
  const path = `/api/organizations/${repository.name.replace("/", "/images/")}/aging/preview`;
  const answer = await send("POST", path, {
    body: JSON.stringify({ kind, amount: 0 }),
    headers: { "Content-Type": "application/json" },
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ errors: [{ reason: { code: "AGING_AMOUNT", field: "amount" } }] });
});

it("a preview has fewer tags on a page where the expressions take long, and loses none", async ({ expect }) => {
  const repository = await repositoryWith("v1");
  await addOldTags(repository, 300);
  const path = `/api/organizations/${repository.name.replace("/", "/images/")}/aging/preview`;
  const rule = { kind: "tag_rule", amount: 5, patterns: ["[ab]{0,1000}", "[ab]{0,1000}"] };
  const names = [];
  let cursor = "";
  do {
    const answer = await send("POST", `${path}?limit=1000${cursor}`, {
      body: JSON.stringify(rule),
      headers: { "Content-Type": "application/json" },
    });
    const page = await answer.json<{ tags: { tag: string }[]; next: string | null }>();
    expect(page.tags.length).toBeLessThan(150);
    names.push(...page.tags.map(({ tag }) => tag));
    cursor = page.next === null ? "" : `&cursor=${page.next}`;
  } while (cursor !== "");
  expect(new Set(names).size).toBe(301);
});

describe("an aging rule", () => {
  it("of numbers keeps the newest tags, and sleeps until the next push", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3", "v4");
    await setRule(repository, TAG_RULE);
    pass(1);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["v3", "v4"]);
    expect(await nextRun(repository)).toBeNull();

    await pushImage(repository.name, "v5");
    expect(await nextRun(repository)).toBe(0);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["v4", "v5"]);
  });

  it("of days deletes what was not pushed for so long, when it is due", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    await setRule(repository, DATE_RULE);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["v1", "v2", "v3"]);
    expect(await nextRun(repository)).toBe(clock.now + 28 * DAY);
    pass(28 * DAY - 1);
    expect(await runDueRules(stores, plenty())).toBe(0);
    pass(1);
    expect(await runDueRules(stores, plenty())).toBe(1);
    expect(await tagsOf(repository)).toEqual(["v2", "v3"]);
    // A push again makes it young again.
    const manifest = await (await send("GET", `/v2/${repository.name}/manifests/v2`)).text();
    await putManifest(repository.name, "v2", manifest);
    pass(2 * DAY);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["v2"]);
  });

  it("logs what it deleted and by which rule, and the audit tells", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    const { digest } = await pushImage(repository.name, "v4");
    const ruleId = await setRule(repository, { ...TAG_RULE, amount: 1, labels: ["v2"] });
    const { deleted, isDone } = await runRule(stores, await storedRule(repository), plenty());
    expect({ deleted, isDone }).toEqual({ deleted: ["v1", "v3"], isDone: true });
    const { entries, total } = await listLog(stores.db, repository.id, { limit: 10, offset: 0 });
    expect(total).toBe(2);
    expect(entries.map(({ tag }) => tag).sort()).toEqual(["v1", "v3"]);
    for (const entry of entries) {
      expect(entry.ruleId).toBe(ruleId);
      expect(entry.digest).not.toBe(digest);
      expect(entry.rule).toEqual({ kind: "tag_rule", amount: 1, labels: ["v2"], patterns: [] });
      expect(entry.createdAt.getTime()).toBe(clock.now);
    }
    const audit = await env.DB.prepare("SELECT * FROM audit_events WHERE action = 'tag.expire' AND resource LIKE ?")
      .bind(`${repository.name}:%`)
      .all();
    expect(audit.results).toHaveLength(2);
    expect(audit.results[0]).toMatchObject({ user_id: null, user_name: `aging rule ${ruleId}`, account_id: 1 });
  });

  it("breaks ties by name, so that two runs agree", async ({ expect }) => {
    const repository = await repositoryWith("b");
    for (const tag of ["c", "a", "d"]) await pushImage(repository.name, tag);
    await setRule(repository, TAG_RULE);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["c", "d"]);
  });

  it("leaves a tag that was pushed again, or made immutable, since it was read", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3", "v4");
    await setRule(repository, TAG_RULE);
    const rule = await storedRule(repository);
    const seen = await listTagsByAge(stores.db, repository.id, { order: "oldest", limit: 3 });
    pass(1000);
    await pushImage(repository.name, "v1");
    await env.DB.prepare("INSERT INTO immutable_tag_rules (repository_id, pattern, created_at) VALUES (?, 'v2', 0)")
      .bind(repository.id)
      .run();
    expect((await expireTags(stores.db, rule, seen, clock.now)).deleted).toEqual(["v3"]);
    expect(await tagsOf(repository)).toEqual(["v1", "v2", "v4"]);
    expect((await listLog(stores.db, repository.id, { limit: 10, offset: 0 })).total).toBe(1);
  });

  it("deletes nothing more once it was changed or deleted", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    const id = await setRule(repository, { ...TAG_RULE, amount: 1 });
    const before = await storedRule(repository);
    const seen = await listTagsByAge(stores.db, repository.id, { order: "oldest", limit: 2 });
    expect(await updateRule(stores.db, actor, repository, id, TAG_RULE)).toBe(true);
    expect((await expireTags(stores.db, before, seen, clock.now)).deleted).toEqual([]);
    const after = await storedRule(repository);
    expect(await deleteRule(stores.db, actor, repository, id)).toBe(true);
    expect((await expireTags(stores.db, after, seen, clock.now)).deleted).toEqual([]);
    expect(await runRule(stores, after, plenty())).toEqual({ deleted: [], isDone: true });
    expect(await tagsOf(repository)).toEqual(["v1", "v2", "v3"]);
  });

  it("that another one has replaced deletes nothing", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    const id = await setRule(repository, { ...TAG_RULE, amount: 1 });
    const before = await storedRule(repository);
    const seen = await listTagsByAge(stores.db, repository.id, { order: "oldest", limit: 2 });
    await deleteRule(stores.db, actor, repository, id);
    await setRule(repository, DATE_RULE);
    expect((await expireTags(stores.db, before, seen, clock.now)).deleted).toEqual([]);
    expect(await claimRule(stores.db, before, clock.now)).toBe(false);
    expect(await runRule(stores, before, plenty())).toEqual({ deleted: [], isDone: true });
    expect(await nextRun(repository)).toBe(0);
    expect(await tagsOf(repository)).toEqual(["v1", "v2", "v3"]);
  });

  it("stays due when tags are pushed while it runs, whatever the clocks say", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    const head = () => listTagsByAge(stores.db, repository.id, { order: "newest", limit: 1 });
    const beginRun = async () => {
      pass(DAY);
      await setRule(repository, { ...TAG_RULE, amount: 3 });
      const rule = await storedRule(repository);
      const [newest] = await head();
      await claimRule(stores.db, rule, clock.now);
      expect(await nextRun(repository)).toBe(clock.now);
      const startedAt = clock.now;
      const settle = () => settleRule(stores.db, rule, { startedAt, newest, nextRunAt: null });
      return { settle, end: () => deleteRule(stores.db, actor, repository) };
    };
    // A new tag, by a Worker whose clock is behind.
    const first = await beginRun();
    pass(-60_000);
    await pushImage(repository.name, "v4");
    pass(60_000);
    await first.settle();
    expect(await nextRun(repository)).toBe(0);
    await first.end();
    // An old tag that moves.
    const second = await beginRun();
    pass(-1000);
    await pushImage(repository.name, "v1");
    pass(1000);
    await second.settle();
    expect(await nextRun(repository)).toBe(0);
    await second.end();
    // An immutable-tag rule that is lifted.
    await env.DB.prepare("INSERT INTO immutable_tag_rules (repository_id, pattern, created_at) VALUES (?, 'v2', 0)")
      .bind(repository.id)
      .run();
    const third = await beginRun();
    await env.DB.prepare("DELETE FROM immutable_tag_rules WHERE repository_id = ?").bind(repository.id).run();
    await third.settle();
    expect(await nextRun(repository)).toBe(0);
    await third.end();
    // Nothing.
    const last = await beginRun();
    await last.settle();
    expect(await nextRun(repository)).toBeNull();
  });

  it("takes a tag from the future for new, and comes back for it in time", async ({ expect }) => {
    const repository = await repositoryWith("old");
    pass(40 * DAY);
    await pushImage(repository.name, "future");
    pass(-5 * DAY);
    await setRule(repository, DATE_RULE);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["future"]);
    expect(await nextRun(repository)).toBe(clock.now + 30 * DAY);
    pass(35 * DAY);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual([]);
  });

  it("leaves manifests that another tag or an index needs", async ({ expect }) => {
    const repository = await repositoryWith("old");
    const digest = (await send("HEAD", `/v2/${repository.name}/manifests/old`)).headers.get("Docker-Content-Digest");
    const manifest = await (await send("GET", `/v2/${repository.name}/manifests/old`)).text();
    pass(40 * DAY);
    await putManifest(repository.name, "new", manifest);
    await setRule(repository, DATE_RULE);
    await runDueRules(stores, plenty());
    expect(await tagsOf(repository)).toEqual(["new"]);
    expect((await send("HEAD", `/v2/${repository.name}/manifests/new`)).status).toBe(200);
    expect((await send("HEAD", `/v2/${repository.name}/manifests/${digest}`)).status).toBe(200);
  });

  it("shows in the image's numbers", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    pass(DAY);
    await setRule(repository, TAG_RULE);
    await runDueRules(stores, plenty());
    const row = await env.DB.prepare("SELECT tag_count, updated_at FROM repositories WHERE id = ?")
      .bind(repository.id)
      .first();
    expect(row).toEqual({ tag_count: 2, updated_at: clock.now });
  });

  it("goes with its image, also while it runs", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    await setRule(repository, TAG_RULE);
    const rule = await storedRule(repository);
    await env.DB.batch(
      [
        "DELETE FROM tags WHERE repository_id = ?1",
        "DELETE FROM manifests WHERE repository_id = ?1",
        "DELETE FROM repository_blobs WHERE repository_id = ?1",
        "DELETE FROM tag_history WHERE repository_id = ?1",
        "DELETE FROM repositories WHERE id = ?1",
      ].map((sql) => env.DB.prepare(sql).bind(repository.id)),
    );
    expect(await runRule(stores, rule, plenty())).toEqual({ deleted: [], isDone: true });
    expect(await findRule(stores.db, repository.id)).toBeUndefined();
  });

  it("with more to do than one run may goes on in the next", async ({ expect }) => {
    const repository = await repositoryWith("base");
    await addOldTags(repository, 2300);
    await setRule(repository, DATE_RULE);
    const small = await runRule(stores, await storedRule(repository), new Budget(stores.db, 11, DAY));
    expect(small.isDone).toBe(false);
    expect(small.deleted).toHaveLength(200);
    expect(await nextRun(repository)).toBe(clock.now);
    // So small a budget would start with each page again: it must get on nevertheless.
    const none = await runRule(stores, await storedRule(repository), new Budget(stores.db, 1, DAY));
    expect(none).toEqual({ deleted: [], isDone: false });
    expect(await runDueRules(stores, plenty())).toBe(2100);
    expect(await tagsOf(repository)).toEqual(["base"]);
  });

  it("is run by the cron trigger", async ({ expect }) => {
    const repository = await repositoryWith("v1", "v2", "v3");
    await setRule(repository, TAG_RULE);
    await worker.scheduled(
      createScheduledController({ scheduledTime: clock.now, cron: "7 * * * *" }),
      env,
      createExecutionContext(),
    );
    expect(await tagsOf(repository)).toEqual(["v2", "v3"]);
  });

  it("that fails does not stop the others", async ({ expect }) => {
    const [broken, fine] = [await repositoryWith("v1", "v2"), await repositoryWith("v1", "v2")];
    const rule = { ...TAG_RULE, amount: 1 };
    await setRule(broken, rule);
    await setRule(fine, rule);
    await env.DB.prepare("UPDATE retention_rules SET patterns = '[\"(\"]' WHERE repository_id = ?")
      .bind(broken.id)
      .run();
    const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await runDueRules(stores, plenty())).toBe(1);
    expect(silence).toHaveBeenCalledOnce();
    silence.mockRestore();
    expect(await tagsOf(broken)).toEqual(["v1", "v2"]);
    expect(await nextRun(broken)).toBeGreaterThan(clock.now);
  });
});

describe("a run that dies", () => {
  const OLD_TAGS = 250;

  /** What was deleted is in the log, the history and the audit, once, and nothing else is. */
  async function inconsistencies(repository: { id: number; name: RepositoryName }): Promise<unknown[]> {
    const { results } = await env.DB.prepare(
      `WITH gone(name) AS (
         SELECT 't' || value FROM (
           WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${OLD_TAGS})
           SELECT value FROM n)
         EXCEPT SELECT name FROM tags WHERE repository_id = ?1)
       SELECT * FROM (SELECT
         (SELECT count(*) FROM gone) AS gone,
         (SELECT count(DISTINCT tag) FROM retention_log WHERE repository_id = ?1 AND tag IN gone) AS logged,
         (SELECT count(*) FROM retention_log WHERE repository_id = ?1) AS log,
         (SELECT count(*) FROM tag_history WHERE repository_id = ?1 AND digest IS NULL) AS history,
         (SELECT count(*) FROM audit_events WHERE action = 'tag.expire' AND resource LIKE ?2 || ':%') AS audit,
         ${OLD_TAGS} + 1 - (SELECT tag_count FROM repositories WHERE id = ?1) AS counted)
       WHERE NOT (gone = logged AND gone = log AND gone = history AND gone = audit AND gone = counted)`,
    )
      .bind(repository.id, repository.name)
      .all();
    return results;
  }

  it.for([
    ["of days", DATE_RULE],
    ["of numbers", { ...TAG_RULE, amount: 1 }],
  ] as const)("%s, anywhere, leaves the rest to the next one", async ([, rule], { expect }) => {
    const left: number[] = [];
    for (let after = 1, isOver = false; !isOver; after += 1) {
      const repository = await repositoryWith("base");
      await addOldTags(repository, OLD_TAGS);
      await setRule(repository, rule);
      const dying = dyingStores(after);
      const stored = await storedRule(repository);
      await runRule(dying.stores, stored, plenty()).catch((error: Error) => {
        // Drizzle wraps it.
        const { message } = error.cause instanceof Error ? error.cause : error;
        expect(message).toContain("the process");
      });
      isOver = dying.calls() < after;
      expect(await inconsistencies(repository)).toEqual([]);
      left.push((await tagsOf(repository)).length);
      await runDueRules(stores, plenty());
      expect(await inconsistencies(repository)).toEqual([]);
      expect(await tagsOf(repository)).toEqual(["base"]);
      expect(await nextRun(repository)).toBe(rule.kind === "tag_rule" ? null : clock.now + 30 * DAY);
      await deleteRule(stores.db, actor, repository);
    }
    // After each statement: the claim, the page, three slices, the end, and the run that nothing stops.
    expect(left).toEqual([251, 251, 151, 51, 1, 1, 1]);
  });
});

it.for([
  [
    "rules that are due",
    (db: Database) => listDueRules(db, 1, 10),
    "retention_rules_by_next_run (next_run_at>? AND next_run_at<?)",
  ],
  [
    "the oldest tags",
    (db: Database) => listTagsByAge(db, 1, { order: "oldest", limit: 10 }),
    "tags_by_update (repository_id=?)",
  ],
  [
    "older tags",
    (db: Database) => listTagsByAge(db, 1, { order: "newest", after: { updatedAt: 5, name: "x" as Tag }, limit: 10 }),
    "tags_by_update (repository_id=? AND updated_at<?)",
  ],
  ["the log", (db: Database) => listLogBefore(db, 1, 5, 9), "retention_log_by_repository (repository_id=? AND id<?)"],
  [
    "deleted tags",
    (db: Database) => listDeletedTags(db, 1, new Date(0), 5, 9),
    "tag_history_by_repository (repository_id=? AND id<?)",
  ],
] as const)("%s are found by an index", async ([, act, index], { expect }) => {
  const steps = await planOf(act);
  expect(steps.join("\n")).toContain(index);
  // `event` is what a subquery has cut out already.
  expect(steps.filter((step) => /^SCAN (?!CONSTANT|event)/.test(step) && !step.includes("USING"))).toEqual([]);
  expect(steps.filter((step) => /TEMP B-TREE FOR ORDER/.test(step))).toEqual([]);
});
