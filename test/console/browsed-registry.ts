/** A registry and a browser for the tests of one file. */
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findProgram } from "../support/commands.ts";
import { operatorOf, type Person } from "../support/server-people.ts";
import { skipAll } from "../support/requirements.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { type Appearance, DESKTOP, Visitor } from "./visitor.ts";

/** What Debian and others call the browser. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

export class BrowsedRegistry {
  /** Everything that the tests write. */
  readonly directory = makeTemporaryDirectory();
  server!: Server;
  /** Who has set the registry up. */
  operator!: Person;
  #browser: Browser | undefined;
  #visitors: Visitor[] = [];
  readonly #windows = new Map<string, Promise<Visitor>>();

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

  /** The browser's processes: their ids by what they are, such as "browser", "GPU" and, a tab each, "renderer". */
  async processes(): Promise<Record<string, number>> {
    const session = await this.#browser?.newBrowserCDPSession();
    const { processInfo = [] } = (await session?.send("SystemInfo.getProcessInfo")) ?? {};
    await session?.detach();
    return Object.fromEntries(processInfo.map(({ type, id }) => [`${type} ${id}`, id]));
  }

  /**
   * Opens a window that is closed after the test; nobody is signed in.
   *
   * @param origin where the registry is for this window, if something stands before it.
   */
  async visit(appearance: Partial<Appearance> = {}, origin = this.server.url): Promise<Visitor> {
    if (!this.#browser) throw new Error("the browser was not started");
    const visitor = await Visitor.enter(this.#browser, origin, { ...DESKTOP, ...appearance });
    this.#visitors.push(visitor);
    return visitor;
  }

  /** The same, signed in. */
  async visitAs(
    person: Pick<Person, "name" | "password">,
    appearance?: Partial<Appearance>,
    origin?: string,
  ): Promise<Visitor> {
    const visitor = await this.visit(appearance, origin);
    await visitor.signIn(person);
    return visitor;
  }

  /** A window that stays open for the next test, of somebody or of nobody: where pages are only looked at. */
  async windowOf(person: Pick<Person, "name" | "password"> | undefined, appearance: Appearance): Promise<Visitor> {
    const key = JSON.stringify([person?.name, appearance]);
    const window = this.#windows.get(key) ?? (person ? this.visitAs(person, appearance) : this.visit(appearance));
    this.#windows.set(key, window);
    return window;
  }

  /** Closes the windows that do not stay open, and answers what was wrong in any of all. */
  async closeWindows(): Promise<string[]> {
    const staying = await Promise.all(this.#windows.values());
    const problems: string[] = [];
    for (const visitor of this.#visitors.splice(0)) {
      problems.push(...visitor.takeProblems());
      if (staying.includes(visitor)) this.#visitors.push(visitor);
      else await visitor.leave();
    }
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
export function useConsole({ environment, prepare }: ConsoleOptions = {}): BrowsedRegistry {
  const program = BROWSERS.map(findProgram).find((found) => found !== undefined);
  if (program === undefined) skipAll("the tests of the console", "Chromium not installed");
  const setting = new BrowsedRegistry();

  beforeAll(async () => {
    if (program === undefined) return;
    await setting.start(program, environment);
    await prepare?.();
  });
  afterEach(async () => {
    expect(await setting.closeWindows()).toEqual([]);
  });
  afterAll(() => setting.stop());
  return setting;
}
