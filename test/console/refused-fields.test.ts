/**
 * Forms of the console: whatever of a request is refused is marked, said at the field and brought into view. The registry's
 * answers are made up, one for each thing that a form sends: so this goes through fields that no test could get refused otherwise.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page, Route } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { ROOT } from "../support/server.ts";
import { pushImage } from "../support/server-images.ts";
import { addAccount, addUser } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import type { Visitor } from "./visitor.ts";
import { button, choose, field, setDay, takeFromMenu } from "./widgets.ts";

const WEB = "/images/acme/web";
const PASSWORD = "long enough to be one";
const HOOK = "https://hooks.example.com/berth";

const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: async () => {
    const { operator, server } = setting;
    for (const name of ["acme", "empty"]) await createOrganization(operator, name);
    await pushImage(operator, "acme/web", "1.0");
    await addAccount(server, "south");
    await addUser(server, operator, "alice");
    const web = "/api/organizations/acme/images/web";
    await operator.ask("POST", `${web}/shares`, { account: "south", deadline: "forever" });
    await operator.ask("POST", "/api/users", { name: "builder", kind: "robot" });
    await operator.ask("POST", "/api/remotes", { name: "tokyo", url: "https://tokyo.example.com", test: false });
    await operator.ask("POST", "/api/organizations/acme/clusters", {
      name: "production",
      server: "https://127.0.0.1:6443",
      token: "a-token",
      test: false,
    });
    await operator.ask("POST", `${web}/triggers`, {
      name: "notify",
      condition: { kind: "tag", text: "v1" },
      target: { kind: "webhook", url: HOOK, format: "cloudevents", secret: "a-secret", authorization: "Bearer it" },
    });
  },
});

interface Form {
  /** The component that shows it: its file below `pages/`, and its name. */
  component: string;
  path: string;
  /** Opens it, where it is not on the page. */
  open?: (page: Page) => Promise<void>;
  /** Writes what it needs. */
  fill?: (form: Locator) => Promise<void>;
  /** Writes again what the form forgets after a failure. */
  refill?: (form: Locator) => Promise<void>;
  /** What is sent in the path, so that it can be refused as well. */
  inPath?: readonly string[];
  /** What is sent and is no field of the form: it is said at the form's end. */
  without?: readonly string[];
  /** For nobody in particular. */
  isOpen?: boolean;
  /** Answers that only say that there is nothing yet. */
  absent?: RegExp;
}

const press = (name: string) => (page: Page) => button(page, name).first().click();
const menu = (name: string, entry: string) => (page: Page) => takeFromMenu(page, name, entry);
const fill =
  (texts: Readonly<Record<string, string>>, check: string[] = []) =>
  async (form: Locator) => {
    for (const label of check) await form.getByLabel(label).first().check();
    for (const [label, text] of Object.entries(texts)) await field(form, label).fill(text);
  };
const inTurn =
  (...steps: ((form: Locator) => Promise<void>)[]) =>
  async (form: Locator) => {
    for (const step of steps) await step(form);
  };
/** Of something that has its default. */
const limit = (resource: string, option: string) => async (form: Locator) => {
  await form.locator(`[data-field=${resource}] [aria-haspopup=listbox]`).click();
  await form.page().getByRole("option", { name: option }).click();
};
const grant = async (form: Locator) => {
  await form.getByRole("combobox", { name: "User" }).fill("alice");
  await form.page().getByRole("option", { name: "alice" }).waitFor();
  for (const key of ["ArrowDown", "Enter"]) await form.page().keyboard.press(key);
};

