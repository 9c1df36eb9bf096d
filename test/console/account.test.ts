/** Login commands (guide 4.1, 4.2), access keys, users, passwords, and what operators see. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/loopback-issuer.ts";
import { type AccessKey, addUser } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { createOrganization } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import { button, choose, copied, dialog, field, row, setDay, takeFromMenu, told } from "./widgets.ts";

const NEW_PASSWORD = "a horse of another colour";

const setting = useConsole({ environment: { ALLOWED_TARGETS: "127.0.0.1" } });

/** The status with which the registry answers a client that logs in. */
async function logIn(user: string, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return (await fetch(`${setting.server.url}/v2/`, { headers: { Authorization: authorization } })).status;
}

/** Runs a login command as far as the registry has to do with it. */
async function run(command: string): Promise<number> {
  const [, user = "", password = "", host] = /^docker login -u (\S+) -p (\S+) (\S+)$/.exec(command) ?? [];
  expect(host).toBe(setting.server.address);
  return logIn(user, password);
}

describe("a login command", () => {
  test("that works for 24 hours is made, copied, and logs in", async () => {
    const person = await addUser(setting.server, setting.operator, "temporary");
    const { page } = await setting.visitAs(person);
    await page.goto("/");
    await page.getByRole("link", { name: "Login command" }).first().click();
    const made = dialog(page, "Login command");
    await button(made, "Make a login command").click();
    expect(await run(await copied(button(made, "Copy the command")))).toBe(200);
    await made.getByText(/^It expires on /).waitFor();
    await choose(made, "Client", "podman");
    await made.getByText(/^podman login --tls-verify=false -u \S+ -p \S+ \S+$/).waitFor();
  });

  test("that does not expire is made from a new access key, and ends with it", async () => {
    const person = await addUser(setting.server, setting.operator, "permanent");
    const { page } = await setting.visitAs(person);
    await page.goto("/?login=permanent");
    const made = dialog(page, "Login command");
    await button(made, "Create an access key").click();
    await made.getByText("Keep the secret key (SK) now").waitFor();
    const [key] = await person.ask<AccessKey[]>("GET", "/api/access-keys").then(keysOf);
    const step = made.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Log in" }) });
    const command = await copied(button(step, "Copy the command"));
    expect(command).toContain(`@${key?.access} `);
    expect(await run(command)).toBe(200);
    expect((await person.send("DELETE", `/api/access-keys/${key?.access}`)).ok).toBe(true);
    expect(await run(command)).toBe(401);
  });
});

/** The list is an object, so that it can be told more one day. */
function keysOf(answer: unknown): AccessKey[] {
  return (answer as { accessKeys: AccessKey[] }).accessKeys;
}

test("access keys are created, saved, no more than two, and deleted", async () => {
  const person = await addUser(setting.server, setting.operator, "keys");
  const { page } = await setting.visitAs(person);
  await page.goto("/access-keys");
  await page.getByText("No access keys yet").waitFor();
  await button(page, "Create access key").click();
  const creation = dialog(page, "Create access key");
  await button(creation, "Create access key").click();
  const created = dialog(page, "Your new access key");
  const access = await copied(button(created, "Copy the access key"));
  const secret = await copied(button(created, "Copy the secret key"));
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(created, "Download credentials.csv").click(),
  ]);
  expect(download.suggestedFilename()).toBe("credentials.csv");
  const file = readFileSync(await download.path(), "utf8");
  for (const value of [person.name, access, secret]) expect(file).toContain(value);
  await button(created, "I have saved it").click();

  await row(page, access).getByText("Never").first().waitFor();

  await button(page, "Create access key").click();
  await setDay(creation, "12312035");
  await button(creation, "Create access key").click();
  const second = await copied(button(created, "Copy the access key"));
  await button(created, "I have saved it").click();
  await row(page, second)
    .getByText(/^Dec 31, 2035/)
    .waitFor();
  await page.getByText(/^You have 2 access keys, which is the most/).waitFor();
  await expect.poll(() => button(page, "Create access key").isDisabled()).toBe(true);

  await button(row(page, access), "Delete access key").click();
  await button(dialog(page, `Delete access key ${access}?`), "Delete access key").click();
  await told(page, "The access key has been deleted.");
  await expect.poll(() => page.getByText(access, { exact: true }).count()).toBe(0);
});

