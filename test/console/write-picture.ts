/** `npm run docs:picture`: takes docs/console.png anew, of a registry with a small shop's images. */
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findProgram } from "../support/commands.ts";
import { pushImage, pushIndex } from "../support/server-images.ts";
import { operatorOf } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, ROOT, startServer } from "../support/server.ts";

const IMAGE = "acme/shop/web";
const PAGE = "/images/acme/shop%2Fweb";
const PULLS = 12;

const program = findProgram("chromium");
if (program === undefined) throw new Error("chromium is not installed");
const directory = makeTemporaryDirectory();
const server = await startServer(join(directory, "state"));
const browser = await chromium.launch({
  executablePath: program,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  const operator = operatorOf(server);
  await operator.ask("POST", "/api/organizations", { name: "acme" });
  await operator.ask("POST", "/api/organizations/acme/images", { image: "shop/web" });
  const path = "/api/organizations/acme/images/shop$web";
  await operator.ask("PATCH", path, { description: "The web shop", category: "app_server" });
  for (const tag of ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "latest"]) {
    const { digest } = await pushIndex(operator, IMAGE, tag);
    for (const architecture of ["amd64", "arm64"])
      await operator.ask("POST", `${path}/tags/delete`, { tags: [`${tag}-${architecture}`] });
    if (tag !== "latest") await pushImage(operator, IMAGE, `${digest.replace(":", "-")}.sig`);
  }
  await operator.ask("POST", `${path}/immutable-tag-rules`, { pattern: "1.*" });
  for (let pull = 0; pull < PULLS; pull += 1) {
    const tag = pull % 3 === 0 ? "1.3.0" : "latest";
    const response = await operator.send("GET", `/v2/${IMAGE}/manifests/${tag}`);
    await response.body?.cancel();
  }

  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    locale: "en-US",
  });
  const { name, password } = operator;
  const login = await context.request.post(`${server.url}/api/session`, { data: { name, password } });
  if (!login.ok()) throw new Error(`signing in: ${login.status()}`);
  const page = await context.newPage();
  await page.goto(`${server.url}${PAGE}`);
  await page.getByText("1.0.0", { exact: true }).first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(ROOT, "docs", "console.png") });
} finally {
  await browser.close();
  await server.stop();
  removeDirectory(directory);
}