const FORMS: Readonly<Record<string, Form>> = {
  "signing in": {
    component: "session/sign-in SignInForm",
    path: "/sign-in",
    fill: fill({ "User name": "somebody", Password: PASSWORD }),
    refill: fill({ Password: PASSWORD }),
    isOpen: true,
  },
  "one's own password": {
    component: "session/change-password ChangePassword",
    path: "/password",
    fill: fill({ "Current password": "what it was", "New password": PASSWORD, "New password again": PASSWORD }),
  },
  organization: {
    component: "organizations/organizations CreateForm",
    path: "/organizations",
    open: press("Create organization"),
    fill: fill({ Name: "fresh" }),
  },
  "rights on an organization": {
    component: "permissions/grant-dialog GrantForm",
    path: "/organizations/acme/members",
    open: press("Add users"),
    fill: grant,
  },
  "rights on an image": {
    component: "permissions/grant-dialog GrantForm",
    path: `${WEB}/permissions`,
    open: press("Add users"),
    fill: grant,
  },
  cluster: {
    component: "organizations/cluster-form ClusterForm",
    path: "/organizations/acme/clusters",
    open: press("Add cluster"),
    fill: fill({
      Name: "staging",
      "API server": "https://k8s.example.com",
      "Service account token": "token",
      Namespaces: "shop, shop-staging",
    }),
  },
  "a cluster's test": {
    component: "organizations/clusters-tab TestForm",
    path: "/organizations/acme/clusters",
    open: menu("Actions for production", "Test"),
    fill: inTurn(fill({ Namespace: "shop" }), fill({ Workload: "web" })),
  },
  upstream: {
    component: "organizations/upstream-tab UpstreamForm",
    path: "/organizations/empty/upstream",
    open: press("Choose a registry"),
    fill: inTurn((form) => choose(form, "Remote registry", "tokyo"), fill({ Path: "team" })),
    absent: /^answer 404: GET .*\/upstream$/,
  },
  remote: {
    component: "account/remotes RemoteForm",
    path: "/remotes",
    open: press("Add registry"),
    fill: fill({
      Name: "osaka",
      Address: "https://osaka.example.com",
      "User name": "u",
      "Password or access token": "p",
    }),
  },
  image: {
    component: "images/create-image-dialog CreateImageForm",
    path: "/images",
    open: press("Create image"),
    fill: inTurn((form) => choose(form, "Organization", "acme"), fill({ "Image name": "fresh", Description: "why" })),
    inPath: ["organization", "image"],
  },
  "a changed image": {
    component: "image/image-actions EditForm",
    path: WEB,
    open: press("Edit"),
    fill: inTurn((form) => choose(form, "Category", "Database"), fill({ Description: "why" })),
  },
  description: {
    component: "image/description-tab DescriptionForm",
    path: `${WEB}/description`,
    open: press("Add a description"),
    fill: fill({ Description: "why" }),
  },
  "another tag": {
    component: "image/tag-actions RetagForm",
    path: `${WEB}/tags/1.0`,
    open: menu("More actions", "Add a tag"),
    fill: fill({ "New tag": "2.0" }),
    without: ["source", "override"],
  },
  pattern: {
    component: "image-settings/immutable-tags-tab PatternForm",
    path: `${WEB}/immutable-tags`,
    open: press("Add pattern"),
    fill: fill({ Pattern: "v*" }),
  },
  aging: {
    component: "image-settings/aging-editor RuleForm",
    path: `${WEB}/aging`,
    open: press("Add rule"),
    fill: fill({ "Exempt tags": "latest stable", "Exempt patterns": "v.*" }),
  },
  share: {
    component: "image-settings/sharing-tab ShareForm",
    path: `${WEB}/sharing`,
    open: press("Share image"),
    fill: inTurn(fill({ Account: "north" }), (form) => setDay(form, "12312099"), fill({ Description: "why" })),
  },
  "a share for ever": {
    component: "image-settings/sharing-tab ShareForm",
    path: `${WEB}/sharing`,
    open: press("Share image"),
    fill: fill({ Account: "north" }, ["For ever"]),
  },
  "a changed share": {
    component: "image-settings/sharing-tab ShareForm",
    path: `${WEB}/sharing`,
    open: menu("Actions for south", "Edit"),
    fill: async (form) => {
      await form.getByLabel("For ever").uncheck();
      await setDay(form, "12312099");
    },
  },
  "trigger of a webhook": {
    component: "triggers/trigger-dialog TriggerForm",
    path: `${WEB}/triggers`,
    open: press("Add trigger"),
    fill: inTurn(
      fill({ Name: "second" }, ["Certain tags", "Send a webhook"]),
      fill({ Tags: "v1", URL: HOOK, Secret: "s", "Authorization header": "Bearer it" }),
    ),
  },
  "trigger of a workload": {
    component: "triggers/trigger-dialog TriggerForm",
    path: `${WEB}/triggers`,
    open: press("Add trigger"),
    fill: inTurn(fill({ Name: "second" }), async (form) => {
      await choose(form, "Cluster", "production");
      await form.getByRole("combobox", { name: "Application" }).fill("web");
      await form.getByRole("combobox", { name: "Container" }).fill("web");
      // What it proposes covers what is below.
      await form.getByLabel("Enabled").focus();
    }),
  },
  "a changed trigger": {
    component: "triggers/trigger-dialog TriggerForm",
    path: `${WEB}/triggers`,
    open: menu("Actions for notify", "Edit"),
    fill: async (form) => {
      await form.getByLabel("Replace it").first().check();
      await field(form, "New value").fill("another");
      await form.getByLabel("Remove it").last().check();
    },
  },
  "rule of synchronization of an image": {
    component: "sync/rule-form RuleForm",
    path: `${WEB}/sync`,
    open: press("Add rule"),
  },
  "rule of synchronization of an organization": {
    component: "sync/rule-form RuleForm",
    path: "/organizations/acme/sync",
    open: press("Add rule"),
    fill: fill({ Images: "web", Tags: "v*" }),
  },
  "synchronizing now": {
    component: "sync/sync-now-dialog SyncNowForm",
    path: `${WEB}/sync`,
    open: press("Synchronize now"),
  },
  "synchronizing tags": {
    component: "sync/sync-now-dialog SyncNowForm",
    path: `${WEB}/tags/1.0`,
    open: menu("More actions", "Synchronize"),
  },
  "trust rule": {
    component: "account/trust-form TrustForm",
    path: "/trusted-issuers",
    open: press("Trust an issuer"),
    fill: inTurn(fill({ Rule: "release", Audience: "berth" }, ["Another one"]), async (form) => {
      await button(form, "Add condition").click();
      await button(form, "Add right").click();
      await choose(form, "Comparison 2", "matches");
      await fill({
        "Address of the issuer": "https://issuer.example.com",
        "Claim 1": "sub",
        "Value 1": "acme/web",
        "Claim 2": "repository",
        "Value 2": "acme/*",
        "Organization or image 1": "acme",
        "Organization or image 2": "acme/web",
      })(form);
    }),
  },
  "trust rule of GitHub": {
    component: "account/trust-form TrustForm",
    path: "/trusted-issuers",
    open: press("Trust an issuer"),
    fill: fill({ Rule: "release", "Organization or image 1": "acme" }),
  },
  user: {
    component: "account/user-dialogs AddUser",
    path: "/users",
    open: press("Add user"),
    fill: fill({ "User name": "carol", "New password": PASSWORD }, ["Choose one"]),
  },
  "a user with a password that is made up": {
    component: "account/user-dialogs AddUser",
    path: "/users",
    open: press("Add user"),
    fill: fill({ "User name": "carol" }),
  },
  robot: {
    component: "account/user-dialogs AddUser",
    path: "/users",
    open: press("Add user"),
    fill: fill({ "User name": "deployer" }, ["Robot"]),
    without: ["role"],
  },
  role: {
    component: "account/user-dialogs ChangeRole",
    path: "/users",
    open: menu("Actions for alice", "Change role"),
    fill: fill({}, ["Account administrator"]),
  },
  "somebody's password": {
    component: "account/user-dialogs ResetPassword",
    path: "/users",
    open: menu("Actions for alice", "Reset password"),
  },
  "access key": {
    component: "account/key-dialogs KeyForm",
    path: "/access-keys",
    open: press("Create access key"),
  },
  "access key of a robot": {
    component: "account/key-dialogs KeyForm",
    path: "/users",
    open: menu("Actions for builder", "Access keys"),
  },
  account: {
    component: "account/accounts CreateAccount",
    path: "/accounts",
    open: press("Create account"),
    fill: fill({ "Account name": "west", "User name": "wendy", "New password": PASSWORD }, ["Choose one"]),
  },
  "default quotas": {
    component: "quotas/quota-form LimitsForm",
    path: "/quotas",
    open: press("For organizations"),
    fill: inTurn(fill({ "Limit: Stored bytes": "3" }), (form) => choose(form, "At most Images", "Unlimited")),
    // All that the form has.
    without: ["organization"],
  },
  "quotas of an account": {
    component: "quotas/quota-form LimitsForm",
    path: "/quotas?account=south",
    open: press("Change limits"),
    fill: inTurn(limit("tags", "At most"), fill({ "Limit: Tags": "3" }), limit("openUploads", "Unlimited")),
  },
};

