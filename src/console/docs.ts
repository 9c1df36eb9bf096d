/**
 * What the pages below `/docs` can do in a browser beside being read: search, copy, keep the chosen language. They are written by the
 * Worker (`src/http/docs/pages.ts`) and load this as `/docs.js`, which has nothing of the console in it.
 */

interface SearchEntry {
  title: string;
  detail: string;
  href: string;
  words: string;
}

const MAX_RESULTS = 30;
const COPIED_MS = 2000;

/** As the Worker knows it: `LANGUAGE_COOKIE` of `src/http/docs/languages.ts`; and as the console does. */
const LANGUAGE_COOKIE = "berth_language";
const LANGUAGE_KEY = "berth.language";
const LANGUAGE_SECONDS = 31_536_000;

const words = document.documentElement.dataset;

// --- Copying ---

for (const button of document.querySelectorAll<HTMLButtonElement>("button.copy")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = button.parentElement?.querySelector("pre")?.textContent ?? "";
    navigator.clipboard.writeText(text).then(
      () => say(button, words.copied, label),
      () => say(button, words.copyFailed, label),
    );
  });
}

function say(button: HTMLButtonElement, text = "", label: string): void {
  button.textContent = text;
  setTimeout(() => (button.textContent = label), COPIED_MS);
}

// --- The language ---

for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-language]")) {
  link.addEventListener("click", () => {
    const { language = "" } = link.dataset;
    document.cookie = `${LANGUAGE_COOKIE}=${language}; Path=/docs; Max-Age=${LANGUAGE_SECONDS}; SameSite=Lax`;
    try {
      localStorage.setItem(LANGUAGE_KEY, language);
    } catch {
      // A browser may forbid storage: the address has the language.
    }
    // The same part of the page.
    link.hash = location.hash;
  });
}

// --- Types, which are closed until they are asked for ---

function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = target?.closest("details");
  if (!target || !box || box.open) return;
  box.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

// --- Search ---

const dialog = document.querySelector<HTMLDialogElement>("#search");
const opener = document.querySelector<HTMLButtonElement>("#open-search");
if (dialog && opener) prepareSearch(dialog, opener);

function prepareSearch(box: HTMLDialogElement, button: HTMLButtonElement): void {
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  const status = box.querySelector("p");
  if (!input || !list || !status) return;
  let index: Promise<SearchEntry[]> | undefined;

  function open(): void {
    index ??= loadIndex();
    if (!box.open) box.showModal();
    input?.select();
    void show();
  }

  async function show(): Promise<void> {
    const query = input?.value ?? "";
    try {
      const found = search((await index) ?? [], query);
      if (query !== input?.value) return;
      list?.replaceChildren(...found.slice(0, MAX_RESULTS).map(renderEntry));
      const text = found.length === 0 ? words.none : words.found?.replace("{{count}}", String(found.length));
      if (status) status.textContent = query.trim() === "" ? "" : (text ?? "");
    } catch {
      // The next attempt asks anew.
      index = undefined;
      if (status) status.textContent = words.failed ?? "";
    }
  }

  button.hidden = false;
  button.addEventListener("click", open);
  input.addEventListener("input", () => {
    index ??= loadIndex();
    void show();
  });
  box.addEventListener("keydown", (event) => {
    moveFocus(event, input, list);
    if (event.key !== "Enter" || document.activeElement !== input) return;
    event.preventDefault();
    // The index may still be on its way.
    void show().then(() => list.querySelector("a")?.click());
  });
  // A result may be on this very page.
  list.addEventListener("click", () => box.close());
  addEventListener("keydown", (event) => {
    const isShortcut = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (!isShortcut && (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey)) return;
    event.preventDefault();
    open();
  });
}

async function loadIndex(): Promise<SearchEntry[]> {
  const response = await fetch(words.index ?? "");
  if (!response.ok) throw new Error(`the search index: ${response.status}`);
  return (await response.json()) as SearchEntry[];
}

/** The entries that have all words of a query, those first that have them in their titles. */
function search(entries: readonly SearchEntry[], query: string): SearchEntry[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const rated = entries.map((entry) => ({ entry, rate: rateOf(entry, wanted) })).filter(({ rate }) => rate > 0);
  return rated.sort((a, b) => b.rate - a.rate).map(({ entry }) => entry);
}

function rateOf({ title, detail, words: more }: SearchEntry, wanted: readonly string[]): number {
  const places = [title, detail, more].map((text) => text.toLowerCase());
  let rate = 0;
  for (const word of wanted) {
    const at = places.findIndex((text) => text.includes(word));
    if (at < 0) return 0;
    rate += [10, 4, 1][at] ?? 0;
    if (places[0]?.startsWith(word)) rate += 5;
  }
  return rate;
}

function renderEntry({ title, detail, href }: SearchEntry): HTMLLIElement {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = href;
  link.textContent = title;
  const note = document.createElement("span");
  note.textContent = detail;
  link.append(note);
  item.append(link);
  return item;
}

/** The arrow keys go through the results. */
function moveFocus(event: KeyboardEvent, input: HTMLInputElement, list: HTMLUListElement): void {
  const stops = [input, ...list.querySelectorAll("a")];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  stops[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
}

// --- Addresses of before, when there was one page: /docs#listImages ---

if (location.hash !== "" && !document.getElementById(decodeURIComponent(location.hash.slice(1)))) {
  loadIndex().then(
    (entries) => {
      const entry = entries.find(({ href }) => href.endsWith(location.hash));
      if (entry) location.replace(entry.href);
    },
    () => undefined,
  );
}
