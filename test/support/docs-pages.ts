/** The pages below `/docs` of a running registry, as a browser shows them. */

export interface Page {
  /** What follows the language in its address. */
  path: string;
  /** The examples of operations, by the ids of these. */
  operations: ReadonlyMap<string, string>;
  /** All that is set as code in lines of its own, from the top to the bottom. */
  blocks: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Fetches all pages that the first one of a language leads to. */
export async function readPages(url: string, language: "en" | "zh"): Promise<Page[]> {
  const first = `/docs/${language}`;
  const links = (await fetchPage(`${url}${first}`)).matchAll(new RegExp(`href="${first}/([^"#]+)"`, "g"));
  const paths = new Set([...links].map(([, path = ""]) => path));
  return Promise.all([...paths].map(async (path) => parsePage(path, await fetchPage(`${url}${first}/${path}`))));
}

async function fetchPage(address: string): Promise<string> {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok || !type.startsWith("text/html")) throw new Error(`${address}: ${response.status} ${type}`);
  return response.text();
}

function parsePage(path: string, page: string): Page {
  const articles = [...page.matchAll(/<article id="([^"]+)"([\s\S]*?)<\/article>/g)];
  const examples = articles.map(([, id = "", content = ""]) => {
    const [command, ...more] = blocksOf(content);
    if (command === undefined || more.length > 0) throw new Error(`${path}#${id} has not one example`);
    return [id, command] as const;
  });
  return { path, operations: new Map(examples), blocks: blocksOf(page) };
}

function blocksOf(content: string): string[] {
  return [...content.matchAll(/<pre[^>]*><code>([\s\S]*?)<\/code><\/pre>/g)].map(([, text = ""]) =>
    text.replaceAll(/&(#?\w+);/g, (entity, name: string) => {
      const character = ENTITIES[name];
      if (character === undefined) throw new Error(`${entity} is new here`);
      return character;
    }),
  );
}