/** Forms that send nothing that could be refused by its name, by their components. */
const OTHERS: Readonly<Record<string, string>> = {
  "ui/dialog Confirmation": "asks whether to do what somebody has chosen, and has no field that is sent",
  "account/remotes TestForm": "has no fields",
  "quotas/quotas Choice": "changes the page's address",
};

/** The components that have a form, as `component` names them. */
function componentsWithForms(): string[] {
  return globSync("src/console/**/*.tsx", { cwd: ROOT })
    .filter((path) => path !== FORM)
    .flatMap((path) => {
      const source = readFileSync(join(ROOT, path), "utf8");
      const file = path.replace(/^src\/console\/(?:pages\/)?/, "").replace(/\.tsx$/, "");
      return [...source.matchAll(/<Form\b/g)].map(({ index }) => {
        const functions = source.slice(0, index).matchAll(/^(?:export (?:default )?)?function (\w+)/gm);
        return `${file} ${[...functions].at(-1)?.[1]}`;
      });
    });
}

/** What all forms are made with. */
const FORM = "src/console/ui/form.tsx";

test("are all of the console's forms", () => {
  const known = [...Object.values(FORMS).map(({ component }) => component), ...Object.keys(OTHERS)];
  expect(componentsWithForms().toSorted()).toEqual([...new Set(known)].toSorted());
  const ownForms = globSync("src/console/**/*.tsx", { cwd: ROOT }).filter(
    (path) => path !== FORM && /<form\b|react-aria-components\/Form\b/.test(readFileSync(join(ROOT, path), "utf8")),
  );
  expect(ownForms).toEqual([]);
});

