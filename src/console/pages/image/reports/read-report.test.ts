import { describe, it } from "vitest";
import { readFile } from "./read-report.ts";
import { MAX_ENTRIES, MAX_TEXT_LENGTH } from "./report.ts";

const SPDX = {
  spdxVersion: "SPDX-2.3",
  creationInfo: { created: "2026-11-30T10:00:00Z", creators: ["Organization: Anchore", "Tool: syft-1.18.0"] },
  packages: [
    {
      name: "curl",
      versionInfo: "8.5.0-r0",
      licenseConcluded: "NOASSERTION",
      licenseDeclared: "curl",
      externalRefs: [
        { referenceType: "cpe23Type", referenceLocator: "cpe:2.3:a:curl" },
        { referenceType: "purl", referenceLocator: "pkg:apk/alpine/curl@8.5.0-r0" },
      ],
    },
  ],
};
const CURL = {
  name: "curl",
  version: "8.5.0-r0",
  type: "apk",
  license: "curl",
  purl: "pkg:apk/alpine/curl@8.5.0-r0",
};
const TRIVY = {
  SchemaVersion: 2,
  ArtifactName: "acme/web:1",
  CreatedAt: "2026-11-30T10:00:00Z",
  Results: [
    { Target: "debian", Vulnerabilities: null },
    {
      Target: "app",
      Vulnerabilities: [
        {
          VulnerabilityID: "CVE-2026-1",
          PkgName: "openssl",
          InstalledVersion: "3.0",
          FixedVersion: "3.1",
          Severity: "CRITICAL",
          Title: "Overflow",
          PrimaryURL: "https://avd.example.com/CVE-2026-1",
        },
      ],
    },
  ],
};
const OPENSSL = {
  id: "CVE-2026-1",
  severity: "critical",
  package: "openssl",
  installed: "3.0",
  fixed: "3.1",
  title: "Overflow",
  url: "https://avd.example.com/CVE-2026-1",
};

const read = (content: unknown) => readFile(JSON.stringify(content));
const base64 = (content: unknown) => btoa(JSON.stringify(content));
const statement = (predicateType: string, predicate: unknown) => ({ predicateType, predicate });
const envelope = (content: unknown) => ({
  payloadType: "application/vnd.in-toto+json",
  payload: base64(content),
  signatures: [{ sig: "x" }],
});