test("a robot is made, gets a key that ends, logs in with it, and is deleted", async () => {
  const { page } = await setting.visitAs(setting.operator);
  await page.goto("/users");
  await button(page, "Add user").click();
  const add = dialog(page, "Add a user");
  await add.getByLabel("Robot").check();
  expect(await add.getByText("Password", { exact: true }).count()).toBe(0);
  await field(add, "User name").fill("builder");
  await button(add, "Add user").click();
  await told(page, "The robot builder is there. Give it an access key, and permissions.");
  await row(page, "builder").getByText("Robot").waitFor();

  await takeFromMenu(page, "Actions for builder", "Access keys");
  const keys = dialog(page, "Access keys of builder");
  await keys.getByText("builder has no access keys.").waitFor();
  await setDay(keys, "12312035");
  await button(keys, "Create access key").click();
  const made = dialog(page, "New access key of builder");
  const access = await copied(button(made, "Copy the access key"));
  await made.getByText("Permanent login command").click();
  const command = await copied(button(made, "Copy the command"));
  expect(command).toContain(`@${access} `);
  expect(await run(command)).toBe(200);
  await button(made, "I have saved it").click();
  await row(keys, access)
    .getByText(/^Dec 31, 2035/)
    .waitFor();
  // The next one is not to end by mistake.
  expect(await keys.getByRole("spinbutton", { name: /^year/ }).textContent()).toBe("yyyy");
  await button(keys, "Close").click();

  await takeFromMenu(page, "Actions for builder", "Delete user");
  const deletion = dialog(page, "Delete the user builder?");
  await field(deletion, "Type builder to confirm").fill("builder");
  await button(deletion, "Delete user").click();
  await told(page, "builder has been deleted.");
  expect(await run(command)).toBe(401);
});

test("an issuer is trusted, its jobs log in as the rule says, and no longer once it is changed or deleted", async () => {
  const issuer = await startIssuer();
  try {
    await createOrganization(setting.operator, "trusting");
    const { user } = await setting.operator.ask<{ user: { account: string } }>("GET", "/api/session");
    const login = async (audience = setting.server.address) =>
      logIn(`oidc/${user.account}`, await issuer.token({ aud: audience }));
    const visitor = await setting.visitAs(setting.operator);
    const { page } = visitor;
    await page.goto("/trusted-issuers");
    await page.getByText("No issuer is trusted yet").waitFor();
    await button(page, "Trust an issuer").click();
    const add = dialog(page, "Trust an issuer");
    await field(add, "Rule").fill("release");
    await add.getByLabel("Another one").check();
    await field(add, "Address of the issuer").fill(issuer.url);
    await field(add, "Claim 1").fill("iss");
    await field(add, "Value 1").fill("acme/web");
    await field(add, "Organization or image 1").fill("trusting");
    await button(add, "Add right").click();
    await field(add, "Organization or image 2").fill("nobodys");
    await button(add, "Trust an issuer").click();
    await add.getByText(/iss is checked anyway/).waitFor();
    expect(await field(add, "Claim 1").getAttribute("aria-invalid")).toBe("true");
    await field(add, "Claim 1").fill("repository");
    await button(add, "Trust an issuer").click();
    await add.getByText(/your account has no organization nobodys/).waitFor();
    expect(await field(add, "Organization or image 2").getAttribute("aria-invalid")).toBe("true");
    expect(await field(add, "Organization or image 1").getAttribute("aria-invalid")).not.toBe("true");
    expect(visitor.forgive(/^answer 400/)).toBe(2);
    await button(add, "Remove right 2").click();
    expect(await login()).toBe(401);
    await button(add, "Trust an issuer").click();

    const usage = dialog(page, "Log in by the rule release");
    await usage.getByText(`docker login ${setting.server.address} -u oidc/${user.account} --password-stdin`).waitFor();
    await usage.getByLabel("GitHub Actions").check();
    expect(await copied(button(usage, "Copy the file"))).toContain("id-token: write");
    await button(usage, "Close").click();
    expect(await login()).toBe(200);
    expect(await login("another-registry")).toBe(401);

    await takeFromMenu(page, "Actions for release", "Edit");
    const edit = dialog(page, "Trust rule release");
    await field(edit, "Value 1").fill("acme/other");
    await button(edit, "Save").click();
    await told(page, "The rule release holds.");
    await row(page, "release").getByText("repository = acme/other").waitFor();
    expect(await login()).toBe(401);

    await takeFromMenu(page, "Actions for release", "Delete rule");
    await button(dialog(page, "Delete the trust rule release?"), "Delete rule").click();
    await told(page, "The rule release has been deleted.");
    await page.getByText("No issuer is trusted yet").waitFor();
  } finally {
    await issuer.stop();
  }
});

