import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../scripts/local/bundle.ts";
import { buildConsole, CONSOLE_DIRECTORY } from "../../scripts/local/console.ts";
import { type Runtime, startRuntime } from "../../scripts/local/runtime.ts";
import { generateSecrets } from "../../scripts/local/secrets.ts";
import { API_PATHS } from "../../src/kernel/api-paths.ts";
import { ROOT } from "./programs.ts";

const BROWSER = { Accept: "text/html,*/*;q=0.8" };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** Headers of the console's files that a browser acts on. Others are the server's own: compression, times. */
const COMPARED = [
  "cache-control",
  "content-security-policy",
  "content-type",
  "cross-origin-opener-policy",
  "location",
  "referrer-policy",
  "x-content-type-options",
];
/** Compressed JavaScript that the first view may take, in bytes. */
const MAX_FIRST_VIEW = 200_000;

const stateDir = mkdtempSync(join(tmpdir(), "berth-test-"));
const secrets = generateSecrets();
let runtime: Runtime;
/** As on Cloudflare, whose router of assets and Workers stands in front: Miniflare simulates it. */
let routed: Miniflare;
let routedUrl: string;

beforeAll(async () => {
  runtime = await startRuntime({ stateDir, bindings: secrets });
  const worker = await bundle(join(ROOT, "wrangler.toml"), join(stateDir, "bundle"));
  routed = new Miniflare(
    convertV4MiniflareOptions({
      cf: { colo: "LOCAL", country: "XX", httpProtocol: "HTTP/1.1" },
      telemetry: { enabled: false },
      workers: [
        {
          ...worker.workerOptions,
          modules: worker.modules.map((module) => ({ ...module, path: join(worker.directory, module.path) })),
          modulesRoot: worker.directory,
          bindings: { ...worker.workerOptions.bindings, ...secrets },
        },
      ],
    }),
  );
  routedUrl = (await routed.ready).origin;
});