describe("packages", () => {
  it("of SPDX 2", ({ expect }) => {
    expect(read(SPDX).report).toEqual({
      format: "SPDX 2.3",
      tool: "syft-1.18.0",
      created: "2026-11-30T10:00:00Z",
      packages: [CURL],
      findings: undefined,
      left: 0,
    });
  });

  it("of SPDX 3", ({ expect }) => {
    const { report } = read({
      "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
      "@graph": [
        { type: "CreationInfo", specVersion: "3.0.1", created: "2026-11-30T10:00:00Z" },
        { type: "Tool", name: "a tool" },
        { type: "software_File", name: "no package" },
        {
          type: "software_Package",
          name: "curl",
          software_packageVersion: "8",
          software_packageUrl: "pkg:deb/debian/curl@8",
        },
      ],
    });
    expect(report).toMatchObject({ format: "SPDX 3.0.1", tool: "a tool" });
    expect(report?.packages).toEqual([
      { name: "curl", version: "8", type: "deb", license: "", purl: "pkg:deb/debian/curl@8" },
    ]);
  });

  it("of CycloneDX, those within others too, with its vulnerabilities", ({ expect }) => {
    const { report } = read({
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      metadata: { timestamp: "2026-11-30", tools: { components: [{ name: "trivy", version: "0.60" }] } },
      components: [
        {
          "bom-ref": "a",
          type: "library",
          group: "org.example",
          name: "core",
          version: "2",
          licenses: [{ license: { id: "MIT" } }, { license: { name: "Other" } }],
          components: [{ name: "inner", version: "1", type: "library", licenses: [{ expression: "A OR B" }] }],
        },
      ],
      vulnerabilities: [
        {
          id: "CVE-2026-2",
          ratings: [{ severity: "low" }, { score: 9.1 }],
          description: "Bad",
          recommendation: "Upgrade core to version 2.1; or not",
          source: { url: "javascript:alert(1)" },
          affects: [{ ref: "a" }, { ref: "unknown" }],
        },
      ],
    });
    expect(report).toMatchObject({ format: "CycloneDX 1.6", tool: "trivy 0.60" });
    expect(report?.packages?.map(({ name, type, license }) => [name, type, license])).toEqual([
      ["org.example/core", "library", "MIT, Other"],
      ["inner", "library", "A OR B"],
    ]);
    const both = { id: "CVE-2026-2", severity: "critical", fixed: "2.1", title: "Bad", url: "" };
    expect(report?.findings).toEqual([
      { ...both, package: "org.example/core", installed: "2" },
      { ...both, package: "unknown", installed: "" },
    ]);
  });

  it("of Syft", ({ expect }) => {
    const { report } = read({
      schema: { url: "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.json" },
      descriptor: { name: "syft", version: "1.18" },
      artifacts: [{ name: "curl", version: "8", type: "deb", licenses: [{ value: "curl" }], purl: "pkg:deb/curl@8" }],
    });
    expect(report?.packages).toEqual([
      { name: "curl", version: "8", type: "deb", license: "curl", purl: "pkg:deb/curl@8" },
    ]);
  });
});

describe("findings", () => {
  it("of Trivy", ({ expect }) => {
    expect(read(TRIVY).report).toEqual({
      format: "Trivy JSON",
      tool: "Trivy",
      created: "2026-11-30T10:00:00Z",
      packages: undefined,
      findings: [OPENSSL],
      left: 0,
    });
  });

  it("of Grype", ({ expect }) => {
    const { report } = read({
      descriptor: { name: "grype", version: "0.80" },
      matches: [
        {
          vulnerability: {
            id: "GHSA-1",
            severity: "Negligible",
            fix: { versions: ["2", "3"], state: "fixed" },
            dataSource: "https://github.com/advisories/GHSA-1",
          },
          artifact: { name: "left-pad", version: "1" },
        },
      ],
    });
    expect(report).toMatchObject({ format: "Grype JSON", tool: "grype 0.80" });
    expect(report?.findings).toEqual([
      {
        id: "GHSA-1",
        severity: "negligible",
        package: "left-pad",
        installed: "1",
        fixed: "2, 3",
        title: "",
        url: "https://github.com/advisories/GHSA-1",
      },
    ]);
  });

  it("of SARIF, by the rule's score or else by the level", ({ expect }) => {
    const { report } = read({
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: {
              name: "Trivy",
              version: "0.60",
              rules: [
                { id: "CVE-2026-3", shortDescription: { text: "Short" }, properties: { "security-severity": "7.5" } },
              ],
            },
          },
          results: [
            {
              ruleId: "CVE-2026-3",
              level: "note",
              message: { text: "Package: zlib\nInstalled Version: 1.2\nFixed Version: 1.3" },
            },
            {
              ruleId: "CVE-2026-4",
              level: "error",
              locations: [{ physicalLocation: { artifactLocation: { uri: "lib" } } }],
            },
          ],
        },
      ],
    });
    expect(report?.findings).toEqual([
      { id: "CVE-2026-3", severity: "high", package: "zlib", installed: "1.2", fixed: "1.3", title: "Short", url: "" },
      { id: "CVE-2026-4", severity: "high", package: "lib", installed: "", fixed: "", title: "", url: "" },
    ]);
  });

  it("of Harbor", ({ expect }) => {
    const { report } = read({
      generated_at: "2026-11-30",
      scanner: { name: "Trivy", version: "v0.60" },
      vulnerabilities: [
        {
          id: "CVE-1",
          severity: "High",
          package: "a",
          version: "1",
          fix_version: "2",
          description: "d",
          links: ["https://a.example.com/"],
        },
      ],
    });
    expect(report?.findings).toEqual([
      {
        id: "CVE-1",
        severity: "high",
        package: "a",
        installed: "1",
        fixed: "2",
        title: "d",
        url: "https://a.example.com/",
      },
    ]);
  });
});