/** What forms send: JSON bodies of requests that change something. */
let sent: unknown;
/** What of it is to be refused next, each thing for itself. */
let culprits: readonly string[] = [];

async function refuse(route: Route): Promise<void> {
  const request = route.request();
  if (request.method() === "GET" || new URL(request.url()).pathname.endsWith("/try-condition")) return route.continue();
  sent = request.postDataJSON();
  const errors = culprits.map((name) => ({
    code: "PARAMETER_INVALID",
    message: sentenceOf(name),
    detail: {},
    reason: { code: "OF_A_LATER_VERSION", values: {}, field: name },
  }));
  await route.fulfill({ status: 400, json: { errors } });
}

const sentenceOf = (name: string) => `what was sent as "${name}" is refused`;

/** The names of all that a body has, whole and in parts, as the API writes them: `target`, `target.url`, `labels.0`. */
function namesIn(body: unknown, before = ""): string[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) => [
    before + name,
    ...namesIn(value, `${before}${name}.`),
  ]);
}

beforeEach(() => {
  sent = undefined;
  culprits = [NOTHING];
});

/** What no form sends. */
const NOTHING = "nothing";

async function submit(visitor: Visitor, form: Locator): Promise<void> {
  sent = undefined;
  await form.locator("[type=submit]").click();
  await expect.poll(() => sent, { timeout: 10_000 }).toBeDefined();
  for (const culprit of culprits) await form.getByText(sentenceOf(culprit)).first().waitFor();
  visitor.forgive(/^answer 400: /);
}

/** Of a refused field: what somebody in front of it would tell. */
function lookAt(marked: Locator, sentence: string) {
  return marked.evaluate((element, text) => {
    const all = [...element.querySelectorAll("*")].filter(({ textContent }) => textContent.includes(text));
    const { left, top, width, height } = (all.at(-1) ?? element).getBoundingClientRect();
    const found = element.ownerDocument.elementFromPoint(left + width / 2, top + height / 2);
    return {
      hasFocus: element.contains(element.ownerDocument.activeElement),
      isMarked:
        element.matches("[aria-invalid=true], [data-invalid]") ||
        element.querySelector("[aria-invalid=true], [data-invalid]") !== null,
      // Neither outside of the window nor behind what stays in place while the fields scroll.
      isInView: found !== null && found.textContent.includes(text) && element.contains(found),
    };
  }, sentence);
}

test.each(Object.entries(FORMS))("the form of %s", { timeout: 240_000 }, async (name, tested) => {
  const { path, open, fill: write, refill, inPath = [], without = [], isOpen = false, absent } = tested;
  const visitor = isOpen
    ? await setting.visit({ width: 390 })
    : await setting.visitAs(setting.operator, { width: 390 });
  const { page } = visitor;
  await page.route("**/api/**", refuse);
  await visitor.open(path);
  await open?.(page);
  const form = page.locator("form").last();
  await form.waitFor();
  await write?.(form);
  await submit(visitor, form);
  const names = [...inPath, ...namesIn(sent)];
  expect(names.length).toBeGreaterThan(0);
  // What belongs to no field is said at the form's end.
  await form.getByRole("alert").getByText(sentenceOf(NOTHING)).waitFor();

  const unmarked: string[] = [];
  for (const culprit of names) {
    culprits = [culprit];
    await refill?.(form);
    await submit(visitor, form);
    const marked = form
      .locator("[data-field]")
      .filter({ hasText: sentenceOf(culprit) })
      .last();
    if ((await marked.count()) === 0) {
      unmarked.push(culprit);
      continue;
    }
    expect(await page.getByRole("listbox").count()).toBe(0);
    await expect
      .poll(async () => ({ culprit, ...(await lookAt(marked, sentenceOf(culprit))) }))
      .toEqual({ culprit, hasFocus: true, isMarked: true, isInView: true });
  }
  expect({ name, unmarked }).toEqual({ name, unmarked: without });

  culprits = names;
  await refill?.(form);
  await submit(visitor, form);
  await visitor.screenshot(`refused/${name.replaceAll(/\W+/g, "-")}`);
  expect(await visitor.accessibilityProblems()).toEqual([]);
  if (absent) visitor.forgive(absent);
});
