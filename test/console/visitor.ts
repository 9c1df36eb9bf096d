/** Somebody in front of the console, in a browser of a certain size, language and theme. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Browser, BrowserContext, ConsoleMessage, Page, Response } from "playwright-core";
import { ROOT } from "../support/server.ts";

export interface Appearance {
  /** Pixels. */
  width: 390 | 1280;
  theme: "light" | "dark";
  language: "en-US" | "zh-CN";
}

export const DESKTOP: Appearance = { width: 1280, theme: "light", language: "en-US" };
export const PHONE: Appearance = { width: 390, theme: "light", language: "en-US" };

/** Where screenshots go, for a person to look at: in CI only when they are asked for. */
const SCREENSHOTS = process.env.SCREENSHOTS ?? (process.env.CI ? undefined : join(ROOT, ".berth", "screenshots"));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  help: string;
  nodes: { html: string }[];
}

export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #origin: string;
  readonly #problems: string[] = [];

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context;
    this.page = page;
    this.#origin = origin;
    page.on("console", (message) => this.#hear(message));
    page.on("pageerror", (error) => this.#problems.push(`page error: ${error.message}`));
    page.on("response", (response) => this.#see(response));
    page.on("request", (request) => {
      const { origin: asked, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && asked !== origin) this.#problems.push(`asked another host: ${request.url()}`);
    });
  }

  /** @param origin the registry's address. */
  static async enter(browser: Browser, origin: string, { width, theme, language }: Appearance): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL: origin,
      viewport: { width, height: width === 390 ? 844 : 860 },
      colorScheme: theme,
      locale: language,
      hasTouch: width === 390,
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    return new Visitor(context, await context.newPage(), origin);
  }

  /** What nobody should see in a browser's console, and did since the last call: errors, warnings, requests to other hosts. */
  takeProblems(): string[] {
    return this.#problems.splice(0);
  }

  /** Takes note that these problems are what the test is about, and forgets them; answers how many there were. */
  forgive(pattern: RegExp): number {
    const before = this.#problems.length;
    const left = this.#problems.filter((problem) => !pattern.test(problem));
    this.#problems.splice(0, before, ...left);
    return before - left.length;
  }

  /** Signs in without the form, which has a test of its own. */
  async signIn({ name, password }: { name: string; password: string }): Promise<void> {
    const response = await this.context.request.post(`${this.#origin}/api/session`, { data: { name, password } });
    if (!response.ok()) throw new Error(`signing ${name} in: ${response.status()} ${await response.text()}`);
  }

  /** Goes to a page and waits until its heading is there and nothing loads any more. */
  async open(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: "networkidle" });
    await this.page.getByRole("heading", { level: 1 }).first().waitFor();
  }

  /** Writes what is on the page to a file. */
  async screenshot(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    mkdirSync(dirname(join(SCREENSHOTS, name)), { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, animations: "disabled" });
  }

  /** What axe finds on the page, of any level, a line each. */
  async accessibilityProblems(): Promise<string[]> {
    // Through the debugger: the page's policy lets no other script in.
    await this.page.evaluate(`${AXE}; undefined`);
    const violations = await this.page.evaluate<Violation[]>(
      // Not what React Aria had read aloud: it stays for seconds, and its label may be gone by then.
      "axe.run({ exclude: ['[data-live-announcer]'] }, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
    );
    // Behind an open dialog, or a list of proposals, the page is hidden, and with it its heading and its main part.
    const hasList = (await this.page.locator("[data-trigger=ComboBox]").count()) > 0;
    const isBehind = hasList || (await this.page.getByRole("dialog").count()) > 0;
    const ofPage = ["landmark-one-main", "page-has-heading-one"];
    // The Tab key leads to what is hidden behind a list, and closes the list before that: a test in pages.test.ts does so.
    const ofHidden = ["aria-hidden-focus"];
    // A list and a tooltip lie over the page, in none of its parts.
    const isOver = hasList || (await this.page.getByRole("tooltip").count()) > 0;
    const ofOver = ["region"];
    const meant = new Set([...(isBehind ? ofPage : []), ...(hasList ? ofHidden : []), ...(isOver ? ofOver : [])]);
    return violations
      .filter(({ id }) => !meant.has(id))
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }

  /** Pixels by which the page is wider than its window. */
  async overflow(): Promise<number> {
    return this.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  #hear(message: ConsoleMessage): void {
    const type = message.type();
    // Chromium's own lines about answers have no more to say than the answers themselves.
    if (message.text().startsWith("Failed to load resource")) return;
    if (type === "error" || type === "warning") this.#problems.push(`console ${type}: ${message.text()}`);
  }

  #see(response: Response): void {
    if (response.status() < 400) return;
    const { pathname } = new URL(response.url());
    this.#problems.push(`answer ${response.status()}: ${response.request().method()} ${pathname}`);
  }
}