test("logins are listed with their clients, and ended one by one or all others", async () => {
  const person = await addUser(setting.server, setting.operator, "logins");
  const authorization = `Basic ${Buffer.from(`${person.name}:${person.password}`).toString("base64")}`;
  const logInAs = async (client: string) => {
    const path = `/token?offline_token=true&client_id=${client}`;
    const response = await fetch(`${setting.server.url}${path}`, { headers: { Authorization: authorization } });
    return ((await response.json()) as { refresh_token: string }).refresh_token;
  };
  const refresh = async (token: string) => {
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    return (await fetch(`${setting.server.url}/token`, { method: "POST", body })).status;
  };
  const [docker, podman, oras] = [await logInAs("docker"), await logInAs("podman"), await logInAs("oras")];
  const { page } = await setting.visitAs(person);
  await page.goto("/logins");
  const present = page.getByRole("row").filter({ hasText: "this one" });
  await present.getByText("Browser").waitFor();
  expect(await button(present, "End login").count()).toBe(0);

  await button(row(page, "docker"), "End login").click();
  await button(dialog(page, "End this login?"), "End login").click();
  await told(page, "The login has ended.");
  await expect.poll(() => row(page, "docker").count()).toBe(0);
  expect([await refresh(docker), await refresh(podman)]).toEqual([401, 200]);

  await button(page, "End all others").click();
  await button(dialog(page, "End all other logins?"), "End all others").click();
  await told(page, "2 logins have ended.");
  expect([await refresh(podman), await refresh(oras)]).toEqual([401, 401]);
  await expect.poll(() => button(page, "End all others").isDisabled()).toBe(true);

  // An administrator does the same for a user, whose page would go on to ask for what has changed.
  await page.goto("about:blank");
  const again = await logInAs("docker");
  const { page: users } = await setting.visitAs(setting.operator);
  await users.goto("/users");
  await takeFromMenu(users, "Actions for logins", "Logins");
  const shown = dialog(users, "Logins of logins");
  await row(shown, "docker").waitFor();
  await button(shown, "End all").click();
  await button(dialog(users, "End all logins of logins?"), "End all").click();
  await told(users, "2 logins have ended.");
  expect(await refresh(again)).toBe(401);
});

test("a user is added, gets another password and role, and is deleted", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await page.goto("/users");
  await button(page, "Add user").click();
  const add = dialog(page, "Add a user");
  await field(add, "User name").fill("admin");
  await button(add, "Add user").click();
  await add.getByText("This name is reserved for the deployment's own administrator, or for jobs.").waitFor();
  await addUser(setting.server, setting.operator, "taken");
  await field(add, "User name").fill("taken");
  await button(add, "Add user").click();
  await add.getByText("There is a user of this name already.").waitFor();
  expect(visitor.forgive(/^answer 409/)).toBe(2);
  await field(add, "User name").fill("carol");
  await button(add, "Add user").click();
  const first = await copied(button(add, "Copy the password"));
  expect(await logIn("carol", first)).toBe(200);
  await button(add, "Done").click();

  await takeFromMenu(page, "Actions for carol", "Reset password");
  const reset = dialog(page, "New password for carol");
  await reset.getByLabel("Choose one").check();
  await field(reset, "New password").fill(NEW_PASSWORD);
  await button(reset, "Reset password").click();
  await button(reset, "Done").click();
  expect(await logIn("carol", first)).toBe(401);
  expect(await logIn("carol", NEW_PASSWORD)).toBe(200);

  await takeFromMenu(page, "Actions for carol", "Change role");
  const role = dialog(page, "Role of carol");
  await role.getByLabel("Account administrator").check();
  await button(role, "Save").click();
  await row(page, "carol").getByText("Account administrator").waitFor();

  await takeFromMenu(page, "Actions for carol", "Delete user");
  const deletion = dialog(page, "Delete the user carol?");
  await field(deletion, "Type carol to confirm").fill("carol");
  await button(deletion, "Delete user").click();
  await expect.poll(() => row(page, "carol").count()).toBe(0);
  expect(await logIn("carol", NEW_PASSWORD)).toBe(401);
});