describe("envelopes", () => {
  it.for([
    ["a statement, as BuildKit attaches it", statement("https://spdx.dev/Document", SPDX), false],
    ["a signed one, as cosign attaches it", envelope(statement("https://spdx.dev/Document", SPDX)), true],
    [
      "a text in a statement, as cosign 1 had it",
      envelope(statement("https://spdx.dev/Document", { Data: JSON.stringify(SPDX), Timestamp: "" })),
      true,
    ],
    [
      "Sigstore's bundle",
      {
        mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
        dsseEnvelope: envelope(statement("https://spdx.dev/Document", SPDX)),
      },
      true,
    ],
  ] as const)("%s", ([, content, isSigned], { expect }) => {
    const file = read(content);
    expect(file.report?.packages).toEqual([CURL]);
    expect(file).toMatchObject({ isSigned, predicateType: "https://spdx.dev/Document" });
  });

  it("cosign's predicate of vulnerabilities", ({ expect }) => {
    const predicate = { scanner: { uri: "pkg:github/aquasecurity/trivy", result: TRIVY }, metadata: {} };
    const { report } = read(envelope(statement("https://cosign.sigstore.dev/attestation/vuln/v1", predicate)));
    expect(report?.findings).toEqual([OPENSSL]);
  });

  it("what is in one but no report stays to be shown as text", ({ expect }) => {
    const file = read(envelope(statement("https://slsa.dev/provenance/v1", { buildDefinition: {} })));
    expect(file).toMatchObject({ report: undefined, content: { buildDefinition: {} }, isSigned: true });
  });
});

describe("hostile files", () => {
  it.for([
    "",
    "null",
    "[]",
    "not JSON",
    '{"payload":"%%%","signatures":[]}',
    '{"spdxVersion":1,"packages":7}',
    '{"bomFormat":"CycloneDX","components":{"a":1},"vulnerabilities":[null,7,{"affects":[null]}]}',
    '{"version":"2.1.0","runs":[null,{"results":[null],"tool":7}]}',
    '{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Vulnerabilities":[null,[],7]}]}',
    '{"matches":[null],"descriptor":{}}',
    `${'{"predicateType":"x","predicate":'.repeat(100)}1${"}".repeat(100)}`,
    `${"[".repeat(200_000)}${"]".repeat(200_000)}`,
  ])("%.60s", (text, { expect }) => {
    expect(() => readFile(text)).not.toThrow();
  });

  it("are read to a bound, and what is left out is counted", ({ expect }) => {
    const packages = Array.from({ length: MAX_ENTRIES + 5 }, () => ({ name: "x".repeat(10_000) }));
    const { report } = readFile(`{"spdxVersion":"SPDX-2.3","packages":[${packages.map(() => '{"name":"a"}').join()}]}`);
    expect(report?.packages).toHaveLength(MAX_ENTRIES);
    expect(report?.left).toBe(5);
    expect(read({ ...SPDX, packages: packages.slice(0, 1) }).report?.packages?.[0]?.name).toHaveLength(
      MAX_TEXT_LENGTH + 1,
    );
  });

  it("components within components end", ({ expect }) => {
    const nest = (depth: number): unknown => ({ name: "a", components: depth === 0 ? [] : [nest(depth - 1)] });
    const { report } = read({ bomFormat: "CycloneDX", components: [nest(100)] });
    expect(report?.packages?.length).toBeLessThan(20);
  });
});