afterAll(async () => {
  await runtime.stop();
  await routed.dispose();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The files of the build whose paths begin with this, without their compressed forms. */
const filesIn = (folder: string) =>
  readdirSync(join(CONSOLE_DIRECTORY, folder))
    .filter((name) => !/\.(?:br|gz)$/.test(name))
    .map((name) => `/${folder}${name}`);

describe("the console's files", () => {
  test("come with the strict policy; names with a hash are kept for ever, others are asked for again", async () => {
    const paths = ["/", "/images/acme/team%2Fweb/tags", "/icon.svg", "/theme.js", ...filesIn("assets/")];
    const answers = await Promise.all(
      paths.map(async (path) => {
        const { status, headers } = await fetch(`${runtime.url}${path}`, { method: "HEAD", headers: BROWSER });
        return [path, { status, ...Object.fromEntries(COMPARED.map((name) => [name, headers.get(name)])) }] as const;
      }),
    );
    for (const answer of answers) {
      const [path] = answer;
      const expected = {
        status: 200,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      };
      expect(answer).toMatchObject([path, expected]);
    }
  });

  test("tell browsers to come by TLS only, as the Worker does, but on one's own machine", async () => {
    const told = readFileSync(join(CONSOLE_DIRECTORY, "_headers"), "utf8");
    const worker = readFileSync(join(ROOT, "src/http/strict-transport.ts"), "utf8");
    const [, value = "none"] = /Strict-Transport-Security: (.+)/.exec(told) ?? [];
    expect(worker).toContain(`const VALUE = "${value}";`);
    for (const path of ["/", "/icon.svg"]) {
      const { headers } = await fetch(`${runtime.url}${path}`, { headers: BROWSER });
      expect(headers.get("Strict-Transport-Security")).toBe(null);
    }
  });

  test("hold no script and no style that the policy would refuse", async () => {
    const document = await (await fetch(runtime.url, { headers: BROWSER })).text();
    expect(document).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
    expect(document.match(/<script[^>]*>/g)).toSatisfy((tags: string[]) => tags.every((tag) => tag.includes(" src=")));
    const links = [...document.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !link.startsWith("/"))).toEqual([]);
  });

  test("take less than 200 KB for the first view", () => {
    const files = firstView();
    expect(files.size).toBeGreaterThan(1);
    const bytes = [...files].map((file) => gzipSync(readFileSync(join(CONSOLE_DIRECTORY, file))).length);
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(MAX_FIRST_VIEW);
  });

  test("are not cached where there is none, so that a deployment under way does no harm", async () => {
    for (const url of [runtime.url, routedUrl]) {
      const missing = await fetch(`${url}/assets/nothing-00000000.js`);
      expect(missing.status).toBe(404);
      expect(missing.headers.get("Content-Type")).toBe("application/json");
      expect(missing.headers.get("Cache-Control")).toBe("no-store");
    }
  });

  test("are not built again while their sources stay the same", async () => {
    const built = () => statSync(join(CONSOLE_DIRECTORY, "index.html")).ino;
    const before = built();
    await buildConsole();
    expect(built()).toBe(before);
  });
});

describe("compression", () => {
  /** An answer as it is on the wire: `fetch` would decompress it. */
  async function ask(path: string, headers: Record<string, string> = {}, method = "GET") {
    const { hostname, port } = new URL(runtime.url);
    const asked = request({ hostname, port, path, method, headers: { ...BROWSER, ...headers } }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
  }
  /** Large, and kept for ever. */
  const react = () => filesIn("assets/").find((path) => path.startsWith("/assets/react-")) ?? "";
  const fileOf = (path: string) => join(CONSOLE_DIRECTORY, path === "/" ? "index.html" : path);
  const built = (path: string) => readFileSync(fileOf(path));
  const FORMS = {
    br: { ending: "br", unpack: brotliDecompressSync },
    gzip: { ending: "gz", unpack: gunzipSync },
    identity: undefined,
  };
  type Encoding = keyof typeof FORMS;

  test.for<[accepted: string | undefined, liked: Encoding[]]>([
    ["gzip, deflate, br, zstd", ["br", "gzip"]],
    ["gzip, deflate", ["gzip"]],
    ["br;q=0, gzip;q=0.5", ["gzip"]],
    ["BR; q=0.2, gzip; q=0.8", ["gzip", "br"]],
    ["*", ["br", "gzip"]],
    ["deflate", []],
    ["identity", []],
    ["br;q=0, *;q=0", []],
    [undefined, []],
  ])("of a client that takes %s is by %s, of every file", async ([accepted, liked]) => {
    for (const path of ["/", "/theme.js", "/icon.svg", ...filesIn("assets/")]) {
      const { status, headers, body } = await ask(path, accepted === undefined ? {} : { "Accept-Encoding": accepted });
      // A tiny file is smaller as it is.
      const encoding = liked.find((each) => existsSync(`${fileOf(path)}.${FORMS[each]?.ending}`));
      expect([path, status, headers["content-encoding"]]).toEqual([path, 200, encoding]);
      expect(headers.vary).toContain("Accept-Encoding");
      expect(Number(headers["content-length"] ?? body.length)).toBe(body.length);
      expect((FORMS[encoding ?? "identity"]?.unpack(body) ?? body).equals(built(path))).toBe(true);
    }
  });

  test("makes the large files a third of what they were", async () => {
    const sizes = await Promise.all(
      [...firstView()].map(async (path) => ({
        plain: built(path).length,
        wire: (await ask(path, { "Accept-Encoding": "br" })).body.length,
      })),
    );
    const sum = (of: "plain" | "wire") => sizes.reduce((total, size) => total + size[of], 0);
    expect(sum("wire")).toBeLessThan(sum("plain") / 3);
  });

  test("gives each form an ETag of its own, by which it is asked for again, but not the others", async () => {
    for (const path of ["/", "/theme.js", react()]) {
      const forms = Object.keys(FORMS);
      const answers = await Promise.all(forms.map((form) => ask(path, { "Accept-Encoding": form })));
      const tags = answers.map(({ headers }) => headers.etag ?? "");
      expect(new Set(tags).size).toBe(3);
      for (const [at, form] of forms.entries()) {
        for (const [other, tag] of tags.entries()) {
          for (const condition of [tag, `W/${tag}`, `"other", ${tag}`]) {
            const again = await ask(path, { "Accept-Encoding": form, "If-None-Match": condition });
            expect([form, condition, again.status]).toEqual([form, condition, at === other ? 304 : 200]);
            expect(again.headers.etag).toBe(tags[at]);
            expect(again.headers.vary).toContain("Accept-Encoding");
            expect(again.headers["cache-control"]).toBe(answers[at]?.headers["cache-control"]);
            expect(again.body.length === 0).toBe(again.status === 304);
          }
        }
      }
    }
  });

  test("is the same for HEAD, without the bytes", async () => {
    for (const form of Object.keys(FORMS)) {
      const whole = await ask(react(), { "Accept-Encoding": form });
      const head = await ask(react(), { "Accept-Encoding": form }, "HEAD");
      const { "content-length": length, ...others } = whole.headers;
      const ofThisAnswer = ["date", "transfer-encoding", "x-request-id"];
      const expected = Object.fromEntries(Object.entries(others).filter(([name]) => !ofThisAnswer.includes(name)));
      expect(head.headers["content-length"] ?? length).toBe(length);
      expect(head.headers).toMatchObject(expected);
      expect(head.body.length).toBe(0);
    }
  });

  test("makes no addresses of its own, here or on Cloudflare", async () => {
    for (const url of [runtime.url, routedUrl]) {
      for (const path of ["/theme.js.br", "/theme.js.gz", `${react()}.br`, "/.assetsignore"]) {
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
      }
    }
  });
});

describe("Cloudflare", () => {
  test.for([
    "/",
    "/sign-in",
    "/images/acme/team%2Fweb/tags",
    "/images/acme/team%2Fweb/tags/%C3%BC?x=%2F",
    "/index.html",
    "/icon.svg",
    "/theme.js",
    "/_headers",
    "/v2x",
    "/api-reference",
    // The Worker without `npm start` has an empty database here, which `/healthz` says.
    ...API_PATHS.flatMap((path) => [...(path === "/healthz" ? [] : [path, `${path}/`]), `${path}/nothing`]),
  ])("answers %s as npm start does", async (path) => {
    for (const headers of [BROWSER, { Accept: "*/*" }]) {
      for (const method of ["GET", "HEAD"]) {
        const ask = async (url: string) => {
          const { status, headers: answered } = await fetch(url + path, { method, headers, redirect: "manual" });
          return {
            status,
            ...Object.fromEntries(COMPARED.map((name) => [name, answered.get(name)?.replace(url, "")])),
          };
        };
        expect(await ask(routedUrl), `${method} ${headers.Accept}`).toEqual(await ask(runtime.url));
      }
    }
  });

  test("is told to ask the Worker first for the paths of APIs, and for no other", () => {
    const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const [, list = ""] = /run_worker_first = \[([^\]]*)\]/.exec(config) ?? [];
    const paths = [...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path);
    expect(paths).toEqual(["/", ...API_PATHS.flatMap((path) => [path, `${path}/*`])]);
  });
});

/** What the overview's first view loads: the entry and the page, and what either imports at once. */
function firstView(): Set<string> {
  const document = readFileSync(join(CONSOLE_DIRECTORY, "index.html"), "utf8");
  const found = new Set([...document.matchAll(/src="(\/[^"]+\.js)"/g)].map(([, path = ""]) => path));
  for (const path of filesIn("assets/")) if (/^overview-[^.]+\.js$/.test(basename(path))) found.add(path);
  for (const path of found) {
    const code = readFileSync(join(CONSOLE_DIRECTORY, path), "utf8");
    for (const [, name] of code.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g)) found.add(`/assets/${name}`);
  }
  return found;
}
