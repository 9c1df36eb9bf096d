/**
 * Forms of the console: whatever of a request is refused is marked, said at the field and brought into view. The registry's
 * answers are made up, one for each thing that a form sends: so this goes through fields that no test could get refused otherwise.
 */
import type { Locator, Page, Route } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { pushImage } from "../support/server-images.ts";
import { addAccount, addUser } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import type { Visitor } from "./visitor.ts";
import { button, field, takeFromMenu } from "./widgets.ts";

const WEB = "/images/acme/web";

const setting = useConsole({
  prepare: async () => {
    const { operator, server } = setting;
    await createOrganization(operator, "acme");
    await pushImage(operator, "acme/web", "1.0");
    await addAccount(server, "south");
    await addUser(server, operator, "alice");
    await operator.ask("POST", "/api/organizations/acme/images/web/shares", { account: "south", deadline: "forever" });
  },
});

interface Form {
  path: string;
  /** Opens it. */
  open: (page: Page) => Promise<void>;
  /** Writes what it needs. */
  fill?: (form: Locator) => Promise<void>;
}

const press = (name: string) => (page: Page) => button(page, name).first().click();
const fill =
  (texts: Readonly<Record<string, string>>, check: string[] = []) =>
  async (form: Locator) => {
    for (const label of check) await form.getByLabel(label).first().check();
    for (const [label, text] of Object.entries(texts)) await field(form, label).fill(text);
  };

const FORMS: Readonly<Record<string, Form>> = {
  organization: { path: "/organizations", open: press("Create organization"), fill: fill({ Name: "fresh" }) },
  cluster: {
    path: "/organizations/acme/clusters",
    open: press("Add cluster"),
    fill: fill({ Name: "staging", "API server": "https://k8s.example.com", "Service account token": "token" }),
  },
  remote: {
    path: "/remotes",
    open: press("Add registry"),
    fill: fill({
      Name: "osaka",
      Address: "https://osaka.example.com",
      "User name": "u",
      "Password or access token": "p",
    }),
  },
  pattern: { path: `${WEB}/immutable-tags`, open: press("Add pattern"), fill: fill({ Pattern: "v*" }) },
  share: {
    path: `${WEB}/sharing`,
    open: press("Share image"),
    fill: async (form) => {
      await field(form, "Account").fill("north");
      await form.getByRole("spinbutton", { name: /^month/ }).click();
      await form.page().keyboard.type("12312099");
      await field(form, "Description").fill("why");
    },
  },
  "a changed share": {
    path: `${WEB}/sharing`,
    open: (page) => takeFromMenu(page, "Actions for south", "Edit"),
    fill: async (form) => {
      await form.getByLabel("For ever").uncheck();
      await form.getByRole("spinbutton", { name: /^month/ }).click();
      await form.page().keyboard.type("12312099");
    },
  },
  user: {
    path: "/users",
    open: press("Add user"),
    fill: fill({ "User name": "carol", "New password": "long enough to be one" }, ["Choose one"]),
  },
  account: {
    path: "/accounts",
    open: press("Create account"),
    fill: fill({ "Account name": "west", "User name": "wendy", "New password": "long enough to be one" }, [
      "Choose one",
    ]),
  },
  role: {
    path: "/users",
    open: (page) => takeFromMenu(page, "Actions for alice", "Change role"),
    fill: fill({}, ["Account administrator"]),
  },
};

/** What forms send: JSON bodies of requests that change something. */
let sent: unknown;
/** What of it is to be refused next. */
let culprit = "";

async function refuse(route: Route): Promise<void> {
  const request = route.request();
  if (request.method() === "GET" || /\/(?:try-condition|test|session)$/.test(new URL(request.url()).pathname)) {
    return route.continue();
  }
  sent = request.postDataJSON();
  const reason = { code: "OF_A_LATER_VERSION", values: {}, field: culprit };
  const message = sentenceOf(culprit);
  await route.fulfill({ status: 400, json: { errors: [{ code: "PARAMETER_INVALID", message, detail: {}, reason }] } });
}

const sentenceOf = (name: string) => `what was sent as "${name}" is refused`;

/** The names of all that a body has, as the API writes them: `target.url`. */
function namesIn(body: unknown, before = ""): string[] {
  return Object.entries(body ?? {}).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? namesIn(value, `${before}${name}.`)
      : [before + name],
  );
}

beforeEach(() => {
  sent = undefined;
  culprit = "nothing";
});

async function submit(visitor: Visitor, form: Locator): Promise<void> {
  sent = undefined;
  await form.locator("[type=submit]").click();
  await expect.poll(() => sent, { timeout: 10_000 }).toBeDefined();
  await form.getByText(sentenceOf(culprit)).first().waitFor();
  visitor.forgive(/^answer 400: /);
}

test.each(Object.entries(FORMS))("the form of %s", { timeout: 120_000 }, async (name, { path, open, fill: write }) => {
  const visitor = await setting.visitAs(setting.operator, { width: 390 });
  const { page } = visitor;
  await page.route("**/api/**", refuse);
  await visitor.open(path);
  await open(page);
  const form = page.locator("form").last();
  await form.waitFor();
  await write?.(form);
  await submit(visitor, form);
  const names = namesIn(sent);
  expect(names.length).toBeGreaterThan(0);
  // What belongs to no field is said at the form's end.
  await form.getByRole("alert").getByText(sentenceOf("nothing")).waitFor();

  const unmarked: string[] = [];
  for (culprit of names) {
    await submit(visitor, form);
    const marked = form
      .locator("[data-field]")
      .filter({ hasText: sentenceOf(culprit) })
      .last();
    if ((await marked.count()) === 0) {
      unmarked.push(culprit);
      continue;
    }
    const state = () =>
      marked.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return {
          hasFocus: element.contains(element.ownerDocument.activeElement),
          isMarked:
            element.matches("[aria-invalid=true], [data-invalid]") ||
            element.querySelector("[aria-invalid=true], [data-invalid]") !== null,
          isInView: bottom > 0 && top < (element.ownerDocument.defaultView?.innerHeight ?? 0),
        };
      });
    await expect
      .poll(async () => ({ culprit, ...(await state()) }))
      .toEqual({
        culprit,
        hasFocus: true,
        isMarked: true,
        isInView: true,
      });
  }
  expect({ name, unmarked }).toEqual({ name, unmarked: [] });
});
