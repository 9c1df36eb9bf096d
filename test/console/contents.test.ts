/** What an image says of itself and what is attached to it: packages, findings, signatures, configuration, and help beside it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { MANIFEST_TYPE, pushBlob, type PushedImage, pushImage, putManifest } from "../support/server-images.ts";
import { addUser } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createImage, createOrganization, permission, SCRIPT } from "./seed.ts";
import { type Appearance, DESKTOP, PHONE } from "./visitor.ts";
import { button, copied, expectShown, row } from "./widgets.ts";

const IMAGE = "acme/web";
const SPDX_TYPE = "application/spdx+json";
const TITLE = "org.opencontainers.image.title";
const RIGHT_TO_LEFT = "\u202E";

const SPDX = JSON.stringify({
  spdxVersion: "SPDX-2.3",
  creationInfo: { created: "2026-11-30T10:00:00Z", creators: ["Tool: syft-1.18.0"] },
  packages: [
    { name: `hostile ${SCRIPT}${RIGHT_TO_LEFT}`, versionInfo: "1", licenseDeclared: "MIT" },
    ...Array.from({ length: 250 }, (_, at) => ({
      name: `package-${at}`,
      versionInfo: `${at}.0`,
      licenseDeclared: at === 249 ? "Apache-2.0" : "MIT",
      externalRefs: [{ referenceType: "purl", referenceLocator: `pkg:deb/debian/package-${at}@${at}.0` }],
    })),
  ],
});
const TRIVY = {
  SchemaVersion: 2,
  ArtifactName: IMAGE,
  Results: [
    {
      Target: "debian",
      Vulnerabilities: [
        vulnerability("CVE-2026-0001", "LOW", "zlib"),
        vulnerability("CVE-2026-0002", "CRITICAL", "openssl"),
        vulnerability("CVE-2026-0003", "HIGH", "curl"),
      ],
    },
  ],
};

function vulnerability(id: string, severity: string, name: string) {
  const where = { PkgName: name, InstalledVersion: "1.0", FixedVersion: "1.1" };
  return {
    VulnerabilityID: id,
    Severity: severity,
    ...where,
    Title: `Trouble in ${name}`,
    PrimaryURL: `https://avd.example.com/${id}`,
  };
}

const base64 = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64");
/** As cosign signs what a scanner found. */
const ATTESTED = JSON.stringify({
  payloadType: "application/vnd.in-toto+json",
  payload: base64({
    predicateType: "https://cosign.sigstore.dev/attestation/vuln/v1",
    predicate: { scanner: { result: TRIVY }, metadata: {} },
  }),
  signatures: [{ sig: "x" }],
});

let image: PushedImage;

const setting = useConsole({
  prepare: async () => {
    const { operator } = setting;
    await createOrganization(operator, "acme");
    image = await pushImage(operator, IMAGE, "1.0", "amd64", {
      Labels: { odd: `${RIGHT_TO_LEFT}nigol` },
      Healthcheck: { Test: ["CMD-SHELL", "curl -f http://localhost/"], Interval: 30_000_000_000, Retries: 3 },
      Memory: 1024,
    });
    await attach(SPDX_TYPE, SPDX_TYPE, SPDX, { [TITLE]: "sbom.spdx.json" });
    await attach("application/vnd.dsse.envelope.v1+json", "application/vnd.dsse.envelope.v1+json", ATTESTED);
    await attach(
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      "{}",
      {},
      {
        "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
      },
    );
    await attach("application/vnd.example.bytes+json", "application/json", "\0\u0001 no text");
  },
});

/** Attaches a file as ORAS and cosign do: by a manifest with a subject, without a tag. */
async function attach(
  artifactType: string,
  mediaType: string,
  text: string,
  fileAnnotations: Record<string, string> = {},
  annotations: Record<string, string> = {},
): Promise<void> {
  const { operator } = setting;
  const config = await pushBlob(operator, IMAGE, "application/vnd.oci.empty.v1+json", Buffer.from("{}"));
  const file = await pushBlob(operator, IMAGE, mediaType, Buffer.from(text));
  const layers = [{ ...file, annotations: fileAnnotations }];
  const subject = { mediaType: MANIFEST_TYPE, digest: image.digest, size: image.size };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType,
    config,
    layers,
    subject,
    annotations,
  } as const;
  const digest = createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
  await putManifest(operator, IMAGE, `sha256:${digest}`, manifest);
}

const APPEARANCES: readonly Appearance[] = [
  DESKTOP,
  { ...DESKTOP, theme: "dark", language: "zh-CN" },
  { ...PHONE, language: "zh-CN" },
  { ...PHONE, theme: "dark" },
];

