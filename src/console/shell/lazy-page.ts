import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import { readStored, writeStored } from "../browser-storage.ts";
import { loadTexts } from "../i18n/index.ts";

const RELOADED_KEY = "berth.reloaded";

/** The code of a page, or of a part of one, did not come. */
export class PageLoadFailed extends Error {
  override readonly name = "PageLoadFailed";

  constructor(cause: unknown) {
    super("the code of a page could not be loaded", { cause });
  }
}

type Load = () => Promise<{ default: ComponentType }>;

/** A component whose code is fetched when it is first drawn, or before, by `preload`, which never fails. */
export type LazyPage = LazyExoticComponent<ComponentType> & { preload: () => Promise<void> };

/**
 * A page whose code, with the texts of all pages, is fetched when it is first shown. After a deployment the files of a
 * console that is still open are gone: it is then loaded anew, once.
 */
export function lazyPage(load: Load): LazyPage {
  return lazyFirstPage(async () => {
    const [page] = await Promise.all([load(), loadTexts()]);
    return page;
  });
}

/** The same for a page that a visit begins with: its texts are built in, so that there is less to wait for. */
export function lazyFirstPage(load: Load): LazyPage {
  const component = lazy(async () => {
    try {
      const page = await load();
      writeStored("session", RELOADED_KEY, undefined);
      return page;
    } catch (error) {
      if (readStored("session", RELOADED_KEY) !== undefined) throw new PageLoadFailed(error);
      writeStored("session", RELOADED_KEY, "1");
      if (!(await reloadIfReachable())) {
        writeStored("session", RELOADED_KEY, undefined);
        throw new PageLoadFailed(error);
      }
      // What is on screen stays until the new document comes.
      return new Promise<never>(() => undefined);
    }
  });
  // Whatever goes wrong shows, and is dealt with, when the page is drawn.
  const preload = async () => void (await load().catch(() => undefined));
  return Object.assign(component, { preload });
}

/** A part of a page whose code is fetched when it is first shown, such as a dialog. */
export function lazyPart<P>(load: () => Promise<{ default: ComponentType<P> }>): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    try {
      return await load();
    } catch (error) {
      throw new PageLoadFailed(error);
    }
  });
}

/**
 * Loads the console anew if the registry answers at all: without a network that would only lose the page.
 *
 * @returns whether it does.
 */
export async function reloadIfReachable(): Promise<boolean> {
  try {
    const answer = await fetch("/", { method: "HEAD", headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.ok) location.reload();
    return answer.ok;
  } catch {
    return false;
  }
}