test("an account is created with its administrator, and deleted", async () => {
  const { page } = await setting.visitAs(setting.operator);
  await page.goto("/accounts");
  await button(page, "Create account").click();
  const creation = dialog(page, "Create an account");
  await field(creation, "Account name").fill("south");
  await expect.poll(() => field(creation, "User name").inputValue()).toBe("south");
  await button(creation, "Create account").click();
  expect(await logIn("south", await copied(button(creation, "Copy the password")))).toBe(200);
  await button(creation, "Done").click();

  await takeFromMenu(page, "Actions for south", "Delete account");
  const deletion = dialog(page, "Delete the account south?");
  await field(deletion, "Type south to confirm").fill("south");
  await button(deletion, "Delete account").click();
  await expect.poll(() => row(page, "south").count()).toBe(0);
});

test("one's own password is changed with the present one only", async () => {
  const person = await addUser(setting.server, setting.operator, "changer");
  const visitor = await setting.visitAs(person);
  const { page } = visitor;
  await page.goto("/");
  await takeFromMenu(page, person.name, "Change password");
  const fill = async (current: string, repeated: string) => {
    await field(page, "Current password").fill(current);
    await field(page, "New password").fill(NEW_PASSWORD);
    await field(page, "New password again").fill(repeated);
    await button(page, "Change password").click();
  };
  await fill(person.password, `${NEW_PASSWORD}!`);
  await page.getByText("The two new passwords differ.").waitFor();
  await fill("not my password", NEW_PASSWORD);
  await page.getByText("The current password is wrong.").waitFor();
  expect(visitor.forgive(/^answer 403/)).toBe(1);
  await fill(person.password, NEW_PASSWORD);
  await told(page, "The password has been changed.");
  expect(await logIn(person.name, person.password)).toBe(401);
  expect(await logIn(person.name, NEW_PASSWORD)).toBe(200);
});

test("the audit is filtered, each event opens, and what passes the filter is exported", async () => {
  await createOrganization(setting.operator, "audited");
  const { page } = await setting.visitAs(setting.operator);
  await page.goto("/audit");
  await page.getByRole("combobox", { name: "Action" }).fill("Create org");
  await page.getByRole("option", { name: "Create organization" }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("action")).toBe("organization.create");
  const event = page.getByRole("row", { name: "audited" });
  await event.getByRole("button", { name: "Create organization" }).click();
  const details = page.getByRole("dialog");
  await details.getByText("audited", { exact: true }).first().waitFor();
  await page.keyboard.press("Escape");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export as JSON Lines" }).click(),
  ]);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\n");
  const events = lines.map((line) => JSON.parse(line) as { action: string; resource: string });
  expect(new Set(events.map(({ action }) => action))).toEqual(new Set(["organization.create"]));
  expect(events.map(({ resource }) => resource)).toContain("audited");
});

test("a dry run of garbage collection takes nothing that can still be brought back", async () => {
  await createOrganization(setting.operator, "garbage");
  const { digest } = await pushImage(setting.operator, "garbage/old", "1.0");
  expect((await setting.operator.send("DELETE", "/v2/garbage/old/manifests/1.0")).status).toBe(202);
  const { page } = await setting.visitAs(setting.operator);
  await page.goto("/garbage-collection");
  await button(page, "Dry run").click();
  await page.getByText("A collection would take nothing.").waitFor();
  expect((await setting.operator.send("GET", `/v2/garbage/old/manifests/${digest}`)).status).toBe(200);
});