test("the list of tags has badges for what is attached, and no tag for it", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open(`/images/${IMAGE}`);
  await row(page, "1.0").waitFor();
  expect(await page.getByRole("rowheader").count()).toBe(1);
  for (const kind of ["Signature", "SBOM", "Attestation"]) {
    await expectShown(row(page, "1.0").getByRole("link", { name: new RegExp(`^${kind}`) }));
  }
  await row(page, "1.0")
    .getByRole("link", { name: /^Signature/ })
    .click();
  await expectShown(page.getByRole("link", { name: "SBOM (SPDX)" }));
});

test("an SBOM is shown as its packages, with a search, and its file can be saved", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/web/tags/1.0?view=referrers");
  await page.getByRole("link", { name: "SBOM (SPDX)" }).click();
  await page.getByRole("heading", { level: 2, name: "SPDX 2.3" }).waitFor();
  await expectShown(page.getByText("251 packages"));
  const names = page.getByRole("table", { name: "Packages" }).getByRole("rowheader");
  expect(await names.count()).toBe(50);
  // What is written to do harm is text, and what is not seen is shown.
  await expectShown(page.getByText(`hostile ${SCRIPT}`));
  await expectShown(page.getByText("U+202E"));
  expect(await page.title()).not.toBe("taken over");

  for (let turned = 0; turned < 5; turned += 1) await page.getByRole("button", { name: "Next", exact: true }).click();
  await expectShown(page.getByText("251–251 of 251"));
  expect(await names.count()).toBe(1);
  await page.getByRole("searchbox", { name: "Search packages" }).fill("apache");
  await expectShown(page.getByText("One package"));
  await expectShown(row(page, "package-249"));

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download", exact: true }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe("sbom.spdx.json");
  expect(await readFile(await saved.path(), "utf8")).toBe(SPDX);
});

test("a report of vulnerabilities is shown by severity, out of its signed envelope", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/web/tags/1.0?view=referrers");
  await page.getByRole("link", { name: /^Attestation/ }).click();
  await page.getByRole("heading", { level: 2, name: "Trivy JSON" }).waitFor();
  await expectShown(page.getByText("the console does not check the signature"));
  const ids = () => page.getByRole("table", { name: "Findings" }).getByRole("rowheader").allInnerTexts();
  const first = async () => (await ids()).map((text) => /CVE-\d+-\d+/.exec(text)?.[0]);
  expect(await first()).toEqual(["CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0001"]);
  await page.getByRole("button", { name: /^High/ }).click();
  await expect.poll(first).toEqual(["CVE-2026-0003"]);
  await page.getByRole("button", { name: /^High/ }).click();
  await page.getByRole("searchbox", { name: "Search findings" }).fill("zlib");
  await expect.poll(first).toEqual(["CVE-2026-0001"]);
  expect(await page.getByRole("link", { name: /CVE-2026-0001/ }).getAttribute("rel")).toContain("noopener");
});

test("what is no text that can be shown is offered as a file", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/web/tags/1.0?view=referrers");
  await page.getByRole("link", { name: "application/vnd.example.bytes+json" }).click();
  await expectShown(page.getByText("This is no text that can be shown here."));
  await expectShown(page.getByRole("link", { name: "Download", exact: true }));
});

test("the configuration tells of health checks and of all else, and marks what turns letters around", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/web/tags/1.0?view=configuration");
  await expectShown(page.getByText("curl -f http://localhost/"));
  await expectShown(page.getByText(/every 30 sec, unhealthy after 3 failures/));
  await expectShown(row(page, "config.Memory"));
  await expectShown(row(page, "odd").getByText("U+202E"));
});

test("a description has boxes for tasks, and code that can be copied", async () => {
  const description =
    "- [x] done\n- [ ] open\n\n```sh\ndocker run acme/web\n```\n\n![icon](/icon.svg) ![far](https://far.example.com/a.png)";
  await createImage(setting.operator, "acme", "described", { description });
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/described/description");
  await expectShown(page.getByText("☑"));
  await expectShown(page.getByText("☐"));
  expect(await copied(button(page, "Copy the code"))).toBe("docker run acme/web");
  await expectShown(page.getByRole("img", { name: "icon" }));
  expect(await page.getByRole("link", { name: "far" }).getAttribute("href")).toBe("https://far.example.com/a.png");
});

test("the audit is searched by a text", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/audit");
  await page.getByRole("searchbox", { name: "Search the audit" }).fill("ACME/web:1.0");
  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("ACME/web:1.0");
  await expect.poll(() => page.getByRole("rowheader").allInnerTexts()).toEqual(["Push"]);
});

test("pages lead to a guide, which has this registry's address in its examples", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/trusted-issuers");
  const opened = visitor.context.waitForEvent("page");
  await page.getByRole("link", { name: /^Help/ }).click();
  const guide = await opened;
  await guide.getByRole("heading", { level: 1, name: "CI without a stored secret" }).waitFor();
  await guide
    .getByText(`docker login ${new URL(setting.server.url).host} -u oidc/acme`)
    .first()
    .waitFor();
  await guide.getByRole("link", { name: "robot", exact: true }).click();
  expect(new URL(guide.url()).hash).toBe("#robots");
  await guide.close();
});

