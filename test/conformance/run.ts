/**
 * `npm run test:conformance`: the OCI distribution-spec's own suite against a registry of its own, once as the released
 * specification asks and once as its main branch does, each with everything switched on that the suite can switch on.
 * Ends with 0 only when nothing failed and nothing was skipped.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execute, findProgram } from "../support/commands.ts";
import { makeTemporaryDirectory, PASSWORD, removeDirectory, ROOT, startServer, USER } from "../support/server.ts";

const SUITE = "github.com/opencontainers/distribution-spec/conformance";
const SUITE_VERSION = "v0.0.0-20260831232431-97274622c111";
const SPEC_VERSIONS = ["1.1", "dev"];

/**
 * What the suite leaves out by default. Sparse indexes stay off: Berth refuses an index whose manifests it does not have,
 * so that a tag never points at what cannot be pulled whole.
 */
const EVERYTHING = {
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
  OCI_DATA_SPARSE: "false",
};

interface Case {
  name: string;
  status: string;
  reason: string;
}

/** The path of the suite's program, built first unless that was done before. */
async function installSuite(): Promise<string | undefined> {
  const go = findProgram("go");
  if (go === undefined) return undefined;
  const folder = join(ROOT, ".berth", "conformance", SUITE_VERSION);
  const program = join(folder, "conformance");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const { exitCode, output } = await execute([go, "install", `${SUITE}@${SUITE_VERSION}`], {
    environment: { GOBIN: folder },
  });
  if (exitCode !== 0) throw new Error(`go install of the conformance suite failed (${exitCode}):\n${output}`);
  return program;
}

async function runSuite(program: string, specVersion: string): Promise<Case[]> {
  const directory = makeTemporaryDirectory();
  const server = await startServer(join(directory, "state"));
  try {
    const results = join(directory, "results");
    const { exitCode, output } = await execute([program], {
      cwd: directory,
      environment: {
        ...EVERYTHING,
        OCI_VERSION: specVersion,
        OCI_REGISTRY: server.address,
        OCI_TLS: "disabled",
        OCI_USERNAME: USER,
        OCI_PASSWORD: PASSWORD,
        OCI_REPO1: "conformance/first",
        OCI_REPO2: "conformance/second",
        OCI_RESULTS_DIR: results,
      },
    });
    const report = join(results, "junit.xml");
    if (!existsSync(report)) throw new Error(`the conformance suite ended with ${exitCode} and no report:\n${output}`);
    const cases = readCases(readFileSync(report, "utf8"));
    if (cases.length === 0) throw new Error(`the conformance suite tested nothing:\n${output}`);
    if (exitCode !== 0 && cases.every(({ status }) => status === "passed")) {
      throw new Error(`the conformance suite ended with ${exitCode}:\n${output}`);
    }
    printSummary(specVersion, output, cases);
    return cases;
  } finally {
    await server.stop();
    removeDirectory(directory);
  }
}

/** The suite's own writing, always in this order of attributes and with the reason after the requests. */
function readCases(xml: string): Case[] {
  return [...xml.matchAll(/<testcase name="([^"]*)"[^>]* status="([^"]*)">(.*?)<\/testcase>/gs)].map(
    ([, name = "", status = "", content = ""]) => ({
      name: unescapeXml(name).replace("OCI Conformance Test/", ""),
      status,
      reason: unescapeXml(/<system-out>(.*?)<\/system-out>/s.exec(content)?.[1] ?? ""),
    }),
  );
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
  return text.replace(/&(?:#x([0-9A-F]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return entities[name ?? ""] ?? whole;
  });
}

/** The tables that the suite prints at the end, and each case that did not pass. */
function printSummary(specVersion: string, output: string, cases: readonly Case[]): void {
  console.log(`\nOCI distribution-spec ${specVersion}, suite ${SUITE_VERSION}`);
  console.log(output.slice(Math.max(0, output.indexOf("API conformance:"))).trimEnd());
  for (const { name, status, reason } of cases) {
    if (status !== "passed") console.log(`  ${status}: ${name}\n    ${reason.trim().replaceAll("\n", "\n    ")}`);
  }
}

const program = await installSuite();
if (program === undefined) {
  const reason = "the conformance suite needs Go, which is not installed";
  console.log(process.env.CI === "true" ? reason : `Skipped: ${reason}.`);
  process.exitCode = process.env.CI === "true" ? 1 : 0;
} else {
  const cases: Case[] = [];
  for (const specVersion of SPEC_VERSIONS) cases.push(...(await runSuite(program, specVersion)));
  const count = (status: string) => cases.filter((test) => test.status === status).length;
  const passed = count("passed");
  const skipped = count("skipped");
  console.log(`\nConformance: ${passed} passed, ${cases.length - passed - skipped} failed, ${skipped} skipped`);
  if (passed < cases.length) process.exitCode = 1;
}
