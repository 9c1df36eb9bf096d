/** A registry and a browser for the tests of one file. */
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { findProgram } from "../support/commands.ts";
import { operatorOf, type Person } from "../support/people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { type Appearance, DESKTOP, Visitor } from "./visitor.ts";

/** What Debian and others call the browser. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

export class ConsoleSetting {
  /** Everything that the tests write. */
  readonly directory = makeTemporaryDirectory();
  server!: Server;
  /** Who has set the registry up. */
  operator!: Person;
  #browser: Browser | undefined;
  #visitors: Visitor[] = [];

  /** Starts the registry, with these settings, and the browser. */
  async start(program: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
    // Chromium's sandbox needs what root in a container does not have.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    [this.#browser, this.server] = await Promise.all([
      chromium.launch({ executablePath: program, args }),
      startServer(join(this.directory, "state"), 0, environment),
    ]);
    this.operator = operatorOf(this.server);
  }

  /** Opens a window that is closed after the test; nobody is signed in. */
  async visit(appearance: Partial<Appearance> = {}): Promise<Visitor> {
    if (!this.#browser) throw new Error("the browser was not started");
    const visitor = await Visitor.enter(this.#browser, this.server.url, { ...DESKTOP, ...appearance });
    this.#visitors.push(visitor);
    return visitor;
  }

  /** The same, signed in. */
  async visitAs(person: Pick<Person, "name" | "password">, appearance?: Partial<Appearance>): Promise<Visitor> {
    const visitor = await this.visit(appearance);
    await visitor.signIn(person);
    return visitor;
  }

  /** Closes all windows, and answers what was wrong in any of them. */
  async closeWindows(): Promise<string[]> {
    const visitors = this.#visitors.splice(0);
    const problems = visitors.flatMap((visitor) => visitor.problems);
    for (const visitor of visitors) await visitor.leave();
    return problems;
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    if (this.#browser) await this.server.stop();
    removeDirectory(this.directory);
  }
}

export interface ConsoleOptions {
  /** Settings of the registry. */
  environment?: NodeJS.ProcessEnv;
  /** Called once the registry runs. */
  prepare?: () => Promise<void>;
}

/**
 * Prepares a test file. After each test nothing may have been wrong in any browser's console, unless the test forgave it.
 * Without a browser the tests are skipped, or fail where CI is "true".
 */
export function useConsole({ environment, prepare }: ConsoleOptions = {}): ConsoleSetting {
  const program = BROWSERS.map(findProgram).find((found) => found !== undefined);
  const reason = "Chromium not installed";
  const setting = new ConsoleSetting();

  beforeAll(async () => {
    if (program === undefined) {
      console.warn(`Skipping the tests of the console: ${reason}.`);
      return;
    }
    await setting.start(program, environment);
    await prepare?.();
  });
  beforeEach((context) => {
    if (program !== undefined) return;
    if (process.env.CI === "true") throw new Error(reason);
    context.skip(reason);
  });
  afterEach(async () => {
    expect(await setting.closeWindows()).toEqual([]);
  });
  afterAll(() => setting.stop());
  return setting;
}
