import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { dayOf, lastDays } from "../../src/kernel/day.ts";
import type { Database } from "../../src/storage/database.ts";
import { deleteUsageBefore, readImageUsage, readOrganizationUsage } from "../../src/storage/overview/daily-usage.ts";
import { deleteRepository } from "../../src/storage/deletion/delete-repository.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { parseRepositoryName } from "../../src/kernel/reference.ts";
import { newAccount, newOrganization, pushAs, userIdOf } from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import {
  fetchAnonymously,
  imageManifest,
  newRepository,
  pushBlob,
  putManifest,
  send,
} from "../support/workerd/registry-requests.ts";
import { makeImage } from "../support/workerd/repositories.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** 0 is the running one. */
const dayAgo = (days: number) => dayOf(new Date(Date.now() - days * DAY_MS));

async function run(sql: string, ...values: (string | number)[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
}

async function number(sql: string, ...values: (string | number)[]): Promise<number> {
  const value = await env.DB.prepare(sql)
    .bind(...values)
    .first<number>("value");
  return value ?? 0;
}

/** An image of an organization of its own, without anything in it; both were created some days ago. */
async function newImage(daysAgo = 0): Promise<{ organization: string; image: string; of: Of }> {
  const repository = newRepository();
  const [organization = "", image = ""] = repository.split("/");
  await pushBlob(repository, new Uint8Array(0));
  await makeImage(repository);
  const of = {
    image: await number("SELECT id AS value FROM repositories WHERE name = ?", repository),
    organization: await number("SELECT id AS value FROM organizations WHERE name = ?", organization),
  };
  await letDaysPass(of, daysAgo);
  return { organization, image, of };
}

interface Of {
  image: number;
  organization: number;
}

/** Makes everything that happened to an image and its organization have happened earlier. */
async function letDaysPass({ image, organization }: Of, days: number): Promise<void> {
  for (const [table, id] of [
    ["repositories", image],
    ["organizations", organization],
  ] as const) {
    await run(
      `UPDATE ${table} SET created_at = created_at - ?, usage_changed_on = usage_changed_on - ? WHERE id = ?`,
      days * DAY_MS,
      days,
      id,
    );
  }
  const earlier = `day = date(day, '-${days} days')`;
  await run(`UPDATE daily_image_usage SET ${earlier} WHERE repository_id = ?`, image);
  await run(`UPDATE daily_organization_usage SET ${earlier} WHERE organization_id = ?`, organization);
}

interface UsageDay {
  date: string;
  storedBytes: number | null;
  tags: number | null;
  pulls?: number;
  pulledBytes: number;
}

async function daysOf(path: string): Promise<UsageDay[]> {
  const response = await send("GET", `/api/organizations/${path}`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json<{ days: UsageDay[] }>()).days;
}

/** Bytes and tags of each day. */
async function storedOf(path: string, days: number): Promise<[number | null, number | null][]> {
  return (await daysOf(`${path}/usage/daily?days=${days}`)).map(({ storedBytes, tags }) => [storedBytes, tags]);
}

const rowsOf = ({ image, organization }: Of) =>
  Promise.all([
    number("SELECT count(*) AS value FROM daily_image_usage WHERE repository_id = ?", image),
    number("SELECT count(*) AS value FROM daily_organization_usage WHERE organization_id = ?", organization),
  ]);

describe("the usage of an image by day", () => {
  it("is not known before it was there, and is what it has now on the running day", async ({ expect }) => {
    const { organization, image } = await newImage();
    await pushBlob(`${organization}/${image}`, new Uint8Array(30));
    for (const path of [organization, `${organization}/images/${image}`]) {
      expect(await storedOf(path, 3)).toEqual([
        [null, null],
        [null, null],
        [30, 0],
      ]);
    }
  });

  it("is what it had at the end of each day, however many days nothing happened", async ({ expect }) => {
    const { organization, image, of } = await newImage(1);
    const repository = `${organization}/${image}`;
    await pushBlob(repository, new Uint8Array(10));
    await pushBlob(repository, new Uint8Array(20));
    await letDaysPass(of, 3);
    const manifest = await imageManifest(repository);
    await putManifest(repository, "1.0", manifest);
    await putManifest(repository, "2.0", manifest);
    const last = await number("SELECT stored_bytes AS value FROM repositories WHERE id = ?", of.image);
    expect(last).toBeGreaterThan(30);
    await letDaysPass(of, 1);
    await send("DELETE", `/v2/${repository}/manifests/2.0`);
    const expected = [
      [null, null],
      [0, 0],
      [30, 0],
      [30, 0],
      [30, 0],
      [last, 2],
      [last, 1],
    ];
    expect(await storedOf(organization, 7)).toEqual(expected);
    expect(await storedOf(`${organization}/images/${image}`, 7)).toEqual(expected);
  });

  it("has 90 days unless asked otherwise, and at most a year", async ({ expect }) => {
    const { organization, image } = await newImage(400);
    for (const path of [organization, `${organization}/images/${image}`]) {
      const days = await daysOf(`${path}/usage/daily`);
      expect(days.map(({ date }) => date)).toEqual(lastDays(new Date(), 90));
      expect(await storedOf(path, 365)).toEqual(Array.from({ length: 365 }, () => [0, 0]));
      for (const wrong of ["0", "366", "1.5", "x"]) {
        const refused = await send("GET", `/api/organizations/${path}/usage/daily?days=${wrong}`);
        expect(refused.status).toBe(400);
      }
    }
  });

  it("tells what was pulled on each day", async ({ expect }) => {
    const { organization, image, of } = await newImage(2);
    for (const [ago, pulls, bytes] of [
      [0, 1, 100],
      [1, 2, 200],
      [90, 4, 400],
    ] as const) {
      await run(
        "INSERT INTO daily_pulls (account_id, day, repository_id, pulls, bytes) SELECT account_id, ?, id, ?, ? FROM repositories WHERE id = ?",
        dayAgo(ago),
        pulls,
        bytes,
        of.image,
      );
    }
    const ofImage = await daysOf(`${organization}/images/${image}/usage/daily`);
    expect(
      ofImage.filter(({ pulls }) => pulls !== 0).map(({ date, pulls, pulledBytes }) => [date, pulls, pulledBytes]),
    ).toEqual([
      [dayAgo(1), 2, 200],
      [dayAgo(0), 1, 100],
    ]);
    const ofOrganization = await daysOf(`${organization}/usage/daily`);
    expect(
      ofOrganization.filter(({ pulledBytes }) => pulledBytes !== 0).map(({ date, pulledBytes }) => [date, pulledBytes]),
    ).toEqual([
      [dayAgo(1), 200],
      [dayAgo(0), 100],
    ]);
    expect(ofOrganization[0]).not.toHaveProperty("pulls");
  });

  it("counts what was really pulled", async ({ expect }) => {
    const { organization, image } = await newImage();
    const repository = `${organization}/${image}`;
    await putManifest(repository, "latest", await imageManifest(repository));
    await (await send("GET", `/v2/${repository}/manifests/latest`)).text();
    await waitFor(async () => {
      const [today] = await daysOf(`${organization}/images/${image}/usage/daily?days=1`);
      expect(today).toMatchObject({ date: dayAgo(0), pulls: 1 });
      expect(today?.pulledBytes).toBeGreaterThan(0);
    });
  });

  it("leaves companions out of the tags", async ({ expect }) => {
    const { organization, image, of } = await newImage(1);
    const repository = `${organization}/${image}`;
    const manifest = await imageManifest(repository);
    const digest = (await putManifest(repository, "1.0", manifest)).headers.get("Docker-Content-Digest") ?? "";
    await letDaysPass(of, 1);
    // The first change of this day is one of companions alone.
    const signature = { ...manifest, annotations: { of: "another" } };
    await putManifest(repository, `${digest.replace(":", "-")}.sig`, signature);
    await letDaysPass(of, 1);
    await putManifest(repository, "2.0", manifest);
    const tags = async (path: string) => (await storedOf(path, 4)).map(([, count]) => count);
    expect(await tags(organization)).toEqual([0, 1, 1, 2]);
    expect(await tags(`${organization}/images/${image}`)).toEqual([0, 1, 1, 2]);
  });

  it("is not made up for what was there before it was written down", async ({ expect }) => {
    const { organization, image, of } = await newImage(5);
    await run("INSERT INTO daily_image_usage (repository_id, day) VALUES (?, ?)", of.image, dayAgo(3));
    await pushBlob(`${organization}/${image}`, new Uint8Array(10));
    const unknown = [null, null];
    expect(await storedOf(`${organization}/images/${image}`, 6)).toEqual([
      unknown,
      unknown,
      unknown,
      [0, 0],
      [0, 0],
      [10, 0],
    ]);
  });
});

describe("what a push writes for it", () => {
  it("is one row a day of the image and one of the organization, however much it pushes", async ({ expect }) => {
    const { organization, image, of } = await newImage(1);
    const repository = `${organization}/${image}`;
    for (let size = 1; size <= 5; size += 1) await pushBlob(repository, new Uint8Array(size));
    await putManifest(repository, "1.0", await imageManifest(repository));
    expect(await rowsOf(of)).toEqual([1, 1]);
    await letDaysPass(of, 1);
    expect(await rowsOf(of)).toEqual([1, 1]);
    await send("DELETE", `/v2/${repository}/manifests/1.0`);
    await putManifest(repository, "2.0", await imageManifest(repository));
    expect(await rowsOf(of)).toEqual([2, 2]);
  });

  it("is nothing on the day on which they were created", async ({ expect }) => {
    const { organization, image, of } = await newImage();
    await pushBlob(`${organization}/${image}`, new Uint8Array(10));
    expect(await rowsOf(of)).toEqual([0, 0]);
  });

  it("is nothing for an image that is deleted, and its organization has had it until then", async ({ expect }) => {
    const { organization, image, of } = await newImage(1);
    const repository = parseRepositoryName(`${organization}/${image}`);
    await pushBlob(repository, new Uint8Array(10));
    await letDaysPass(of, 1);
    const user = {
      id: Number(await userIdOf("admin")),
      name: "admin",
      accountId: 1,
      accountName: "admin",
      role: "operator" as const,
    };
    const db = openDatabase(env.DB);
    await deleteRepository(db, { user, address: undefined }, { id: of.image, name: repository });
    await run("DELETE FROM repository_blobs WHERE repository_id = ?", of.image);
    expect(await rowsOf(of)).toEqual([1, 2]);
    expect(await storedOf(organization, 3)).toEqual([
      [0, 0],
      [10, 0],
      [0, 0],
    ]);
  });
});

describe("who may see it", () => {
  it("is who may see the image; of an organization, who has a right to all of its images", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`);
    const image = `/api/organizations/${organization}/images/web`;
    expect((await fetchAnonymously(`${image}/usage/daily`)).status).toBe(404);
    expect((await member.get(`/api/organizations/${organization}/usage/daily`)).status).toBe(404);
    expect((await administrator.patch(image, { public: true })).status).toBe(200);
    expect((await fetchAnonymously(`${image}/usage/daily`)).status).toBe(200);
  });
});

describe("reading and deleting it", () => {
  const days = lastDays(new Date(), 365);

  it.for([
    ["an image's", (db: Database) => readImageUsage(db, { id: 1, accountId: 1 }, days)],
    ["an organization's", (db: Database) => readOrganizationUsage(db, { id: 1, accountId: 1 }, days)],
    ["that of old days", (db: Database) => deleteUsageBefore(db, "2020-01-01", 1000)],
  ] as const)("searches indexes only, and sorts nothing: %s", async ([, act], { expect }) => {
    const plans = await plansOf(act);
    expect(plans.length).toBeGreaterThan(1);
    for (const plan of plans) {
      expect(plan.length).toBeGreaterThan(0);
      expect(plan.filter((step) => /^SCAN (?!json_each)/.test(step) || step.includes("TEMP B-TREE"))).toEqual([]);
    }
  });
});