test("a job of a CI service is told how to log in and push", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images?open=push");
  await page.getByText("GitLab CI", { exact: true }).click();
  const job = await copied(button(page, "Copy the job"));
  expect(job).toContain(`aud: ${new URL(setting.server.url).host}`);
  expect(job).toContain("-u oidc/admin --password-stdin");
  expect(job).toContain("/acme/$CI_PROJECT_NAME");
  await page.getByText("GitHub Actions", { exact: true }).click();
  await expectShown(page.getByText("id-token: write"));
});

test("who has signed out elsewhere sees no failure behind the question to sign in again", async () => {
  const person = await addUser(setting.server, setting.operator, "leaver");
  await setting.operator.ask("POST", "/v2/manage/namespaces/acme/access", [permission(person, 1)]);
  const visitor = await setting.visitAs(person);
  const { page } = visitor;
  await visitor.open("/images");
  await visitor.context.clearCookies();
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("dialog").waitFor();
  await expect.poll(() => page.getByText("Sign in to see this.").count()).toBeGreaterThan(0);
  expect(await page.getByText(/authentication/i).count()).toBe(0);
  expect(visitor.forgive(/^answer 401/)).toBeGreaterThan(0);
});

/** Who may only read sees no deliveries, and so one card fewer. */
const OVERVIEWS = APPEARANCES.flatMap((appearance) => [
  { ...appearance, who: "reads", level: 1, cards: 2 } as const,
  { ...appearance, who: "edits", level: 3, cards: 3 } as const,
]);

test.for(OVERVIEWS)("the overview of a member who $who has no empty place: $width, $theme, $language", async (seen) => {
  const { width, theme, language, who, level, cards } = seen;
  const name = `${who}-${width}-${theme}-${language.toLowerCase()}`;
  const person = await addUser(setting.server, setting.operator, name);
  await setting.operator.ask("POST", "/v2/manage/namespaces/acme/access", [permission(person, level)]);
  const visitor = await setting.visitAs(person, { width, theme, language });
  const { page } = visitor;
  await visitor.open("/");
  const sections = page.getByRole("main").locator("section");
  await expect.poll(() => sections.count()).toBe(cards);
  const grid = await sections.first().locator("xpath=..").boundingBox();
  const boxes = (await Promise.all((await sections.all()).map((section) => section.boundingBox()))).map(
    (box) => box ?? { x: 0, y: 0, width: 0, height: 0 },
  );
  // Each line of cards is as wide as all of them.
  const lines = Map.groupBy(boxes, ({ y }) => Math.round(y));
  for (const line of lines.values()) {
    expect(Math.round(Math.min(...line.map(({ x }) => x)))).toBe(Math.round(grid?.x ?? 0));
    expect(Math.round(Math.max(...line.map((box) => box.x + box.width)))).toBe(
      Math.round((grid?.x ?? 0) + (grid?.width ?? 0)),
    );
  }
  expect(await visitor.overflow()).toBe(0);
  await visitor.screenshot(`contents/overview-${who}-${width}-${theme}-${language}`);
});

test.for(APPEARANCES)("all of it fits and is accessible: $width, $theme, $language", async (appearance) => {
  const visitor = await setting.visitAs(setting.operator, appearance);
  const { page } = visitor;
  const { width, theme, language } = appearance;
  const digests = await setting.operator.ask<{ referrers: { digest: string; artifactType: string }[] }>(
    "GET",
    "/api/organizations/acme/images/web/manifests/1.0/referrers",
  );
  const digestOf = (type: string) => digests.referrers.find(({ artifactType }) => artifactType === type)?.digest ?? "";
  const pages = {
    tags: "/images/acme/web",
    sbom: `/images/acme/web/tags/${encodeURIComponent(digestOf(SPDX_TYPE))}`,
    findings: `/images/acme/web/tags/${encodeURIComponent(digestOf("application/vnd.dsse.envelope.v1+json"))}`,
    configuration: "/images/acme/web/tags/1.0?view=configuration",
    audit: "/audit?q=acme",
    guide: "/help/ci",
    push: "/images?open=push",
  };
  for (const [name, path] of Object.entries(pages)) {
    await visitor.open(path);
    if (name === "sbom" || name === "findings") await page.getByRole("table").first().waitFor();
    await visitor.screenshot(`contents/${name}-${width}-${theme}-${language}`);
    expect([name, await visitor.accessibilityProblems()]).toEqual([name, []]);
    expect([name, await visitor.overflow()]).toEqual([name, 0]);
  }
});