test("quotas are shown with a warning where they are used up, and changed by an operator", async () => {
  await createOrganization(setting.operator, "measured");
  await pushImage(setting.operator, "measured/web", "1");
  await setting.operator.ask("PATCH", "/api/organizations/measured/quota", { images: 1, tags: null });
  const { page } = await setting.visitAs(setting.operator);
  await page.goto("/organizations/measured/usage");
  await page.getByText("Used up: Images.").waitFor();
  await page.getByText("1 / Unlimited").waitFor();
  await button(page, "Change limits").click();
  const limits = dialog(page, "Limits of measured");
  await choose(limits, "At most Images", "Default: 2,000");
  await choose(limits, "Stored bytes", "At most");
  await limits.getByRole("textbox", { name: "Limit: Stored bytes" }).fill("3");
  await button(limits, "Save").click();
  await told(page, "The limits of measured were changed.");
  await page.getByText(/ \/ 3 GiB$/).waitFor();
  expect(await page.getByText("Used up: Images.").count()).toBe(0);
  expect(await setting.operator.ask("GET", "/api/organizations/measured/quota")).toMatchObject({
    quotas: {
      storedBytes: { limit: 3 * 1024 ** 3, source: "own" },
      images: { limit: 2000, source: "default" },
      tags: { limit: null, source: "own" },
    },
  });

  await page.goto("/quotas");
  await choose(page.getByRole("main"), "Kind", "Organization");
  await field(page, "Name").fill("measured");
  await button(page, "Show").click();
  await page.getByRole("heading", { name: "Organization measured" }).waitFor();
  expect(new URL(page.url()).search).toBe("?organization=measured");
});

test("a remote registry is added once it works, changed, tried out and deleted", async () => {
  let takes = false;
  // A registry that wants a user name and password.
  const elsewhere = createServer(({ headers }, response) => {
    const isKnown = headers.authorization === `Basic ${btoa("robot:secret elsewhere")}`;
    response.writeHead(takes && isKnown ? 200 : 401, { "WWW-Authenticate": 'Basic realm="elsewhere"' }).end();
  });
  await once(elsewhere.listen(0, "127.0.0.1"), "listening");
  const address = elsewhere.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
  try {
    const visitor = await setting.visitAs(setting.operator);
    const { page } = visitor;
    await page.goto("/remotes");
    await button(page, "Add registry").click();
    const add = dialog(page, "Add a remote registry");
    await field(add, "Name").fill("elsewhere");
    await field(add, "Address").fill(url);
    await field(add, "User name").fill("robot");
    await field(add, "Password or access token").fill("secret elsewhere");
    await button(add, "Add registry").click();
    await add.getByText(/does not take the user name and password/).waitFor();
    expect(visitor.forgive(/^answer 400/)).toBe(1);
    takes = true;
    await button(add, "Add registry").click();
    await told(page, "Remote registry elsewhere was added.");

    await takeFromMenu(page, "Actions for elsewhere", "Test");
    const tried = dialog(page, "Test: elsewhere");
    await button(tried, "Test").click();
    await tried.getByText("elsewhere answers and takes the credentials.").waitFor();
    takes = false;
    await button(tried, "Test").click();
    await tried.getByText("elsewhere does not work").waitFor();
    await button(tried, "Cancel").click();

    await takeFromMenu(page, "Actions for elsewhere", "Edit");
    const edit = dialog(page, "Remote registry elsewhere");
    await edit.getByText("Test the connection before saving").click();
    await field(edit, "User name").fill("");
    await button(edit, "Save").click();
    await told(page, "Remote registry elsewhere was saved.");
    await row(page, "elsewhere").getByText("None (anonymous)").waitFor();

    await takeFromMenu(page, "Actions for elsewhere", "Delete");
    await button(dialog(page, "Delete remote registry elsewhere?"), "Delete registry").click();
    await told(page, "Remote registry elsewhere was deleted.");
  } finally {
    elsewhere.close();
  }
});
